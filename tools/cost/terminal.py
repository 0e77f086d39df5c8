"""The estimate on a terminal: the bill, the range of scales, and what dominates at each as bars."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.columns import Columns
from rich.table import Table
from rich.text import Text

from tools.cost.prices import ZERO, FreeTier
from tools.cost.wording import describe, dollars, fargate_sentence, percent, quantity, short_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from tools.cost.bill import Estimate, Line, Report

BAR_WIDTH = 44

# One letter and one colour a service: the bars can be read without colour.
LETTERS = {
    "ALB": ("A", "blue"),
    "Lambda": ("L", "yellow"),
    "HTTP API": ("H", "magenta"),
    "SNS": ("N", "bright_red"),
    "SQS": ("Q", "bright_magenta"),
    "SES": ("E", "red"),
    "DynamoDB": ("D", "bright_blue"),
    "CloudWatch": ("W", "green"),
    "X-Ray": ("X", "cyan"),
    "Data transfer": ("T", "white"),
    "CloudFront": ("F", "bright_green"),
    "WAF": ("V", "bright_yellow"),
    "Cognito": ("C", "bright_cyan"),
    "KMS": ("K", "bright_black"),
}

COLUMNS = {
    FreeTier.NONE: "list price",
    FreeTier.ALWAYS: "free tier",
    FreeTier.FIRST_YEAR: "first year",
}


def print_report(console: Console, report: Report) -> None:
    """Everything that ``make cost`` shows."""
    console.print(Text("Cost a month, US dollars", style="bold"))
    console.print(describe(report.estimate.profile), style="dim")
    console.print(_bill_table(report))
    console.print(
        "PostgreSQL is your own and not in the bill. Free tier: deducts what is always free; first year: also the "
        "offers for the first 12 months of an account opened before 15 July 2025 (later ones get credits instead).",
        style="dim",
    )
    console.print()
    console.print(_scales_table(report))
    console.print(_composition(report), end="")
    console.print(_legend(report.services))
    console.print()
    console.print(Text(fargate_sentence(report), style="bold"))
    console.print(
        f"Prices of {report.prices.region}, checked {report.prices.checked}; the model and every assumption: "
        "docs/costs.md",
        style="dim",
    )


def _bill_table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("service")
    table.add_column("used", justify="right")
    for column, heading in COLUMNS.items():
        table.add_column(heading, justify="right", style="bold" if column is report.free_tier else "")
    bill = report.estimate.serverless
    for service, lines in groupby(bill.lines, key=lambda line: line.price.service):
        _add_service(table, service, list(lines))
    table.add_row("PostgreSQL", f"{report.estimate.profile.employees:,} rows", *("yours" for _ in COLUMNS))
    table.add_section()
    table.add_row("total", "", *(dollars(bill.total(column)) for column in COLUMNS), style="bold")
    return table


def _add_service(table: Table, service: str, lines: Sequence[Line]) -> None:
    """The service's sum, and its lines below when there are several."""
    used = quantity(lines[0].quantity, lines[0].price.unit) if len(lines) == 1 else ""
    sums = (sum((line.cost(column) for line in lines), ZERO) for column in COLUMNS)
    table.add_row(Text(service, style=LETTERS[service][1]), used, *(dollars(amount) for amount in sums))
    for line in lines if len(lines) > 1 else ():
        cells = (f"  {line.price.label}", quantity(line.quantity, line.price.unit))
        table.add_row(*cells, *(dollars(line.cost(column)) for column in COLUMNS), style="dim")


def _scales_table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("requests a month", "list price", "free tier", "with Fargate", "most of it"):
        table.add_column(heading, justify="left" if heading == "most of it" else "right")
    for estimate in report.scales:
        table.add_row(
            short_count(estimate.profile.requests),
            dollars(estimate.serverless.total(FreeTier.NONE)),
            dollars(estimate.serverless.total(FreeTier.ALWAYS)),
            dollars(estimate.fargate.total(report.free_tier)),
            _dominant(estimate, report.free_tier),
        )
    return table


def _dominant(estimate: Estimate, free_tier: FreeTier) -> str:
    service, share = estimate.serverless.dominant(free_tier)
    return f"{service} {percent(share)}"


def _composition(report: Report) -> Text:
    """One bar a scale: which part of the bill is which service's."""
    text = Text("What the money goes to\n", style="bold")
    for estimate in report.scales:
        text.append(f"{short_count(estimate.profile.requests):>8} ", style="not bold")
        services = estimate.serverless.by_service(report.free_tier)
        for service, width in zip(services, apportion(services.values(), BAR_WIDTH), strict=True):
            letter, colour = LETTERS[service]
            text.append(letter * width, style=f"{colour} reverse not bold")
        text.append(f" {dollars(estimate.serverless.total(report.free_tier))}\n", style="not bold")
    return text


def _legend(services: Iterable[str]) -> Columns:
    return Columns(
        [
            Text.assemble((f" {LETTERS[service][0]} ", f"{LETTERS[service][1]} reverse"), f" {service}")
            for service in services
        ]
    )


def apportion(amounts: Iterable[Decimal], width: int) -> list[int]:
    """Whole characters for amounts, ``width`` in all: the largest remainders get what rounding down leaves."""
    amounts = list(amounts)
    total = sum(amounts, Decimal(0))
    exact = [amount * width / total for amount in amounts]
    widths = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: widths[index] - exact[index])
    for index in by_remainder[: width - sum(widths)]:
        widths[index] += 1
    return widths
