"""docs/scale.md, the terminal, and the command line."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from benchmarks.scale.__main__ import main
from benchmarks.scale.demand import Load
from benchmarks.scale.handbook import DOCS, RATES, STORIES, handbook, write_handbook
from benchmarks.scale.limits import load_limits
from benchmarks.scale.terminal import print_scale
from benchmarks.scale.wording import count

if TYPE_CHECKING:
    from pathlib import Path

FILES = handbook()


def test_docs_scale_is_what_the_program_writes() -> None:
    """When this fails, run ``make scale DOCS=1`` and look at the difference."""
    for name, content in FILES.items():
        assert (DOCS / name).read_text("utf-8") == content


def test_writing_it_replaces_all_files(tmp_path: Path) -> None:
    (tmp_path / "scale.md").write_text("old", "utf-8")
    write_handbook(tmp_path)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == FILES


def test_the_document_shows_every_picture_and_every_rate() -> None:
    text = FILES["scale.md"]
    pictures = [name for name in FILES if name.endswith(".svg")]
    assert len(pictures) == len(STORIES) + 1
    assert all(f"]({picture})" in text for picture in pictures)
    assert all(f"## {rate:,} requests a second" in text for rate in RATES)


def test_every_picture_is_one() -> None:
    for name, content in FILES.items():
        if name.endswith(".svg"):
            assert ET.fromstring(content).find("{http://www.w3.org/2000/svg}title") is not None  # noqa: S314 - ours


def test_the_tests_that_the_document_names_exist() -> None:
    root = DOCS.parent
    named = [word.strip("`,.;()") for word in FILES["scale.md"].split() if word.strip("(").startswith("`tests/")]
    assert named
    assert all((root / file).exists() for file in named), named


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.034, "0.034"), (7, "7"), (168, "170"), (5_321, "5,300"), (1.24e6, "1.2 million"), (320e6, "320 million")],
)
def test_two_digits_mean_something(value: float, text: str) -> None:
    assert count(value) == text


def test_the_terminal_shows_what_breaks_first_above() -> None:
    output = io.StringIO()
    print_scale(Console(file=output, width=140), 10_000, load_limits(), Load())
    lines = output.getvalue().splitlines()
    places = [next(number for number, line in enumerate(lines) if words in line) for words in ("sandbox", "SQS")]
    assert places == sorted(places)
    assert "what 10,000 requests a second need" in lines[0]


def test_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rate=500"]) == 0
    assert "what 500 requests a second need" in capsys.readouterr().out


def test_a_bad_rate_is_refused_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--rate=0"])
    assert left.value.code == 2
    assert capsys.readouterr().err == "make scale: RATE must be a whole number from 1 to 1,000,000,000, not '0'.\n"


def test_the_command_writes_the_document_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write-docs"]) == 0
    assert capsys.readouterr().out == ""
    assert (DOCS / "scale.md").read_text("utf-8") == FILES["scale.md"]
