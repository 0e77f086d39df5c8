"""What a front door costs: event in, response out, and a view that does nothing.

`GET /empleados` through an HTTP API (payload 2.0). The root logger is at INFO, as
Lambda's JSON format sets it, and its lines go nowhere: ours and Mangum write one for each request, the others none.
Ours also recognises the event of each door and gives each answer a request id. Mangum alone routes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import Operation, race
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS, CALLS = 60, 250
MOST_MICROSECONDS = 60
# Packages and handler; our p50 may be as much as theirs.
PEERS = {
    "Mangum and an empty ASGI app": ("fastapi", "mangum_door.handler"),
    "Powertools' resolver": ("powertools", "powertools_door.handler"),
}


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    ours = replace(workshop.ours("crud_app", {}, "frontdoor_door.handler"), name="frontdoor")
    p50 = ("frontdoor", "GET p50")
    targets = [Target("frontdoor, p50, microseconds", p50, most=MOST_MICROSECONDS)]
    targets += [Target(f"p50, to {name}", p50, (name, "GET p50"), 1.0) for name in PEERS]
    table = Table("The front door", "µs", targets)
    peers = [workshop.peer(name, packages, handler) for name, (packages, handler) in PEERS.items()]
    asked = [Operation("GET", [event("GET", "/empleados")], CALLS)]
    race(table, [(each, asked) for each in (ours, *peers)], ROUNDS, is_quick=is_quick)
    return table
