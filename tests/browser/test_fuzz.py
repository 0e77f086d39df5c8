"""The fuzzer of the page's CSV reader finds nothing in the reader we ship, and finds a planted fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.fuzz.page import PAGE, SEEDS, fuzz_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

LONG_ENOUGH = 120


def test_the_fuzzer_finds_a_planted_fault_and_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    source = (PAGE / "csv.js").read_text("utf-8")
    broken = source.replace("value += '\"';", "")
    assert broken != source

    fuzzed = fuzz_page(chromium, LONG_ENOUGH, inputs=300, folder=tmp_path)
    assert fuzzed.words == ""
    assert fuzzed.kept > 2 * len(SEEDS), "it found no new paths"
    assert "became" in fuzz_page(chromium, LONG_ENOUGH, folder=tmp_path, source=broken).words
