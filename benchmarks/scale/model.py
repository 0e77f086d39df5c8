"""What a rate of requests needs, at which rate each limit is reached, and what happens under a day's traffic.

Needs follow Little's law: what is inside is the rate times the time inside. Limits are those of ``limits.toml``.

The simulation is a fluid model: numbers of people and processes are not whole. In each second

- a function needs as many environments as requests come, times how long each is inside; the warm ones serve at once,
  new ones are started as fast as Lambda starts them for one function, up to the account's limit; a request that finds
  no environment is refused (429). Retries, and the time that a start takes, are left out;
- each environment of crud_app holds a connection as long as it lives, and PostgreSQL accepts no more than it has;
- each change of a row leaves a message, and the consumer takes as many as SES allows.

Each request goes through both functions. Requests that bff_app lets in and crud_app cannot serve are refused, too.
"""

from __future__ import annotations

import tomllib
from collections import deque
from dataclasses import dataclass, field
from math import cos, pi
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.cost.model import ASSUMPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMITS = Path(__file__).with_name("limits.toml")

# Environments that Lambda starts for a function in a second: 1,000 in ten, and what is not used does not add up.
# https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
STARTS_PER_SECOND = 100.0

DAY_SECONDS = 1_800  # a working day, compressed
NIGHT = 0.05  # the night's part of the day's rate
BURST_SECONDS = 60


@dataclass(frozen=True)
class Load:
    """What a request is like, in seconds and shares."""

    bff_seconds: float = float(ASSUMPTIONS["bff_seconds"])  # crud_app's time included
    crud_seconds: float = float(ASSUMPTIONS["crud_seconds"])  # the statement's time included
    idle_seconds: float = 300.0  # how long Lambda keeps an idle environment; not promised, often seen
    statement_seconds: float = 0.003  # a connection is busy: one round trip in the region, and the statement
    database_cpu_seconds: float = 0.0004  # a list of 50 or a change, on one core; measured by `make bench`
    writes: float = 0.1  # of ten requests, one changes a row, as `make cost` assumes
    mails: float = 1.0  # for each change: one address of human resources
    mail_seconds: float = float(ASSUMPTIONS["email_seconds"])
    mail_batch: int = 10  # messages that one execution holds
    ledger_units: float = float(ASSUMPTIONS["ledger_writes"])  # write units of a mail, its three indexes included


def demand(rate: float, load: Load) -> dict[str, float]:
    """What a steady rate (requests a second) needs, by the names that ``limits.toml`` uses."""
    changes = rate * load.writes
    mails = changes * load.mails
    return {
        "requests": rate,
        "executions": rate * (load.bff_seconds + load.crud_seconds) + mails * load.mail_seconds / load.mail_batch,
        "invocations": 2 * rate + mails / load.mail_batch,
        "connections": rate * load.crud_seconds,  # a warm function keeps its connection, busy or not
        "busy_connections": rate * load.statement_seconds,
        "database_cores": rate * load.database_cpu_seconds,
        "changes": changes,
        "in_flight": mails * load.mail_seconds,
        "mails": mails,
        "ledger_units": mails * load.ledger_units,
    }


class Limit(NamedTuple):
    """A row of ``limits.toml``, which describes its members."""

    key: str
    of: str
    name: str
    value: float
    page: str
    then: str
    raised: float | None = None

    def breaks_at(self, value: float, load: Load) -> float:
        """The rate, in requests a second, that needs ``value`` of what is limited: demand grows with the rate."""
        return value / demand(1.0, load)[self.of]


def load_limits(load: Load) -> list[Limit]:
    """Every limit, the first to be reached first."""
    tables = tomllib.loads(LIMITS.read_text("utf-8"))
    limits = [Limit(key=key, **table) for key, table in tables.items() if isinstance(table, dict)]
    return sorted(limits, key=lambda limit: limit.breaks_at(limit.value, load))


class Site(NamedTuple):
    """What a simulated deployment has.

    ``concurrency`` is that of all functions together; ``connections`` are those that PostgreSQL, or the pooler in
    front of it, accepts. Through a transaction pooler a connection is held for one statement only.
    """

    concurrency: float
    connections: float
    is_pooled: bool
    mails_per_second: float


class Moment(NamedTuple):
    """One second. Rates are a second's; the others are numbers at its end."""

    offered: float
    served: float
    environments: float
    cold_starts: float
    connections: float
    queue: float


@dataclass
class _Fleet:
    """The environments of one function."""

    seconds: float
    idle_seconds: float
    warm: float = 0.0
    started: float = 0.0
    _needs: deque[float] = field(default_factory=deque)

    def prepare(self, rate: float, most: float) -> None:
        """Start what is missing for ``rate``, and end what has been idle for long; never more than ``most``."""
        needed = rate * self.seconds
        self._needs.append(needed)
        if len(self._needs) > self.idle_seconds:
            self._needs.popleft()
        self.started = max(0.0, min(needed - self.warm, STARTS_PER_SECOND, most - self.warm))
        self.warm = min(self.warm + self.started, max(self._needs), most)

    @property
    def capacity(self) -> float:
        """Requests a second that all of them can serve."""
        return self.warm / self.seconds


def simulate(curve: Sequence[float], load: Load, site: Site) -> list[Moment]:
    """What happens in each second of ``curve`` (requests a second), from nothing warm and nothing queued."""
    bff, crud = _Fleet(load.bff_seconds, load.idle_seconds), _Fleet(load.crud_seconds, load.idle_seconds)
    # Without a pooler, an environment that finds no connection answers 503: it is as good as none.
    most_environments = float("inf") if site.is_pooled else site.connections
    most_statements = site.connections / load.statement_seconds if site.is_pooled else float("inf")
    queue = 0.0
    moments = []
    for offered in curve:
        # Environments that exist keep their place: bff_app's share of the limit is what crud_app leaves.
        bff.prepare(offered, site.concurrency - crud.warm)
        let_in = min(offered, bff.capacity)
        crud.prepare(let_in, min(site.concurrency - bff.warm, most_environments))
        served = min(let_in, crud.capacity, most_statements)
        queue = max(0.0, queue + served * load.writes * load.mails - site.mails_per_second)
        moments.append(
            Moment(
                offered=offered,
                served=served,
                environments=bff.warm + crud.warm,
                cold_starts=bff.started + crud.started,
                connections=served * load.statement_seconds if site.is_pooled else crud.warm,
                queue=queue,
            )
        )
    return moments


def working_day(peak: float) -> list[float]:
    """Requests a second, for half an hour of seconds: night, day, night, and a burst at noon that doubles the rate."""

    def at(second: int) -> float:
        daylight = (1 - cos(2 * pi * second / DAY_SECONDS)) / 2
        is_burst = abs(second - DAY_SECONDS / 2) <= BURST_SECONDS / 2
        return peak / 2 * (NIGHT + (1 - NIGHT) * daylight + is_burst)

    return [at(second) for second in range(DAY_SECONDS)]
