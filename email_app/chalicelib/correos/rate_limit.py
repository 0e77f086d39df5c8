"""The pace of several threads that share what SES takes in a second."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Hands out turns, at most ``rate`` a second, evenly: SES counts each second for itself.

    Args:
        rate: turns a second.
        monotonic: the time in seconds.
        sleep: waits so many seconds.
    """

    def __init__(self, rate: float, *, monotonic: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._interval = 1 / rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = -float("inf")

    def wait(self, deadline: float) -> bool:
        """Wait for a turn; False, at once and without having taken one, if there is none until ``deadline``."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next, now)
            if turn > deadline:
                return False
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
        return True
