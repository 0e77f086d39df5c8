"""The benchmarks on a terminal: a bar while one runs, then its table and what follows from it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich import table as rich_table
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from benchmarks.bench.table import Verdict
from benchmarks.bench.wording import cell, interval, most, ratio, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from benchmarks.bench.table import Report, Table

STYLES = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.UNDECIDED: "yellow", Verdict.NONE: "dim"}


class Terminal:
    """Shows how the benchmarks go and what came of them."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[float], None]]:
        """A bar that the function fills: from 0 to 1."""
        columns = (TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(what, total=1.0)
            yield lambda part: progress.update(task, completed=part)

    def note(self, sentence: str, style: str = "dim") -> None:
        """Something to know."""
        self._console.print(sentence, style=style, markup=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """The medians, and what they are compared with."""
        self._console.print()
        self._console.print(Text(f"{table.title} ({table.unit})", style="bold"))
        shown = rich_table.Table(box=box.SIMPLE_HEAD, pad_edge=False)
        shown.add_column("")
        for heading in table.columns.values():
            shown.add_column(heading, justify="right")
        for row in table.rows:
            cells = (cell(table, row, column) for column in table.columns)
            shown.add_row(row.label, *cells, style="bold cyan" if row.is_ours else "")
        self._console.print(shown)
        if table.targets:
            self._console.print(_comparisons(table))

    def summary(self, report: Report) -> None:
        """What it ran on, and how many targets were met."""
        for name, value in report.machine.items():
            self.note(f"{name}: {value}")
        counts = {each: report.count(each) for each in (Verdict.MET, Verdict.MISSED, Verdict.UNDECIDED)}
        worst = next((each for each in (Verdict.MISSED, Verdict.UNDECIDED) if counts[each]), Verdict.MET)
        said = ", ".join(f"{count} {each}" for each, count in counts.items())
        self.note(f"{report.seconds:.0f} seconds. Targets: {said}.", STYLES[worst])
        if report.is_quick:
            self.note("A quick run: it shows that everything works, and no more.", "yellow")


def _comparisons(table: Table) -> rich_table.Table:
    shown = rich_table.Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("ratio")
    for heading in ("measured", "95 % interval", "target"):
        shown.add_column(heading, justify="right")
    shown.add_column("")
    for comparison in table.comparisons:
        cells = (ratio(comparison), interval(comparison.measured), most(comparison), verdict(comparison))
        shown.add_row(comparison.target.name, *cells, style=STYLES[comparison.verdict])
    return shown
