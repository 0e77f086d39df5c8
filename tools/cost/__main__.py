"""``python -m tools.cost``, which ``make cost`` calls."""

from __future__ import annotations

import argparse
import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.command_line import OneSentenceParser, shortened, whole_number
from tools.cost.assumptions import HOURS, Assumptions
from tools.cost.bill import SCALES, Bill, Calculator, Estimate
from tools.cost.prices import FreeTier, load_prices
from tools.cost.usage import Profile, typical_response_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The original's report tested with 50 requests; 50 a day is the smallest directory that is used at all.
DEFAULT_REQUESTS = 50 * 30
DEFAULT_EMPLOYEES = 1_000
DEFAULT_WRITES = Decimal("0.1")
MOST_REQUESTS = 10**12
MOST_EMPLOYEES = 10**9
MOST_RESPONSE_BYTES = 2**20  # an ALB accepts no larger answer from a Lambda function

COLUMNS = {"list_price": FreeTier.NONE, "free_tier": FreeTier.ALWAYS, "first_year": FreeTier.FIRST_YEAR}

EXAMPLES = """\
examples:
  make cost                                      50 requests a day, and the whole range up to a billion a month
  make cost REQUESTS=3M EMPLOYEES=20k            three million requests a month
  make cost REQUESTS=1M EMAILS=0 FREE_TIER=0     list prices, without notifications
  make -s cost REQUESTS=1M JSON=1 | jq .totals   JSON, for programs
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the estimate. Status 0; a bad argument exits with 2."""
    arguments = parse_arguments(argv)
    calculator = Calculator(load_prices(), Assumptions())
    profile, free_tier = profile_of(arguments), free_tier_of(arguments)
    if arguments.json:
        print(json.dumps(json_document(calculator, profile, free_tier), indent=2))
    else:
        print_estimate(Console(highlight=False), calculator, profile, free_tier)
    return 0


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = OneSentenceParser(
        "make cost",
        "What the deployment costs on AWS in a month of 30 days, and what Fargate would cost.",
        epilog=EXAMPLES,
    )
    requests, employees = _number("REQUESTS", 1, MOST_REQUESTS), _number("EMPLOYEES", 0, MOST_EMPLOYEES)
    parser.add_argument("--requests", type=requests, default=DEFAULT_REQUESTS, help="HTTP requests a month: 50000, 3M")
    parser.add_argument("--employees", type=employees, default=DEFAULT_EMPLOYEES, help="rows in the directory")
    parser.add_argument(
        "--size",
        type=_number("SIZE", 0, MOST_RESPONSE_BYTES),
        help="mean bytes of an answer (default: half lists, half rows)",
    )
    parser.add_argument(
        "--emails", type=_number("EMAILS", 0, MOST_REQUESTS), help="e-mails a month (default: one for each write)"
    )
    parser.add_argument("--writes", type=_fraction, default=DEFAULT_WRITES, help="share of requests that change a row")
    parser.add_argument(
        "--free-tier", type=whole_number("FREE_TIER", 0, 1), default=1, help="comparisons deduct what is always free"
    )
    parser.add_argument(
        "--cloudfront",
        type=whole_number("CLOUDFRONT", 0, 1),
        default=1,
        help="CloudFront in front of the ALB, as deployed",
    )
    parser.add_argument("--json", action="store_true", help="print JSON; money is a string of dollars")
    return parser.parse_args(argv)


def profile_of(arguments: argparse.Namespace) -> Profile:
    """The traffic asked for; what was not given is derived from what was."""
    employees, requests, writes = arguments.employees, arguments.requests, arguments.writes
    return Profile(
        requests=requests,
        response_bytes=typical_response_bytes(employees) if arguments.size is None else arguments.size,
        employees=employees,
        emails=int(requests * writes) if arguments.emails is None else arguments.emails,
        writes=writes,
        cloudfront=bool(arguments.cloudfront),
    )


def free_tier_of(arguments: argparse.Namespace) -> FreeTier:
    """What comparisons deduct. Offers for the first 12 months never count: they end."""
    return FreeTier.ALWAYS if arguments.free_tier else FreeTier.NONE


def _number(variable: str, least: int, most: int) -> Callable[[str], int]:
    """A type for ``add_argument``: digits, or a short form such as 30k, 1.5M, 1B or 12kB, within bounds."""
    factors = {"": 1, "k": 10**3, "m": 10**6, "b": 1 if variable == "SIZE" else 10**9, "kb": 10**3, "mb": 10**6}

    def read(text: str) -> int:
        match = re.fullmatch(r"([0-9][0-9_]{0,20}(?:\.[0-9]{1,9})?) ?([kKmM]?[bB]?)", text.strip(), re.ASCII)
        number = Decimal(match[1]) * factors[match[2].lower()] if match else Decimal(-1)
        if not least <= number <= most or number != int(number):
            raise argparse.ArgumentTypeError(
                f"{variable} must be a whole number from {least:,} to {most:,}, such as 50000, 30k or 1.5M, "
                f"not {shortened(text)}"
            )
        return int(number)

    return read


def _fraction(text: str) -> Decimal:
    # Decimal() alone would also take 1e-9, NaN and digits of other scripts.
    if not re.fullmatch(r"[01](\.[0-9]{1,9})?|\.[0-9]{1,9}", text, re.ASCII) or Decimal(text) > 1:
        raise argparse.ArgumentTypeError(f"WRITES must be a fraction from 0 to 1, such as 0.1, not {shortened(text)}")
    return Decimal(text)


def print_estimate(console: Console, calculator: Calculator, profile: Profile, free_tier: FreeTier) -> None:
    """The bill line by line, the same directory from 50 requests a day to a billion a month, and the break-even."""
    estimate = calculator.estimate(profile)
    console.print(Text("Cost a month, US dollars", style="bold"))
    console.print(
        f"{profile.requests:,} requests a month (30 days), {_percent(profile.writes)} writes, answers of "
        f"{profile.response_bytes:,} bytes, {profile.employees:,} employees, {profile.emails:,} e-mails, "
        f"{'CloudFront' if profile.cloudfront else 'no CloudFront'}",
        style="dim",
    )
    console.print(_bill_table(estimate.serverless, free_tier))
    console.print(
        "PostgreSQL is your own and not in the bill. Free tier: deducts what is always free, once for each account; "
        "first year: also the offers for the first 12 months of an account opened before 15 July 2025 (later ones "
        "get credits).",
        style="dim",
    )
    console.print()
    console.print(_scales_table([calculator.estimate(profile.at(requests)) for requests in SCALES], free_tier))
    console.print(_break_even_sentence(estimate, calculator.find_break_even(profile, free_tier)), style="bold")
    console.print(
        f"Prices of {calculator.prices.region}, checked {calculator.prices.checked}: tools/cost/prices.toml. Every "
        "assumption, with its reason: tools/cost/assumptions.py",
        style="dim",
    )


def _bill_table(bill: Bill, free_tier: FreeTier) -> Table:
    table = Table("service", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("used", justify="right")
    for name, column in COLUMNS.items():
        table.add_column(name.replace("_", " "), justify="right", style="bold" if column is free_tier else "")
    for service, group in groupby(bill.lines, key=lambda line: line[0].service):
        lines = list(group)
        rows = [(f"  {price.label}", price, quantity) for price, quantity in lines]
        if len(lines) > 1:
            table.add_row(service, "", *(dollars(bill.by_service(column)[service]) for column in COLUMNS.values()))
        else:
            rows = [(service, *lines[0])]
        for label, price, quantity in rows:
            costs = (dollars(price.cost(quantity, column)) for column in COLUMNS.values())
            table.add_row(label, _quantity(quantity, price.unit), *costs, style="dim" if len(lines) > 1 else "")
    table.add_section()
    table.add_row("total", "", *(dollars(bill.total(column)) for column in COLUMNS.values()), style="bold")
    return table


def _scales_table(scales: Sequence[Estimate], free_tier: FreeTier) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("requests a month", "list price", "free tier", "on Fargate"):
        table.add_column(heading, justify="right")
    table.add_column("what dominates")
    for estimate in scales:
        table.add_row(
            short_count(estimate.profile.requests),
            dollars(estimate.serverless.total(FreeTier.NONE)),
            dollars(estimate.serverless.total(FreeTier.ALWAYS)),
            dollars(estimate.fargate.total(free_tier)),
            ", ".join(f"{service} {_percent(share)}" for service, share in estimate.serverless.shares(free_tier)[:2]),
        )
    return table


def _break_even_sentence(estimate: Estimate, break_even: int | None) -> str:
    if break_even is None:
        return "Fargate is never cheaper than the Lambda functions with this traffic."
    rate = f"{estimate.peak_rate:,.0f}" if estimate.peak_rate >= 10 else f"{estimate.peak_rate:.2g}"  # noqa: PLR2004
    return (
        f"Fargate is cheaper from about {short_count(break_even)} requests a month; this traffic (peak {rate} requests "
        f"a second) would need {estimate.tasks} tasks."
    )


def dollars(amount: Decimal) -> str:
    """``$16.20``, ``$1,569``, ``<$0.01``: the assumptions do not carry cents beside thousands."""
    if 0 < amount < Decimal("0.005"):
        return "<$0.01"
    return f"${amount.quantize(Decimal(1) if amount >= 1_000 else Decimal('0.01'), ROUND_HALF_UP):,}"  # noqa: PLR2004


def short_count(number: int) -> str:
    """``1,500``, ``10 k``, ``15 M``, ``1 B``."""
    for factor, suffix in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= max(factor, 10**4):
            return f"{Decimal(number) / factor:.3g} {suffix}"
    return f"{number:,}"


def _quantity(amount: Decimal, unit: str) -> str:
    """``720 hours``, ``3.47 GB``: three digits when there is a fraction."""
    if 0 < amount < Decimal("0.001"):
        return f"<0.001 {unit}"
    if amount == 1:
        return f"1 {unit.removesuffix('s')}"
    is_whole = amount == int(amount) or amount >= 100  # noqa: PLR2004 - three digits
    return f"{amount:,.0f} {unit}" if is_whole else f"{amount:.3g} {unit}"


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).quantize(Decimal(1), ROUND_HALF_UP)} %"


def json_document(calculator: Calculator, profile: Profile, free_tier: FreeTier) -> dict[str, Any]:
    """Money has four decimals; ``comparisons_use`` names the column by which dominance and break-even were found."""
    estimate = calculator.estimate(profile)
    return {
        "region": calculator.prices.region,
        "prices_checked": calculator.prices.checked.isoformat(),
        "month_hours": int(HOURS),
        "comparisons_use": next(name for name, column in COLUMNS.items() if column is free_tier),
        "profile": {**vars(profile), "writes": str(profile.writes)},
        "lines": [
            {
                "key": price.key,
                "service": price.service,
                "name": price.name,
                "unit": price.unit,
                "quantity": _four_decimals(quantity),
                **{name: _four_decimals(price.cost(quantity, column)) for name, column in COLUMNS.items()},
            }
            for price, quantity in estimate.serverless.lines
        ],
        **_json_summary(estimate, free_tier),
        "fargate_cheaper_from_requests": calculator.find_break_even(profile, free_tier),
        "scales": [
            {"requests": requests, **_json_summary(calculator.estimate(profile.at(requests)), free_tier)}
            for requests in SCALES
        ],
    }


def _json_summary(estimate: Estimate, free_tier: FreeTier) -> dict[str, Any]:
    bill = estimate.serverless
    (service, share), *_ = bill.shares(free_tier)
    return {
        "services": {
            name: {key: _four_decimals(bill.by_service(column)[name]) for key, column in COLUMNS.items()}
            for name in bill.by_service(free_tier)
        },
        "totals": {name: _four_decimals(bill.total(column)) for name, column in COLUMNS.items()},
        "dominant": {"service": service, "share": _four_decimals(share)},
        "peak_requests_per_second": _four_decimals(estimate.peak_rate),
        "fargate": {
            "tasks": estimate.tasks,
            "totals": {name: _four_decimals(estimate.fargate.total(column)) for name, column in COLUMNS.items()},
        },
    }


def _four_decimals(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.0001"), ROUND_HALF_UP))


if __name__ == "__main__":
    sys.exit(main())
