"""``python -m tools.cost``, which ``make cost`` calls."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from tools.command_line import OneSentenceParser, shortened, whole_number
from tools.cost import model
from tools.cost.model import FreeTier, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

# 50 requests a day, as in the original's report, then each power of ten up to a billion a month.
SCALES = (1_500, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
MAX_REQUESTS, MAX_EMPLOYEES = 10**12, 10**9
MAX_RESPONSE_BYTES = 2**20  # an ALB accepts no larger response from a Lambda function
COUNT = {"k": 10**3, "m": 10**6, "b": 10**9}
SIZE = {"b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6}

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
    document = describe_month(profile_of(arguments), FreeTier.ALWAYS if arguments.free_tier else FreeTier.NONE)
    if arguments.json:
        print(json.dumps(document, indent=2, default=lambda amount: f"{amount:.4f}"))
    else:
        print_month(Console(highlight=False), document)
    return 0


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = OneSentenceParser(
        "make cost",
        "What the deployment costs on AWS in a month of 30 days, and what Fargate would cost.",
        epilog=EXAMPLES,
    )
    for variable, default, least, most, units, description in (
        ("REQUESTS", 1_500, 1, MAX_REQUESTS, COUNT, "HTTP requests a month: 50000, 3M"),
        ("EMPLOYEES", 1_000, 0, MAX_EMPLOYEES, COUNT, "rows in the directory"),
        ("SIZE", None, 0, MAX_RESPONSE_BYTES, SIZE, "mean bytes of a response (default: half lists, half rows)"),
        ("EMAILS", None, 0, MAX_REQUESTS, COUNT, "emails a month (default: one for each write)"),
        ("FREE_TIER", 1, 0, 1, {}, "comparisons deduct what is always free"),
        ("CLOUDFRONT", 1, 0, 1, {}, "CloudFront in front of the ALB, as deployed"),
    ):
        number = whole_number(variable, least, most, units)
        option = f"--{variable.lower().replace('_', '-')}"
        parser.add_argument(option, type=number, default=default, help=description)
    parser.add_argument(
        "--writes", type=_fraction, default=model.DEFAULT_WRITES, help="share of requests that change a row"
    )
    parser.add_argument("--json", action="store_true", help="print JSON; money is a string of dollars")
    return parser.parse_args(argv)


def _fraction(text: str) -> Decimal:
    # Decimal() alone would also accept 1e-9, NaN and digits of other scripts.
    if not re.fullmatch(r"[01](\.[0-9]{1,9})?|\.[0-9]{1,9}", text, re.ASCII) or Decimal(text) > 1:
        raise argparse.ArgumentTypeError(f"WRITES must be a fraction from 0 to 1, such as 0.1, not {shortened(text)}")
    return Decimal(text)


def profile_of(arguments: argparse.Namespace) -> Profile:
    """The traffic asked for; what was not given is derived from the rest."""
    employees, requests, writes = arguments.employees, arguments.requests, arguments.writes
    size = model.typical_response_bytes(employees) if arguments.size is None else arguments.size
    emails = int(requests * writes) if arguments.emails is None else arguments.emails
    return Profile(requests, size, employees, emails, writes, cloudfront=bool(arguments.cloudfront))


def describe_month(profile: Profile, free_tier: FreeTier) -> dict[str, Any]:
    """All that is printed, in either form. ``comparisons_use`` is the column for dominance and break-even."""
    serverless, _ = model.estimate_bills(profile)
    return {
        "region": model.PRICE_LIST["region"],
        "prices_checked": model.PRICE_LIST["checked"].isoformat(),
        "month_hours": int(model.HOURS),
        "comparisons_use": free_tier.value,
        "profile": asdict(profile) | {"writes": str(profile.writes)},
        "lines": [
            {
                "key": key,
                **{name: model.PRICES[key][name] for name in ("service", "label", "name", "unit")},
                "quantity": quantity,
                **{column.value: model.price_usage(key, quantity, column) for column in FreeTier},
            }
            for key, quantity in serverless.items()
        ],
        **_summarize(profile, free_tier),
        "fargate_cheaper_from_requests": model.find_break_even(profile, free_tier),
        "scales": [{"requests": each, **_summarize(profile.at(each), free_tier)} for each in SCALES],
    }


def _summarize(profile: Profile, free_tier: FreeTier) -> dict[str, Any]:
    serverless, fargate = model.estimate_bills(profile)
    services = {column: serverless.by_service(column) for column in FreeTier}
    totals, rate = {column.value: serverless.total(column) for column in FreeTier}, model.peak_rate(profile)
    dominant = max(services[free_tier], key=services[free_tier].__getitem__)
    return {
        "services": {
            name: {column.value: services[column][name] for column in FreeTier} for name in services[free_tier]
        },
        "totals": totals,
        "dominant": {"service": dominant, "share": services[free_tier][dominant] / totals[free_tier]},
        "peak_requests_per_second": rate,
        "fargate": {
            "tasks": model.count_tasks(rate),
            "totals": {column.value: fargate.total(column) for column in FreeTier},
        },
    }


def print_month(console: Console, document: dict[str, Any]) -> None:
    """The bill line by line, the same directory from 50 requests a day to a billion a month, and the break-even."""
    profile, column = document["profile"], document["comparisons_use"]
    console.print("Cost a month, US dollars", style="bold")
    console.print(
        f"{profile['requests']:,} requests a month (30 days), {float(profile['writes']):.0%} writes, responses of "
        f"{profile['response_bytes']:,} bytes, {profile['employees']:,} employees, {profile['emails']:,} emails, "
        f"{'CloudFront' if profile['cloudfront'] else 'no CloudFront'}",
        style="dim",
    )
    table = _table("service", "used", "list price", "free tier", "first year")
    for service, group in groupby(document["lines"], key=lambda line: line["service"]):
        lines = list(group)
        if len(lines) > 1:
            table.add_row(service, "", *_costs(document["services"][service]))
        for line in lines:
            name, style = (f"  {line['label']}", "dim") if len(lines) > 1 else (service, "")
            table.add_row(name, _quantity(line["quantity"], line["unit"]), *_costs(line), style=style)
    table.add_section()
    table.add_row("total", "", *_costs(document["totals"]), style="bold")
    console.print(table)
    console.print(
        "PostgreSQL is your own and not in the bill. Free tier: deducts what is always free, once per account; "
        "first year: also the offers for the first 12 months of an account opened before 15 July 2025 (later ones "
        "get credits).\n",
        style="dim",
    )
    table = _table("requests a month", "list price", "free tier", "on Fargate", "largest share")
    for scale in document["scales"]:
        costs = (scale["totals"]["list_price"], scale["totals"]["free_tier"], scale["fargate"]["totals"][column])
        share = f"{scale['dominant']['service']} {scale['dominant']['share']:.0%}"
        table.add_row(short_count(scale["requests"]), *map(dollars, costs), share)
    console.print(table)
    break_even, rate = document["fargate_cheaper_from_requests"], document["peak_requests_per_second"]
    console.print(
        f"Fargate is cheaper from about {short_count(break_even)} requests a month; this traffic (peak {rate:.2g} "
        f"requests a second) would need {document['fargate']['tasks']} tasks."
        if break_even
        else "Fargate is never cheaper than the Lambda functions with this traffic.",
        style="bold",
    )
    console.print(
        f"Prices of {document['region']}, checked {document['prices_checked']}: tools/cost/prices.toml. Every "
        "assumption, with its reason: tools/cost/assumptions.toml",
        style="dim",
    )


def _table(first: str, *others: str) -> Table:
    table = Table(first, box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _costs(amounts: dict[str, Any]) -> list[str]:
    return [dollars(amounts[column]) for column in FreeTier]


def dollars(amount: Decimal) -> str:
    """``$16.20``, ``$1,569``, ``<$0.01``: the assumptions do not carry cents beside thousands."""
    if 0 < amount < Decimal("0.005"):
        return "<$0.01"
    return f"${amount:,.0f}" if amount >= 1_000 else f"${amount:.2f}"  # noqa: PLR2004


def short_count(number: int) -> str:
    """``1,500``, ``10 k``, ``15 M``, ``1 B``."""
    for factor, suffix in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= max(factor, 10**4):
            return f"{number / factor:.3g} {suffix}"
    return f"{number:,}"


def _quantity(amount: Decimal, unit: str) -> str:
    is_long = amount == int(amount) or amount >= 100  # noqa: PLR2004 - three digits
    return f"{amount:,.0f} {unit}" if is_long else f"{float(amount):.3g} {unit}"


if __name__ == "__main__":
    sys.exit(main())
