"""What a front door costs: event in, response out, and a view that does nothing.

`GET /empleados` through an HTTP API (payload 2.0; Chalice as it comes: its REST API). The root logger is at INFO, as
Lambda's JSON format sets it, and its lines go nowhere: ours and Mangum write one for each request, the others none.
Ours also recognises the event of each door and gives each answer a request id. Mangum alone routes nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.estimate import quantile, take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import running
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.subject import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 60, 2
CALLS, QUICK_CALLS = 250, 20
MOST_MICROSECONDS = 60


def contestants(workshop: Workshop) -> list[tuple[Subject, str]]:
    """Everyone and their event, ours first."""
    http_api, rest = event("GET", "/empleados"), event("GET", "/empleados", door="rest")
    peer = workshop.peer
    return [
        (workshop.door(), http_api),
        (peer("mangum", "Mangum and an empty ASGI application", "fastapi", "mangum_door.handler"), http_api),
        (peer("powertools", "Powertools' resolver", "powertools", "powertools_door.handler"), http_api),
        (peer("fastapi", "Mangum and FastAPI", "fastapi", "fastapi_door.handler"), http_api),
        (peer("chalice", "Chalice as it comes", "chalice_orm", "chalice_door.handler"), rest),
    ]


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    entries = contestants(workshop)
    ours = ("frontdoor", "p50")
    table = Table(
        key="door",
        title="The front door",
        unit="µs",
        columns={"p50": "p50", "p99": "p99"},
        rows={subject.key: subject.label for subject, _ in entries},
        ours=frozenset({"frontdoor"}),
        targets=[
            Target("frontdoor, p50, microseconds", ours, most=MOST_MICROSECONDS),
            Target("p50, to Mangum", ours, ("mangum", "p50"), most=1.0),
            Target("p50, to Powertools' resolver", ours, ("powertools", "p50"), most=1.0),
            Target("p50, to Mangum and FastAPI", ours, ("fastapi", "p50")),
            Target("p50, to Chalice as it comes", ours, ("chalice", "p50")),
        ],
    )
    calls = QUICK_CALLS if is_quick else CALLS
    with ExitStack() as stack:
        processes = {subject.key: stack.enter_context(running(subject)) for subject, _ in entries}
        for subject, sent in entries:
            processes[subject.key].call([sent], calls).require(subject, 200)
        for subject, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            done = processes[subject.key].call([sent], calls).require(subject, 200)
            for rank in (50, 99):
                table.add(subject.key, f"p{rank}", quantile(done.microseconds, rank))
    return [table]
