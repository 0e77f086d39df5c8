"""A report as a run makes it, with numbers that can be checked by hand."""

from __future__ import annotations

from benchmarks.bench.table import Cell, Report, Row, Table, Target, Unit

MACHINE = {"processor": "one of a test, 2 cores", "Python": "3.11.7"}


def table(ours: list[float], theirs: list[float], most: float | None = 0.5, unit: Unit = Unit.MILLISECONDS) -> Table:
    """Two contestants and one target."""
    return Table(
        key="sample",
        title="Sample",
        method="Both are asked.",
        unit=unit,
        columns={"p50": "p50"},
        rows=[Row("ours", "ours", {"p50": ours}, is_ours=True), Row("peer", "the peer", {"p50": theirs})],
        targets=[Target("p50, to the peer", Cell("ours", "p50"), Cell("peer", "p50"), most=most)],
        differences=["The peer has a hat."],
    )


def report(*tables: Table, is_quick: bool = False) -> Report:
    """A run that brought these tables."""
    return Report("2026-11-24T12:00:00+00:00", 61.0, MACHINE, tables, is_quick=is_quick)


MET = table([2.0] * 6, [8.0] * 6)
MISSED = table([6.0] * 6, [8.0] * 6)
NOISY = table([1.0, 9.0, 1.0, 9.0, 5.0, 2.0], [8.0] * 6)
