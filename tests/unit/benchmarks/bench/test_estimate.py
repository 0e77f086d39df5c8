"""What numbers are worth that were measured on a machine that does other things, too."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bench.estimate import FEWEST_ROUNDS, estimate, estimate_ratio, quantile

times = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40)


@given(times)
def test_an_interval_holds_its_value_and_nothing_beyond_what_was_measured(values: list[float]) -> None:
    found = estimate(values)
    assert found.value == median(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


@given(times, st.floats(0.01, 100))
def test_a_ratio_does_not_depend_on_how_fast_the_machine_is(values: list[float], speed: float) -> None:
    faster = estimate_ratio([each * speed for each in values], [each * 2 * speed for each in values])
    assert faster.value == pytest.approx(0.5)


def test_a_round_that_was_disturbed_disturbs_both_and_so_no_ratio() -> None:
    quiet, disturbed = [10.0] * 4, [1000.0] * 3
    found = estimate_ratio(quiet + disturbed, [2 * each for each in quiet + disturbed])
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_what_does_not_count_is_taken_off_both() -> None:
    assert estimate_ratio([160.0] * 5, [40.0] * 5, [10.0] * 5).value == 5


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    """Of 200 experiments with a known median, about 190; never fewer than chance allows."""
    source = random.Random(7)  # noqa: S311 - statistics
    hits = sum(
        found.low <= 100 <= found.high
        for found in (estimate([source.gauss(100, 10) for _ in range(15)]) for _ in range(200))
    )
    assert 180 <= hits <= 200


def test_the_same_numbers_give_the_same_interval() -> None:
    values = [float(number * 7919 % 101) for number in range(20)]
    assert estimate(values) == estimate(values)


@pytest.mark.parametrize(
    ("values", "is_meaningful"),
    [
        ([10.0] * FEWEST_ROUNDS, True),
        ([10.0] * (FEWEST_ROUNDS - 1), False),
        ([9.0, 10.0, 11.0] * 5, True),
        ([1.0, 10.0, 30.0] * 5, False),
    ],
)
def test_few_rounds_or_a_wide_interval_mean_nothing(values: list[float], *, is_meaningful: bool) -> None:
    assert estimate(values).is_meaningful is is_meaningful


def test_nothing_was_measured() -> None:
    with pytest.raises(ValueError, match="nothing to estimate"):
        estimate([])


def test_rounds_belong_together() -> None:
    with pytest.raises(ValueError, match="shorter"):
        estimate_ratio([1.0, 2.0], [1.0])


@given(times, st.integers(1, 100))
def test_a_quantile_was_measured_and_covers_its_part(values: list[float], rank: int) -> None:
    found = quantile(values, rank)
    assert found in values
    assert sum(each <= found for each in values) * 100 >= rank * len(values)
    assert sum(each < found for each in values) * 100 < rank * len(values)
