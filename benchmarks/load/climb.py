"""The step profile: twice as many people at once, again and again, until it is not worth it. That is the knee."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from benchmarks.load.results import Measurement, Results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# However slow the answers are: what was answered until then is enough to judge by.
STEP_SECONDS = 10.0
MOST_AT_ONCE = 256
# Doubling the people must bring this much, or it brings nothing but waiting.
LEAST_GROWTH = 1.1


class Halt(StrEnum):
    """Why a climb ended, in the words of the report."""

    FLAT = "el throughput ya no crece"
    SLOW = "el P95 pasa de su límite"
    FAILING = "fallan demasiadas peticiones"
    TOP = "esta prueba no pide más a la vez"
    SPENT = "se acabó el tiempo o el número de peticiones"
    INTERRUPTED = "interrumpida con Ctrl-C"


@dataclass(frozen=True)
class Limits:
    """What a step must keep to be worth it."""

    p95_ms: float
    errors_percent: float


@dataclass(frozen=True)
class Step:
    """So many people at once, and what came of it."""

    users: int
    results: Results


def step_of(users: int, measurements: Sequence[Measurement]) -> Step:
    """The step, without the first answer for each person: connections are made for it, and threads started.

    Args:
        users: how many at once.
        measurements: of all answers, as they came.
    """
    counted = measurements[users:] or measurements
    began = measurements[users - 1].at if len(measurements) > users else 0.0
    return Step(users, Results(counted, measurements[-1].at - began if measurements else 0.0))


def heights(first: int) -> Iterator[int]:
    """How many people each step has, from ``first`` to `MOST_AT_ONCE` at most."""
    users = first
    while users <= MOST_AT_ONCE:
        yield users
        users *= 2


def halt_after(steps: Sequence[Step], limits: Limits) -> Halt | None:
    """Why no step should follow; None if one should."""
    *before, last = steps
    if last.results.failure_percent > limits.errors_percent:
        return Halt.FAILING
    p95 = last.results.percentile(95)
    if p95 is None or p95 > limits.p95_ms:
        return Halt.SLOW
    if before and last.results.throughput < LEAST_GROWTH * before[-1].results.throughput:
        return Halt.FLAT
    return None


def knee_of(steps: Sequence[Step], limits: Limits) -> Step | None:
    """The last step that was worth it; None if not even the first was."""
    knee = None
    for number, step in enumerate(steps, 1):
        if halt_after(steps[:number], limits):
            break
        knee = step
    return knee
