"""Numbers and verdicts as people read them, the same on the terminal, in the report and in the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench.estimate import FEWEST_ROUNDS
from benchmarks.bench.table import Unit, Verdict

if TYPE_CHECKING:
    from benchmarks.bench.estimate import Estimate
    from benchmarks.bench.table import Comparison, Row, Table

NOTHING = "—"
REFUSED = "too noisy"
TOO_FEW = "too few rounds"
MARKS = {Verdict.MET: "✓", Verdict.MISSED: "✗", Verdict.UNDECIDED: "?", Verdict.NONE: ""}


def number(value: float) -> str:
    """Three digits that mean something: ``0.142``, ``3.07``, ``41.5``, ``1,478``."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    if magnitude >= 100:
        return f"{value:,.0f}"
    decimals = 1 if magnitude >= 10 else 2 if magnitude >= 1 else 3
    return f"{value:.{decimals}f}"


def cell(table: Table, row: Row, column: str) -> str:
    """A median and how far it may be off: ``3.07 ± 0.1``; a count stands alone."""
    measured = table.measured(row, column)
    if measured is None:
        return NOTHING
    if table.unit is Unit.TRIPS:
        return f"{measured.value:g}"
    return f"{number(measured.value)} ± {number((measured.high - measured.low) / 2)}"


def ratio(comparison: Comparison) -> str:
    """The value, unless its spread makes it meaningless."""
    if not comparison.is_meaningful:
        return REFUSED if comparison.measured.rounds >= FEWEST_ROUNDS else TOO_FEW
    return f"{comparison.measured.value:g}" if comparison.is_count else number(comparison.measured.value)


def interval(measured: Estimate) -> str:
    """``0.139 … 0.146``."""
    return f"{number(measured.low)} … {number(measured.high)}"


def most(comparison: Comparison) -> str:
    """``≤ 0.15``; nothing without a target."""
    limit = comparison.target.most
    return NOTHING if limit is None else f"≤ {limit:g}"


def verdict(comparison: Comparison) -> str:
    """``✓ met``."""
    found = comparison.verdict
    return NOTHING if found is Verdict.NONE else f"{MARKS[found]} {found}"
