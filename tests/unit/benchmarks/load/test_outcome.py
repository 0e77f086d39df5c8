from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.load.climb import Halt
from benchmarks.load.outcome import Threshold
from benchmarks.load.sample import answers, climb_outcome, outcome, step

if TYPE_CHECKING:
    from benchmarks.load.results import Measurement


def test_without_a_threshold_a_load_that_succeeded_at_all_is_good() -> None:
    assert outcome(answers(10, failed=9)).exit_code == 0


@pytest.mark.parametrize("measurements", [[], answers(10, failed=10)])
def test_a_load_without_a_right_answer_is_not_good(measurements: list[Measurement]) -> None:
    assert outcome(measurements).exit_code == 1


@pytest.mark.parametrize(
    ("p95_ms", "errors_percent", "exit_code"),
    [(28, None, 0), (27, None, 1), (None, 10.0, 0), (None, 9.9, 1), (28, 10.0, 0), (27, 10.0, 1), (28, 0.0, 1)],
)
def test_the_exit_code_says_whether_all_thresholds_were_kept(
    p95_ms: int | None, errors_percent: float | None, exit_code: int
) -> None:
    """Of 20 answers, two fail, and the others take 11, 12, … 28 ms."""
    measured = outcome(answers(20, failed=2, ms=9), p95_ms=p95_ms, errors_percent=errors_percent)
    assert measured.results.percentile(95) == 28
    assert measured.exit_code == exit_code


def test_what_was_not_measured_keeps_no_threshold() -> None:
    assert not Threshold("P95", "ms", 200, None).is_kept


def test_a_climb_must_keep_its_limits_at_the_first_step() -> None:
    higher_up_it_broke = climb_outcome([step(1, 100), step(2, 150, ms=900)], Halt.SLOW)
    at_once = climb_outcome([step(1, 100, ms=900)], Halt.SLOW)
    assert (higher_up_it_broke.exit_code, at_once.exit_code) == (0, 1)


def test_a_climb_without_a_step_is_not_good() -> None:
    assert climb_outcome([], Halt.SPENT).exit_code == 1
