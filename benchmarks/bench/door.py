"""What a front door costs: event in, response out, and a view that does nothing."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.estimate import quantile
from benchmarks.bench.subject import running
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench.subject import Subject
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 60, 2
CALLS, QUICK_CALLS = 250, 20
RANKS = (50, 99)
MOST_MICROSECONDS = 60

METHOD = f"""\
`GET /empleados` through an HTTP API (payload 2.0; Chalice as it comes: its REST API), {CALLS} times in each round. The
root logger is at INFO, as Lambda's JSON format has it, and its lines are made, but go nowhere: ours and Mangum write
one for each request."""


def contestants(workshop: Workshop) -> Sequence[tuple[Subject, str]]:
    """Everybody and the event that he gets, ours first."""
    listing = event("GET", "/empleados")
    peers = (
        ("mangum", "Mangum and an empty ASGI application", "fastapi", "handler"),
        ("powertools", "Powertools' resolver", "powertools", "handler"),
        ("fastapi", "Mangum and FastAPI", "fastapi", "handler"),
    )
    return [
        (workshop.door(), listing),
        *((workshop.peer(key, label, packages, f"{key}_door.{name}"), listing) for key, label, packages, name in peers),
        (
            workshop.peer("chalice", "Chalice as it comes", "chalice_orm", "chalice_door.handler"),
            event("GET", "/empleados", door="rest"),
        ),
    ]


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Table:
    """Answer many requests."""
    entries = contestants(workshop)
    calls = QUICK_CALLS if is_quick else CALLS
    series: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        processes = {subject.key: stack.enter_context(running(subject)) for subject, _ in entries}
        for subject, sent in entries:
            processes[subject.key].call([sent], calls).require(subject, 200)
        for subject, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
            done = processes[subject.key].call([sent], calls).require(subject, 200)
            for rank in RANKS:
                series[subject.key][f"p{rank}"].append(quantile(done.microseconds, rank))
    ours = Cell("frontdoor", "p50")
    return Table(
        key="door",
        title="The front door",
        method=METHOD,
        unit=Unit.MICROSECONDS,
        columns={f"p{rank}": f"p{rank}" for rank in RANKS},
        rows=[
            Row(subject.key, subject.label, series[subject.key], is_ours=subject.key == "frontdoor")
            for subject, _ in entries
        ],
        targets=[
            Target("frontdoor, p50, microseconds", ours, most=MOST_MICROSECONDS),
            Target("p50, to Mangum", ours, Cell("mangum", "p50"), most=1.0),
            Target("p50, to Powertools' resolver", ours, Cell("powertools", "p50"), most=1.0),
            Target("p50, to Mangum and FastAPI", ours, Cell("fastapi", "p50")),
            Target("p50, to Chalice as it comes", ours, Cell("chalice", "p50")),
        ],
        differences=[
            "frontdoor recognises the event of each door, gives each answer a request id and writes a log line.",
            "Powertools' resolver and Chalice write no log line.",
            "Mangum alone routes nothing: its application has one answer.",
        ],
    )
