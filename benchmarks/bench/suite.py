"""All benchmarks, in the order in which they run and are shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.bench import cold_start, door, functions, hop, scale, throughput, trips, warm
from benchmarks.bench.machine import describe_machine
from benchmarks.bench.table import Report, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.bench.terminal import Terminal
    from benchmarks.bench.workshop import Workshop

# What each is called on the command line.
BENCHMARKS: Mapping[str, Callable[..., Any]] = {
    "cold-start": cold_start.measure,
    "door": door.measure,
    "hop": hop.measure,
    "warm": warm.measure,
    "functions": functions.measure,
    "trips": trips.measure,
    "scale": scale.measure,
    "throughput": throughput.measure,
}
KEYS = tuple(BENCHMARKS)


def run(workshop: Workshop, terminal: Terminal, only: Sequence[str], *, is_quick: bool) -> Report:
    """Run some of the benchmarks, and show each table as soon as there is one.

    Raises:
        BenchFailed: a contestant did not do its work.
    """
    began, start = datetime.now(UTC), time.monotonic()
    tables: list[Table] = []
    for key in only:
        with terminal.bar(key) as advance:
            found = BENCHMARKS[key](workshop, advance, is_quick=is_quick)
        for table in [found] if isinstance(found, Table) else found:
            terminal.table(table)
            tables.append(table)
    version = workshop.sql("SHOW server_version")
    seconds = time.monotonic() - start
    return Report(began.isoformat(timespec="seconds"), seconds, describe_machine(version), tables, is_quick=is_quick)
