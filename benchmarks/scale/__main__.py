"""``python -m benchmarks.scale``, which ``make scale`` calls: what breaks first when more people come.

Needs follow Little's law: what is inside is the rate times the time inside. ``limits.toml`` has the limits.

The simulated day is a fluid model: numbers of requests and processes are not whole. Every request goes through both
functions, and each second

- a function needs as many environments as requests come, times how long each is inside. Warm ones serve at once; Lambda
  starts others at its rate, up to the account's limit; a request that finds none is refused. Retries, and the time that
  a start takes, are left out;
- without a pooler each environment of crud_app holds a connection as long as it lives;
- each change of a row leaves a message, and SES takes mails at its rate.
"""

from __future__ import annotations

import sys
import tomllib
from collections import deque
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.command_line import OneSentenceParser, whole_number
from tools.cost.model import ASSUMPTIONS, SECONDS, FreeTier, Profile, estimate_bills

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIMITS = Path(__file__).with_name("limits.toml")

# What a request is like, in seconds and shares. crud_app's time includes the statement's, bff_app's time crud_app's.
BFF_SECONDS, CRUD_SECONDS = (float(ASSUMPTIONS[name]) for name in ("bff_seconds", "crud_seconds"))
STATEMENT_SECONDS = 0.003  # one round trip in the region, and the statement
DATABASE_CPU_SECONDS = 0.0004  # a list of 50 or a change, on one core (`make bench`)
WRITES = float(ASSUMPTIONS["writes"])  # the share of requests that change a row, each of which is one mail
MAIL_SECONDS, MAIL_BATCH = float(ASSUMPTIONS["email_seconds"]), 10
LEDGER_UNITS = float(ASSUMPTIONS["ledger_writes"])  # write units of a mail, its indexes included
IDLE_SECONDS = 300  # how long Lambda keeps an idle environment; not promised, often seen
# 1,000 in ten seconds for each function. https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
STARTS_PER_SECOND = 100.0
DAY_SECONDS, NIGHT, BURST_SECONDS = 1_800, 0.05, 60  # a working day, compressed; the night's part of its rate


def demand(rate: float) -> dict[str, float]:
    """What a steady rate (requests a second) needs, by the names that ``limits.toml`` uses."""
    mails = rate * WRITES
    return {
        "requests": rate,
        "executions": rate * (BFF_SECONDS + CRUD_SECONDS) + mails * MAIL_SECONDS / MAIL_BATCH,
        "invocations": 2 * rate + mails / MAIL_BATCH,
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


class Site(NamedTuple):
    """A simulated deployment; behind a transaction pooler a connection is held for one statement only."""

    concurrency: float
    connections: float
    is_pooled: bool
    mails_per_second: float


SITES = {
    "as deployed, without a pooler": Site(1_000, 100, is_pooled=False, mails_per_second=14),
    "behind a pooler": Site(1_000, 100, is_pooled=True, mails_per_second=14),
    "behind a pooler, with every quota raised": Site(100_000, 5_000, is_pooled=True, mails_per_second=10_000),
}


class Moment(NamedTuple):
    """One second: requests served in it, and what there is at its end."""

    served: float
    environments: float
    connections: float
    queue: float


@dataclass
class Fleet:
    """The environments of one function."""

    seconds: float
    warm: float = 0.0

    def __post_init__(self) -> None:
        self._needs: deque[float] = deque(maxlen=IDLE_SECONDS)

    def serve(self, rate: float, most: float) -> float:
        """Start what is missing for ``rate``, at most ``most`` in all, end what was idle for long; what is served."""
        self._needs.append(rate * self.seconds)
        started = max(0.0, min(self._needs[-1] - self.warm, STARTS_PER_SECOND, most - self.warm))
        self.warm = min(self.warm + started, max(self._needs), most)
        return min(rate, self.warm / self.seconds)


def simulate(curve: Sequence[float], site: Site) -> Iterator[Moment]:
    """What happens in each second of ``curve`` (requests a second), from nothing warm and nothing queued."""
    bff, crud, queue = Fleet(BFF_SECONDS), Fleet(CRUD_SECONDS), 0.0
    for offered in curve:
        # Environments that exist keep their place. One that finds no connection answers 503: it is as good as none.
        let_in = bff.serve(offered, site.concurrency - crud.warm)
        room = site.concurrency - bff.warm
        if site.is_pooled:
            served = min(crud.serve(let_in, room), site.connections / STATEMENT_SECONDS)
        else:
            served = crud.serve(let_in, min(room, site.connections))
        queue = max(0.0, queue + served * WRITES - site.mails_per_second)
        connections = served * STATEMENT_SECONDS if site.is_pooled else crud.warm
        yield Moment(served, bff.warm + crud.warm, connections, queue)


def working_day(peak: float) -> list[float]:
    """Requests a second, for half an hour of seconds: night, day, night, and a burst at noon that doubles the rate."""

    def at(second: int) -> float:
        daylight = (1 - cos(2 * pi * second / DAY_SECONDS)) / 2
        is_burst = abs(second - DAY_SECONDS / 2) <= BURST_SECONDS / 2
        return peak / 2 * (NIGHT + (1 - NIGHT) * daylight + is_burst)

    return [at(second) for second in range(DAY_SECONDS)]


def print_scale(console: Console, rate: int) -> None:
    """Every limit, the first to break first; what takes over beyond it; the bill; and a simulated day."""
    limits, needs = load_limits(), demand(rate)
    console.print(Text(f"What breaks first, and what {count(rate)} requests a second need of it", style="bold"))
    table = table_of("limit", "default", "reached at", "on request", "reached at", "needed")
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
    console.print(f"\n{cost_sentence(rate)}\n")
    console.print(Text(f"A simulated working day with {count(rate)} requests a second at noon", style="bold"))
    days = table_of("deployment", "served", "environments", "connections", "mails waiting")
    curve = working_day(rate)
    for name, site in SITES.items():
        moments = list(simulate(curve, site))
        served = f"{sum(moment.served for moment in moments) / sum(curve):.1%}"
        peaks = (count(max(getattr(moment, peak) for moment in moments)) for peak in Moment._fields[1:])
        days.add_row(name, served, *peaks)
    console.print(days)


def table_of(first: str, *headings: str) -> Table:
    table = Table(first, box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def cost_sentence(peak: int) -> str:
    requests = int(peak * SECONDS / ASSUMPTIONS["peak_factor"])
    profile = Profile(requests, int(ASSUMPTIONS["response_bytes"]), int(requests * ASSUMPTIONS["writes"]))
    serverless, fargate = (bill.total(FreeTier.ALWAYS) for bill in estimate_bills(profile))
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
