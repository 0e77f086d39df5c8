"""Waits for what a test has caused: as long as the slowest machine may need, and not a moment longer."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from local.guardian import is_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    import psutil

PATIENCE_SECONDS = 90


@contextmanager
def patient(limits: Mapping[ModuleType, Sequence[str]]) -> Iterator[pytest.MonkeyPatch]:
    """Raise the named limits of these modules, in seconds, for tests that are not about them."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in limits.items():
            for name in names:
                patch.setattr(module, name, PATIENCE_SECONDS)
        yield patch


def wait_until(is_so: Callable[[], object], what: str = "it") -> None:
    """Return once ``is_so()`` is true; AssertionError if that does not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.02)


def wait_until_ended(processes: Iterable[psutil.Process]) -> None:
    """Return once all have ended; one whose parent does not ask for its exit code (a zombie) has."""
    wait_until(lambda: not any(map(is_running, processes)), "the end of the processes")
