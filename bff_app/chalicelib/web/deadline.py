"""The moment by which a request must have its answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from chalicelib.web.limits import LAMBDA_MARGIN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """Counts down from ``seconds`` on a clock that never jumps."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def seconds_left(self) -> float:
        """Seconds until the deadline; negative once it has passed."""
        return self._end - self._clock()


class InvocationContext(Protocol):
    """What is asked of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> float:
        """Milliseconds until the process is killed."""


def deadline_within(context: InvocationContext, seconds: float) -> Deadline:
    """``seconds`` from now, or earlier, so that the Lambda can still answer."""
    lambda_seconds = context.get_remaining_time_in_millis() / 1000 - LAMBDA_MARGIN_SECONDS
    return Deadline(min(seconds, lambda_seconds))
