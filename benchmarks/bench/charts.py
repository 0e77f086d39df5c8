"""A picture for each table: bars beside each other, shortest first, with their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench.table import Unit
from benchmarks.bench.wording import number
from tools.cost.svg import INK, PALE, Drawing

if TYPE_CHECKING:
    from benchmarks.bench.table import Table

WIDTH = 860
LABELS, RIGHT, TOP, BOTTOM = 300, 120, 64, 16
BAR, GAP, GROUP_GAP, HEADING = 18, 6, 14, 24
OURS, THEIRS = "#0969da", "#9fb8c5"


def chart(table: Table) -> str:
    """The medians of a table: a group for each column, each with a scale of its own, which begins at 0."""
    bars = sum(column in row.series for row in table.rows for column in table.columns)
    height = TOP + bars * (BAR + GAP) + len(table.columns) * (HEADING + GROUP_GAP) + BOTTOM
    drawing = Drawing(WIDTH, height, f"{table.title}: the medians of all contestants, in {table.unit}")
    drawing.text(16, 28, f"{table.title} ({table.unit})", bold=True)
    drawing.text(16, 48, "Medians with their 95 % intervals; " + _direction(table), fill="#59636e")
    y = float(TOP)
    for column, heading in table.columns.items():
        y = _draw_group(drawing, table, column, heading, y)
    return str(drawing)


def _direction(table: Table) -> str:
    return "longer is better" if table.unit is Unit.PER_SECOND else "shorter is better"


def _draw_group(drawing: Drawing, table: Table, column: str, heading: str, y: float) -> float:
    """Draw a column's bars, and return where the next one begins."""
    measured = [(row, found) for row in table.rows if (found := table.measured(row, column))]
    most = max((each.high for _, each in measured), default=0.0) or 1.0
    scale = (WIDTH - LABELS - RIGHT) / most
    drawing.text(16, y + 16, heading, bold=True)
    y += HEADING
    for row, each in sorted(measured, key=lambda item: item[1].value):
        base = y + BAR - 5
        drawing.text(LABELS - 8, base, row.label.replace("`", ""), anchor="end", bold=row.is_ours)
        drawing.box(LABELS, y, max(each.value * scale, 1), BAR, OURS if row.is_ours else THEIRS)
        ends = [(LABELS + end * scale, y + BAR / 2) for end in (each.low, each.high)]
        drawing.line(ends, INK, width=1.5)
        drawing.text(ends[1][0] + 8, base, number(each.value), bold=row.is_ours)
        y += BAR + GAP
    drawing.line([(LABELS, y - len(measured) * (BAR + GAP)), (LABELS, y - GAP)], PALE)
    return y + GROUP_GAP
