"""``python -m tools.cost``, which ``make cost`` calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from tools.command_line import OneSentenceParser, make_table, run, whole_number
from tools.cost.model import (
    ASSUMPTIONS,
    PRICE_LIST,
    PRICES,
    Profile,
    count_usage,
    estimate_cost,
    price_usage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

# 50 requests a day, as in the original's report, then each power of ten up to a billion a month.
SCALES = (1_500, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
MAX_REQUESTS = 10**12
DEFAULT_BYTES = int(ASSUMPTIONS["response_bytes"])
MAX_RESPONSE_BYTES = 2**20  # an ALB accepts no larger response from a Lambda function
COUNT = {"k": 10**3, "m": 10**6, "b": 10**9}
SIZE = {"b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6}


def main(argv: Sequence[str], _: Mapping[str, str]) -> None:
    """The bill line by line, and the same directory from 50 requests a day to a billion a month."""
    profile, console = read_profile(argv), Console(highlight=False)
    console.print(
        f"{profile.requests:,} requests a month (30 days), responses of {profile.response_bytes:,} bytes, "
        f"{profile.emails:,} emails; US dollars",
        style="bold",
    )
    usage, bill = count_usage(profile), []
    for key in (key for key in PRICES if key in usage):
        price = PRICES[key]
        costs = (dollars(price_usage(key, usage[key], free_tier=deducted)) for deducted in (False, True))
        bill.append((f"{price['service']} {price['label']}", f"{short_count(usage[key])} {price['unit']}", *costs))
    bill.append(("total", "", *(dollars(estimate_cost(profile, free_tier=deducted)) for deducted in (False, True))))
    scales = []
    for traffic in map(profile.at, SCALES):
        ways = (estimate_cost(traffic, free_tier=False), estimate_cost(traffic), estimate_cost(traffic, fargate=True))
        scales.append((short_count(traffic.requests), *map(dollars, ways)))
    console.print(
        make_table(("service", ">used", ">list price", ">free tier"), bill),
        "PostgreSQL is your own and not in the bill. The free tier counts once per account.",
        make_table(("requests a month", ">list price", ">free tier", ">on Fargate"), scales),
        f"Prices of {PRICE_LIST['region']}, checked {PRICE_LIST['checked']}: tools/cost/prices.toml. Every "
        "assumption, with its reason: tools/cost/assumptions.toml",
        sep="\n",
    )


def read_profile(argv: Sequence[str]) -> Profile:
    """The traffic asked for; what was not given is derived from the rest."""
    parser = OneSentenceParser(
        "make cost",
        "What the deployment costs on AWS in a month of 30 days, and what Fargate would cost.",
        epilog="Everything else that it assumes is in tools/cost/assumptions.toml.",
    )
    for variable, least, most, units, default, description in (
        ("REQUESTS", 1, MAX_REQUESTS, COUNT, SCALES[0], "HTTP requests a month: 50000, 3M (default: 50 a day)"),
        ("SIZE", 0, MAX_RESPONSE_BYTES, SIZE, DEFAULT_BYTES, "mean bytes of a response: 12kB"),
        ("EMAILS", 0, MAX_REQUESTS, COUNT, None, "emails a month (default: one for each write)"),
    ):
        number = whole_number(variable, least, most, units)
        parser.add_argument(f"--{variable.lower()}", type=number, default=default, help=description)
    given = parser.parse_args(argv)
    emails = int(given.requests * ASSUMPTIONS["writes"]) if given.emails is None else given.emails
    return Profile(given.requests, given.size, emails)


def dollars(amount: Decimal) -> str:
    """``$16.20``, ``$1,569``: the assumptions do not carry cents beside thousands."""
    return f"${amount:,.0f}" if amount >= 1_000 else f"${amount:.2f}"  # noqa: PLR2004


def short_count(number: Decimal | float) -> str:
    """``0.587``, ``1,500``, ``10 k``, ``15 M``, ``1 B``."""
    for factor, suffix in ((10**9, " B"), (10**6, " M"), (10**3, " k")):
        if number >= max(factor, 10**4):
            return f"{float(number) / factor:.3g}{suffix}"
    return f"{number:,.0f}" if number >= 100 else f"{float(number):.3g}"  # noqa: PLR2004 - three digits


if __name__ == "__main__":
    run(main)
