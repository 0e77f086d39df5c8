"""The fault table on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tests.faults.trial import Result

HEADINGS = ("scenario", "what was done", "rows", "events", "mails", "twice", "dead", "recovery")
#: Of one scenario, on the terminal.
MOST_DIFFERENCES = 10
LEGEND = (
    "Rows, events, mails and dead letters: found/expected, with two bounds where the client was told that nobody knew. "
    "Twice: mails of which a second copy was sent, because nobody knew of the first. Recovery: from the end of the "
    "fault to the first change that was taken."
)


def cells(result: Result) -> tuple[str, ...]:
    """One line of the table, without the verdict."""
    account = result.account
    name = f"{result.scenario.group}: {result.scenario.name}"
    if account is None:
        return (name, result.done, *[""] * 6)
    counts = (str(account.rows), str(account.events), str(account.mails), str(account.twice or ""))
    dead = str(account.dead_letters) if account.dead_letters.most or account.dead_letters.found else ""
    return (name, result.done, *counts, dead, "" if result.recovery is None else f"{result.recovery:.2f} s")


def print_progress(console: Console, result: Result) -> None:
    """One line while it runs, and what is wrong."""
    mark = Text("✓", style="green") if result.is_right else Text("✗", style="bold red")
    name = f"{result.scenario.group}: {result.scenario.name}"
    console.print(Text.assemble(mark, f" {name} ", (f"{result.seconds:.1f} s", "dim")))
    for difference in result.differences[:MOST_DIFFERENCES]:
        console.print(Text(f"    {difference}", style="red"))
    if (more := len(result.differences) - MOST_DIFFERENCES) > 0:
        console.print(Text(f"    and {more} more", style="red"))


def print_table(console: Console, results: Sequence[Result]) -> None:
    """Everything, at the end."""
    table = Table(box=box.SIMPLE_HEAD, title="What was broken, and what was left", title_justify="left")
    for heading in ("", *HEADINGS):
        is_number = heading in HEADINGS[2:]
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for result in results:
        mark = Text("✓", style="green") if result.is_right else Text("✗", style="bold red")
        table.add_row(mark, *cells(result))
    console.print(table)
    console.print(LEGEND, style="dim")
    console.print(verdict(results), style="bold green" if all(each.is_right for each in results) else "bold red")


def verdict(results: Sequence[Result]) -> str:
    """One sentence about all of them."""
    wrong = [each for each in results if not each.is_right]
    skipped = [each for each in results if each.account is None and each.is_right]
    minutes = sum(each.seconds for each in results) / 60
    sentence = f"{len(results) - len(wrong) - len(skipped)} of {len(results)} scenarios as promised, {minutes:.1f} min"
    return sentence + (f"; {len(skipped)} not possible here" if skipped else "")
