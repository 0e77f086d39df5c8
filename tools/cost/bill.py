"""A month's bill: usage times price, by service, and from which traffic on Fargate would be cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.cost.prices import ZERO, FreeTier, Price, PriceList
from tools.cost.usage import Flow, Usage, fargate_usage, serverless_usage, tasks_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from tools.cost.assumptions import Assumptions
    from tools.cost.profile import Profile

# 50 requests a day, then a decade a row up to a billion a month.
SCALES = (1_500, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Line:
    """One price and how much of it was used."""

    price: Price
    quantity: Decimal

    def cost(self, free_tier: FreeTier) -> Decimal:
        return self.price.cost(self.quantity, free_tier)


@dataclass(frozen=True)
class Bill:
    """Lines in the order of the price list, so that a service's lines stand together."""

    lines: tuple[Line, ...]

    def total(self, free_tier: FreeTier) -> Decimal:
        return sum((line.cost(free_tier) for line in self.lines), ZERO)

    def by_service(self, free_tier: FreeTier) -> dict[str, Decimal]:
        """Dollars of each service, in the order of the price list."""
        services: dict[str, Decimal] = {}
        for line in self.lines:
            services[line.price.service] = services.get(line.price.service, ZERO) + line.cost(free_tier)
        return services

    def dominant(self, free_tier: FreeTier) -> tuple[str, Decimal]:
        """The service that costs most, and its fraction (0 to 1) of the total. The ALB's hours make the total > 0."""
        services = self.by_service(free_tier)
        service = max(services, key=lambda name: services[name])
        return service, services[service] / self.total(free_tier)


@dataclass(frozen=True)
class Estimate:
    """Both ways to run one month of traffic."""

    profile: Profile
    serverless: Bill
    fargate: Bill
    peak_rate: Decimal
    tasks: int


@dataclass(frozen=True)
class Report:
    """Everything that is shown; ``free_tier`` is what its comparisons deduct."""

    prices: PriceList
    free_tier: FreeTier
    estimate: Estimate
    scales: tuple[Estimate, ...]
    fargate_from: int | None  # requests a month, to two digits

    @property
    def services(self) -> list[str]:
        """Names, in the order of the price list."""
        return list(self.estimate.serverless.by_service(self.free_tier))


@dataclass(frozen=True)
class Calculator:
    """Prices and assumptions, ready for profiles."""

    prices: PriceList
    assumptions: Assumptions

    def estimate(self, profile: Profile) -> Estimate:
        peak_rate = Flow(profile, self.assumptions).peak_rate
        return Estimate(
            profile=profile,
            serverless=self._bill(serverless_usage(profile, self.assumptions)),
            fargate=self._bill(fargate_usage(profile, self.assumptions)),
            peak_rate=peak_rate,
            tasks=tasks_for(peak_rate, self.assumptions),
        )

    def report(self, profile: Profile, free_tier: FreeTier) -> Report:
        """The profile's estimate, and the same directory with the traffic of every row of ``SCALES``."""
        return Report(
            prices=self.prices,
            free_tier=free_tier,
            estimate=self.estimate(profile),
            scales=tuple(self.estimate(profile.at(requests)) for requests in SCALES),
            fargate_from=self.break_even(profile, free_tier),
        )

    def break_even(self, profile: Profile, free_tier: FreeTier) -> int | None:
        """The requests a month, to two digits, from which on Fargate is cheaper; None when it never is.

        Tasks come in whole numbers, so the two costs may cross several times; the last crossing counts.
        """
        found = None
        for requests in reversed(list(two_digit_numbers())):
            estimate = self.estimate(profile.at(requests))
            if estimate.fargate.total(free_tier) >= estimate.serverless.total(free_tier):
                return found
            found = requests
        return found

    def _bill(self, usage: Usage) -> Bill:
        return Bill(tuple(Line(price, usage[key]) for key, price in self.prices.prices.items() if key in usage))


def two_digit_numbers() -> Iterator[int]:
    """1,000, 1,100 … 9,900, 10,000 … 10,000,000,000."""
    for power in range(2, 9):
        yield from (digits * 10**power for digits in range(10, 100))
    yield 10**10
