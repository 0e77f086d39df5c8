"""`make faults`: each test breaks the whole system in one way; afterwards the books must balance."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.faults.books import differences
from tests.faults.directory import Directory
from tests.faults.trial import FAULTS, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the longer faults to `make faults`."""
    faults = [item for item in items if "trial" in getattr(item, "fixturenames", [])]
    long = [] if FAULTS else [item for item in faults if item.get_closest_marker("short") is None]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    """The system that the faults break, one after the other."""
    # The servers report a function that dies, which is the purpose here.
    logging.getLogger("chalice_devserver").setLevel(logging.CRITICAL)
    with ExitStack() as cleanup:
        yield Directory(cleanup)
    logging.getLogger("chalice_devserver").setLevel(logging.NOTSET)


@pytest.fixture
def trial(directory: Directory) -> Iterator[Trial]:
    """The fresh system; when the test has broken it, everything settles and is counted."""
    directory.reset()
    with ExitStack() as afterwards:
        trial = Trial(directory, afterwards)
        yield trial
        assert directory.settle(), "it does not settle"
        assert differences(directory, trial.client) == []
