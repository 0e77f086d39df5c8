"""`make faults`: each test breaks the whole system in one way; afterwards the books must balance."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.faults.books import differences
from tests.faults.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the longer faults to `make faults`, which sets FAULTS."""
    if os.environ.get("FAULTS"):
        return
    faults = [item for item in items if "running_directory" in getattr(item, "fixturenames", [])]
    long = [item for item in faults if item.get_closest_marker("short") is None]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def running_directory() -> Iterator[Directory]:
    """The system that the faults break, one after the other."""
    # The servers report a function that dies, which is the purpose here.
    logging.getLogger("chalice_devserver").setLevel(logging.CRITICAL)
    with ExitStack() as cleanup:
        yield Directory(cleanup)
    logging.getLogger("chalice_devserver").setLevel(logging.NOTSET)


@pytest.fixture
def directory(running_directory: Directory) -> Iterator[Directory]:
    """The fresh system; when the test has broken it, everything settles and is counted."""
    running_directory.reset()
    with running_directory.afterwards:
        yield running_directory
        assert running_directory.settle(), "it does not settle"
        assert differences(running_directory) == []
