"""The price list ``prices.toml`` and what a quantity costs by it. Money is ``Decimal`` throughout."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

PRICES = Path(__file__).with_name("prices.toml")
ZERO = Decimal(0)
ENDLESS = Decimal("Infinity")

FOREVER, FIRST_12_MONTHS = "always", "first 12 months"  # terms of an allowance


class FreeTier(Enum):
    """Which of AWS's allowances a bill deducts."""

    NONE = frozenset[str]()
    ALWAYS = frozenset({FOREVER})
    FIRST_YEAR = frozenset({FOREVER, FIRST_12_MONTHS})


@dataclass(frozen=True)
class Price:
    """One row of an AWS price page, in US dollars.

    ``tiers`` are pairs: the units of a month up to which the tier goes, and the price of ``per`` units in it.
    ``free`` units a month are not charged, for the time that ``free_term`` says.
    """

    key: str
    service: str
    label: str
    name: str
    unit: str
    per: Decimal
    tiers: tuple[tuple[Decimal, Decimal], ...]
    free: Decimal
    free_term: str

    def cost(self, quantity: Decimal, free_tier: FreeTier) -> Decimal:
        """Dollars for ``quantity`` units in a month, not rounded.

        The allowance covers the first units, and the tiers' bounds count from zero. AWS's pages do not say whether they
        count from the end of the allowance; the difference is below 0.1 % of any bill.
        """
        start = self.free if self.free_term in free_tier.value else ZERO
        cost = ZERO
        for bound, price in self.tiers:
            end = min(bound, quantity)
            if end > start:
                cost += (end - start) / self.per * price
                start = end
        return cost


@dataclass(frozen=True)
class PriceList:
    """All prices of one region, as they were on the day ``checked``."""

    region: str
    checked: date
    prices: dict[str, Price]


def load_prices(path: Path = PRICES) -> PriceList:
    """Read a price list; its format is described at the top of ``prices.toml``."""
    # Every number becomes a Decimal: a float would turn $0.0000166667 into something near it.
    document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    prices = {key: _read_price(key, table) for key, table in document.items() if isinstance(table, dict)}
    return PriceList(document["region"], document["checked"], prices)


def _read_price(key: str, table: dict[str, Any]) -> Price:
    tiers = table.get("tiers") or [{"price": table["price"]}]
    free = table.get("free", {"quantity": 0, "term": FOREVER})
    return Price(
        key=key,
        service=table["service"],
        label=table["label"],
        name=table["name"],
        unit=table["unit"],
        per=Decimal(table.get("per", 1)),
        tiers=tuple((Decimal(tier.get("up_to", ENDLESS)), Decimal(tier["price"])) for tier in tiers),
        free=Decimal(free["quantity"]),
        free_term=free["term"],
    )
