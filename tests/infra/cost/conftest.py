from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.cost.arguments import parse_arguments, profile_of
from infra.cost.assumptions import Assumptions
from infra.cost.bill import Calculator
from infra.cost.prices import load_prices

if TYPE_CHECKING:
    from infra.cost.profile import Profile


@pytest.fixture(scope="session")
def calculator() -> Calculator:
    return Calculator(load_prices(), Assumptions())


@pytest.fixture(scope="session")
def small() -> Profile:
    """What ``make cost`` takes when nothing is said: 50 requests a day."""
    return profile_of(parse_arguments([]))
