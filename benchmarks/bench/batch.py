"""What an import waits for: a batch of as many new employees as the API takes, in one statement with their events."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import Operation, Process
from benchmarks.bench.workshop import event
from chalicelib.directorio.batch import MAX_OPERATIONS

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 12, 1
MOST_MILLISECONDS = MAX_OPERATIONS / 500 * 1000  # 500 rows a second


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    """Milliseconds of `POST /lotes/{id}` on a warm process."""
    ours = workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}, "unpublished.handler")
    cell = ("crud_app", "batch")
    target = Target("500 new employees, milliseconds", cell, most=MOST_MILLISECONDS)
    table = Table("A batch of an import", "ms", [target])
    batches = [_batch(number) for number in range(1 + (QUICK_ROUNDS if is_quick else ROUNDS))]
    with Process(ours) as process:
        for each in process.call(Operation("batch", batches, len(batches)))["microseconds"][1:]:  # the first connects
            table.add(cell, each / 1000)
    workshop.remove_created()
    return table


def _batch(number: int) -> str:
    people = [
        {"nombre": f"N {n}", "email": f"nueva{number}-{n}@bench.example.com", "posicion": "Analista", "salario": 5000}
        for n in range(MAX_OPERATIONS)
    ]
    body = {"origen": "importacion", "crear": people}
    return event("POST", f"/lotes/{uuid.uuid4()}", body, headers=(("idempotency-key", f'"{number}"'),))
