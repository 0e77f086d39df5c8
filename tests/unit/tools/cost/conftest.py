from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.cost.arguments import parse_arguments, profile_of
from tools.cost.assumptions import Assumptions
from tools.cost.bill import Calculator
from tools.cost.prices import load_prices

if TYPE_CHECKING:
    from tools.cost.profile import Profile


@pytest.fixture(scope="session")
def calculator() -> Calculator:
    return Calculator(load_prices(), Assumptions())


@pytest.fixture(scope="session")
def small() -> Profile:
    """What ``make cost`` takes when nothing is said: 50 requests a day."""
    return profile_of(parse_arguments([]))
