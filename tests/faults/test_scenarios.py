"""The short form of `make faults`."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.faults.directory import new_directory
from tests.faults.scenarios import SCENARIOS
from tests.faults.trial import carry_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.directory import Directory
    from tests.faults.trial import Scenario


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    """The whole system, to be broken."""
    logging.getLogger("local").setLevel(logging.CRITICAL)
    with ExitStack() as cleanup:
        yield new_directory(cleanup)
    logging.getLogger("local").setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    "scenario", [each for each in SCENARIOS if each.is_short], ids=lambda each: f"{each.group}-{each.name}"
)
def test_the_books_balance_after(scenario: Scenario, directory: Directory) -> None:
    result = carry_out(scenario, directory)

    assert result.differences == ()
    assert result.account is not None
