"""What a load test has found out: what terminal, HTML and JSON show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.load.climb import Halt, Limits, Step, knee_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from benchmarks.load.arguments import Options
    from benchmarks.load.results import Results

EXIT_MISSED = 1


@dataclass(frozen=True)
class Threshold:
    """A promise that somebody wants to see kept."""

    name: str
    unit: str
    limit: float
    measured: float | None
    """None: there was no right answer to measure."""

    @property
    def is_kept(self) -> bool:
        """Whether the measured value is within the limit."""
        return self.measured is not None and self.measured <= self.limit


@dataclass(frozen=True)
class Climb:
    """The steps of the step profile."""

    steps: Sequence[Step]
    limits: Limits
    halt: Halt

    @property
    def knee(self) -> Step | None:
        """See `knee_of`."""
        return knee_of(self.steps, self.limits)


@dataclass(frozen=True)
class Outcome:
    """All of it."""

    options: Options
    began: datetime
    results: Results
    """Of all requests; in a climb, of the step at the knee, or of the first if there is no knee."""
    climb: Climb | None
    is_interrupted: bool

    @property
    def thresholds(self) -> Sequence[Threshold]:
        """What was asked for, and what came of it. A climb must keep it at its first step."""
        results, where = self.results, ""
        if self.climb and self.climb.steps:
            results, where = self.climb.steps[0].results, " en el primer escalón"
        thresholds = []
        if self.options.p95_ms is not None:
            thresholds.append(Threshold(f"P95{where}", "ms", self.options.p95_ms, results.percentile(95)))
        if self.options.errors_percent is not None:
            thresholds.append(Threshold(f"Fallidas{where}", "%", self.options.errors_percent, results.failure_percent))
        return thresholds

    @property
    def exit_code(self) -> int:
        """1 when a threshold was missed, or when nothing succeeded; 0 otherwise."""
        all_kept = all(threshold.is_kept for threshold in self.thresholds)
        return 0 if all_kept and self.results.succeeded else EXIT_MISSED
