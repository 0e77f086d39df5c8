"""What the tests of the load test share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.load.fake_directory import FakeDirectory, running_directory

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake_directory() -> Iterator[FakeDirectory]:
    """A directory with 120 employees."""
    with running_directory() as directory:
        for number in range(120):
            directory.add(nombre=f"Ana Núñez {number}", email=f"ana{number}@example.com")
        yield directory


@pytest.fixture
def _own_signals() -> Iterator[None]:
    """The program under test sets its own handlers; pytest gets its back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
