"""What is known of a deployment: plain values, made by ``read`` and shown by ``terminal`` and ``markdown``.

A part that could not be read is an ``Unread`` in its place: the other parts are shown all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ABSENT = "does not exist"
NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Unread:
    """A part that is missing or closed to us. ``reason`` is ``ABSENT``, ``NO_ANSWER`` or what AWS said."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listener:
    port: int
    protocol: str
    action: str


@dataclass(frozen=True)
class LoadBalancer:
    name: str
    dns_name: str
    state: str
    scheme: str
    zones: tuple[str, ...]
    created: datetime
    listeners: tuple[Listener, ...] | Unread
    metric_dimension: str  # what CloudWatch calls it: app/<name>/<id>


@dataclass(frozen=True)
class Target:
    name: str
    health: str
    reason: str  # AWS's words for a health other than "healthy"; may be empty


@dataclass(frozen=True)
class TargetGroup:
    name: str
    check_path: str
    check_seconds: int
    targets: tuple[Target, ...] | Unread


@dataclass(frozen=True)
class Function:
    """``reserved`` is the function's own cap of concurrent runs; None shares the account's, 0 stops it."""

    name: str
    runtime: str
    memory_mb: int
    timeout_seconds: int
    state: str
    reserved: int | Unread | None


@dataclass(frozen=True)
class Api:
    name: str
    id: str
    protocol: str
    endpoint: str


@dataclass(frozen=True)
class Queue:
    """Messages, and the age of the oldest in seconds; CloudWatch tells that minutes late, or not at all (None)."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    oldest_seconds: float | None


@dataclass(frozen=True)
class Alarm:
    """``state`` is OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str
    rule: str
    since: datetime


@dataclass(frozen=True)
class Latency:
    """Milliseconds; None where nothing was measured."""

    p50: float | None
    p90: float | None
    p99: float | None


@dataclass(frozen=True)
class Traffic:
    """What one door or function answered in the window."""

    name: str
    requests: int
    errors: int
    latency: Latency


@dataclass(frozen=True)
class FunctionTraffic(Traffic):
    """``throttled`` runs were refused; ``at_once`` is the most that ran at the same time (None: not measured)."""

    throttled: int
    at_once: int | None


@dataclass(frozen=True)
class Slot:
    """Five minutes of the window, of the outermost door."""

    start: datetime
    requests: int
    errors: int
    latency: Latency


@dataclass(frozen=True)
class Mail:
    sent: int
    failed: int
    bounced: int


@dataclass(frozen=True)
class LastHour:
    """``doors`` from the outside in: the load balancer, if there is one, then the HTTP APIs; ``slots`` of the first.

    ``refused`` counts requests of who was not signed in or had not the role.
    """

    start: datetime
    end: datetime
    doors: tuple[Traffic, ...]
    functions: tuple[FunctionTraffic, ...]
    refused: int
    mail: Mail
    outbox_lag_seconds: float | None
    database: Latency
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Status:
    prefix: str
    region: str
    account: str
    endpoint: str | None  # of an emulator
    taken_at: datetime
    load_balancer: LoadBalancer | Unread
    target_group: TargetGroup | Unread
    functions: tuple[Function | Unread, ...]
    account_concurrency: int | Unread
    apis: tuple[Api | Unread, ...]
    queues: tuple[Queue | Unread, ...]
    alarms: tuple[Alarm, ...] | Unread
    last_hour: LastHour | Unread

    @property
    def parts(self) -> tuple[object, ...]:
        return (
            self.load_balancer,
            self.target_group,
            *self.functions,
            self.account_concurrency,
            *self.apis,
            *self.queues,
            self.alarms,
            self.last_hour,
        )

    @property
    def exists(self) -> bool:
        """False when nothing of that name is there: most likely the name is wrong."""
        named = (self.load_balancer, self.target_group, *self.functions, *self.apis, *self.queues)
        return not all(isinstance(part, Unread) and part.reason == ABSENT for part in named)
