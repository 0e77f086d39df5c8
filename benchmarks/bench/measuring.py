"""What numbers are worth that were measured on a machine that does other things, too.

Contestants take turns, in another order in each round, so that what disturbs a round disturbs all of them. A ratio is
therefore the median of the rounds' own ratios. The ends of its interval (95 %) are rounds as well: those whose ranks
enclose the median of all possible rounds (order statistics, without an assumption about their distribution).
"""

from __future__ import annotations

import random
from collections import defaultdict
from math import ceil, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rich import box
from rich.table import Table as RichTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

T = TypeVar("T")
Cell = tuple[str, str]  # row and column

FEWEST_ROUNDS = 6  # of fewer, no interval encloses the median with 95 %
WIDEST = 0.30  # a ratio whose interval is wider than this part of itself is not printed
OURS = ("crud_app", "bff_app", "email_app", "frontdoor")
STYLES = {"met": "green", "missed": "bold red", "undecided": "yellow", "": "dim"}


class Estimate(NamedTuple):
    """The median of some rounds and the ends of its interval."""

    value: float
    low: float
    high: float
    rounds: int

    @property
    def is_meaningful(self) -> bool:
        """Whether the next run would find much the same."""
        return self.rounds >= FEWEST_ROUNDS and self.high - self.low <= WIDEST * abs(self.value)


def estimate(values: Sequence[float]) -> Estimate:
    """The median of values, one for each round."""
    ordered, rounds = sorted(values), len(values)
    outside = max(int(rounds / 2 - 0.98 * sqrt(rounds)), 0)
    return Estimate(median(ordered), ordered[outside], ordered[rounds - 1 - outside], rounds)


def quantile(values: Sequence[float], rank: int) -> float:
    """The least measured value that at least ``rank`` per cent (1 to 100) of them do not exceed."""
    return sorted(values)[ceil(len(values) * rank / 100) - 1]


def take_turns(contestants: Sequence[T], rounds: int) -> list[T]:
    """Each of the contestants once a round, in another order each time."""
    source = random.Random(11)  # noqa: S311 - an order
    return [each for _ in range(rounds) for each in source.sample(contestants, k=len(contestants))]


class Target(NamedTuple):
    """What is divided by what, and the most that may come of it.

    Without ``peer`` our cell stands for itself, in the table's unit; ``bare`` is subtracted from both; without ``most``
    the ratio only informs. Of what is counted (``is_exact``), one round says as much as many.
    """

    name: str
    ours: Cell
    peer: Cell | None = None
    most: float | None = None
    bare: Cell | None = None
    is_exact: bool = False

    def measure(self, series: dict[Cell, list[float]]) -> Estimate:
        if self.peer is None:
            return estimate(series[self.ours])
        bare = series[self.bare] if self.bare else [0.0] * len(series[self.ours])
        rounds = zip(series[self.ours], series[self.peer], bare, strict=True)
        return estimate([(ours - start) / (peer - start) for ours, peer, start in rounds])

    def verdict(self, measured: Estimate) -> str:
        """Where the spread makes the value meaningless, only an interval that lies on one side decides."""
        if self.most is None:
            return ""
        if self.is_exact or measured.is_meaningful:
            return "met" if measured.value <= self.most else "missed"
        if measured.rounds < FEWEST_ROUNDS or measured.low <= self.most < measured.high:
            return "undecided"
        return "met" if measured.high <= self.most else "missed"


class Table:
    """One benchmark's result: a number for each row, column and round."""

    def __init__(self, title: str, unit: str, targets: Sequence[Target] = ()) -> None:
        self.title = title
        self.unit = unit
        self.targets = targets
        self.series: dict[Cell, list[float]] = defaultdict(list)

    def add(self, row: str, column: str, value: float) -> None:
        """Add the number of one round."""
        self.series[row, column].append(value)

    @property
    def verdicts(self) -> list[str]:
        return [target.verdict(target.measure(self.series)) for target in self.targets]

    def print(self, console: Console) -> None:
        """The medians with half the width of their intervals, and what they are compared with."""
        rows, columns = (list(dict.fromkeys(cell[place] for cell in self.series)) for place in (0, 1))
        medians = _table("", *columns)
        for row in sorted(rows, key=lambda row: row not in OURS):
            cells = (_format_cell(self.series.get((row, column), [])) for column in columns)
            medians.add_row(row, *cells, style="bold cyan" if row in OURS else "")
        console.print(f"\n[bold]{self.title} ({self.unit})[/]", medians)
        ratios = _table("ratio", "measured", "95 % interval", "target", "")
        for target in self.targets:
            measured = target.measure(self.series)
            value = format_number(measured.value) if target.is_exact or measured.is_meaningful else "too noisy"
            between = f"{format_number(measured.low)} … {format_number(measured.high)}"
            most, verdict = "" if target.most is None else f"≤ {target.most:g}", target.verdict(measured)
            ratios.add_row(target.name, value, between, most, verdict, style=STYLES[verdict])
        if self.targets:
            console.print(ratios)

    def document(self) -> dict[str, Any]:
        """Every round, and what became of each target."""
        targets = zip(self.targets, self.verdicts, strict=True)
        return {
            "title": self.title,
            "unit": self.unit,
            "rounds": [[*cell, values] for cell, values in self.series.items()],
            "targets": [
                {"name": target.name, "most": target.most, "verdict": verdict, **target.measure(self.series)._asdict()}
                for target, verdict in targets
            ],
        }


def _table(first: str, *headings: str) -> RichTable:
    table = RichTable(first, box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _format_cell(series: Sequence[float]) -> str:
    if not series:
        return "—"
    measured = estimate(series)
    half = (measured.high - measured.low) / 2
    return f"{format_number(measured.value)} ± {format_number(half)}" if half else format_number(measured.value)


def format_number(value: float) -> str:
    """Three digits that mean something: ``0.142``, ``3.07``, ``41.5``, ``1,478``."""
    magnitude = abs(value)
    if value == int(value) and magnitude < 1000:
        return f"{value:g}"
    return f"{value:,.{0 if magnitude >= 100 else 1 if magnitude >= 10 else 2 if magnitude >= 1 else 3}f}"
