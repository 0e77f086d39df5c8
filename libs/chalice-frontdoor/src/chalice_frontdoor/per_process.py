"""Hold what a process makes once, at its first use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Makes an object at the first call, and returns it at every call after that. Threads share it.

    Args:
        make: makes the object, from the environment for example. If it raises, the next call tries again.
        close: called with an object that is replaced or forgotten.
    """

    def __init__(self, make: Callable[[], T], *, close: Callable[[T], object] = lambda _: None) -> None:
        self._make = make
        self._close = close
        self._lock = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        """The object."""
        made = self._made
        if made is None:
            with self._lock:
                made = self._made
                if made is None:
                    made = self._made = self._make()
        return made

    def replace(self, made: T | None) -> None:
        """Use ``made`` from now on, as tests do with fakes; with None, make a new object at the next call."""
        with self._lock:
            if self._made is not None:
                self._close(self._made)
            self._made = made

    def forget(self) -> None:
        """Make a new object at the next call: the connections of a restored snapshot belong to another process."""
        self.replace(None)
