from __future__ import annotations

from statistics import fmean, median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.results import Measurement, Results, percentile, results_of

MILLISECONDS = st.lists(st.floats(0, 60_000), min_size=1, max_size=300)


def answers(*milliseconds: float, failure: str = "", kind: str = "listar") -> list[Measurement]:
    return [Measurement(at=number / 10, ms=ms, kind=kind, failure=failure) for number, ms in enumerate(milliseconds, 1)]


@given(MILLISECONDS, st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[float], rank: int) -> None:
    result = percentile(sorted(values), rank)

    # The definition, word by word, without any arithmetic that could be wrong in the same way.
    enough = [value for value in values if 100 * sum(other <= value for other in values) >= rank * len(values)]
    assert result == min(enough)


@given(MILLISECONDS)
def test_the_median_and_the_hundredth_are_those_of_the_standard_library(values: list[float]) -> None:
    ascending = sorted(values)
    assert percentile(ascending, 50) == median_low(values)
    assert percentile(ascending, 100) == max(values)


@given(MILLISECONDS)
def test_percentiles_are_in_order_and_were_all_measured(values: list[float]) -> None:
    figures = [percentile(sorted(values), rank) for rank in range(1, 101)]
    assert figures == sorted(figures)
    assert set(figures) <= set(values)


def test_the_times_are_those_of_the_right_answers() -> None:
    results = results_of([*answers(10, 20, 60), *answers(1, 9_999, failure="HTTP 503")])

    assert (results.total, results.succeeded, results.failed) == (5, 3, 2)
    assert (results.mean, results.least, results.most) == (fmean([10, 20, 60]), 10, 60)
    assert results.percentile(50) == 20
    assert (results.success_percent, results.failure_percent) == (60, 40)
    assert results.failures == {"HTTP 503": 2}


def test_the_throughput_counts_right_answers_until_the_last_answer() -> None:
    results = results_of([*answers(10, 10, 10, 10), Measurement(at=2.0, ms=5, kind="ver", failure="HTTP 500")])
    assert (results.seconds, results.throughput) == (2.0, 2.0)


@pytest.mark.parametrize("results", [results_of([]), Results((), 0.0)])
def test_nothing_measured_is_no_number(results: Results) -> None:
    assert [results.mean, results.least, results.most, results.percentile(95)] == [None] * 4
    assert [results.success_percent, results.failure_percent, results.throughput] == [0, 0, 0]


def test_the_kinds_come_with_the_most_frequent_first_and_share_the_time() -> None:
    results = results_of([*answers(1, kind="ver"), *answers(5, 6, 7, kind="alta"), *answers(2, kind="baja")])
    by_kind = results.by_kind()
    assert list(by_kind) == ["alta", "baja", "ver"]
    assert [each.total for each in by_kind.values()] == [3, 1, 1]
    assert {each.seconds for each in by_kind.values()} == {results.seconds}


def test_the_most_frequent_failure_comes_first() -> None:
    results = results_of([*answers(1, failure="HTTP 404"), *answers(1, 1, failure="sin respuesta (Timeout)")])
    assert list(results.failures) == ["sin respuesta (Timeout)", "HTTP 404"]
