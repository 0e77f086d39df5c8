"""A warm process: how long it takes to answer, and how much memory it has taken by then."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.estimate import quantile
from benchmarks.bench.subject import running
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.workshop import ROWS, event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench.subject import Process, Subject
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.workshop import Workshop

# Many short turns: what disturbs the machine for a second then disturbs few rounds.
ROUNDS, QUICK_ROUNDS = 54, 2
CALLS, QUICK_CALLS = {"list": 100, "get": 200, "create": 100}, 5  # a get is so short that it takes more of them
# Who has no p99 that is compared answers so many, which are too few for one: the time is better spent on the others.
FEW_CALLS = 20
# How many calls of a turn come before those that are timed: VACUUM has thrown away everybody's plans, and the others'
# turns what the processor had at hand. Without them the second slowest of a hundred calls is always one of the first.
SETTLING = 5
RANKS = (50, 99)
OPERATIONS = {"list": "list of 50", "get": "get", "create": "create"}
# What is asked for, to whom it is compared, and the most that the ratio may be, of p50 and of p99.
LIMITS = (
    ("list", "original", 0.40),
    ("list", "psycopg", 1.2),
    ("get", "original", 0.35),
    ("get", "psycopg", 1.5),
    ("create", "original", 0.35),
)
COMPARED_BY_P99 = {"crud_app", *(peer for _, peer, _ in LIMITS)}

METHOD = f"""\
One process of each contestant stays warm, all on one PostgreSQL over its Unix socket and on the same table with the
same indexes, whose commits do not wait for the disk. In each round each contestant in turn answers {CALLS["list"]}
lists, {CALLS["get"]} gets and {CALLS["create"]} creations ({FEW_CALLS} of each who is compared by p50 alone), behind
{SETTLING} of each that are not timed: PostgreSQL plans again what others have changed. Rows that were created are
removed before the next turn. The time is from the event, read, to the response, not yet written: what Lambda does
before and behind is the same for all. Each round has its own p50 and p99; the table shows the median of the rounds."""


class Entry(NamedTuple):
    """A contestant and the front door whose events it understands."""

    subject: Subject
    door: str = "http_api_2"

    @property
    def ranks(self) -> Sequence[int]:
        """The percentiles that are compared."""
        return RANKS if self.subject.key in COMPARED_BY_P99 else RANKS[:1]

    def calls(self, operation: str) -> int:
        """How many requests of a kind it answers in a turn."""
        return CALLS[operation] if self.ranks == RANKS else FEW_CALLS


def contestants(workshop: Workshop, where: dict[str, str]) -> Sequence[Entry]:
    """Everybody who keeps employees, ours first; ``where`` is the database in everybody's terms."""
    peers = (
        (
            "original",
            "the original (ORM + psycopg2)",
            "original",
            "original_app.handler",
            "SQLALCHEMY_URL",
            "ORM_PSYCOPG2",
        ),
        (
            "fastapi",
            "FastAPI + Mangum + ORM + psycopg",
            "fastapi",
            "fastapi_app.handler",
            "SQLALCHEMY_URL",
            "ORM_PSYCOPG",
        ),
        ("chalice_orm", "Chalice + ORM + pg8000", "chalice_orm", "chalice_orm_app.app", "SQLALCHEMY_URL", "ORM_PG8000"),
        ("pg8000", "raw pg8000", "pg8000", "pg8000_app.handler", "PG8000_ARGUMENTS", "PG8000_ARGUMENTS"),
        ("psycopg", "raw psycopg 3", "psycopg", "psycopg_app.handler", "LIBPQ_URL", "LIBPQ_URL"),
    )
    return [
        Entry(workshop.unpublished({"DATABASE_URL": where["DATABASE_URL"]})),
        *(
            Entry(
                workshop.peer(key, label, packages, handler, {variable: where[address]}),
                "rest" if key == "chalice_orm" else "http_api_2",
            )
            for key, label, packages, handler, variable, address in peers
        ),
    ]


def events_of(operation: str, door: str, calls: int, row_id: int) -> Sequence[str]:
    """The events of one turn; each employee that is created is another one."""
    if operation == "list":
        return [event("GET", "/empleados", door=door)]
    if operation == "get":
        return [event("GET", f"/empleados/{row_id}", door=door)]
    return [event("POST", "/empleados", new_empleado(number), door=door) for number in range(calls)]


def new_empleado(number: int) -> dict[str, object]:
    """An employee as a client sends one."""
    return {
        "nombre": f"Nueva {number}",
        "email": f"nueva{number}@bench.example.com",
        "posicion": "Analista",
        "salario": 5000,
        "fecha_contratacion": "2026-11-24",
    }


def remove_created(workshop: Workshop) -> None:
    """Leave the tables as they were, without the dead rows, which who looks for a 51st would walk through."""
    workshop.sql("DELETE FROM empleados WHERE email LIKE 'nueva%@bench.example.com'; DELETE FROM eventos")
    workshop.sql("VACUUM empleados, eventos")


def answer_of(operation: str) -> tuple[int, int | None]:
    """Status of the right answer, and how many rows it has; None: it is no list."""
    return {"list": (200, ROWS), "get": (200, None), "create": (201, None)}[operation]


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Sequence[Table]:
    """Let everybody answer, in turns; the times, and the memory."""
    entries = contestants(workshop, dict(workshop.near()))
    row_id = int(workshop.sql("SELECT min(id) FROM empleados"))
    series: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    memory: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        processes = {entry.subject.key: stack.enter_context(running(entry.subject)) for entry in entries}
        for entry in entries:
            _warm_up(processes[entry.subject.key], entry, row_id, workshop)
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
            key = entry.subject.key
            for operation in OPERATIONS:
                calls = QUICK_CALLS if is_quick else entry.calls(operation)
                events = events_of(operation, entry.door, SETTLING + calls, row_id)
                done = processes[key].call(events, SETTLING + calls).require(entry.subject, *answer_of(operation))
                for rank in entry.ranks:
                    series[key][f"{operation}_p{rank}"].append(quantile(done.microseconds[SETTLING:], rank) / 1000)
            memory[key].append(done.mebibytes)
            remove_created(workshop)
    rows = [
        Row(entry.subject.key, entry.subject.label, series[entry.subject.key], is_ours=entry.subject.key == "crud_app")
        for entry in entries
    ]
    return [
        Table(
            key="warm",
            title="Warm latency",
            method=METHOD,
            unit=Unit.MILLISECONDS,
            columns={
                f"{operation}_p{rank}": f"{name}, p{rank}" for operation, name in OPERATIONS.items() for rank in RANKS
            },
            rows=rows,
            targets=targets(),
            differences=[
                "Ours creates the row **with** its event, and marks it as published. The peers write no event.",
                "Nobody publishes anything.",
                "The table is ours: the peers' creations, too, fill the columns and indexes of its searches and lists.",
                "Ours answers nine fields of a row, with an ETag, and logs a line; the peers six, and log nothing.",
                "Ours and FastAPI check their input; the original and the raw peers do not.",
                "psycopg's raw peer prepares its statements at first use, which a transaction pooler would not bear.",
            ],
        ),
        Table(
            key="memory",
            benchmark="warm",
            title="Memory",
            method="The peak of each process of the table above, the interpreter (about 10 MiB) and the measuring "
            "included.",
            unit=Unit.MEBIBYTES,
            columns={"peak": "peak"},
            rows=[Row(row.key, row.label, {"peak": memory[row.key]}, is_ours=row.is_ours) for row in rows],
        ),
    ]


def _warm_up(process: Process, entry: Entry, row_id: int, workshop: Workshop) -> None:
    for operation in OPERATIONS:
        times = 20
        done = process.call(events_of(operation, entry.door, times, row_id), times)
        done.require(entry.subject, *answer_of(operation))
    remove_created(workshop)


def targets() -> Sequence[Target]:
    """Those of the issue."""
    labels = {"original": "the original", "psycopg": "raw psycopg 3", "fastapi": "FastAPI + ORM"}
    found = [
        Target(
            f"{OPERATIONS[operation]}, p{rank}, to {labels[peer]}",
            Cell("crud_app", f"{operation}_p{rank}"),
            Cell(peer, f"{operation}_p{rank}"),
            most=most,
        )
        for operation, peer, most in LIMITS
        for rank in RANKS
    ]
    informing = [
        Target(f"{name}, p50, to {labels['fastapi']}", Cell("crud_app", f"{key}_p50"), Cell("fastapi", f"{key}_p50"))
        for key, name in OPERATIONS.items()
    ]
    return [*found, *informing]
