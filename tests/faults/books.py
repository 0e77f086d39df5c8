"""Whether the books balance: what clients were told, the rows, the events, the queue, the ledger and the mails.

The promises of docs/reliability.md, as code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.client import ACTUALIZADO, CREADO, ELIMINADO, LOTE
from tests.faults.directory import NOTIFY_TO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.faults.client import Client, Promise
    from tests.faults.directory import Directory

#: States of a mail that SES has, and of one that it will never have.
SENT = {"enviado", "entregado", "rebotado", "queja"}
FAILED = "fallido"
#: A mail of unknown fate is sent once more, and never again.
MOST_COPIES = 2
#: How addresses begin to which mails are sent that belong to no event.
DIRECT = "directo-"


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


def differences(directory: Directory, client: Client) -> list[str]:
    """What does not balance."""
    events, rows = _read_events(directory), _read_rows(directory)
    due = {(event.id, recipient) for event in events for recipient in event.recipients}
    copies = Counter(
        (mail.tags["evento"][0], recipient.lower())
        for mail in directory.mails
        if "evento" in mail.tags
        for recipient in mail.recipients
        if not recipient.startswith(DIRECT)  # the fault that asks for such a mail counts it itself
    )
    states = directory.ledger()
    sent = len(due - {key for key, state in states.items() if state == FAILED})
    bounds = [promise.bounds() for promise in client.promises.values()]
    (least_rows, most_rows), (least_events, most_events) = (
        [sum(each[kind][bound] for each in bounds) for bound in (0, 1)] for kind in (0, 1)
    )
    batches = len(client.batches)
    tallies = {  # the least, what was found, and the most
        "rows": (least_rows, len(rows), most_rows),
        "events": (least_events + batches, len(events), most_events + batches),
        "mails": (sent, len([key for key in due if copies[key]]), sent),
        "dead letters": (client.unreadable, directory.dead_letters(), client.unreadable),
    }
    return [
        *(
            f"{name}: {found}, not {least} to {most}"
            for name, (least, found, most) in tallies.items()
            if not least <= found <= most
        ),
        *broken_promises(client.promises, events, rows),
        *broken_histories(events, rows),
        *wrong_mails(due, copies, states),
        *(["the queue is not empty"] if sum(directory.depth()) else []),
    ]


def broken_promises(promises: Mapping[str, Promise], events: list[Event], rows: Mapping[int, str]) -> Iterator[str]:
    """Each kind of change of each employee is there as often as the client was told."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        if event.kind != LOTE:
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
        if event.kind != LOTE:
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
    """Each mail that is due was sent, twice at most, or its failure is recorded; no other mail was sent."""
    for key in due:
        state, count = states.get(key), copies.get(key, 0)
        if state != FAILED and not (state in SENT and 1 <= count <= MOST_COPIES):
            yield f"mail {key}: {state} in the ledger, sent {count} times"
    yield from (f"mail {key} belongs to no event" for key in copies.keys() - due)


def _read_events(directory: Directory) -> list[Event]:
    lines = directory.sql(
        "SELECT id, tipo, payload->'empleado'->>'email', coalesce(empleado_id, 0), coalesce(version, 0),"
        " publicado_en IS NOT NULL, lote IS NOT NULL FROM eventos ORDER BY numero"
    ).splitlines()
    return [
        Event(event_id, kind, email, int(employee), int(version), published == "t", batch == "t")
        for event_id, kind, email, employee, version, published, batch in (line.split("|") for line in lines)
    ]


def _read_rows(directory: Directory) -> dict[int, str]:
    lines = directory.sql("SELECT id, email FROM empleados").splitlines()
    return {int(row_id): email for row_id, email in (line.split("|") for line in lines)}
