"""An answer that everyone gets who asks within some seconds: what needs no token must not cost much."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Recent(Generic[T]):
    """The last answer, for ``seconds``. An exception is not kept."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: tuple[float, T] | None = None

    def get(self, ask: Callable[[], T]) -> T:
        """The answer kept, or else what ``ask`` returns now."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] >= self._seconds:
            self._kept = now, ask()
        return self._kept[1]
