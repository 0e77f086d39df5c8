"""What a front door costs: event in, response out, and a view that does nothing.

`GET /empleados` through an HTTP API (payload 2.0). The root logger is at INFO, as
Lambda's JSON format sets it, and its lines go nowhere: ours and Mangum write one for each request, the others none.
Ours also recognises the event of each door and gives each answer a request id. Mangum alone routes nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target, quantile, take_turns
from benchmarks.bench.subject import Process
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 60, 2
CALLS, QUICK_CALLS = 250, 20
MOST_MICROSECONDS = 60
# Packages and handler, and the most that our p50 may be of theirs.
PEERS = {
    "Mangum and an empty ASGI app": ("fastapi", "mangum_door.handler", 1.0),
    "Powertools' resolver": ("powertools", "powertools_door.handler", 1.0),
}


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    ours = replace(workshop.ours("crud_app", {}, "frontdoor_door.handler"), name="frontdoor")
    p50 = ("frontdoor", "p50")
    targets = [Target("frontdoor, p50, microseconds", p50, most=MOST_MICROSECONDS)]
    targets += [Target(f"p50, to {name}", p50, (name, "p50"), most) for name, (_, _, most) in PEERS.items()]
    table = Table("The front door", "µs", targets)
    subjects = [ours, *(workshop.peer(name, packages, handler) for name, (packages, handler, _) in PEERS.items())]
    calls = QUICK_CALLS if is_quick else CALLS
    with ExitStack() as stack:
        entries = []
        for subject in subjects:
            sent = [event("GET", "/empleados")]
            process = stack.enter_context(Process(subject))
            process.call(sent, calls).require(subject, 200)
            entries.append((subject, process, sent))
        for subject, process, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            done = process.call(sent, calls).require(subject, 200)
            for rank in (50, 99):
                table.add(subject.name, f"p{rank}", quantile(done.microseconds, rank))
    return [table]
