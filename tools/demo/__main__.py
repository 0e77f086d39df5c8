"""``python -m tools.demo``, which ``make demo`` calls."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from chalice_devserver.program import Ending
from tools.command_line import OneSentenceParser
from tools.demo.filling import PARALLEL, Filler, NotFilled, Outcome
from tools.demo.people import invent_people
from tools.target import (
    Target,
    TargetError,
    authorization,
    default_url,
    read_target,
    require_directory,
    require_entry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.demo.people import Person

# Something to set right before anything can be done; what is wrong with an argument leaves with it, too.
EXIT_USAGE = 2
# What a shell gives for Ctrl-C.
EXIT_INTERRUPTED = 128 + signal.SIGINT


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Fill the directory; the result is the exit code."""
    ending = Ending()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.ask(EXIT_INTERRUPTED))
    try:
        target = _read_arguments(argv, environment)
        limits = httpx.Limits(max_connections=PARALLEL)
        with httpx.Client(trust_env=False, limits=limits, headers=authorization(target, environment)) as client:
            require_directory(client, target)
            require_entry(client, target)
            _fill(Filler(client, target.url, ending), target, invent_people())
    except TargetError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return EXIT_USAGE
    except NotFilled as error:
        print(f"make demo: {error}", file=sys.stderr)
    return ending.wait() if ending.asked else 0


def _read_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> Target:
    parser = OneSentenceParser("make demo", "Fills a running directory with 1,000 invented employees.")
    parser.add_argument("--url", help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of --url is mine")
    arguments = parser.parse_args(argv)
    target = read_target(default_url(environment) if arguments.url is None else arguments.url)
    target.require_own(mine=arguments.mine, why="its directory would be full of invented people")
    return target


def _fill(filler: Filler, target: Target, people: Sequence[Person]) -> None:
    began = time.monotonic()
    console = Console(highlight=False)
    counts = Counter[Outcome]()
    columns = (TextColumn("employees"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("", total=len(people))
            for outcome in filler.fill(people):
                counts[outcome] += 1
                progress.update(bar, completed=counts[Outcome.ADDED] + counts[Outcome.THERE])
    finally:
        console.print(_summary(counts, time.monotonic() - began))
    if not counts[Outcome.LEFT_OUT]:
        console.print(f"Look at them: {target.url}/")


def _summary(counts: Counter[Outcome], seconds: float) -> str:
    added, there, left_out = (counts[outcome] for outcome in (Outcome.ADDED, Outcome.THERE, Outcome.LEFT_OUT))
    stopped = f"; stopped before the other {left_out:,}" if left_out else ""
    return f"{added:,} added, {there:,} were there already{stopped}; {seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
