"""``python -m benchmarks.bench``, which ``make bench`` calls."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.bench.arguments import parse_arguments
from benchmarks.bench.document import document
from benchmarks.bench.handbook import write_handbook
from benchmarks.bench.machine import load_warning
from benchmarks.bench.subject import BenchFailed
from benchmarks.bench.suite import run
from benchmarks.bench.table import Verdict
from benchmarks.bench.terminal import Terminal
from benchmarks.bench.workshop import open_workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench.arguments import Options
    from benchmarks.bench.table import Report

EXIT_MISSED = 1
# Something to set right before anything can be measured.
EXIT_USAGE = 2
EXIT_UNDECIDED = 3


def main(argv: Sequence[str]) -> int:
    """Measure and report; the result is the exit code."""
    options = parse_arguments(argv)
    terminal = Terminal(Console(highlight=False))
    if warning := load_warning(os.cpu_count() or 1, os.getloadavg()[0]):
        terminal.note(warning, "yellow")
    try:
        with open_workshop() as workshop:
            report = run(workshop, terminal, options.only, is_quick=options.is_quick)
    except BenchFailed as error:
        sys.stderr.write(f"make bench: {error}\n")
        return EXIT_USAGE
    terminal.summary(report)
    _write(report, options)
    return exit_code(report)


def exit_code(report: Report) -> int:
    """What a script wants to know. A quick run decides nothing: it has failed only if it could not run."""
    if report.is_quick:
        return 0
    if report.count(Verdict.MISSED):
        return EXIT_MISSED
    return EXIT_UNDECIDED if report.count(Verdict.UNDECIDED) else 0


def _write(report: Report, options: Options) -> None:
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document(report), indent=2, ensure_ascii=False) + "\n", "utf-8")
    if options.docs:
        write_handbook(report, options.docs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
