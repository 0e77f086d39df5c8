"""`make faults`: breaks the whole system in each known way and counts what is left."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.faults.directory import new_directory
from tests.faults.scenarios import FAULTS
from tests.faults.trial import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.trial import Result

WIDTH = 200
MOST_DIFFERENCES = 10
HEADINGS = ("fault", "what was done", "rows", "events", "mails", "twice", "dead", "recovery")
LEGEND = (
    "Rows, events, mails and dead letters: found/expected, with two bounds where the client cannot know the outcome. "
    "Twice: mails sent a second time. Recovery: from the end of the fault to the first change that succeeded."
)


def print_result(console: Console, result: Result) -> None:
    console.print(_mark(result), f"{result.fault.title} ({result.seconds:.1f} s)")
    for difference in result.differences[:MOST_DIFFERENCES]:
        console.print(Text(f"    {difference}", style="red"))


def print_table(console: Console, results: Sequence[Result]) -> None:
    table = Table(box=box.SIMPLE_HEAD, title="What was broken, and what was left", title_justify="left")
    for heading in ("", *HEADINGS):
        is_number = heading in HEADINGS[2:]
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for result in results:
        account = result.account
        counts = (
            (account.rows, account.events, account.mails, account.twice or "", account.dead_letters) if account else ()
        )
        recovery = f"{result.recovery:.2f} s" if result.recovery is not None else ""
        done = "; ".join([result.fault.description.rstrip("."), *result.notes])
        table.add_row(_mark(result), result.fault.title, done, *(map(str, counts) if counts else [""] * 5), recovery)
    wrong = sum(bool(result.differences) for result in results)
    skipped = sum(result.account is None and not result.differences for result in results)
    minutes = sum(result.seconds for result in results) / 60
    sentence = f"{len(results) - wrong - skipped} of {len(results)} faults as promised, {minutes:.1f} min"
    console.print(table)
    console.print(LEGEND, style="dim")
    if skipped:
        sentence += f"; {skipped} not possible here"
    console.print(sentence, style="bold red" if wrong else "bold green")


def _mark(result: Result) -> Text:
    return Text("✗", style="bold red") if result.differences else Text("✓", style="green")


def main(argv: Sequence[str]) -> int:
    """Break it in one way after the other; the result is the exit code: 1 on any difference."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--only", default="", help="a word of the faults to cause, such as PostgreSQL")
    parser.add_argument("--full", action="store_true", help="add the soak of thirty minutes and the longer queue")
    options = parser.parse_args(argv)
    faults = [fault for fault in FAULTS if options.only.lower() in fault.title.lower()]
    if not faults:
        parser.error(f"ONLY={options.only}: no fault's name contains this word")
    # The servers report a function that dies, which is the purpose here.
    logging.getLogger("chalice_devserver").setLevel(logging.CRITICAL)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    results = []
    with ExitStack() as cleanup:
        directory = new_directory(cleanup)
        for fault in faults:
            results.append(carry_out(fault, directory, is_full=options.full))
            print_result(console, results[-1])
    print_table(console, results)
    return int(any(result.differences for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
