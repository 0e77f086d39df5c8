"""``python -m tests.faults``, which `make faults` calls."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.console import Console

from tests.faults.arguments import parse_arguments
from tests.faults.directory import new_directory
from tests.faults.document import PATH, document
from tests.faults.scenarios import SCENARIOS
from tests.faults.table import print_progress, print_table
from tests.faults.trial import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_USAGE = 2
WIDTH = 200


def main(argv: Sequence[str]) -> int:
    """Run the scenarios one after the other; the result is the exit code: 1 on any difference."""
    options = parse_arguments(argv)
    scenarios = options.chosen(SCENARIOS)
    if not scenarios:
        sys.stderr.write(f"make faults: no scenario has the word {options.only!r}.\n")
        return EXIT_USAGE
    # The doors say when a function dies: here that is what is wanted.
    logging.getLogger("local").setLevel(logging.CRITICAL)
    # In a file, no line is broken to fit a screen that nobody has.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    results = []
    with ExitStack() as cleanup:
        directory = new_directory(cleanup)
        for scenario in scenarios:
            results.append(carry_out(scenario, directory, is_full=options.is_full))
            print_progress(console, results[-1])
    print_table(console, results)
    if options.writes_docs:
        PATH.write_text(document(results, is_full=options.is_full), encoding="utf-8")
    return int(not all(result.is_right for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
