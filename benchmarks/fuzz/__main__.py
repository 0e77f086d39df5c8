"""``python -m benchmarks.fuzz``, which ``make fuzz`` calls."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.fuzz.api import ask_at_random
from benchmarks.fuzz.fuzzing import fuzz_all
from benchmarks.fuzz.page import fuzz_page
from tests.browser.chromium import running_chromium
from tests.support.stack import ROOT
from tools.command_line import OneSentenceParser, whole_number

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.fuzz.fuzzing import Fuzzed

REQUESTS = 100_000
MOST_SECONDS = 86_400
#: What has property tests: the readers again, and the page's CSV, which runs in Chromium.
PROPERTIES = (
    "libs/chalice-frontdoor/tests",
    "tests/unit/crud_app",
    "tests/unit/email_app",
    "tests/unit/bff_app",
    "tests/browser/test_modules.py",
)


def main(arguments: Sequence[str]) -> int:
    """Fuzz; 0 when nothing was found, 1 when something was."""
    options = _parse(arguments)
    console = Console()
    console.print(f"{options.seconds} s for each target, {os.cpu_count()} at a time; what is learnt is in build/fuzz.")
    fuzzed = [*fuzz_all(options.seconds), _fuzz_page(options.seconds)]
    console.print(_table(fuzzed))
    is_clean = all(each.is_clean for each in fuzzed)
    for each in fuzzed:
        if not each.is_clean:
            console.print(each.words, markup=False)
    if options.full:
        is_clean = _ask_at_random(console) and _run_properties() and is_clean
    console.print("[green]make fuzz: found nothing[/]" if is_clean else "[bold red]make fuzz: found something[/]")
    return 0 if is_clean else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = OneSentenceParser("make fuzz", "Change what comes from outside until something breaks.")
    parser.add_argument("--seconds", type=whole_number("SECONDS", 1, MOST_SECONDS), default=60, help="for each target")
    full = f"then {REQUESTS} requests of schemathesis, and every property test with 2,000 examples"
    parser.add_argument("--full", action="store_true", help=full)
    return parser.parse_args(arguments)


def _fuzz_page(seconds: float) -> Fuzzed:
    with running_chromium() as browser:
        return fuzz_page(browser, seconds)


def _ask_at_random(console: Console) -> bool:
    asked = ask_at_random(REQUESTS, console.print)
    console.print(f"schemathesis: {asked.requests} requests in {asked.seconds:.0f} s")
    console.print(asked.findings, markup=False)
    return asked.is_clean


def _run_properties() -> bool:
    command = [sys.executable, "-m", "pytest", "--numprocesses=auto", "-m", "hypothesis", "--hypothesis-profile=fuzz"]
    # So many examples take their time; the time-out is for a test that hangs.
    return subprocess.run([*command, "--timeout=3600", *PROPERTIES], cwd=ROOT, check=False).returncode == 0


def _table(fuzzed: Sequence[Fuzzed]) -> Table:
    table = Table("target", "inputs", "inputs/s", "branches", "kept inputs", "found", title="Fuzzing")
    for column in table.columns[1:5]:
        column.justify = "right"
    for each in fuzzed:
        found = "nothing" if each.is_clean else f"[bold red]{each.finding}[/]"
        rate = round(each.inputs / each.seconds)
        table.add_row(each.target, f"{each.inputs:,}", f"{rate:,}", str(each.branches), str(each.kept), found)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
