"""What people and machines are shown of a run."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.bench.__main__ import exit_code
from benchmarks.bench.charts import chart
from benchmarks.bench.document import document
from benchmarks.bench.handbook import handbook, write_handbook
from benchmarks.bench.sample import MACHINE, MET, MISSED, NOISY, report, table
from benchmarks.bench.table import Table, Unit
from benchmarks.bench.terminal import Terminal
from benchmarks.bench.wording import cell, number, ratio

if TYPE_CHECKING:
    from pathlib import Path

ALL = report(MET, MISSED, NOISY)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.1419, "0.142"), (3.071, "3.07"), (41.46, "41.5"), (1478.4, "1,478"), (-3.071, "-3.07")],
)
def test_three_digits_mean_something(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(0.001, 1e9))
def test_a_number_is_off_by_less_than_a_hundredth(value: float) -> None:
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.01, abs=0.0006)


def test_a_ratio_that_means_nothing_is_not_printed() -> None:
    (noisy,), (few,) = NOISY.comparisons, table([1.0], [2.0]).comparisons
    assert (ratio(noisy), ratio(few)) == ("too noisy", "too few rounds")


def test_a_ratio_that_means_nothing_is_in_no_output() -> None:
    """Its interval is: it says why."""
    (comparison,) = NOISY.comparisons
    shown = [handbook(report(NOISY))["performance.md"], json.dumps(document(report(NOISY))["tables"][0]["targets"])]
    for text in shown:
        assert number(comparison.measured.low) in text
        assert number(comparison.measured.value) not in text


def test_a_count_has_no_spread() -> None:
    trips = table([1.0], [3.0], unit=Unit.TRIPS)
    assert cell(trips, trips.row("peer"), "p50") == "3"


def test_a_median_has_one() -> None:
    wide = table([9.0, 10.0, 11.0] * 5, [1.0] * 15)
    assert cell(wide, wide.row("ours"), "p50").startswith("10.0 ± ")


def test_a_cell_that_does_not_concern_a_row_is_empty() -> None:
    assert cell(MET, MET.row("ours"), "p99") == "—"


def test_the_terminal_shows_tables_targets_and_the_machine() -> None:
    output = io.StringIO()
    terminal = Terminal(Console(file=output, width=120))
    with terminal.bar("sample") as advance:
        advance(1.0)
    for each in ALL.tables:
        terminal.table(each)
    terminal.summary(ALL)
    text = output.getvalue()
    for words in ("ours", "the peer", "✓ met", "✗ missed", "? not decided", "≤ 0.5", "0.250", "one of a test"):
        assert words in text
    assert "Targets: 1 met, 1 missed, 1 not decided." in text


def test_a_quick_run_says_that_it_is_one() -> None:
    output = io.StringIO()
    Terminal(Console(file=output, width=120)).summary(report(MET, is_quick=True))
    assert "A quick run" in output.getvalue()


def test_the_document_has_the_command_beside_each_table_and_what_differs() -> None:
    text = handbook(ALL)["performance.md"]
    assert text.count("`make bench ONLY=sample`") == 3
    assert text.count("- The peer has a hat.") == 3
    for words in (*MACHINE.values(), "1 met, 1 missed, 1 not decided", "![Sample", "performance-sample.svg"):
        assert words in text


def test_the_document_and_its_pictures_are_written(tmp_path: Path) -> None:
    write_handbook(ALL, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["performance-sample.svg", "performance.md"]


@pytest.mark.parametrize(("unit", "direction"), [(Unit.MILLISECONDS, "shorter"), (Unit.PER_SECOND, "longer")])
def test_a_picture_says_which_way_is_better(unit: Unit, direction: str) -> None:
    assert f"{direction} is better" in chart(table([1.0] * 5, [2.0] * 5, unit=unit))


def test_bars_are_as_long_as_their_medians_and_the_shortest_comes_first() -> None:
    namespace = {"svg": "http://www.w3.org/2000/svg"}
    root = ET.fromstring(chart(MET))  # noqa: S314 - ours
    _, *bars = [float(each.get("width", "")) for each in root.findall("svg:rect", namespace)]
    assert bars[1] == pytest.approx(4 * bars[0], rel=0.01)


def test_a_table_of_zeros_has_a_picture() -> None:
    assert "<svg" in chart(table([0.0] * 5, [0.0] * 5, unit=Unit.TRIPS))


def test_machines_get_every_round() -> None:
    found = json.loads(json.dumps(document(ALL)))
    (row, _), targets = found["tables"][0]["rows"], [each["targets"][0] for each in found["tables"]]
    assert row["rounds"] == {"p50": [2.0] * 6}
    assert row["medians"]["p50"] == {"value": 2.0, "low": 2.0, "high": 2.0}
    assert [(each["ratio"], each["verdict"]) for each in targets] == [
        (0.25, "met"),
        (0.75, "missed"),
        (None, "not decided"),
    ]


@pytest.mark.parametrize(
    ("tables", "is_quick", "code"),
    [([MET], False, 0), ([MET, NOISY], False, 3), ([NOISY, MISSED], False, 1), ([MISSED], True, 0)],
)
def test_the_exit_code_is_for_scripts(tables: list[Table], code: int, *, is_quick: bool) -> None:
    assert exit_code(report(*tables, is_quick=is_quick)) == code
