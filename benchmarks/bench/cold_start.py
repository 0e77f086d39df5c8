"""From the start of a new process to its first answer."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.subject import time_first_answer, time_program
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.upstream import ROWS as UPSTREAM_ROWS
from benchmarks.bench.workshop import ROWS, event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench.subject import Subject
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 10, 1
# What importing `http.client` takes beyond the bare interpreter, and what bff_app may, in milliseconds of the machine
# on which the target was set. As a ratio it holds on any machine.
HTTP_CLIENT_MS, BFF_MS = 30, 150

METHOD = """\
A new process of the same interpreter, isolated from everything that is installed (`python -I -S -B`), sees the folder
of the package and what AWS's runtime brings, imports the handler and answers one event: a list of 50 rows for who has a
database (PostgreSQL over its Unix socket), a request passed on for who has none. The clock runs from before the process
is started to its answer. "As shipped" is what the peers' tools pack, without `.pyc`: Lambda's folder cannot be written,
so that each cold start compiles all modules again. "Compiled" is what they could have. Ours is the zip of `make
package`. Lambda adds its own start, the same for all."""


class Entry(NamedTuple):
    """A contestant, the event that it is given, and how many rows its answer has; None: any answer will do."""

    subject: Subject
    event: str
    rows: int | None = ROWS

    @property
    def key(self) -> str:
        return self.subject.key

    @property
    def label(self) -> str:
        return self.subject.label

    def time(self) -> float:
        """Milliseconds from the start of a new process to its first answer.

        Raises:
            BenchFailed: it was not the right one.
        """
        milliseconds, calls = time_first_answer(self.subject, self.event)
        calls.require(self.subject, 200, self.rows)
        return milliseconds


class Program(NamedTuple):
    """A line of Python, which is run in a process of its own until its end."""

    key: str
    label: str
    code: str

    def time(self) -> float:
        """Milliseconds from the start of a new process to its end."""
        return time_program(self.code)


PROGRAMS = (
    Program("http_client", "`import http.client` alone", "import http.client"),
    Program("bare", "the interpreter alone", "pass"),
)


def contestants(workshop: Workshop) -> Sequence[Entry]:
    """Everybody, ours first."""
    near, listing = workshop.near(), event("GET", "/empleados")
    proxied = event("GET", "/empleados", door="alb_multi")
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    fastapi = ("fastapi", "fastapi_app.handler", {"SQLALCHEMY_URL": near["ORM_PSYCOPG"]})
    chalice = ("chalice_orm", "chalice_orm_app.app", {"SQLALCHEMY_URL": near["ORM_PG8000"]})
    original = ("original", "original_app.handler", {"SQLALCHEMY_URL": near["ORM_PSYCOPG2"]})
    raw = ("pg8000", "pg8000_app.handler", {"PG8000_ARGUMENTS": near["PG8000_ARGUMENTS"]})
    found = [
        Entry(workshop.ours("crud_app", {"DATABASE_URL": near["DATABASE_URL"]}), listing),
        Entry(workshop.ours("bff_app", apis), proxied, UPSTREAM_ROWS),
        Entry(workshop.ours("email_app", {"DEMO": "true"}), event("GET", "/health"), None),
    ]
    for key, label, (packages, handler, environment), call in (
        ("fastapi", "FastAPI + Mangum + ORM + psycopg", fastapi, listing),
        ("chalice_orm", "Chalice + ORM + pg8000", chalice, event("GET", "/empleados", door="rest")),
        ("original", "the original (ORM + psycopg2)", original, listing),
        ("pg8000", "raw pg8000, no framework", raw, listing),
    ):
        for suffix, how, compiled in (("", "as shipped", False), ("_compiled", "compiled", True)):
            peer = workshop.peer(f"{key}{suffix}", f"{label}, {how}", packages, handler, environment, compiled=compiled)
            found.append(Entry(peer, call))
    api = {"CRUD_API_URL": workshop.upstream}
    httpx = workshop.peer("httpx", "httpx alone, compiled", "clients", "httpx_hop.handler", api)
    return [*found, Entry(httpx, event("GET", "/empleados", door="alb_single"), UPSTREAM_ROWS)]


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Table:
    """Start everybody many times."""
    entries: list[Entry | Program] = [*contestants(workshop), *PROGRAMS]
    series: dict[str, list[float]] = defaultdict(list)
    for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
        series[entry.key].append(entry.time())
    labels = {entry.key: entry.label for entry in entries}
    ours = {"crud_app", "bff_app", "email_app"}
    return Table(
        key="cold-start",
        title="Cold start",
        method=METHOD,
        unit=Unit.MILLISECONDS,
        columns={"first": "first answer"},
        rows=[Row(key, label, {"first": series[key]}, is_ours=key in ours) for key, label in labels.items()],
        targets=targets(),
        differences=[
            "email_app answers `/health`: nobody waits for its consumer.",
            "The original published events and made an SNS client; here it does neither, in its favour.",
            "Chalice as it comes answers the REST API's event, its only one; all others an HTTP API's, or an ALB's.",
            "Nobody speaks TLS to the database: the embedded PostgreSQL has none.",
        ],
    )


def targets() -> Sequence[Target]:
    """Those of the issue."""
    crud, bff, bare = Cell("crud_app", "first"), Cell("bff_app", "first"), Cell("bare", "first")
    return [
        Target("crud_app, to FastAPI + ORM as shipped", crud, Cell("fastapi", "first"), most=0.15),
        Target("crud_app, to Chalice + ORM as shipped", crud, Cell("chalice_orm", "first"), most=0.25),
        Target("crud_app, to raw pg8000 as shipped", crud, Cell("pg8000", "first"), most=2.0),
        Target("crud_app, to the original as shipped", crud, Cell("original", "first")),
        Target("crud_app, to FastAPI + ORM compiled", crud, Cell("fastapi_compiled", "first")),
        Target("crud_app, to raw pg8000 compiled", crud, Cell("pg8000_compiled", "first")),
        Target(
            "bff_app beyond the interpreter, to `import http.client` beyond it",
            bff,
            Cell("http_client", "first"),
            bare,
            most=BFF_MS / HTTP_CLIENT_MS,
        ),
    ]
