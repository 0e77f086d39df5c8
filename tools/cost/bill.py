"""A month's bill: usage times price, by service, and from which traffic Fargate is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.cost.prices import ZERO, FreeTier, Price, PriceList
from tools.cost.usage import Profile, Usage, fargate_usage, peak_rate, serverless_usage, tasks_for

if TYPE_CHECKING:
    from decimal import Decimal

    from tools.cost.assumptions import Assumptions

# 50 requests a day, then each power of ten up to a billion a month.
SCALES = (1_500, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)

# 1,000, 1,100 … 9,900, 10,000 … 10,000,000,000
TWO_DIGIT_NUMBERS = [*(digits * 10**power for power in range(2, 9) for digits in range(10, 100)), 10**10]


@dataclass(frozen=True)
class Bill:
    """Prices and the quantities used, in the order of the price list: a service's lines stand together."""

    lines: tuple[tuple[Price, Decimal], ...]

    def total(self, free_tier: FreeTier) -> Decimal:
        return sum((price.cost(quantity, free_tier) for price, quantity in self.lines), ZERO)

    def by_service(self, free_tier: FreeTier) -> dict[str, Decimal]:
        """Dollars for each service, in the order of the price list."""
        services: dict[str, Decimal] = {}
        for price, quantity in self.lines:
            services[price.service] = services.get(price.service, ZERO) + price.cost(quantity, free_tier)
        return services

    def shares(self, free_tier: FreeTier) -> list[tuple[str, Decimal]]:
        """Services and their fraction (0 to 1) of the total, largest first. The ALB's hours make the total > 0."""
        total = self.total(free_tier)
        shares = [(service, amount / total) for service, amount in self.by_service(free_tier).items()]
        return sorted(shares, key=lambda share: share[1], reverse=True)


@dataclass(frozen=True)
class Estimate:
    """One month of traffic, run as deployed and run on Fargate."""

    profile: Profile
    serverless: Bill
    fargate: Bill
    peak_rate: Decimal
    tasks: int


@dataclass(frozen=True)
class Calculator:
    """Prices and assumptions, ready for profiles."""

    prices: PriceList
    assumptions: Assumptions

    def estimate(self, profile: Profile) -> Estimate:
        rate = peak_rate(profile, self.assumptions)
        return Estimate(
            profile=profile,
            serverless=self._bill(serverless_usage(profile, self.assumptions)),
            fargate=self._bill(fargate_usage(profile, self.assumptions)),
            peak_rate=rate,
            tasks=tasks_for(rate, self.assumptions),
        )

    def find_break_even(self, profile: Profile, free_tier: FreeTier) -> int | None:
        """The requests a month, to two digits, from which Fargate is always cheaper; None if it never is.

        Tasks come in whole numbers, so the two costs may cross several times; the last crossing counts.
        """
        found = None
        for requests in reversed(TWO_DIGIT_NUMBERS):
            estimate = self.estimate(profile.at(requests))
            if estimate.fargate.total(free_tier) >= estimate.serverless.total(free_tier):
                return found
            found = requests
        return found

    def _bill(self, usage: Usage) -> Bill:
        return Bill(tuple((price, usage[key]) for key, price in self.prices.prices.items() if key in usage))
