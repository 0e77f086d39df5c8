"""A warm process: how long it takes to answer, and how much memory it has taken by then.

One process of each contestant stays warm, all on one PostgreSQL over its Unix socket and on the same table with the
same indexes, whose commits do not wait for the disk. In each round each contestant in turn answers lists, gets and
creations; created rows are removed before the next turn. The time is from the event, read, to the response, not yet
written: what Lambda does before and after is the same for all. Each round has its own p50 and p99.

Ours creates the row with its event and marks it as published, answers nine fields of a row with an ETag, and logs a
line; the peers write no event, answer six fields and log nothing, but their creations fill our indexes, too. Ours and
FastAPI check their input. Raw psycopg prepares its statements, which a transaction pooler would not support.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.estimate import quantile, take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import running
from benchmarks.bench.workshop import DATABASE_PEERS, ROWS, door_of, event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.bench.subject import Process, Subject
    from benchmarks.bench.workshop import Workshop

# Many short turns: what disturbs the machine for a second then disturbs few rounds.
ROUNDS, QUICK_ROUNDS = 54, 2
CALLS, QUICK_CALLS = {"list": 100, "get": 200, "create": 100}, 5
FEW_CALLS = 20  # of those whose p99 is not compared: the time is better spent on the others
# Calls of a turn before those that are timed: VACUUM has discarded all plans, and the others' turns the caches.
SETTLING = 5
WARM_UPS = 20
OPERATIONS = {"list": "list of 50", "get": "get", "create": "create"}
ANSWERS = {"list": (200, ROWS), "get": (200, None), "create": (201, None)}
# The most that the ratio of the p50s may be.
LIMITS = {
    ("list", "original"): 0.30,
    ("get", "original"): 0.30,
    ("create", "original"): 0.35,
    ("list", "psycopg"): 1.2,
    ("get", "psycopg"): 1.7,
}
COMPARED_BY_P99 = {"crud_app", *(peer for _, peer in LIMITS)}


class Entry(NamedTuple):
    """A contestant and the front door whose events it understands."""

    subject: Subject
    door: str


def contestants(workshop: Workshop, where: Mapping[str, str]) -> list[Entry]:
    """All that keep employees, ours first; ``where`` is the database in everyone's terms."""
    peers = [Entry(workshop.database_peer(key, where), door_of(key)) for key in DATABASE_PEERS]
    return [Entry(workshop.unpublished({"DATABASE_URL": where["DATABASE_URL"]}), "http_api_2"), *peers]


def events_of(operation: str, door: str, calls: int, row_id: int) -> list[str]:
    """The events of one turn; each creation is of another employee."""
    if operation == "list":
        return [event("GET", "/empleados", door=door)]
    if operation == "get":
        return [event("GET", f"/empleados/{row_id}", door=door)]
    return [event("POST", "/empleados", _new_employee(number), door=door) for number in range(calls)]


def _new_employee(number: int) -> dict[str, object]:
    return {
        "nombre": f"Nueva {number}",
        "email": f"nueva{number}@bench.example.com",
        "posicion": "Analista",
        "salario": 5000,
        "fecha_contratacion": "2026-11-24",
    }


def remove_created(workshop: Workshop) -> None:
    """Leave the tables as they were, without dead rows, which a query for a 51st row would walk through."""
    workshop.sql("DELETE FROM empleados WHERE email LIKE 'nueva%@bench.example.com'; DELETE FROM eventos")
    workshop.sql("VACUUM empleados, eventos")


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    entries = contestants(workshop, workshop.near())
    row_id = int(workshop.sql("SELECT min(id) FROM empleados"))
    rows, ours = {entry.subject.key: entry.subject.label for entry in entries}, frozenset({"crud_app"})
    columns = {f"{key}_p{rank}": f"{name}, p{rank}" for key, name in OPERATIONS.items() for rank in (50, 99)}
    times = Table("warm", "Warm latency", "ms", columns, rows, ours, _targets())
    memory = Table(
        "memory", "Peak memory of these processes, interpreter included", "MiB", {"peak": "peak"}, rows, ours
    )
    with ExitStack() as stack:
        processes = {entry.subject.key: stack.enter_context(running(entry.subject)) for entry in entries}
        for entry in entries:
            _warm_up(processes[entry.subject.key], entry, row_id, workshop)
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            key = entry.subject.key
            ranks = (50, 99) if key in COMPARED_BY_P99 else (50,)
            for operation in OPERATIONS:
                calls = QUICK_CALLS if is_quick else CALLS[operation] if key in COMPARED_BY_P99 else FEW_CALLS
                events = events_of(operation, entry.door, SETTLING + calls, row_id)
                done = processes[key].call(events, SETTLING + calls).require(entry.subject, *ANSWERS[operation])
                for rank in ranks:
                    times.add(key, f"{operation}_p{rank}", quantile(done.microseconds[SETTLING:], rank) / 1000)
            memory.add(key, "peak", done.mebibytes)
            remove_created(workshop)
    return [times, memory]


def _warm_up(process: Process, entry: Entry, row_id: int, workshop: Workshop) -> None:
    for operation in OPERATIONS:
        events = events_of(operation, entry.door, WARM_UPS, row_id)
        process.call(events, WARM_UPS).require(entry.subject, *ANSWERS[operation])
    remove_created(workshop)


def _targets() -> list[Target]:
    """Of each operation the p50 and p99 to the original and to raw psycopg, and the p50 to FastAPI."""
    labels = {"original": "the original", "psycopg": "raw psycopg 3", "fastapi": "FastAPI + ORM"}
    compared = [(operation, peer, rank) for operation, peer in LIMITS for rank in (50, 99)]
    compared += [(operation, "fastapi", 50) for operation in OPERATIONS]
    return [
        Target(
            f"{OPERATIONS[operation]}, p{rank}, to {labels[peer]}",
            ("crud_app", f"{operation}_p{rank}"),
            (peer, f"{operation}_p{rank}"),
            most=LIMITS.get((operation, peer)) if rank == 50 else None,
        )
        for operation, peer, rank in compared
    ]
