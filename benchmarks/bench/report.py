"""A benchmark's table of series, the ratios drawn from it, and how both are shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.bench.estimate import FEWEST_ROUNDS, Estimate, estimate, estimate_ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

TRIPS = "round trips"  # the unit of what is counted: one round says as much as many
Cell = tuple[str, str]  # row and column, by key


class Verdict(StrEnum):
    """What became of a target."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "not decided"
    NONE = "no target"


STYLES = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.UNDECIDED: "yellow", Verdict.NONE: "dim"}


@dataclass(frozen=True)
class Target:
    """What is divided by what, and the most that may come of it.

    Without ``peer`` our cell stands for itself, in the table's unit; ``bare`` is subtracted from both; without ``most``
    the ratio only informs.
    """

    name: str
    ours: Cell
    peer: Cell | None = None
    bare: Cell | None = None
    most: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A target and what was measured."""

    target: Target
    measured: Estimate
    is_count: bool

    @property
    def is_meaningful(self) -> bool:
        """Whether the value may be printed."""
        return self.measured.is_meaningful or (self.is_count and self.measured.low == self.measured.high)

    @property
    def verdict(self) -> Verdict:
        """Where the spread makes the value meaningless, only an interval that lies on one side decides."""
        most, measured = self.target.most, self.measured
        if most is None:
            return Verdict.NONE
        if self.is_meaningful:
            return Verdict.MET if measured.value <= most else Verdict.MISSED
        if measured.rounds < FEWEST_ROUNDS or measured.low <= most < measured.high:
            return Verdict.UNDECIDED
        return Verdict.MET if measured.high <= most else Verdict.MISSED

    @property
    def value(self) -> str:
        """The ratio as it is printed."""
        if self.is_meaningful:
            return f"{self.measured.value:g}" if self.is_count else format_number(self.measured.value)
        return "too noisy" if self.measured.rounds >= FEWEST_ROUNDS else "too few rounds"


@dataclass
class Table:
    """One benchmark's result: a number for each row, column and round.

    Attributes:
        key: its name in the JSON document.
        columns: key and heading of each.
        rows: key and label of each contestant, ours first.
        ours: the rows that are this project's.
        targets: what is compared.
    """

    key: str
    title: str
    unit: str
    columns: Mapping[str, str]
    rows: Mapping[str, str]
    ours: frozenset[str]
    targets: Sequence[Target] = ()
    series: dict[Cell, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: str, column: str, value: float) -> None:
        """Add the number of one round."""
        self.series[row, column].append(value)

    @property
    def comparisons(self) -> list[Comparison]:
        return [Comparison(target, self._measure(target), self.unit == TRIPS) for target in self.targets]

    def _measure(self, target: Target) -> Estimate:
        ours = self.series[target.ours]
        if target.peer is None:
            return estimate(ours)
        return estimate_ratio(ours, self.series[target.peer], self.series[target.bare] if target.bare else None)

    def print(self, console: Console) -> None:
        """The medians with half the width of their intervals, and what they are compared with."""
        medians = RichTable("", box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in self.columns.values():
            medians.add_column(heading, justify="right")
        for row, label in self.rows.items():
            cells = (self._format_cell(self.series.get((row, column))) for column in self.columns)
            medians.add_row(label, *cells, style="bold cyan" if row in self.ours else "")
        console.print(Text(f"\n{self.title} ({self.unit})", style="bold"))
        console.print(medians)
        ratios = RichTable("ratio", box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("measured", "95 % interval", "target", ""):
            ratios.add_column(heading, justify="right")
        for comparison in self.comparisons:
            measured, most = comparison.measured, comparison.target.most
            ratios.add_row(
                comparison.target.name,
                comparison.value,
                f"{format_number(measured.low)} … {format_number(measured.high)}",
                "" if most is None else f"≤ {most:g}",
                "" if most is None else comparison.verdict,
                style=STYLES[comparison.verdict],
            )
        if self.targets:
            console.print(ratios)

    def _format_cell(self, series: Sequence[float] | None) -> str:
        if not series:
            return "—"
        measured = estimate(series)
        if self.unit == TRIPS:
            return f"{measured.value:g}"
        return f"{format_number(measured.value)} ± {format_number((measured.high - measured.low) / 2)}"

    def document(self) -> dict[str, Any]:
        """Every round, and what became of each target; a ratio that is not printed is not here, either."""
        return {
            "key": self.key,
            "title": self.title,
            "unit": self.unit,
            "rows": [
                {
                    "key": row,
                    "label": label,
                    "ours": row in self.ours,
                    "rounds": {
                        column: self.series[row, column] for column in self.columns if (row, column) in self.series
                    },
                }
                for row, label in self.rows.items()
            ],
            "targets": [
                {
                    "name": comparison.target.name,
                    "most": comparison.target.most,
                    "ratio": comparison.measured.value if comparison.is_meaningful else None,
                    "low": comparison.measured.low,
                    "high": comparison.measured.high,
                    "verdict": comparison.verdict,
                }
                for comparison in self.comparisons
            ],
        }


def format_number(value: float) -> str:
    """Three digits that mean something: ``0.142``, ``3.07``, ``41.5``, ``1,478``."""
    magnitude = abs(value)
    decimals = 0 if magnitude >= 100 or not value else 1 if magnitude >= 10 else 2 if magnitude >= 1 else 3
    return f"{value:,.{decimals}f}"
