"""The fuzzer of the page's CSV reader finds what it is there to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.fuzz.page import PAGE, SEEDS, fuzz_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

SOURCE = (PAGE / "csv.js").read_text("utf-8")
LONG_ENOUGH = 120


def test_nothing_is_found_in_the_reader_that_we_ship(chromium: Browser, tmp_path: Path) -> None:
    fuzzed = fuzz_page(chromium, LONG_ENOUGH, inputs=500, folder=tmp_path)

    assert fuzzed.words == ""
    assert fuzzed.is_clean
    assert fuzzed.kept > 2 * len(SEEDS), "it led nowhere"
    assert len(list((tmp_path / "page_csv").iterdir())) == fuzzed.kept


def test_a_doubled_quote_that_is_lost_is_found(chromium: Browser, tmp_path: Path) -> None:
    broken = SOURCE.replace("value += '\"';", "")
    assert broken != SOURCE

    fuzzed = fuzz_page(chromium, LONG_ENOUGH, folder=tmp_path, source=broken)

    assert "became" in fuzzed.words
    assert (tmp_path / "found").is_dir()


def test_a_reader_that_hangs_is_found(chromium: Browser, tmp_path: Path) -> None:
    broken = SOURCE.replace("at += lineEnd.exec(content)?.[0].length ?? 0;", "")
    assert broken != SOURCE

    fuzzed = fuzz_page(
        chromium, LONG_ENOUGH, folder=tmp_path, source=broken.replace("yield record;\n    record", "record")
    )

    assert fuzzed.words != ""
