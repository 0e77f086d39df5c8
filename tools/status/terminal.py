"""The status on a terminal. rich leaves colours out where ``NO_COLOR`` is set or nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from tools.status.concerns import NO_CONCERN, concerns
from tools.status.model import Unread
from tools.status.sections import Section, Tone, milliseconds, moment, sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tools.status.model import Slot, Status

STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "bold red", Tone.FAINT: "dim"}
LEVELS = "▁▂▃▄▅▆▇█"


def print_status(console: Console, status: Status) -> None:
    """Everything that ``make status`` shows: what needs a look first, then the parts, then the last hour."""
    where = status.endpoint or f"account {status.account}"
    console.print(Text.assemble((status.prefix, "bold"), f"  {status.region}, {where}, {moment(status.taken_at)}"))
    looks = concerns(status)
    for sentence in looks:
        console.print(Text(f"! {sentence}", style=STYLES[Tone.BAD]))
    if not looks:
        console.print(Text(NO_CONCERN, style=STYLES[Tone.GOOD]))
    console.print()
    for section in sections(status):
        console.print(_table(section))
        if section.note:
            console.print(Text(section.note, style="dim"))
        console.print()
    if not isinstance(status.last_hour, Unread):
        _print_slots(console, status.last_hour.slots)


def _table(section: Section) -> Table:
    table = Table(
        title=section.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_header=any(section.headings),
        show_edge=False,
    )
    for index, heading in enumerate(section.headings):
        table.add_column(heading, justify="right" if index in section.numbers else "left", overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(cell.text, style=STYLES[cell.tone]) for cell in row))
    return table


def _print_slots(console: Console, slots: Sequence[Slot]) -> None:
    """The course of the hour: one character for each five minutes."""
    if not any(slot.requests for slot in slots):
        return
    slowest = [slot.latency.p99 for slot in slots]
    most = max(slot.requests for slot in slots)
    console.print(f"{'requests':>10}  {sparkline([slot.requests for slot in slots])}  at most {most:,} in 5 minutes")
    console.print(f"{'errors':>10}  {sparkline([slot.errors for slot in slots])}")
    if measured := [value for value in slowest if value is not None]:
        console.print(f"{'p99':>10}  {sparkline(slowest)}  at most {milliseconds(max(measured))}")


def sparkline(values: Sequence[float | None]) -> str:
    """Each value as a bar of eight heights, the highest full; a blank where there is none, or nothing."""
    highest = max((value for value in values if value), default=0)
    return "".join(LEVELS[round((len(LEVELS) - 1) * value / highest)] if value else " " for value in values)
