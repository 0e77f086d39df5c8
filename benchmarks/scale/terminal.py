"""`make scale` on a terminal: what a rate needs, and what breaks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from benchmarks.scale.demand import demand
from benchmarks.scale.wording import count

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.scale.demand import Load
    from benchmarks.scale.limits import Limits


def print_scale(console: Console, rate: float, limits: Limits, load: Load) -> None:
    """Every limit, the first to break above."""
    console.print(Text(f"What breaks first, and what {count(rate)} requests a second need of it", style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("limit")
    for heading in ("default", "reached at, requests a second", "needed"):
        table.add_column(heading, justify="right")
    needs = demand(rate, load)
    for limit in limits.first_to_last(load):
        needed = needs[limit.of]
        style = "bold red" if needed > limit.value else "yellow" if needed > limit.value / 2 else "green"
        table.add_row(limit.name, count(limit.value), count(limit.breaks_at(load)), count(needed), style=style)
    console.print(table)
    console.print("What takes over, and the simulation: docs/scale.md", style="dim")
