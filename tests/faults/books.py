"""Whether the books balance: what clients were told, the rows, the events, the queue, the ledger and the mails.

The promises of docs/reliability.md, as code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.client import CREADO, ELIMINADO, LOTE
from tests.faults.directory import NOTIFY_TO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.faults.directory import Directory

#: States of a mail that SES has, and of one that it will never have.
SENT = {"enviado", "entregado", "rebotado", "queja"}
FAILED = "fallido"
#: A mail of unknown fate is sent once more, and never again.
MOST_COPIES = 2


class Event(NamedTuple):
    """One row of the outbox."""

    id: str
    kind: str
    email: str
    employee: int
    version: int
    is_published: bool
    is_of_batch: bool

    @property
    def recipients(self) -> Sequence[str]:
        """Who gets a mail about it: of a batch, only its own event has mails."""
        if self.is_of_batch and self.kind != LOTE:
            return ()
        return (*NOTIFY_TO, *((self.email,) if self.kind == CREADO else ()))


def differences(directory: Directory) -> list[str]:
    """What does not balance."""
    client, (events, rows) = directory.client, _read(directory)
    due = {(event.id, recipient) for event in events for recipient in event.recipients}
    copies = Counter(
        (mail.tags["evento"][0], recipient.lower()) for mail in directory.mails for recipient in mail.recipients
    )
    tallies = {
        "closed batches": ([event.kind for event in events].count(LOTE), len(client.batches)),
        "dead letters": (directory.dead_letters(), client.unreadable),
        "messages in the queue": (sum(directory.depth()), 0),
    }
    return [
        *(f"{name}: {found}, not {expected}" for name, (found, expected) in tallies.items() if found != expected),
        *broken_promises(client.done, client.unknown, events),
        *broken_histories(events, rows),
        *wrong_mails(due, copies, directory.ledger()),
    ]


def broken_promises(
    done: Counter[tuple[str, str]], unknown: Counter[tuple[str, str]], events: list[Event]
) -> Iterator[str]:
    """Each kind of change of each address is there as often as the client was told."""
    found = Counter((event.email, event.kind) for event in events if event.kind != LOTE)
    for key in {*done, *unknown, *found}:
        if not done[key] <= found[key] <= done[key] + unknown[key]:
            yield f"{key}: {found[key]} times, told {done[key]} and {unknown[key]} unknown"


def broken_histories(events: list[Event], rows: Mapping[int, str]) -> Iterator[str]:
    """Exactly one event for each change: 1, 2, 3, …, and the last one says whether the row is there."""
    histories: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind != LOTE:
            histories[event.employee].append(event)
    yield from (f"employee {row_id} has no event" for row_id in rows.keys() - histories.keys())
    for employee, history in histories.items():
        history.sort(key=lambda event: event.version)
        if [event.version for event in history] != list(range(1, len(history) + 1)):
            yield f"employee {employee}: the versions of the events have a gap"
        if (history[-1].kind == ELIMINADO) == (employee in rows):
            yield f"employee {employee}: the row and the last event contradict each other"
    if len(set(rows.values())) != len(rows):
        yield "two rows have one address"
    yield from (f"event {event.id} was never published" for event in events if not event.is_published)


def wrong_mails(
    due: set[tuple[str, str]], copies: Mapping[tuple[str, str], int], states: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Each mail that is due was sent, twice at most, or its failure is recorded; no other mail was sent."""
    for key in due:
        state, count = states.get(key), copies.get(key, 0)
        if not (count == 0 if state == FAILED else state in SENT and 1 <= count <= MOST_COPIES):
            yield f"mail {key}: {state} in the ledger, sent {count} times"
    yield from (f"mail {key} belongs to no event" for key in copies.keys() - due)


def _read(directory: Directory) -> tuple[list[Event], dict[int, str]]:
    """All events, and the address of each row."""
    events = (
        "SELECT id::text, tipo, payload->'empleado'->>'email', empleado_id, version,"
        " publicado_en IS NOT NULL, lote IS NOT NULL FROM eventos ORDER BY numero"
    )
    with closing(directory.session()) as session:
        rows = session.run("SELECT id, email FROM empleados")
        return [Event(*event) for event in session.run(events) or []], dict(rows or [])
