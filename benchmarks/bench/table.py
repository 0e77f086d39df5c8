"""What a benchmark brings: a table of series, and the comparisons that are drawn from it.

A series holds one number for each round. Every cell keeps its series, so that each ratio can pair the rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from benchmarks.bench.estimate import FEWEST_ROUNDS, Estimate, estimate, estimate_ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Series = Sequence[float]


class Unit(StrEnum):
    """What the numbers of a table are."""

    MILLISECONDS = "ms"
    MICROSECONDS = "µs"
    TRIPS = "round trips"
    PER_SECOND = "a second"
    MEBIBYTES = "MiB"
    DOLLARS = "US$"


class Verdict(StrEnum):
    """What became of a target."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "not decided"
    NONE = "no target"


@dataclass(frozen=True)
class Cell:
    """One series of a table: which row, which column (both by key)."""

    row: str
    column: str


@dataclass(frozen=True)
class Row:
    """A contestant and its series, by the column's key; a column that is missing does not concern it."""

    key: str
    label: str
    series: Mapping[str, Series]
    is_ours: bool = False


@dataclass(frozen=True)
class Target:
    """What is compared with what, and the most that may come of it.

    Attributes:
        name: what people read: ``list of 50, to the original``.
        ours: the cell in question.
        peer: the one that it is divided by; None: it stands for itself, in the table's unit.
        bare: what is subtracted from both before; None: nothing.
        most: the target; None: there is none, the comparison informs.
    """

    name: str
    ours: Cell
    peer: Cell | None = None
    bare: Cell | None = None
    most: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A target and what was measured.

    Attributes:
        is_count: whether it was counted, so that one round tells as much as many.
    """

    target: Target
    measured: Estimate
    is_count: bool = False

    @property
    def is_meaningful(self) -> bool:
        """Whether the value may be printed."""
        return self.measured.is_meaningful or (self.is_count and self.measured.low == self.measured.high)

    @property
    def verdict(self) -> Verdict:
        """Where the spread makes the value meaningless, only an interval that lies on one side decides."""
        most = self.target.most
        if most is None:
            return Verdict.NONE
        if self.is_meaningful:
            return Verdict.MET if self.measured.value <= most else Verdict.MISSED
        if self.measured.rounds < FEWEST_ROUNDS:
            return Verdict.UNDECIDED
        if self.measured.high <= most:
            return Verdict.MET
        return Verdict.MISSED if self.measured.low > most else Verdict.UNDECIDED


@dataclass(frozen=True)
class Table:
    """One benchmark's result.

    Attributes:
        key: its name on the command line and in file names.
        title: what it is about.
        method: how it was measured, in a paragraph.
        unit: of all its series.
        columns: key and heading of each.
        rows: the contestants, ours first.
        targets: what is compared.
        differences: what a reader should know of the contestants, a sentence each.
        benchmark: which one brings it, where that has another name than the table.
    """

    key: str
    title: str
    method: str
    unit: Unit
    columns: Mapping[str, str]
    rows: Sequence[Row]
    targets: Sequence[Target] = ()
    differences: Sequence[str] = ()
    benchmark: str = ""

    @property
    def command(self) -> str:
        """What measures it."""
        return f"make bench ONLY={self.benchmark or self.key}"

    def row(self, key: str) -> Row:
        """The row of that key."""
        return next(row for row in self.rows if row.key == key)

    def series(self, cell: Cell) -> Series:
        """The numbers of a cell."""
        return self.row(cell.row).series[cell.column]

    def measured(self, row: Row, column: str) -> Estimate | None:
        """A cell's median and interval; None where the column does not concern the row."""
        series = row.series.get(column)
        return estimate(series) if series else None

    @property
    def comparisons(self) -> Sequence[Comparison]:
        """What was measured of each target."""
        return [Comparison(target, self._measure(target), self.unit is Unit.TRIPS) for target in self.targets]

    def _measure(self, target: Target) -> Estimate:
        ours = self.series(target.ours)
        bare = self.series(target.bare) if target.bare else None
        if target.peer is None:
            return estimate(ours)
        return estimate_ratio(ours, self.series(target.peer), bare)


@dataclass(frozen=True)
class Report:
    """All tables of a run.

    Attributes:
        began: ISO 8601, UTC.
        seconds: how long it took.
        machine: what it ran on, by name.
        is_quick: whether it was a short run, whose numbers are good for nothing but to see that it works.
    """

    began: str
    seconds: float
    machine: Mapping[str, str]
    tables: Sequence[Table]
    is_quick: bool = False

    @property
    def comparisons(self) -> Sequence[Comparison]:
        return [comparison for table in self.tables for comparison in table.comparisons]

    def count(self, verdict: Verdict) -> int:
        """How many targets ended so."""
        return sum(1 for each in self.comparisons if each.verdict is verdict)
