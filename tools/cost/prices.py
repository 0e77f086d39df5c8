"""The price list: reads ``prices.toml`` and applies tiers and free allowances. Money is ``Decimal`` throughout."""

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
AWS = "https://aws.amazon.com"
ZERO = Decimal(0)


class BadPriceListError(ValueError):
    """The price list breaks a rule of its format; the message names the price and the rule."""


class Term(Enum):
    """For how long AWS gives an allowance."""

    ALWAYS = "always"
    FIRST_YEAR = "first 12 months"


class FreeTier(Enum):
    """Which allowances a bill deducts."""

    NONE = frozenset[Term]()
    ALWAYS = frozenset({Term.ALWAYS})
    FIRST_YEAR = frozenset({Term.ALWAYS, Term.FIRST_YEAR})


@dataclass(frozen=True)
class Tier:
    """Units up to ``up_to`` of a month cost ``price`` for each ``Price.per``; the last tier has no end."""

    price: Decimal
    up_to: Decimal | None = None


@dataclass(frozen=True)
class Allowance:
    """Units a month that AWS does not charge."""

    quantity: Decimal
    term: Term


@dataclass(frozen=True)
class Price:
    """One row of an AWS price page, in US dollars."""

    key: str
    service: str
    label: str
    name: str
    page: str
    unit: str
    per: Decimal
    tiers: tuple[Tier, ...]
    free: Allowance | None = None

    def __post_init__(self) -> None:
        """Refuse tiers that do not cover every quantity exactly once."""
        bounds = [tier.up_to for tier in self.tiers]
        ends = [bound for bound in bounds if bound is not None]
        if not bounds or bounds[-1] is not None or len(ends) != len(bounds) - 1:
            raise BadPriceListError(f"price {self.key!r}: the last tier, and only that, has no up_to")
        if ends != sorted(set(ends)):
            raise BadPriceListError(f"price {self.key!r}: the bounds of its tiers must rise")
        if any(tier.price < 0 for tier in self.tiers):
            raise BadPriceListError(f"price {self.key!r}: a price is 0 or more")

    def cost(self, quantity: Decimal, free_tier: FreeTier) -> Decimal:
        """Dollars for ``quantity`` units in a month, not rounded.

        The allowance is the first part of the usage, and the tiers' bounds count from zero. AWS's pages leave open
        whether they count from the allowance's end; the difference is below 0.1 % of any bill.
        """
        start = self.free.quantity if self.free and self.free.term in free_tier.value else ZERO
        cost = ZERO
        for tier in self.tiers:
            end = quantity if tier.up_to is None else min(tier.up_to, quantity)
            if end > start:
                cost += (end - start) / self.per * tier.price
                start = end
        return cost


@dataclass(frozen=True)
class PriceList:
    """All prices of one region, as they were on the day ``checked``; ``note`` says how they were checked."""

    region: str
    checked: date
    note: str
    prices: dict[str, Price]


def load_prices(path: Path = PRICES) -> PriceList:
    """Read a price list.

    Raises:
        BadPriceListError: a price is missing a member, is negative, or has tiers out of order.
    """
    # Every number becomes a Decimal: a float would turn $0.0000166667 into something near it.
    document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    tables = {key: table for key, table in document.items() if isinstance(table, dict)}
    return PriceList(
        region=document["region"],
        checked=document["checked"],
        note=document["note"],
        prices={key: _price(key, table) for key, table in tables.items()},
    )


def _price(key: str, table: dict[str, Any]) -> Price:
    try:
        return Price(
            key=key,
            service=table["service"],
            label=table["label"],
            name=table["name"],
            page=AWS + table["page"],
            unit=table["unit"],
            per=Decimal(table["per"]),
            tiers=tuple(_tier(tier) for tier in table["tiers"]),
            free=_allowance(table.get("free")),
        )
    except KeyError as error:
        raise BadPriceListError(f"price {key!r} lacks {error}") from error


def _tier(table: dict[str, Any]) -> Tier:
    bound = table.get("up_to")
    return Tier(price=Decimal(table["price"]), up_to=None if bound is None else Decimal(bound))


def _allowance(table: dict[str, Any] | None) -> Allowance | None:
    return Allowance(Decimal(table["quantity"]), Term(table["term"])) if table else None
