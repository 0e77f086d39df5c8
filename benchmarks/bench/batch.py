"""What an import waits for: a batch of as many new employees as the API takes, in one statement with their events."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target, quantile
from benchmarks.bench.subject import Process
from benchmarks.bench.workshop import event
from chalicelib.directorio.batch import MAX_OPERATIONS

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 12, 1
MOST_MILLISECONDS = MAX_OPERATIONS / 500 * 1000  # 500 rows a second


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    """Milliseconds of `POST /lotes/{id}` on a warm process."""
    ours = workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}, "unpublished.handler")
    target = Target("500 new employees, milliseconds", ("crud_app", "batch"), most=MOST_MILLISECONDS)
    table = Table("A batch of an import", "ms", [target])
    with Process(ours) as process:
        for number in range(1 + (QUICK_ROUNDS if is_quick else ROUNDS)):
            people = [_person(f"{number}-{n}") for n in range(MAX_OPERATIONS)]
            body = {"origen": "importacion", "crear": people}
            sent = event("POST", f"/lotes/{uuid.uuid4()}", body, headers=(("idempotency-key", f'"{number}"'),))
            done = process.call([sent]).require(ours, 200)
            if number:  # the first one connects
                table.add("crud_app", "batch", quantile(done.microseconds, 50) / 1000)
    workshop.sql("DELETE FROM empleados WHERE email LIKE 'lote%@bench.example.com'; DELETE FROM eventos")
    return [table]


def _person(name: str) -> dict[str, object]:
    return {"nombre": f"N {name}", "email": f"lote{name}@bench.example.com", "posicion": "Analista", "salario": 5000}
