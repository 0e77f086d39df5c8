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

from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import SETTLING, Operation, race
from benchmarks.bench.workshop import FASTAPI, ORIGINAL, PSYCOPG, ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

# Many short turns: what disturbs the machine for a second then disturbs few rounds.
ROUNDS, CALLS = 54, 100
# The most that the ratio of the p50s may be.
LIMITS = {
    ("list", ORIGINAL): 0.30,
    ("get", ORIGINAL): 0.30,
    ("create", ORIGINAL): 0.35,
    ("list", PSYCOPG): 1.2,
    ("get", PSYCOPG): 1.7,
}


def targets() -> list[Target]:
    """Of each operation the p50 and p99 to the original and to raw psycopg, and the p50 to FastAPI."""
    compared = [(operation, peer, rank) for operation, peer in LIMITS for rank in (50, 99)]
    compared += [(operation, FASTAPI, 50) for operation in ("list", "get", "create")]
    return [
        Target(
            f"{operation}, p{rank}, to {peer}",
            ("crud_app", f"{operation} p{rank}"),
            (peer, f"{operation} p{rank}"),
            LIMITS.get((operation, peer)) if rank == 50 else None,
        )
        for operation, peer, rank in compared
    ]


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    ours = workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}, "unpublished.handler")
    row_id = workshop.sql("SELECT min(id) FROM empleados")
    employee = {"posicion": "Analista", "salario": 5000, "fecha_contratacion": "2026-11-24"}
    creations = [
        event("POST", "/empleados", {"nombre": f"N {n}", "email": f"nueva{n}@bench.example.com", **employee})
        for n in range(SETTLING + CALLS)
    ]
    asked = [
        Operation("list", [event("GET", "/empleados")], CALLS, rows=ROWS),
        Operation("get", [event("GET", f"/empleados/{row_id}")], CALLS),
        Operation("create", creations, CALLS, status=201),
    ]
    table = Table("Warm latency", "ms", targets())
    contestants = [(each, asked) for each in (ours, *workshop.database_peers())]
    race(table, contestants, ROUNDS, is_quick=is_quick, after_turn=workshop.remove_created)
    return table
