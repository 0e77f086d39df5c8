"""Outcomes to be shown: made up, so that every figure in them is known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.load.arguments import Options
from benchmarks.load.climb import Halt, Limits, Step
from benchmarks.load.outcome import Climb, Outcome
from benchmarks.load.profile import Profile
from benchmarks.load.results import Measurement, Results, results_of
from tools.target import read_target

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGAN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def options(**changes: Any) -> Options:
    """What is asked for when nothing is said."""
    defaults: dict[str, Any] = {
        "target": read_target("http://localhost:8000"),
        "profile": Profile.READ,
        "requests": 50,
        "concurrency": 1,
        "seconds": 300,
        "p95_ms": None,
        "errors_percent": None,
        "report": Path("report.html"),
        "json": None,
    }
    return Options(**{**defaults, **changes})


def answers(number: int, *, failed: int = 0, ms: float = 10.0, kind: str = "listar") -> list[Measurement]:
    """So many answers, one each tenth of a second, of ``ms``, ``ms`` + 1, … milliseconds; the first ones fail."""
    return [
        Measurement((index + 1) / 10, ms + index, kind, "HTTP 503" if index < failed else "") for index in range(number)
    ]


def outcome(measurements: Sequence[Measurement], *, is_interrupted: bool = False, **changes: Any) -> Outcome:
    """That of a load without steps."""
    return Outcome(options(**changes), BEGAN, results_of(measurements), None, is_interrupted)


def step(users: int, throughput: float, *, ms: float = 20.0, failed: int = 0) -> Step:
    """A step of two seconds."""
    total = round(2 * throughput)
    return Step(
        users,
        Results([Measurement(1.0, ms, "ver", "HTTP 503" if index < failed else "") for index in range(total)], 2.0),
    )


def climb_outcome(steps: Sequence[Step], halt: Halt) -> Outcome:
    """That of a climb, with the limits that a climb has by itself."""
    climb = Climb(steps, Limits(500, 1), halt)
    shown = climb.knee or next(iter(steps), None)
    results = shown.results if shown else Results((), 0.0)
    asked = options(profile=Profile.STEP, requests=200, p95_ms=500, errors_percent=1.0)
    return Outcome(asked, BEGAN, results, climb, is_interrupted=halt is Halt.INTERRUPTED)
