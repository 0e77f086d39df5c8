"""From the start of a new process to its first answer.

A new process of the same interpreter, isolated from everything installed, sees the folder of the package and what AWS's
runtime brings, imports the handler and answers one event: a list of 50 rows where there is a database (PostgreSQL over
its Unix socket, without TLS), a forwarded request where there is none, `/health` for email_app. "As shipped" is what
the peers' tools pack, without `.pyc`: Lambda's folder is read-only, so each cold start compiles all modules again. Ours
is the zip of `make package`. The original made an SNS client and published; here it does neither, in its favour.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import Operation, take_turns, time_first_answer, time_program
from benchmarks.bench.workshop import FASTAPI, ORIGINAL, PSYCOPG, ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.process import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 10, 1
PROGRAMS = {"`import http.client` alone": "import http.client", "the interpreter alone": "pass"}
COLUMN = "first answer"


def contestants(workshop: Workshop) -> list[tuple[Subject, Operation]]:
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    listed = Operation("list", [event("GET", "/empleados")], rows=ROWS)
    through_alb = listed._replace(events=[event("GET", "/empleados", door="alb_multi")])
    peers = [peer for peer in workshop.database_peers() if peer.name != PSYCOPG]
    return [
        (workshop.ours("crud_app", {"DATABASE_URL": workshop.address()}), listed),
        (workshop.ours("bff_app", apis), through_alb),
        (workshop.ours("email_app", {"DEMO": "true"}), Operation("health", [event("GET", "/health")])),
        *((way, listed) for peer in peers for way in (workshop.as_shipped(peer), peer)),
    ]


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
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
    entries = {subject.name: partial(time_first_answer, subject, asked) for subject, asked in contestants(workshop)}
    entries |= {name: partial(time_program, code) for name, code in PROGRAMS.items()}
    for _, (name, start) in take_turns([*entries.items()], QUICK_ROUNDS if is_quick else ROUNDS):
        table.add((name, COLUMN), start())
    return table
