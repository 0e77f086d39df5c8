"""`make faults`: breaks the whole system in each known way and counts what is left."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.console import Console

from tests.faults.directory import new_directory
from tests.faults.scenarios import SCENARIOS
from tests.faults.table import print_progress, print_table
from tests.faults.trial import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 200


def main(argv: Sequence[str]) -> int:
    """Run the scenarios one after the other; the result is the exit code: 1 on any difference."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--only", default="", help="a word of the scenarios to run, such as PostgreSQL")
    parser.add_argument("--full", action="store_true", help="add the soak of thirty minutes and the longer queue")
    options = parser.parse_args(argv)
    word = options.only.lower()
    scenarios = [each for each in SCENARIOS if word in f"{each.group}: {each.name}".lower()]
    if not scenarios:
        parser.error(f"ONLY={options.only}: no scenario's name contains this word")
    # The servers report a function that dies, which is the purpose here.
    logging.getLogger("local").setLevel(logging.CRITICAL)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    results = []
    with ExitStack() as cleanup:
        directory = new_directory(cleanup)
        for scenario in scenarios:
            results.append(carry_out(scenario, directory, is_full=options.full))
            print_progress(console, results[-1])
    print_table(console, results)
    return int(not all(result.is_right for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
