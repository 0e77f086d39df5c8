from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tools.cost.handbook import DOCS, handbook, write_handbook
from tools.cost.prices import FreeTier
from tools.cost.wording import short_count

if TYPE_CHECKING:
    from pathlib import Path

    from tools.cost.bill import Calculator
    from tools.cost.profile import Profile

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def files(calculator: Calculator, small: Profile) -> dict[str, str]:
    return handbook(calculator, small)


def test_docs_costs_is_what_the_program_writes(files: dict[str, str]) -> None:
    """When this fails, run ``make cost DOCS=1`` and look at the difference."""
    for name, content in files.items():
        assert (DOCS / name).read_text("utf-8") == content


def test_writing_it_replaces_all_three_files(
    calculator: Calculator, small: Profile, files: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "costs.md").write_text("old", "utf-8")
    write_handbook(calculator, small, tmp_path)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == files


def test_the_document_shows_both_pictures(files: dict[str, str]) -> None:
    pictures = {name for name in files if name.endswith(".svg")}
    assert len(pictures) == 2
    assert all(f"]({picture})" in files["costs.md"] for picture in pictures)


def test_the_document_says_how_old_the_prices_are(calculator: Calculator, files: dict[str, str]) -> None:
    assert f"checked {calculator.prices.checked.isoformat()}" in files["costs.md"]


def test_the_document_sets_the_original_beside_today(files: dict[str, str]) -> None:
    assert "| ALB, hours | $16.20 | $16.20 |" in files["costs.md"]


def test_tables_have_as_many_cells_in_each_row_as_in_the_first(files: dict[str, str]) -> None:
    tables = [part.splitlines() for part in files["costs.md"].split("\n\n") if part.startswith("| ")]
    assert len(tables) == 7
    for table in tables:
        assert len({row.replace("\\|", "").count("|") for row in table}) == 1


def test_pictures_are_described_and_stay_inside_their_frame(files: dict[str, str]) -> None:
    for name in ("costs-total.svg", "costs-share.svg"):
        root = ET.fromstring(files[name])  # noqa: S314 - made by us a moment ago
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        assert root.findtext(f"{SVG}title")
        for box in root.iter(f"{SVG}rect"):
            assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
            assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height
        for line in root.iter(f"{SVG}polyline"):
            for point in line.attrib["points"].split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_the_total_picture_marks_the_break_even_only_when_there_is_one(calculator: Calculator, small: Profile) -> None:
    slow = replace(calculator, assumptions=replace(calculator.assumptions, task_cpu_seconds=Decimal(1)))
    break_even = calculator.break_even(small, FreeTier.ALWAYS)
    assert break_even is not None
    crossing = f"Fargate is cheaper from {short_count(break_even)} on"
    assert crossing in handbook(calculator, small)["costs-total.svg"]
    never = handbook(slow, small)
    assert "cheaper from" not in never["costs-total.svg"]
    assert "- Fargate is never cheaper than the Lambda functions." in never["costs.md"]


def test_each_bar_of_the_share_picture_is_full(files: dict[str, str]) -> None:
    root = ET.fromstring(files["costs-share.svg"])  # noqa: S314 - made by us a moment ago
    bars: dict[str, float] = {}
    for box in root.iter(f"{SVG}rect"):
        if box.attrib["height"] == "30":
            bars[box.attrib["y"]] = bars.get(box.attrib["y"], 0) + float(box.attrib["width"])
    assert len(bars) == 7
    assert all(width == pytest.approx(680, abs=1) for width in bars.values())
