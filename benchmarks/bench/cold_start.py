"""From the start of a new process to its first answer.

A new process of the same interpreter, isolated from everything installed, sees the folder of the package and what AWS's
runtime brings, imports the handler and answers one event: a list of 50 rows where there is a database (PostgreSQL over
its Unix socket, without TLS), a forwarded request where there is none, `/health` for email_app. "As shipped" is what
the peers' tools pack, without `.pyc`: Lambda's folder is read-only, so each cold start compiles all modules again. Ours
is the zip of `make package`. The original made an SNS client and published; here it does neither, in its favour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.measuring import Table, Target, take_turns
from benchmarks.bench.subject import time_first_answer, time_program
from benchmarks.bench.workshop import FASTAPI, ORIGINAL, PSYCOPG, ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.subject import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 10, 1
PROGRAMS = {"`import http.client` alone": "import http.client", "the interpreter alone": "pass"}
COLUMN = "first answer"


class Entry(NamedTuple):
    """A contestant, its event, and how many rows its answer has; None: any answer will do."""

    subject: Subject
    event: str
    rows: int | None = ROWS


def contestants(workshop: Workshop) -> list[Entry]:
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    database = {"DATABASE_URL": workshop.address()}
    peers = [peer for peer in workshop.database_peers() if peer.name != PSYCOPG]
    return [
        Entry(workshop.ours("crud_app", database), event("GET", "/empleados")),
        Entry(workshop.ours("bff_app", apis), event("GET", "/empleados", door="alb_multi")),
        Entry(workshop.ours("email_app", {"DEMO": "true"}), event("GET", "/health"), None),
        *(Entry(way, event("GET", "/empleados")) for peer in peers for way in (workshop.as_shipped(peer), peer)),
    ]


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    def target(peer: str, most: float | None = None) -> Target:
        return Target(f"crud_app, to {peer}", ("crud_app", COLUMN), (peer, COLUMN), most)

    imported, bare = ((name, COLUMN) for name in PROGRAMS)
    targets = [
        target(f"{FASTAPI}, as shipped", 0.10),
        *(target(peer) for peer in (f"{ORIGINAL}, as shipped", FASTAPI)),
        Target(
            "bff_app, to `import http.client`, both beyond the interpreter", ("bff_app", COLUMN), imported, 5.0, bare
        ),
    ]
    table = Table("Cold start", "ms", targets)
    entries: list[Entry | str] = [*contestants(workshop), *PROGRAMS]
    for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
        if isinstance(entry, str):
            table.add(entry, COLUMN, time_program(PROGRAMS[entry]))
        else:
            milliseconds, calls = time_first_answer(entry.subject, entry.event)
            calls.require(entry.subject, 200, entry.rows)
            table.add(entry.subject.name, COLUMN, milliseconds)
    return [table]
