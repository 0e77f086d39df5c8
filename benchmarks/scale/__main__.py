"""``python -m benchmarks.scale``, which ``make scale`` calls: what breaks first when more people come.

Needs follow Little's law: what is inside is the rate times the time inside. ``limits.toml`` has the limits.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.text import Text

from tools.command_line import OneSentenceParser, make_table, run, whole_number
from tools.cost import ASSUMPTIONS, SECONDS, Profile, dollars, estimate_cost, short_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def main(argv: Sequence[str], _: Mapping[str, str]) -> None:
    """Every limit, the first to break first; what takes over beyond it; and the bill."""
    parser = OneSentenceParser("make scale", "What breaks first when more people come.")
    number = whole_number("RATE", 1, 10**9)
    parser.add_argument("--rate", type=number, default=10_000, help="requests a second, at the peak")
    rate = parser.parse_args(argv).rate
    limits, needs, console = load_limits(), demand(rate), Console(highlight=False)
    console.print(Text(f"What breaks first, and what {short_count(rate)} requests a second need of it", style="bold"))
    rows = []
    for limit in limits:
        needed = needs[limit.of]
        style = "bold red" if needed > limit.value else "yellow" if needed > limit.value / 2 else "green"
        numbers = [
            limit.value,
            limit.rate(limit.value),
            limit.raised,
            limit.raised and limit.rate(limit.raised),
            needed,
        ]
        rows.append([Text(each, style) for each in (limit.name, *(short_count(n) if n else "-" for n in numbers))])
    headings = ("limit", ">default", ">reached at", ">on request", ">reached at", ">needed")
    console.print(make_table(headings, rows))
    for limit in limits:
        if needs[limit.of] > limit.value / 2:
            console.print(Text.assemble(f"- {limit.name}: ", (limit.then, "dim")))
    requests = int(rate * SECONDS / ASSUMPTIONS["peak_factor"])
    profile = Profile(requests, int(ASSUMPTIONS["response_bytes"]), int(requests * ASSUMPTIONS["writes"]))
    serverless, fargate = estimate_cost(profile), estimate_cost(profile, fargate=True)
    console.print(
        f"\nA month with this peak (four times the mean) has {short_count(requests)} requests and costs "
        f"{dollars(serverless)} with Lambda, {dollars(fargate)} with containers; PostgreSQL is not included."
    )


if __name__ == "__main__":
    run(main)
