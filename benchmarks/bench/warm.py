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
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target, quantile, take_turns
from benchmarks.bench.subject import Process
from benchmarks.bench.workshop import FASTAPI, ORIGINAL, PSYCOPG, ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

# Many short turns: what disturbs the machine for a second then disturbs few rounds.
ROUNDS, QUICK_ROUNDS = 54, 2
CALLS, QUICK_CALLS = {"list": 100, "get": 200, "create": 100}, 5
FEW_CALLS = 20  # of those whose p99 is not compared: the time is better spent on the others
# Calls of a turn before those that are timed: VACUUM has discarded all plans, and the others' turns the caches.
SETTLING = 5
WARM_UPS = 20
ANSWERS = {"list": (200, ROWS), "get": (200, None), "create": (201, None)}
# The most that the ratio of the p50s may be.
LIMITS = {
    ("list", ORIGINAL): 0.30,
    ("get", ORIGINAL): 0.30,
    ("create", ORIGINAL): 0.35,
    ("list", PSYCOPG): 1.2,
    ("get", PSYCOPG): 1.7,
}
COMPARED_BY_P99 = {"crud_app", ORIGINAL, PSYCOPG}


def events_of(operation: str, calls: int, row_id: str) -> list[str]:
    """The events of one turn; each creation is of another employee."""
    if operation == "list":
        return [event("GET", "/empleados")]
    if operation == "get":
        return [event("GET", f"/empleados/{row_id}")]
    employee = {"posicion": "Analista", "salario": 5000, "fecha_contratacion": "2026-11-24"}
    return [
        event("POST", "/empleados", {"nombre": f"N {n}", "email": f"nueva{n}@bench.example.com", **employee})
        for n in range(calls)
    ]


def remove_created(workshop: Workshop) -> None:
    """Leave the tables as they were, without dead rows, which a query for a 51st row would walk through."""
    workshop.sql("DELETE FROM empleados WHERE email LIKE 'nueva%@bench.example.com'; DELETE FROM eventos")
    workshop.sql("VACUUM empleados, eventos")


def targets() -> list[Target]:
    """Of each operation the p50 and p99 to the original and to raw psycopg, and the p50 to FastAPI."""
    compared = [(operation, peer, rank) for operation, peer in LIMITS for rank in (50, 99)]
    compared += [(operation, FASTAPI, 50) for operation in CALLS]
    return [
        Target(
            f"{operation}, p{rank}, to {peer}",
            ("crud_app", f"{operation} p{rank}"),
            (peer, f"{operation} p{rank}"),
            LIMITS.get((operation, peer)) if rank == 50 else None,
        )
        for operation, peer, rank in compared
    ]


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    ours = workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}, "unpublished.handler")
    row_id = workshop.sql("SELECT min(id) FROM empleados")
    times, memory = Table("Warm latency", "ms", targets()), Table("Peak memory, interpreter included", "MiB")
    with ExitStack() as stack:
        entries = [(each, stack.enter_context(Process(each))) for each in (ours, *workshop.database_peers())]
        for subject, process in entries:
            for operation, answer in ANSWERS.items():
                process.call(events_of(operation, WARM_UPS, row_id), WARM_UPS).require(subject, *answer)
            remove_created(workshop)
        for subject, process in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            ranks = (50, 99) if subject.name in COMPARED_BY_P99 else (50,)
            for operation, answer in ANSWERS.items():
                calls = QUICK_CALLS if is_quick else CALLS[operation] if len(ranks) > 1 else FEW_CALLS
                events = events_of(operation, SETTLING + calls, row_id)
                done = process.call(events, SETTLING + calls).require(subject, *answer)
                for rank in ranks:
                    milliseconds = quantile(done.microseconds[SETTLING:], rank) / 1000
                    times.add(subject.name, f"{operation} p{rank}", milliseconds)
            memory.add(subject.name, "peak", done.mebibytes)
            remove_created(workshop)
    return [times, memory]
