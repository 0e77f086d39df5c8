from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.climb import MOST_AT_ONCE, Halt, Limits, Step, halt_after, heights, knee_of, step_of
from benchmarks.load.results import Measurement, Results
from benchmarks.load.sample import step

LIMITS = Limits(p95_ms=500, errors_percent=1)


@given(st.integers(1, MOST_AT_ONCE))
def test_each_step_has_twice_the_people_of_the_one_before_up_to_the_bound(first: int) -> None:
    people = list(heights(first))
    assert people[0] == first
    assert all(after == 2 * before for before, after in pairwise(people))
    assert people[-1] <= MOST_AT_ONCE < 2 * people[-1]


def test_the_first_answer_for_each_person_does_not_count() -> None:
    answers = [Measurement(at, 10, "ver", "") for at in (0.5, 0.6, 1.1, 1.6, 2.6)]
    assert step_of(2, answers) == Step(2, Results(answers[2:], 2.0))


@pytest.mark.parametrize("users", [3, 4])
def test_all_answers_count_when_there_is_none_but_the_first_for_each_person(users: int) -> None:
    answers = [Measurement(at, 10, "ver", "") for at in (0.5, 1.0, 2.0)]
    assert step_of(users, answers) == Step(users, Results(answers, 2.0))


def test_a_step_without_any_answer_has_no_throughput() -> None:
    assert step_of(1, []).results.throughput == 0


@pytest.mark.parametrize(
    ("last", "halt"),
    [
        (step(2, 120), None),
        (step(2, 111), None),
        (step(2, 109), Halt.FLAT),
        (step(2, 50), Halt.FLAT),
        (step(2, 200, ms=500), None),
        (step(2, 200, ms=501), Halt.SLOW),
        (step(2, 200, failed=4), None),
        (step(2, 200, failed=5), Halt.FAILING),
        (step(2, 200, failed=400), Halt.FAILING),
        (step(2, 0), Halt.SLOW),
    ],
)
def test_a_climb_goes_on_while_it_is_worth_it(last: Step, halt: Halt | None) -> None:
    assert halt_after([step(1, 100), last], LIMITS) == halt


def test_the_knee_is_the_last_step_that_was_worth_it() -> None:
    steps = [step(1, 100), step(2, 180), step(4, 190), step(8, 400)]
    assert knee_of(steps, LIMITS) == steps[1]


def test_the_knee_is_the_last_step_when_all_were_worth_it() -> None:
    steps = [step(1, 100), step(2, 180)]
    assert knee_of(steps, LIMITS) == steps[1]


@pytest.mark.parametrize("steps", [[], [step(1, 100, ms=900)], [step(1, 100, failed=200)]])
def test_there_is_no_knee_when_not_even_the_first_step_keeps_the_limits(steps: list[Step]) -> None:
    assert knee_of(steps, LIMITS) is None
