"""Retention: persons go from the history after a time; what happened stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import Progress

from tools.confirmation import confirm
from tools.forget.stores import ask_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.forget.place import Place


def forget_old_events(place: Place, environment: Mapping[str, str], months: int) -> None:
    """Show how many events are older than so many months, ask, and empty them. The ledger's rows expire by themselves.

    Raises:
        NotReady: nobody said yes.
        StoreFailed: the events that were emptied until then stay so; the same command goes on.
    """
    (total,) = ask_directory(place, do="count_old", months=months)
    print(f"{total:,} events older than {months} months say who the employee is.")
    if not total:
        print("Nothing to forget.")
        return
    print("Their name, e-mail and position are emptied; number, type, time, who did it and the changed fields stay.")
    confirm("Forget? Nothing brings it back.", environment)
    with Progress() as progress:
        bar = progress.add_task("events", total=total)
        for emptied in ask_directory(place, do="forget_old", months=months):
            progress.update(bar, completed=emptied)
    print("Forgotten.")
