"""From the start of a new process to its first answer.

A new process of the same interpreter, isolated from everything installed (`python -I -S -B`), sees the folder of the
package and what AWS's runtime brings, imports the handler and answers one event: a list of 50 rows where there is a
database (PostgreSQL over its Unix socket, without TLS), a forwarded request where there is none, `/health` for
email_app. "As shipped" is what the peers' tools pack, without `.pyc`: Lambda's folder is read-only, so each cold start
compiles all modules again. "Compiled" is what they could have. Ours is the zip of `make package`. The original made an
SNS client and published; here it does neither, in its favour. Lambda adds its own start, the same for all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.estimate import take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import time_first_answer, time_program
from benchmarks.bench.upstream import ROWS as UPSTREAM_ROWS
from benchmarks.bench.workshop import ROWS, door_of, event

if TYPE_CHECKING:
    from benchmarks.bench.subject import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 10, 1
PROGRAMS = {
    "http_client": ("`import http.client` alone", "import http.client"),
    "bare": ("the interpreter alone", "pass"),
}


class Entry(NamedTuple):
    """A contestant, its event, and how many rows its answer has; None: any answer will do."""

    subject: Subject
    event: str
    rows: int | None = ROWS


def contestants(workshop: Workshop) -> list[Entry]:
    """Everyone, ours first."""
    near, listing = workshop.near(), event("GET", "/empleados")
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    found = [
        Entry(workshop.ours("crud_app", {"DATABASE_URL": near["DATABASE_URL"]}), listing),
        Entry(workshop.ours("bff_app", apis), event("GET", "/empleados", door="alb_multi"), UPSTREAM_ROWS),
        Entry(workshop.ours("email_app", {"DEMO": "true"}), event("GET", "/health"), None),
    ]
    for key in ("fastapi", "chalice_orm", "original", "pg8000"):
        for how, is_compiled in (("as shipped", False), ("compiled", True)):
            subject = workshop.database_peer(key, near, compiled=is_compiled)
            key_of = f"{key}_compiled" if is_compiled else key
            subject = replace(subject, key=key_of, label=f"{subject.label}, {how}")
            found.append(Entry(subject, event("GET", "/empleados", door=door_of(key))))
    httpx = workshop.peer("httpx", "httpx alone, compiled", "clients", "httpx_hop.handler", apis)
    return [*found, Entry(httpx, event("GET", "/empleados", door="alb_single"), UPSTREAM_ROWS)]


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    entries = {entry.subject.key: entry for entry in contestants(workshop)}
    crud, bff = ("crud_app", "first"), ("bff_app", "first")
    table = Table(
        key="cold-start",
        title="Cold start",
        unit="ms",
        columns={"first": "first answer"},
        rows={
            **{key: entry.subject.label for key, entry in entries.items()},
            **{key: label for key, (label, _) in PROGRAMS.items()},
        },
        ours=frozenset({"crud_app", "bff_app", "email_app"}),
        targets=[
            Target("crud_app, to FastAPI + ORM as shipped", crud, ("fastapi", "first"), most=0.10),
            Target("crud_app, to Chalice + ORM as shipped", crud, ("chalice_orm", "first"), most=0.25),
            Target("crud_app, to raw pg8000 as shipped", crud, ("pg8000", "first"), most=2.0),
            Target("crud_app, to the original as shipped", crud, ("original", "first")),
            Target("crud_app, to FastAPI + ORM compiled", crud, ("fastapi_compiled", "first")),
            Target("crud_app, to raw pg8000 compiled", crud, ("pg8000_compiled", "first")),
            Target(
                "bff_app beyond the interpreter, to `import http.client` beyond it",
                bff,
                ("http_client", "first"),
                ("bare", "first"),
                most=5.0,
            ),
        ],
    )
    for key in take_turns([*entries, *PROGRAMS], QUICK_ROUNDS if is_quick else ROUNDS):
        if key in PROGRAMS:
            table.add(key, "first", time_program(PROGRAMS[key][1]))
            continue
        entry = entries[key]
        milliseconds, calls = time_first_answer(entry.subject, entry.event)
        calls.require(entry.subject, 200, entry.rows)
        table.add(key, "first", milliseconds)
    return [table]
