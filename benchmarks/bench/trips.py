"""How many answers of the database a request waits for: counted by moving the database away.

A TCP port between each contestant and PostgreSQL delays every answer, once by 25 ms and once not at all. The difference
of a request's times, divided by that delay, is the number of answers that it waited for. The port counts those of the
first request of a new process, less what opening the connection takes by the protocol: one to begin (the server trusts
this machine; a password takes two more), and one for a driver that asks for TLS. Ours creates the row with its event.
`tests/unit/crud_app/test_round_trips.py` counts the messages themselves.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bench.distance import far_database
from benchmarks.bench.estimate import take_turns
from benchmarks.bench.report import TRIPS, Table, Target
from benchmarks.bench.subject import running
from benchmarks.bench.warm import ANSWERS, OPERATIONS, contestants, events_of, remove_created
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.distance import Distance
    from benchmarks.bench.subject import Process
    from benchmarks.bench.warm import Entry
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 2, 1
CALLS = 5
SECONDS = 0.025  # far more than a request takes by itself, so that each wait can be counted
A_MOMENT = 0.010  # more than an answer takes that is not delayed
ASKS_FOR_TLS = 2  # pg8000's default: it asks, and accepts a refusal


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    row_id = int(workshop.sql("SELECT min(id) FROM empleados"))
    with far_database(workshop.socket) as distance:
        entries = contestants(workshop, workshop.far(distance.port))
        table = Table(
            key="trips",
            title="Round trips to the database",
            unit=TRIPS,
            columns={"first": "first, after authentication", **OPERATIONS},
            rows={entry.subject.key: entry.subject.label for entry in entries},
            ours=frozenset({"crud_app"}),
            targets=[Target(name, ("crud_app", key), most=1) for key, name in {"first": "first", **OPERATIONS}.items()],
        )
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            for column, trips in _count(entry, distance, row_id, workshop).items():
                table.add(entry.subject.key, column, trips)
    return [table]


def _count(entry: Entry, distance: Distance, row_id: int, workshop: Workshop) -> dict[str, float]:
    """The trips of each kind of request."""
    get = [event("GET", f"/empleados/{row_id}", door=entry.door)]
    times: dict[float, dict[str, float]] = {}
    with running(entry.subject) as process:
        distance.trips = 0
        process.call(get).require(entry.subject, 200)
        opening = ASKS_FOR_TLS if entry.subject.key == "chalice_orm" else 1
        first = distance.trips - opening
        for distance.seconds in (0.0, SECONDS):
            times[distance.seconds] = _times(process, entry, row_id, pause=2 * distance.seconds + A_MOMENT)
            remove_created(workshop)
    distance.seconds = 0.0
    waited = {kind: round((times[SECONDS][kind] - times[0.0][kind]) / SECONDS) for kind in OPERATIONS}
    return {"first": float(first), **{kind: float(trips) for kind, trips in waited.items()}}


def _times(process: Process, entry: Entry, row_id: int, *, pause: float) -> dict[str, float]:
    """Seconds of each kind of request; in the pause between two ends what no request waits for."""
    times = {}
    for operation in OPERATIONS:
        events = events_of(operation, entry.door, CALLS, row_id)
        done = process.call(events, CALLS, pause=pause).require(entry.subject, *ANSWERS[operation])
        times[operation] = median(done.microseconds) / 1_000_000
    return times
