"""``python -m benchmarks.scale``, which ``make scale`` calls: what breaks first when more people come.

Needs follow Little's law: what is inside is the rate times the time inside. ``limits.toml`` has the limits.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.command_line import OneSentenceParser, whole_number
from tools.cost.model import ASSUMPTIONS, SECONDS, Profile, estimate_cost

LIMITS = Path(__file__).with_name("limits.toml")

# What a request is like, in seconds and shares. crud_app's time includes the statement's, bff_app's time crud_app's.
BFF_SECONDS, CRUD_SECONDS = (float(ASSUMPTIONS[name]) for name in ("bff_seconds", "crud_seconds"))
STATEMENT_SECONDS = 0.003  # one round trip in the region, and the statement
DATABASE_CPU_SECONDS = 0.0004  # a list of 50 or a change, on one core (`make bench`)
WRITES = float(ASSUMPTIONS["writes"])  # the share of requests that change a row, each of which is one mail
MAIL_SECONDS, MAIL_BATCH = float(ASSUMPTIONS["email_seconds"]), 10
LEDGER_UNITS = float(ASSUMPTIONS["ledger_writes"])  # write units of a mail, its indexes included


def demand(rate: float) -> dict[str, float]:
    """What a steady rate (requests a second) needs, by the names that ``limits.toml`` uses."""
    mails = rate * WRITES
    return {
        "requests": rate,
        "executions": rate * (BFF_SECONDS + CRUD_SECONDS) + mails * MAIL_SECONDS / MAIL_BATCH,
        "invocations": 2 * rate + mails / MAIL_BATCH,
        "starts": rate * BFF_SECONDS,  # when all of it comes at once: a warm function starts nothing
        "connections": rate * CRUD_SECONDS,  # a warm function keeps its connection, busy or not
        "busy_connections": rate * STATEMENT_SECONDS,
        "database_cores": rate * DATABASE_CPU_SECONDS,
        "changes": mails,
        "in_flight": mails * MAIL_SECONDS,
        "mails": mails,
        "ledger_units": mails * LEDGER_UNITS,
    }


class Limit(NamedTuple):
    """A row of ``limits.toml``, which describes its members."""

    of: str
    name: str
    value: float
    page: str
    then: str
    raised: float | None = None

    def rate(self, value: float) -> float:
        """The requests a second that need ``value`` of what is limited: demand grows with the rate."""
        return value / demand(1.0)[self.of]


def load_limits() -> list[Limit]:
    """Every limit, the first to be reached first."""
    tables = tomllib.loads(LIMITS.read_text("utf-8")).values()
    return sorted((Limit(**table) for table in tables), key=lambda limit: limit.rate(limit.value))


def print_scale(console: Console, rate: int) -> None:
    """Every limit, the first to break first; what takes over beyond it; and the bill."""
    limits, needs = load_limits(), demand(rate)
    console.print(Text(f"What breaks first, and what {count(rate)} requests a second need of it", style="bold"))
    table = Table("limit", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("default", "reached at", "on request", "reached at", "needed"):
        table.add_column(heading, justify="right")
    for limit in limits:
        needed = needs[limit.of]
        style = "bold red" if needed > limit.value else "yellow" if needed > limit.value / 2 else "green"
        values = [count(each) if each else "-" for each in (limit.raised, limit.raised and limit.rate(limit.raised))]
        reached = count(limit.rate(limit.value))
        table.add_row(limit.name, count(limit.value), reached, *values, count(needed), style=style)
    console.print(table)
    for limit in limits:
        if needs[limit.of] > limit.value / 2:
            console.print(Text.assemble(f"- {limit.name}: ", (limit.then, "dim")))
    console.print(f"\n{cost_sentence(rate)}")


def cost_sentence(peak: int) -> str:
    requests = int(peak * SECONDS / ASSUMPTIONS["peak_factor"])
    profile = Profile(requests, int(ASSUMPTIONS["response_bytes"]), int(requests * ASSUMPTIONS["writes"]))
    serverless, fargate = estimate_cost(profile), estimate_cost(profile, fargate=True)
    return (
        f"A month with this peak (four times the mean) has {count(requests)} requests and costs ${serverless:,.0f} "
        f"with Lambda, ${fargate:,.0f} with containers; PostgreSQL is not included."
    )


def count(value: float) -> str:
    """Two digits that mean something: ``7``, ``170``, ``5,300``, ``1.2 million``."""
    for size, name in ((1e9, " billion"), (1e6, " million"), (1, "")):
        if value >= 10 * size:
            return f"{float(f'{value / size:.2g}'):,.0f}{name}"
        if value >= size:
            return f"{value / size:.2g}{name}"
    return f"{value:.2g}"


if __name__ == "__main__":
    parser = OneSentenceParser("make scale", "What breaks first when more people come.")
    rate = whole_number("RATE", 1, 10**9)
    parser.add_argument("--rate", type=rate, default=10_000, help="requests a second, at the peak")
    print_scale(Console(highlight=False), parser.parse_args(sys.argv[1:]).rate)
