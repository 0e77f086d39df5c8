"""The status as tables of words, the same for terminal and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from tools.status.model import (
    Alarm,
    Api,
    Function,
    LastHour,
    Latency,
    LoadBalancer,
    Queue,
    Status,
    Target,
    TargetGroup,
    Traffic,
    Unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
NOTHING = "-"  # nothing was measured


class Tone(Enum):
    """How a word is meant; the renderer decides how that looks."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    FAINT = "faint"


@dataclass(frozen=True)
class Cell:
    text: str
    tone: Tone = Tone.PLAIN


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Section:
    """``numbers`` are the columns to align to the right. ``note`` is a sentence below; it may be empty."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""


def sections(status: Status) -> list[Section]:
    """All tables, from the door inwards, then the last hour."""
    return [
        _load_balancer(status.load_balancer),
        _targets(status.target_group),
        _functions(status),
        _apis(status.apis),
        _queues(status.queues),
        _alarms(status.alarms),
        *_last_hour(status.last_hour),
    ]


def moment(time: datetime) -> str:
    """``2026-11-24 08:05 UTC``."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def milliseconds(value: float | None) -> str:
    """``12 ms``, ``0.8 ms``."""
    if value is None:
        return NOTHING
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"  # noqa: PLR2004 - two digits


def age(seconds: float | None) -> str:
    """``42 s``, ``12 min``, ``5 h``, ``3 d``; an age that CloudWatch does not tell is unknown."""
    if seconds is None:
        return "unknown"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _row(*texts: str | Cell) -> Row:
    return tuple(text if isinstance(text, Cell) else Cell(text) for text in texts)


def _judged(text: str, *, good: bool) -> Cell:
    return Cell(text, Tone.GOOD if good else Tone.BAD)


def _rows(parts: Iterable[T | Unread], row: Callable[[T], Row], columns: int) -> tuple[Row, ...]:
    """A row for each part; one that could not be read says why beside its name."""
    return tuple(_unread(part, columns) if isinstance(part, Unread) else row(part) for part in parts)


def _unread(part: Unread, columns: int) -> Row:
    return (Cell(part.name), Cell(part.reason, Tone.FAINT), *(Cell("") for _ in range(columns - 2)))


def _load_balancer(part: LoadBalancer | Unread) -> Section:
    if isinstance(part, Unread):
        return Section("Load balancer", ("", ""), (_unread(part, 2),))
    listeners = (
        [("listeners", part.listeners.reason)]
        if isinstance(part.listeners, Unread)
        else [(f"listener {item.port}", f"{item.protocol}, {item.action}") for item in part.listeners]
    )
    rows = (
        _row("name", part.name),
        _row("state", _judged(part.state, good=part.state == "active")),
        _row("scheme", part.scheme),
        _row("zones", ", ".join(part.zones)),
        _row("address", part.dns_name),
        _row("created", moment(part.created)),
        *(_row(name, words) for name, words in listeners),
    )
    return Section("Load balancer", ("", ""), rows)


def _targets(part: TargetGroup | Unread) -> Section:
    headings = ("target", "health", "reason")
    if isinstance(part, Unread):
        return Section("Targets", headings, (_unread(part, len(headings)),))
    targets: Sequence[Target | Unread] = (part.targets,) if isinstance(part.targets, Unread) else part.targets
    return Section(
        "Targets",
        headings,
        _rows(targets, _target, len(headings)),
        note=f"{part.name} is asked for {part.check_path} every {part.check_seconds} s.",
    )


def _target(target: Target) -> Row:
    return _row(target.name, _judged(target.health, good=target.health == "healthy"), target.reason)


def _functions(status: Status) -> Section:
    headings = ("function", "state", "runtime", "memory", "time-out", "concurrency")
    limit = status.account_concurrency
    shared = f"the account's limit, {limit:,}" if isinstance(limit, int) else f"the account's limit ({limit.reason})"
    return Section(
        "Functions",
        headings,
        _rows(status.functions, _function, len(headings)),
        numbers=frozenset({3, 4, 5}),
        note=f"Concurrency is a cap of the function's own, or shared: from 0 to {shared}.",
    )


def _function(function: Function) -> Row:
    reserved = function.reserved
    if reserved is None:
        concurrency = Cell("shared")
    elif isinstance(reserved, Unread):
        concurrency = Cell(reserved.reason, Tone.FAINT)
    else:
        concurrency = Cell(str(reserved), Tone.PLAIN if reserved else Tone.BAD)
    return _row(
        function.name,
        _judged(function.state, good=function.state == "Active"),
        function.runtime,
        f"{function.memory_mb:,} MB",
        f"{function.timeout_seconds} s",
        concurrency,
    )


def _apis(apis: Iterable[Api | Unread]) -> Section:
    headings = ("HTTP API", "protocol", "address")
    rows = _rows(apis, lambda api: _row(api.name, api.protocol, api.endpoint), len(headings))
    return Section("HTTP APIs", headings, rows)


def _queues(queues: Iterable[Queue | Unread]) -> Section:
    headings = ("queue", "waiting", "in flight", "delayed", "oldest")
    return Section("Queues", headings, _rows(queues, _queue, len(headings)), numbers=frozenset({1, 2, 3, 4}))


def _queue(queue: Queue) -> Row:
    counts = (f"{count:,}" for count in (queue.waiting, queue.in_flight, queue.delayed))
    empty = queue.waiting + queue.in_flight + queue.delayed == 0
    return _row(queue.name, *counts, "" if empty else age(queue.oldest_seconds))


def _alarms(alarms: Sequence[Alarm] | Unread) -> Section:
    headings = ("alarm", "state", "goes off when", "since")
    parts: Sequence[Alarm | Unread] = (alarms,) if isinstance(alarms, Unread) else alarms
    return Section("Alarms", headings, _rows(parts, _alarm, len(headings)))


def _alarm(alarm: Alarm) -> Row:
    tones = {"OK": Tone.GOOD, "ALARM": Tone.BAD}
    return _row(alarm.name, Cell(alarm.state, tones.get(alarm.state, Tone.FAINT)), alarm.rule, moment(alarm.since))


def _last_hour(hour: LastHour | Unread) -> list[Section]:
    if isinstance(hour, Unread):
        return [Section("The last hour", ("", ""), (_unread(hour, 2),))]
    doors = Section(
        "The last hour: requests",
        ("door", "requests", "errors", "success", "p50", "p90", "p99"),
        tuple((*_traffic(door)[:3], Cell(_success(door)), *_traffic(door)[3:]) for door in hour.doors),
        numbers=frozenset(range(1, 7)),
        note=f"{moment(hour.start)} to {moment(hour.end)}. Errors are answers of 500 and above.",
    )
    functions = Section(
        "The last hour: functions",
        ("function", "runs", "errors", "p50", "p90", "p99", "throttled", "at once"),
        tuple(
            (
                *_traffic(function),
                _bad_unless_zero(function.throttled),
                Cell(NOTHING if function.at_once is None else f"{function.at_once:,}"),
            )
            for function in hour.functions
        ),
        numbers=frozenset(range(1, 8)),
    )
    return [doors, functions, _work(hour)]


def _work(hour: LastHour) -> Section:
    rows = (
        _row("requests refused", f"{hour.refused:,}"),
        _row("e-mails sent", f"{hour.mail.sent:,}"),
        _row("e-mails failed", _bad_unless_zero(hour.mail.failed)),
        _row("e-mails bounced", _bad_unless_zero(hour.mail.bounced)),
        _row("oldest unpublished event", age(hour.outbox_lag_seconds)),
        _row("database round trip p50", milliseconds(hour.database.p50)),
        _row("database round trip p90", milliseconds(hour.database.p90)),
        _row("database round trip p99", milliseconds(hour.database.p99)),
    )
    return Section("The last hour: access, mail and database", ("", ""), rows, numbers=frozenset({1}))


def _traffic(traffic: Traffic) -> Row:
    return (
        Cell(traffic.name),
        Cell(f"{traffic.requests:,}"),
        _bad_unless_zero(traffic.errors),
        *_percentiles(traffic.latency),
    )


def _percentiles(latency: Latency) -> Row:
    return _row(*(milliseconds(value) for value in (latency.p50, latency.p90, latency.p99)))


def _bad_unless_zero(count: int) -> Cell:
    return Cell(f"{count:,}", Tone.BAD if count else Tone.PLAIN)


def _success(traffic: Traffic) -> str:
    if not traffic.requests:
        return NOTHING
    return f"{100 * (traffic.requests - traffic.errors) / traffic.requests:.4g} %"
