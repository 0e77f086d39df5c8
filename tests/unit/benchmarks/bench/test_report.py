"""What numbers are worth, what becomes of a target, and what the exit code says."""

from __future__ import annotations

import io
import random
from collections import Counter
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.bench.__main__ import exit_code
from benchmarks.bench.estimate import FEWEST_ROUNDS, estimate, estimate_ratio, quantile, take_turns
from benchmarks.bench.functions import ONE_PROCESSOR, Effort, Need
from benchmarks.bench.report import TRIPS, Table, Target, Verdict, format_number

times = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40)


def table(ours: list[float], theirs: list[float], most: float | None = 0.5, unit: str = "ms") -> Table:
    target = Target("to the peer", ("ours", "p50"), ("peer", "p50"), most=most)
    made = Table(
        "sample", "Sample", unit, {"p50": "p50"}, {"ours": "ours", "peer": "peer"}, frozenset({"ours"}), [target]
    )
    made.series |= {("ours", "p50"): ours, ("peer", "p50"): theirs}
    return made


@given(times)
def test_an_interval_holds_its_value_and_nothing_beyond_what_was_measured(values: list[float]) -> None:
    found = estimate(values)
    assert found.value == median(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)
    assert estimate(values) == found


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    """Of 200 experiments with a known median, about 190; never fewer than chance allows."""
    source = random.Random(7)  # noqa: S311 - statistics
    experiments = [estimate([source.gauss(100, 10) for _ in range(15)]) for _ in range(200)]
    assert 180 <= sum(found.low <= 100 <= found.high for found in experiments) <= 200


def test_a_disturbed_round_disturbs_both_and_no_ratio() -> None:
    rounds = [10.0] * 4 + [1000.0] * 3
    found = estimate_ratio(rounds, [2 * each for each in rounds])
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)
    assert estimate_ratio([160.0] * 5, [40.0] * 5, [10.0] * 5).value == 5
    with pytest.raises(ValueError, match="shorter"):
        estimate_ratio([1.0, 2.0], [1.0])


@given(times, st.integers(1, 100))
def test_a_quantile_was_measured_and_covers_its_part(values: list[float], rank: int) -> None:
    found = quantile(values, rank)
    assert sum(each <= found for each in values) * 100 >= rank * len(values)
    assert sum(each < found for each in values) * 100 < rank * len(values)


def test_each_round_has_everyone_once_and_another_one_first() -> None:
    turns = list(take_turns(["a", "b", "c"], 30))
    assert all(sorted(turns[first : first + 3]) == ["a", "b", "c"] for first in range(0, 90, 3))
    assert set(turns[::3]) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("ours", "theirs", "most", "verdict", "value"),
    [
        ([4.0] * 6, [8.0] * 6, 0.5, Verdict.MET, "0.500"),
        ([4.1] * 6, [8.0] * 6, 0.5, Verdict.MISSED, "0.512"),
        ([4.0] * 6, [8.0] * 6, None, Verdict.NONE, "0.500"),
        ([0.1, 1.0, 0.1, 1.0, 0.5, 0.2], [8.0] * 6, 0.5, Verdict.MET, "too noisy"),  # at most an eighth
        ([16.0, 90.0, 16.0, 90.0, 50.0, 20.0], [8.0] * 6, 0.5, Verdict.MISSED, "too noisy"),  # at least twice
        ([1.0, 9.0, 1.0, 9.0, 5.0, 2.0], [8.0] * 6, 0.5, Verdict.UNDECIDED, "too noisy"),
        ([1.0] * (FEWEST_ROUNDS - 1), [8.0] * (FEWEST_ROUNDS - 1), 0.5, Verdict.UNDECIDED, "too few rounds"),
    ],
)
def test_a_target_is_decided_only_as_far_as_the_noise_allows(
    ours: list[float], theirs: list[float], most: float | None, verdict: Verdict, value: str
) -> None:
    (comparison,) = table(ours, theirs, most).comparisons
    assert (comparison.verdict, comparison.value) == (verdict, value)


def test_a_count_needs_only_one_round_unless_rounds_differ() -> None:
    for ours, verdict in (([1.0], Verdict.MET), ([2.0], Verdict.MISSED), ([1.0, 2.0], Verdict.UNDECIDED)):
        (comparison,) = table(ours, [1.0] * len(ours), 1, TRIPS).comparisons
        assert comparison.verdict is verdict


def test_a_table_shows_medians_targets_and_every_round() -> None:
    output = io.StringIO()
    sample = table([9.0, 10.0, 11.0] * 5, [100.0] * 15)
    sample.print(Console(file=output, width=100))
    for words in ("10.0 ± ", "to the peer", "0.100", "0.090 … 0.110", "≤ 0.5", "met"):
        assert words in output.getvalue()
    document = sample.document()
    assert document["rows"][1] == {"key": "peer", "label": "peer", "ours": False, "rounds": {"p50": [100.0] * 15}}
    assert [(each["ratio"], each["verdict"]) for each in document["targets"]] == [(0.1, "met")]
    noisy = table([1.0, 9.0, 1.0, 9.0, 5.0, 2.0], [8.0] * 6).document()
    assert noisy["targets"][0]["ratio"] is None


def test_the_exit_code_is_for_scripts() -> None:
    met, missed, noisy = Verdict.MET, Verdict.MISSED, Verdict.UNDECIDED
    codes = [exit_code(Counter(each), is_quick=False) for each in ([met], [met, noisy], [noisy, missed])]
    assert codes == [0, 3, 1]
    assert exit_code(Counter([missed]), is_quick=True) == 0


def test_numbers_have_three_digits() -> None:
    words = [format_number(value) for value in (0, 0.1419, 3.071, 41.46, 1478.4)]
    assert words == ["0", "0.142", "3.07", "41.5", "1,478"]


def test_memory_sizes_share_the_processor_and_the_price() -> None:
    computes, waits = Effort(processor=100, waiting=0), Effort(processor=0, waiting=100)
    assert computes.milliseconds(ONE_PROCESSOR // 2) == pytest.approx(200, rel=0.01)
    assert computes.milliseconds(2 * ONE_PROCESSOR) == waits.milliseconds(128) == 100
    assert Need(98, waits, waits).fits(128)
    assert not Need(99, waits, waits).fits(128)
    # A million calls of 100 ms at 1 GB: 100,000 GB-seconds at 0.0000166667 each, and 0.20 for the requests.
    assert Need(50, Effort(0, 0), waits).dollars(1024) == pytest.approx(100_000 * 0.0000166667 + 0.20)
