"""What numbers are worth that were measured on a machine that does other things, too.

Contestants take turns, in another order in each round, so that what disturbs a round disturbs all of them. A ratio is
therefore the median of the rounds' own ratios. The ends of its interval (95 %) are rounds as well: those whose ranks
enclose the median of all possible rounds (order statistics, without an assumption about their distribution).
"""

from __future__ import annotations

from collections import defaultdict
from math import ceil, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from tools.command_line import make_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

Cell = tuple[str, str]  # contestant and measure

WIDEST = 0.30  # a ratio whose interval is wider than this part of itself is not printed
STYLES = {"met": "green", "missed": "bold red", "undecided": "yellow", "": "dim"}


class Estimate(NamedTuple):
    """The median of some rounds and the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def is_noisy(self) -> bool:
        """Whether the next run might find something else."""
        return self.high - self.low > WIDEST * abs(self.value)

    def verdict(self, most: float | None) -> str:
        """Where the spread makes the value meaningless, only an interval that lies on one side decides."""
        if most is None:
            return ""
        if self.is_noisy and self.low <= most < self.high:
            return "undecided"
        return "met" if self.value <= most else "missed"


def estimate(values: Sequence[float]) -> Estimate:
    """The median of values, one for each round."""
    ordered, rounds = sorted(values), len(values)
    outside = max(int(rounds / 2 - 0.98 * sqrt(rounds)), 0)
    return Estimate(median(ordered), ordered[outside], ordered[rounds - 1 - outside])


def quantile(values: Sequence[float], rank: int) -> float:
    """The least measured value that at least ``rank`` per cent (1 to 100) of them do not exceed."""
    return sorted(values)[ceil(len(values) * rank / 100) - 1]


class Target(NamedTuple):
    """What is divided by what, and the most that may come of it.

    Without ``peer`` our cell stands for itself, in the table's unit; ``bare`` is subtracted from both; without ``most``
    the ratio only informs.
    """

    name: str
    ours: Cell
    peer: Cell | None = None
    most: float | None = None
    bare: Cell | None = None


class Table:
    """One benchmark's result: a number for each contestant, measure and round."""

    def __init__(self, title: str, unit: str, targets: Sequence[Target]) -> None:
        self.title = title
        self.unit = unit
        self.targets = targets
        self.series: dict[Cell, list[float]] = defaultdict(list)

    def add(self, cell: Cell, value: float) -> None:
        """Add the number of one round."""
        self.series[cell].append(value)

    def results(self) -> list[tuple[Target, Estimate, str]]:
        """Each target, what was measured, and the verdict."""
        measured = [estimate(self._ratios(target)) for target in self.targets]
        return [
            (target, found, found.verdict(target.most)) for target, found in zip(self.targets, measured, strict=True)
        ]

    def _ratios(self, target: Target) -> list[float]:
        ours = self.series[target.ours]
        if target.peer is None:
            return ours
        bare = self.series[target.bare] if target.bare else [0.0] * len(ours)
        rounds = zip(ours, self.series[target.peer], bare, strict=True)
        return [(own - start) / (peer - start) for own, peer, start in rounds]

    def print(self, console: Console) -> None:
        """The medians with half the width of their intervals, and what they are compared with."""
        ours = {target.ours[0] for target in self.targets}
        names = sorted(dict.fromkeys(name for name, _ in self.series), key=lambda name: name not in ours)
        measures = dict.fromkeys(measure for _, measure in self.series)
        cells = [[name, *(_format_cell(self.series.get((name, each))) for each in measures)] for name in names]
        grid = [["", *measures], *cells]
        (corner, *headings), *rows = zip(*grid, strict=True) if len(measures) > len(names) else grid
        ratios = []
        for target, found, verdict in self.results():
            value = "too noisy" if found.is_noisy else format_number(found.value)
            between = f"{format_number(found.low)} … {format_number(found.high)}"
            most = "" if target.most is None else f"≤ {target.most:g}"
            row = (target.name, value, between, most, verdict)
            ratios.append([Text(each, STYLES[verdict]) for each in row])
        console.print(
            make_table([corner, *(f">{each}" for each in headings)], rows, f"{self.title} ({self.unit})"),
            make_table(("ratio", ">measured", ">95 % interval", ">target", ">"), ratios),
        )

    def document(self) -> dict[str, Any]:
        """Every round, and what became of each target."""
        return {
            "title": self.title,
            "unit": self.unit,
            "rounds": [[*cell, values] for cell, values in self.series.items()],
            "targets": [
                {"name": target.name, "most": target.most, "verdict": verdict, **found._asdict()}
                for target, found, verdict in self.results()
            ],
        }


def _format_cell(series: Sequence[float] | None) -> str:
    if not series:
        return "—"
    found = estimate(series)
    half = (found.high - found.low) / 2
    return f"{format_number(found.value)} ± {format_number(half)}" if half else format_number(found.value)


def format_number(value: float) -> str:
    """Three digits that mean something: ``0.142``, ``3.07``, ``41.5``, ``1,478``."""
    digits = f"{value:.3g}"
    return f"{float(digits):,.0f}" if "e" in digits else digits
