"""docs/performance.md and its pictures, made from the same report as the terminal's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench.charts import chart
from benchmarks.bench.estimate import DRAWS, FEWEST_ROUNDS, WIDEST
from benchmarks.bench.table import Verdict
from benchmarks.bench.wording import cell, interval, most, ratio, verdict
from tools.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.bench.table import Report, Table


def write_handbook(report: Report, folder: Path) -> None:
    """Replace the document and its pictures in ``folder``."""
    for name, content in handbook(report).items():
        (folder / name).write_text(content, "utf-8")


def handbook(report: Report) -> Mapping[str, str]:
    """File name and content of the document and its pictures."""
    sections = (_introduction(report), *(_section(table) for table in report.tables), _machine(report))
    pictures = {_picture(table): chart(table) for table in report.tables}
    return {"performance.md": "\n\n".join(sections) + "\n", **pictures}


def _picture(table: Table) -> str:
    return f"performance-{table.key}.svg"


def _introduction(report: Report) -> str:
    rows = [
        (table.title, comparison.target.name, ratio(comparison), most(comparison), verdict(comparison))
        for table in report.tables
        for comparison in table.comparisons
        if comparison.verdict is not Verdict.NONE
    ]
    counts = ", ".join(f"{report.count(each)} {each}" for each in (Verdict.MET, Verdict.MISSED, Verdict.UNDECIDED))
    return f"""\
<!-- Written by `make bench DOCS=1` from benchmarks/bench. Change that, not this. -->
# How fast it is

`make bench` measures the project and what one would pick instead, side by side in one run, and prints ratios: a ratio
says the same on every machine, milliseconds do not. This page is the answer of a run that began {report.began} and
took {report.seconds:.0f} seconds. Of its targets, {counts}.

{markdown_table(("", "ratio", "measured>", "target>", ""), rows)}

**How to read it.** The contestants take turns, in another order in each round. A ratio is the median of the rounds'
ratios, with the 95 % interval of a bootstrap over the rounds ({DRAWS:,} draws). One whose interval is wider than
{WIDEST:.0%} of itself, or that has fewer than {FEWEST_ROUNDS} rounds, is not printed ("too noisy"); a target is then
decided only if the whole interval lies on one side of it. Behind each median stands half of its interval's width. The
peers are written from their documentation, with packages of their own (`requirements/bench`), in
`benchmarks/bench/peers`:
what was tuned, and what differs, stands with each table."""


def _section(table: Table) -> str:
    rows = [
        (_emphasised(row.label, row.is_ours), *(cell(table, row, key) for key in table.columns)) for row in table.rows
    ]
    parts = [
        f"## {table.title}",
        f"`{table.command}`; {table.unit}.",
        table.method,
        markdown_table(("", *(f"{heading}>" for heading in table.columns.values())), rows),
    ]
    if table.targets:
        compared = [
            (each.target.name, ratio(each), interval(each.measured), most(each), verdict(each))
            for each in table.comparisons
        ]
        parts.append(markdown_table(("ratio", "measured>", "95 % interval>", "target>", ""), compared))
    if table.differences:
        parts.append("\n".join(f"- {difference}" for difference in table.differences))
    parts.append(f"![{table.title}: the medians of all contestants]({_picture(table)})")
    return "\n\n".join(parts)


def _emphasised(label: str, is_ours: bool) -> str:  # noqa: FBT001 - two forms of one word
    return f"**{label}**" if is_ours else label


def _machine(report: Report) -> str:
    return f"## The machine\n\n{markdown_table(('', ''), report.machine.items())}"
