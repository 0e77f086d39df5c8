"""Whether the books balance: what clients were told, the rows, the events, the queue, the ledger and the mails.

The promises of docs/reliability.md, as code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.client import ACTUALIZADO, CREADO, ELIMINADO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.faults.client import Client, Promise
    from tests.faults.directory import Directory

#: States of a mail that SES has, and of one that it will never have.
SENT = {"enviado", "entregado", "rebotado", "queja"}
FAILED, UNCERTAIN = "fallido", "incierto"
#: A mail of unknown fate is sent once more, and never again.
MOST_COPIES = 2
#: How addresses begin to which mails are sent that belong to no event.
DIRECT = "directo-"


@dataclass(frozen=True)
class Tally:
    """How many there should be, between two bounds where nobody could know, and how many there are."""

    least: int
    most: int
    found: int

    @property
    def is_right(self) -> bool:
        """Whether it is within the bounds."""
        return self.least <= self.found <= self.most

    def __str__(self) -> str:
        expected = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"{self.found}/{expected}"


@dataclass(frozen=True)
class Account:
    """What was found."""

    rows: Tally
    events: Tally
    mails: Tally
    twice: int
    """Mails that were sent a second time, because nobody knew of the first."""
    dead_letters: Tally
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """One row of the outbox."""

    id: str
    kind: str
    email: str
    employee: int
    version: int
    is_published: bool


def balance(directory: Directory, client: Client) -> Account:
    """Count everything, and name what is not as it must be."""
    events = _read_events(directory)
    rows = _read_rows(directory)
    due = {(event.id, recipient) for event in events for recipient in directory.recipients(event.kind, event.email)}
    copies = Counter(
        (mail.tags["evento"][0], recipient.lower())
        for mail in directory.mails
        if "evento" in mail.tags
        for recipient in mail.recipients
        if not recipient.startswith(DIRECT)  # whoever asks for such a mail counts it himself
    )
    ledger = {(row.evento, row.recipient): row for row in directory.ledger()}
    failed = {key for key, row in ledger.items() if row.state == FAILED} & due
    bounds = [_bounds(promise) for promise in client.promises.values()]
    account = Account(
        rows=Tally(sum(each.rows[0] for each in bounds), sum(each.rows[1] for each in bounds), len(rows)),
        events=Tally(sum(each.events[0] for each in bounds), sum(each.events[1] for each in bounds), len(events)),
        mails=Tally(len(due - failed), len(due - failed), len([key for key in due if copies[key]])),
        twice=sum(count - 1 for count in copies.values() if count > 1),
        dead_letters=Tally(client.unreadable, client.unreadable, directory.dead_letters()),
        differences=(),
    )
    differences = [
        *_wrong_tallies(account),
        *broken_promises(client.promises, events, rows),
        *broken_histories(events, rows),
        *wrong_mails(due, copies, {key: row.state for key, row in ledger.items()}),
        *(["the queue is not empty"] if sum(directory.depth()) else []),
    ]
    return Account(**{**account.__dict__, "differences": tuple(differences)})


def _wrong_tallies(account: Account) -> Iterator[str]:
    for name in ("rows", "events", "mails", "dead_letters"):
        tally: Tally = getattr(account, name)
        if not tally.is_right:
            yield f"{name.replace('_', ' ')}: {tally}"


@dataclass(frozen=True)
class _Bounds:
    rows: tuple[int, int]
    events: tuple[int, int]


def _bounds(promise: Promise) -> _Bounds:
    """How many rows and events one employee may have, at least and at most."""
    done, unknown = promise.done, promise.unknown
    created = (min(done[CREADO], 1), min(done[CREADO] + unknown[CREADO], 1))
    deleted = (min(done[ELIMINADO], 1), min(done[ELIMINADO] + unknown[ELIMINADO], 1))
    updated = (done[ACTUALIZADO], done[ACTUALIZADO] + unknown[ACTUALIZADO])
    return _Bounds(
        rows=(max(created[0] - deleted[1], 0), max(created[1] - deleted[0], 0)),
        events=(created[0] + updated[0] + deleted[0], created[1] + updated[1] + deleted[1]),
    )


def broken_promises(promises: Mapping[str, Promise], events: list[Event], rows: Mapping[int, str]) -> Iterator[str]:
    """Each kind of change of each employee is there as often as he was told."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        found[event.email][event.kind] += 1
    for email in {*promises, *found}:
        done, unknown = promises[email].done, promises[email].unknown
        for kind in (CREADO, ACTUALIZADO, ELIMINADO):
            if not done[kind] <= found[email][kind] <= done[kind] + unknown[kind]:
                yield f"{email}: {kind} {found[email][kind]} times, told {done[kind]} and {unknown[kind]} unknown"
    if len(set(rows.values())) != len(rows):
        yield "two rows have one address"


def broken_histories(events: list[Event], rows: Mapping[int, str]) -> Iterator[str]:
    """Exactly one event for each change: 1, 2, 3, …, and the last one says whether the row is there."""
    histories: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        histories[event.employee].append(event)
    yield from (f"employee {row_id} has no event" for row_id in rows.keys() - histories.keys())
    for employee, history in histories.items():
        history.sort(key=lambda event: event.version)
        if [event.version for event in history] != list(range(1, len(history) + 1)):
            yield f"employee {employee}: the versions of the events have a gap"
        if (history[-1].kind == ELIMINADO) == (employee in rows):
            yield f"employee {employee}: the row and the last event contradict each other"
    yield from (f"event {event.id} was never published" for event in events if not event.is_published)


def wrong_mails(
    due: set[tuple[str, str]], copies: Mapping[tuple[str, str], int], states: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    for key in due:
        state, count = states.get(key), copies.get(key, 0)
        if state == FAILED:
            continue
        if state not in SENT:
            yield f"mail {key}: {state} in the ledger, sent {count} times"
        elif not 1 <= count <= MOST_COPIES:
            yield f"mail {key}: sent {count} times"
    yield from (f"mail {key} belongs to no event" for key in copies.keys() - due)


def _read_events(directory: Directory) -> list[Event]:
    lines = directory.sql(
        "SELECT id, tipo, payload->'empleado'->>'email', empleado_id, version, publicado_en IS NOT NULL"
        " FROM eventos ORDER BY numero"
    ).splitlines()
    return [
        Event(event_id, kind, email, int(employee), int(version), published == "t")
        for event_id, kind, email, employee, version, published in (line.split("|") for line in lines)
    ]


def _read_rows(directory: Directory) -> dict[int, str]:
    lines = directory.sql("SELECT id, email FROM empleados").splitlines()
    return {int(row_id): email for row_id, email in (line.split("|") for line in lines)}
