"""What the tests of the load test share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fake_directory import FakeDirectory, running_directory

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake_directory() -> Iterator[FakeDirectory]:
    """A directory with 120 employees."""
    with running_directory() as directory:
        for number in range(120):
            directory.add(nombre=f"Ana Núñez {number}", email=f"ana{number}@example.com")
        yield directory
