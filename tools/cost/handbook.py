"""docs/costs.md and its pictures, made from the same report as the terminal's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cost.assumptions import HOURS, reasons
from tools.cost.bill import two_digit_numbers
from tools.cost.charts import share_chart, total_chart
from tools.cost.prices import ZERO, FreeTier
from tools.cost.wording import describe, dollars, percent, quantity, rate, short_count
from tools.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.cost.bill import Calculator, Estimate, Report
    from tools.cost.prices import Price
    from tools.cost.profile import Profile

DOCS = Path(__file__).resolve().parents[2] / "docs"
LARGEST_DRAWN = 10**9
# What `alb_enabled = false` leaves out.
OF_THE_PAGE = {"ALB", "CloudFront", "WAF"}
LEAST_NAMED = Decimal("0.01")


def write_handbook(calculator: Calculator, profile: Profile, folder: Path) -> None:
    """Replace the document and its pictures in ``folder``."""
    for name, content in handbook(calculator, profile).items():
        (folder / name).write_text(content, "utf-8")


def handbook(calculator: Calculator, profile: Profile) -> dict[str, str]:
    """File name and content of the document and its pictures."""
    report = calculator.report(profile, FreeTier.ALWAYS)
    curve = [calculator.estimate(profile.at(number)) for number in two_digit_numbers() if number <= LARGEST_DRAWN]
    sections = (
        _introduction(report),
        _range(report),
        _original(report),
        _lines(report),
        _fargate(report, calculator),
        _free_tier(report),
        _prices(report),
        _assumptions(calculator),
    )
    return {
        "costs.md": "\n\n".join(sections) + "\n",
        "costs-total.svg": total_chart(report, curve),
        "costs-share.svg": share_chart(report),
    }


def _introduction(report: Report) -> str:
    smallest, largest = report.scales[0], report.scales[-1]
    services = smallest.serverless.by_service(report.free_tier)
    without_page = sum((amount for name, amount in services.items() if name not in OF_THE_PAGE), ZERO)
    return f"""\
<!-- Written by `make cost DOCS=1` from tools/cost. Change that, not this. -->
# What it costs

`make cost` prints what the deployment costs on AWS in a month of 30 days, by service, for your traffic: `make cost
REQUESTS=3M EMPLOYEES=20k EMAILS=5000` (`python -m tools.cost --help` lists what can be said). This page is its
answer for a small directory: {describe(report.estimate.profile)}.

- **{dollars(smallest.serverless.total(report.free_tier))} a month at 50 requests a day**; {_most(smallest, report)}.
  ALB and firewall cost that with no traffic at all: without them (`alb_enabled = false`, development through the HTTP
  APIs alone) {dollars(without_page)} is left. `waf_enabled = false` leaves the ALB alone.
- **{dollars(largest.serverless.total(report.free_tier))} a month at a billion requests**; {_most(largest, report)}.
- {_fargate_claim(report)}
- PostgreSQL is your own (Supabase, RDS, any): it is in no number of this page."""


def _most(estimate: Estimate, report: Report) -> str:
    service, share = estimate.serverless.dominant(report.free_tier)
    return f"{percent(share)} of it is {service}"


def _fargate_claim(report: Report) -> str:
    if report.fargate_from is None:
        return "Fargate is never cheaper than the Lambda functions."
    return f"**Fargate is cheaper from about {short_count(report.fargate_from)} requests a month on.**"


def _range(report: Report) -> str:
    rows = [
        (
            short_count(estimate.profile.requests),
            dollars(estimate.serverless.total(FreeTier.NONE)),
            dollars(estimate.serverless.total(FreeTier.ALWAYS)),
            dollars(estimate.fargate.total(FreeTier.ALWAYS)),
            _leaders(estimate, report.free_tier),
        )
        for estimate in report.scales
    ]
    headings = ("requests a month>", "list price>", "free tier deducted>", "with Fargate>", "what dominates")
    return f"""\
## From 50 requests a day to a billion a month

{markdown_table(headings, rows)}

E-mails grow with the writes: one mail for each. `EMAILS=0` shows the rest alone.

![Cost a month against requests a month, with Lambda and with Fargate](costs-total.svg)

![Part of the bill of each service, from 1,500 to a billion requests a month](costs-share.svg)"""


def _leaders(estimate: Estimate, free_tier: FreeTier) -> str:
    services = estimate.serverless.by_service(free_tier)
    total = estimate.serverless.total(free_tier)
    shares = sorted(((amount / total, name) for name, amount in services.items()), reverse=True)
    return ", ".join(f"{name} {percent(share)}" for share, name in shares[:3] if share >= LEAST_NAMED)


def _original(report: Report) -> str:
    bill = report.estimate.serverless
    services = bill.by_service(FreeTier.ALWAYS)
    costs = {line.price.key: line.cost(FreeTier.ALWAYS) for line in bill.lines}
    rows = [
        ("ALB, hours", "$16.20", dollars(costs["alb_hours"])),
        ("ALB, capacity", "not counted", dollars(costs["alb_capacity"])),
        ("ALB, public IPv4 addresses", "not counted", dollars(costs["alb_addresses"])),
        *((name, "$0.00", dollars(amount)) for name, amount in services.items() if name != "ALB"),
    ]
    return f"""\
## The original's table, again

The report that this project began with put the load balancer at $0.0225 an hour, {HOURS} hours a month, and all the
rest at nothing. The first is still so. The addresses were forgotten: AWS has charged each public IPv4 address since
February 2024, and an ALB in two zones on the internet has two (`CLOUDFRONT=0`). The firewall and the key are what the
original went without.

{markdown_table(("service", "original>", "here>"), rows)}"""


def _lines(report: Report) -> str:
    bill = report.estimate.serverless
    rows = [
        (
            line.price.service,
            line.price.label,
            quantity(line.quantity, line.price.unit),
            dollars(line.cost(FreeTier.NONE)),
            dollars(line.cost(FreeTier.ALWAYS)),
            dollars(line.cost(FreeTier.FIRST_YEAR)),
        )
        for line in bill.lines
    ]
    total = ("**total**", "", "", *(f"**{dollars(bill.total(free_tier))}**" for free_tier in FreeTier))
    headings = ("service", "", "used>", "list price>", "free tier deducted>", "first year>")
    return f"""\
## The small directory, line by line

{markdown_table(headings, [*rows, total])}

Health checks, the outbox sweep and the queue's idle polling are what runs without any request."""


def _fargate(report: Report, calculator: Calculator) -> str:
    given = calculator.assumptions
    rows = [
        (
            short_count(estimate.profile.requests),
            rate(estimate.peak_rate),
            str(estimate.tasks),
            dollars(estimate.fargate.by_service(FreeTier.ALWAYS)["Fargate"]),
            dollars(_replaced(estimate)),
        )
        for estimate in report.scales
    ]
    headings = ("requests a month>", "peak, requests a second>", "tasks>", "Fargate>", "what it replaces>")
    return f"""\
## From where Fargate would be cheaper

The alternative: bff_app and crud_app in one container behind the same ALB, without the HTTP API between them; queue,
e-mail function, sweep, logs, traces and alarms stay.

    tasks = max({given.tasks_minimum}, ceil(peak rate / {given.requests_per_task.normalize():f}))
    peak rate = {given.peak_factor} * requests a month / {HOURS * 3600:,} seconds
    one task: {given.task_vcpu} vCPU, {given.task_memory_gb} GB, a public address; all month
    {given.task_vcpu} vCPU * {percent(given.task_utilisation)} / {given.task_cpu_seconds} s of CPU a request = \
{given.requests_per_task.normalize():f} requests a second

{markdown_table(headings, rows)}

"What it replaces" is the difference of everything else between the two bills. A service that follows the load needs
fewer tasks at night and is cheaper sooner; one that must take a burst without waiting for new tasks needs more."""


def _replaced(estimate: Estimate) -> Decimal:
    """What the deployment pays and Fargate does not."""
    fargate = estimate.fargate
    rest = fargate.total(FreeTier.ALWAYS) - fargate.by_service(FreeTier.ALWAYS)["Fargate"]
    return estimate.serverless.total(FreeTier.ALWAYS) - rest


def _free_tier(report: Report) -> str:
    prices = [price for price in report.prices.prices.values() if price.free]
    rows = [
        (price.service, price.name, quantity(price.free.quantity, price.unit), price.free.term.value)
        for price in prices
        if price.free
    ]
    return f"""\
## Free tier

What is always free belongs to the account, not to the deployment: two in one account share it. The offers for the first
12 months exist only in accounts opened before 15 July 2025; later ones get credits of up to $200 instead, which this
page does not count.

{markdown_table(("service", "price", "free each month>", "for how long"), rows)}"""


def _prices(report: Report) -> str:
    prices = report.prices
    rows = [
        (price.service, f"[{price.name}]({price.page})", tier, f"{amount:f}")
        for price in prices.prices.values()
        for tier, amount in _tiers(price)
    ]
    return f"""\
## Prices

US dollars, {prices.region}, on demand, without taxes; checked {prices.checked}. {prices.note} They are in
`tools/cost/prices.toml`.

{markdown_table(("service", "price, and the page that states it", "for", "dollars>"), rows)}"""


def _tiers(price: Price) -> Iterable[tuple[str, Decimal]]:
    """Words for what each tier's price buys, and the price."""
    bought = f"{price.per:,} {price.unit}" if price.per > 1 else price.unit.removesuffix("s")
    for tier in price.tiers:
        bound = f", up to {tier.up_to:,}" if tier.up_to else ""
        rest = ", beyond" if len(price.tiers) > 1 and not tier.up_to else ""
        yield f"{bought}{bound}{rest}", tier.price


def _assumptions(calculator: Calculator) -> str:
    rows = [(f"`{name}`", value, why) for name, value, why in reasons(calculator.assumptions)]
    return f"""\
## Assumptions

Durations and sizes decide little below a million requests a month and much above; replace them by what `make status`
shows of your deployment. They are in `tools/cost/assumptions.py`.

{markdown_table(("name", "value>", "why"), rows)}

Not in the bill: PostgreSQL; Cognito, WAF, a customer key and a secret, which cost by user, rule and item; a domain
name; CloudTrail, support and taxes. Traffic inside the region between the ALB, Lambda and the HTTP API is free."""
