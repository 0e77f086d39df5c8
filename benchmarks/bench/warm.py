"""Warm processes: how long contestants take to answer, from the event to the response.

`door`: event in, response out, and a view that does nothing: `GET /empleados` through an HTTP API. The root logger is
at INFO, as Lambda's JSON format sets it, and its lines go nowhere: ours and Mangum write one for each request, the
others none. Ours also recognises the event of each door and gives each answer a request id. Mangum routes nothing.

`hop`: the BFF's request to the HTTP API behind it. Both contestants are handlers that take an ALB's event, send the
request to an API on the loopback interface, which keeps its connections open and answers at once with 50 rows, and
return the answer. Ours is bff_app as it is packaged: it also decides what may pass, limits the exchange in time and
size, and writes a log line. Both verify the TLS certificate.

`warm`: lists, gets and creations, all on one PostgreSQL over its Unix socket and on the same table with the same
indexes, whose commits do not wait for the disk; created rows are removed before the next turn. Ours creates the row
with its event and marks it as published, answers nine fields of a row with an ETag, and logs a line; the peers write
no event, answer six fields and log nothing, but their creations fill our indexes, too. Ours and FastAPI check their
input. Raw psycopg prepares its statements, which a transaction pooler would not support.

`batch`: what an import waits for: as many new employees as the API takes, in one statement with their events.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import SETTLING, Operation, Process, race
from benchmarks.bench.workshop import FASTAPI, ORIGINAL, PSYCOPG, ROWS, event
from chalicelib.directorio.batch import MAX_OPERATIONS

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

DOOR_ROUNDS, DOOR_CALLS, MOST_DOOR_MICROSECONDS = 60, 250, 60
# Packages and handler; our p50 may be as much as theirs.
DOORS = {
    "Mangum and an empty ASGI app": ("fastapi", "mangum_door.handler"),
    "Powertools' resolver": ("powertools", "powertools_door.handler"),
}
HOP_ROUNDS, MOST_HOP = 24, 0.030
ORIGINAL_BFF = "the original (urllib, new connections)"
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
BATCH_ROUNDS, QUICK_BATCH_ROUNDS = 12, 1
MOST_BATCH_MILLISECONDS = MAX_OPERATIONS / 500 * 1000  # 500 rows a second


def measure_door(workshop: Workshop, *, is_quick: bool) -> Table:
    ours = replace(workshop.ours("crud_app", {}, "frontdoor_door.handler"), name="frontdoor")
    p50 = ("frontdoor", "GET p50")
    targets = [Target("frontdoor, p50, microseconds", p50, most=MOST_DOOR_MICROSECONDS)]
    targets += [Target(f"p50, to {name}", p50, (name, "GET p50"), 1.0) for name in DOORS]
    table = Table("The front door", "µs", targets)
    peers = [workshop.peer(name, packages, handler) for name, (packages, handler) in DOORS.items()]
    asked = [Operation("GET", [event("GET", "/empleados")], DOOR_CALLS)]
    race(table, [(each, asked) for each in (ours, *peers)], DOOR_ROUNDS, is_quick=is_quick)
    return table


def measure_hop(workshop: Workshop, *, is_quick: bool) -> Table:
    url = workshop.tls_upstream
    environment = {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", "SSL_CERT_FILE": str(workshop.trusted)}
    target = Target(f"p50, to {ORIGINAL_BFF}", ("bff_app", "GET p50"), (ORIGINAL_BFF, "GET p50"), MOST_HOP)
    table = Table("The HTTPS hop from the BFF to the API", "ms", [target])
    # The original makes a TLS context for each connection: five of its calls take as long as fifty of ours. It
    # understands an ALB without multi-value headers; ours takes both.
    contestants = [
        (subject, [Operation("GET", [event("GET", "/empleados", door=door)], calls, rows=ROWS)])
        for subject, door, calls in (
            (workshop.ours("bff_app", environment), "alb_multi", 50),
            (workshop.peer(ORIGINAL_BFF, None, "original_bff.handler", environment), "alb_single", 5),
        )
    ]
    race(table, contestants, HOP_ROUNDS, is_quick=is_quick)
    return table


def targets_of_latency() -> list[Target]:
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


def measure_latency(workshop: Workshop, *, is_quick: bool) -> Table:
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
    table = Table("Warm latency", "ms", targets_of_latency())
    contestants = [(each, asked) for each in (ours, *workshop.database_peers())]
    race(table, contestants, ROUNDS, is_quick=is_quick, after_turn=workshop.remove_created)
    return table


def measure_batch(workshop: Workshop, *, is_quick: bool) -> Table:
    ours = workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}, "unpublished.handler")
    cell = ("crud_app", "batch")
    target = Target("500 new employees, milliseconds", cell, most=MOST_BATCH_MILLISECONDS)
    table = Table("A batch of an import", "ms", [target])
    batches = []
    for number in range(1 + (QUICK_BATCH_ROUNDS if is_quick else BATCH_ROUNDS)):
        emails = [f"nueva{number}-{n}@bench.example.com" for n in range(MAX_OPERATIONS)]
        people = [{"nombre": "N", "email": each, "posicion": "Analista", "salario": 5000} for each in emails]
        body, key = {"origen": "importacion", "crear": people}, ("idempotency-key", f'"{number}"')
        batches.append(event("POST", f"/lotes/{uuid.uuid4()}", body, headers=(key,)))
    with Process(ours) as process:
        for each in process.call(Operation("batch", batches, len(batches)))["microseconds"][1:]:  # the first connects
            table.add(cell, each / 1000)
    workshop.remove_created()
    return table
