"""Lambda's concurrency, the database's connections and the queue's depth, second by second, under a traffic curve.

A fluid model: numbers of people and processes are not whole. In each second

- a function needs as many environments as requests come, times how long each is inside (Little's law); the warm ones
  serve at once, new ones are started as quickly as Lambda does it for a function, up to the account's limit, and the
  first request of each waits for the start; what finds no environment is refused (429, and people try again: not here);
- each environment of crud_app holds a connection as long as it lives, and PostgreSQL takes no more than it has;
- what changes a row leaves a message, and the consumer takes as many as SES lets it.

Each request goes through both functions. Requests that bff_app lets in and crud_app cannot serve are refused, too.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.scale.demand import Load

# Environments that Lambda starts for a function in a second: 1,000 in ten, and what is not used does not add up.
# https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
STARTS_PER_SECOND = 100.0


@dataclass(frozen=True)
class Site:
    """What there is of everything.

    Attributes:
        concurrency: of all functions together.
        connections: that PostgreSQL, or the pooler before it, takes.
        is_pooled: whether a transaction pooler stands between: a connection is then held for a statement only.
        mails_per_second: that SES lets through.
    """

    concurrency: float
    connections: float
    is_pooled: bool
    mails_per_second: float


@dataclass(frozen=True)
class Moment:
    """One second. Rates are a second's; the others are numbers at its end."""

    offered: float
    served: float
    refused: float
    bff: float
    crud: float
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
        """Start what is missing for a rate, and end what nobody has needed for long; never more than ``most``."""
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


def simulate(curve: Sequence[float], load: Load, site: Site) -> Sequence[Moment]:
    """What happens in each second of ``curve`` (requests a second), from nothing warm and nothing queued."""
    bff = _Fleet(load.bff_seconds, load.idle_seconds)
    crud = _Fleet(load.crud_seconds, load.idle_seconds)
    queue = 0.0
    moments = []
    for offered in curve:
        # Whoever was there first keeps his place: bff_app's share of the limit is what crud_app leaves.
        bff.prepare(offered, site.concurrency - crud.warm)
        let_in = min(offered, bff.capacity)
        crud.prepare(let_in, min(site.concurrency - bff.warm, _most_environments(site)))
        served = min(let_in, crud.capacity, _most_statements(site, load))
        queue = max(0.0, queue + served * load.writes * load.mails - site.mails_per_second)
        moments.append(
            Moment(
                offered=offered,
                served=served,
                refused=offered - served,
                bff=bff.warm,
                crud=crud.warm,
                cold_starts=bff.started + crud.started,
                connections=served * load.statement_seconds if site.is_pooled else crud.warm,
                queue=queue,
            )
        )
    return moments


def _most_environments(site: Site) -> float:
    """Of crud_app: without a pooler, one that finds no connection answers 503, and is as good as none."""
    return float("inf") if site.is_pooled else site.connections


def _most_statements(site: Site, load: Load) -> float:
    """A second, through a pooler: a statement holds its connection for as long as it takes."""
    return site.connections / load.statement_seconds if site.is_pooled else float("inf")
