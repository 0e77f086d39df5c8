"""What became of a target."""

from __future__ import annotations

import pytest

from benchmarks.bench.sample import MET, MISSED, NOISY, report, table
from benchmarks.bench.table import Cell, Row, Table, Target, Unit, Verdict


def verdict_of(
    ours: list[float], theirs: list[float], most: float | None = 0.5, unit: Unit = Unit.MILLISECONDS
) -> Verdict:
    (comparison,) = table(ours, theirs, most, unit).comparisons
    return comparison.verdict


@pytest.mark.parametrize(("ours", "verdict"), [(4.0, Verdict.MET), (4.1, Verdict.MISSED), (3.9, Verdict.MET)])
def test_a_quiet_ratio_is_met_up_to_its_limit(ours: float, verdict: Verdict) -> None:
    assert verdict_of([ours] * 6, [8.0] * 6) is verdict


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ([0.1, 1.0, 0.1, 1.0, 0.5, 0.2], Verdict.MET),  # at most an eighth, whatever the noise
        ([16.0, 90.0, 16.0, 90.0, 50.0, 20.0], Verdict.MISSED),  # at least twice as much
        ([1.0, 9.0, 1.0, 9.0, 5.0, 2.0], Verdict.UNDECIDED),
    ],
)
def test_a_noisy_ratio_is_decided_only_where_its_whole_interval_agrees(ours: list[float], verdict: Verdict) -> None:
    (comparison,) = table(ours, [8.0] * 6).comparisons
    assert not comparison.is_meaningful
    assert comparison.verdict is verdict


def test_few_rounds_decide_nothing() -> None:
    assert verdict_of([1.0] * 2, [8.0] * 2) is Verdict.UNDECIDED


def test_without_a_target_there_is_no_verdict() -> None:
    assert verdict_of([1.0] * 6, [8.0] * 6, most=None) is Verdict.NONE


@pytest.mark.parametrize(("trips", "verdict"), [([1.0], Verdict.MET), ([2.0], Verdict.MISSED)])
def test_what_is_counted_needs_one_round(trips: list[float], verdict: Verdict) -> None:
    assert verdict_of(trips, [1.0], most=1, unit=Unit.TRIPS) is verdict


def test_a_count_that_differs_is_no_count() -> None:
    assert verdict_of([1.0, 2.0], [1.0, 1.0], most=1, unit=Unit.TRIPS) is Verdict.UNDECIDED


def test_a_cell_may_stand_for_itself() -> None:
    alone = Table(
        "alone", "Alone", "", Unit.MICROSECONDS, {"p50": "p50"}, [Row("ours", "ours", {"p50": [31.0] * 5})],
        [Target("microseconds", Cell("ours", "p50"), most=60)],
    )  # fmt: skip
    (comparison,) = alone.comparisons
    assert (comparison.measured.value, comparison.verdict) == (31.0, Verdict.MET)


def test_a_column_may_not_concern_a_row() -> None:
    assert MET.measured(MET.row("ours"), "p99") is None


def test_a_report_counts_its_verdicts() -> None:
    counted = report(MET, MISSED, NOISY, MET)
    assert [counted.count(verdict) for verdict in Verdict] == [2, 1, 1, 0]
