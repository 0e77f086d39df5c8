"""How many answers of the database a request waits for: counted by moving the database away."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bench.distance import far_database
from benchmarks.bench.subject import running
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.warm import OPERATIONS, answer_of, contestants, events_of, remove_created
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.distance import Distance
    from benchmarks.bench.subject import Process
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.warm import Entry
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 2, 1
CALLS = 5
# Far more than a request takes by itself, so that what is waited for can be counted.
SECONDS = 0.025
# What an answer takes at most that is not held back.
A_MOMENT = 0.010
# pg8000's default: it asks, and takes no for an answer.
ASKS_FOR_TLS = 2
COLUMNS = {"first": "first, after authentication", **OPERATIONS}

METHOD = f"""\
A TCP port between each contestant and PostgreSQL holds every answer back, once for {SECONDS * 1000:g} ms and once not
at all. The difference of a request's times, divided by that delay, is the number of answers that it waited for.
The port counts those of the first request of a new process, its import included, less what opening the connection takes
by the protocol: one to begin (the server trusts this machine; a password takes two more), and one for who asks for TLS.
`tests/unit/crud_app/test_round_trips.py` counts the messages themselves."""


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Table:
    """Let everybody answer from near and from afar."""
    row_id = int(workshop.sql("SELECT min(id) FROM empleados"))
    series: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with far_database(workshop.socket) as distance:
        entries = contestants(workshop, dict(workshop.far(distance.port)))
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
            for column, trips in _count(entry, distance, row_id, workshop).items():
                series[entry.subject.key][column].append(trips)
    rows = [
        Row(entry.subject.key, entry.subject.label, series[entry.subject.key], is_ours=entry.subject.key == "crud_app")
        for entry in entries
    ]
    return Table(
        key="trips",
        title="Round trips to the database",
        method=METHOD,
        unit=Unit.TRIPS,
        columns=COLUMNS,
        rows=rows,
        targets=[
            Target("first", Cell("crud_app", "first"), most=2),
            *(Target(name, Cell("crud_app", key), most=1) for key, name in OPERATIONS.items()),
        ],
        differences=[
            "Ours creates the row with its event, and does not wait for the mark that says that it is published.",
        ],
    )


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
    """Seconds of each kind of request, with a pause between two for what nobody waits for."""
    times = {}
    for operation in OPERATIONS:
        events = events_of(operation, entry.door, CALLS, row_id)
        done = process.call(events, CALLS, pause=pause).require(entry.subject, *answer_of(operation))
        times[operation] = median(done.microseconds) / 1_000_000
    return times
