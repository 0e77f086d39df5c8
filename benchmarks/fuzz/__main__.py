"""``python -m benchmarks.fuzz``, which ``make fuzz`` calls."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from rich.console import Console
from rich.table import Table

from benchmarks.fuzz.targets import TARGETS, Target
from tests.support.stack import ROOT, Stack
from tools.command_line import OneSentenceParser, whole_number

# Inputs that broke something, by target: the next run begins with them.
FOUND = ROOT / "build" / "fuzz"
EXAMPLES = 1_000
REQUESTS = 100_000
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ROLES = ("admin", "rrhh", "lector")
SHOWN = 12_000  # characters of what a round of schemathesis found: findings come last but for the summary
# What has property tests: the readers again, and the page's CSV, which runs in Chromium.
PROPERTIES = (
    "libs/chalice-frontdoor/tests",
    "tests/unit/crud_app",
    "tests/unit/email_app",
    "tests/unit/bff_app",
    "tests/browser/test_modules.py",
)


class Fuzzed(NamedTuple):
    """What became of a target: how many inputs it has read, and what broke it ("" if nothing did)."""

    inputs: int
    words: str


def fuzz(target: Target, seconds: float, *, examples: int = EXAMPLES, folder: Path) -> Fuzzed:
    """Let a target read inputs for so long, one round at least."""
    inputs = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=DirectoryBasedExampleDatabase(folder),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def check(data: bytes) -> None:
        nonlocal inputs
        inputs += 1
        target.read(data)

    begin = time.monotonic()
    try:
        check()
        while time.monotonic() - begin < seconds:
            check()
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding
        return Fuzzed(inputs, traceback.format_exc())
    return Fuzzed(inputs, "")


def fuzz_named(name: str, seconds: float) -> Fuzzed:
    return fuzz(TARGETS[name], seconds, folder=FOUND / name)


def fuzz_all(console: Console, seconds: int) -> bool:
    """Fuzz every target, as many at a time as there are processors; the result is whether nothing was found."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        fuzzed = dict(zip(TARGETS, pool.map(partial(fuzz_named, seconds=seconds), TARGETS), strict=True))
    table = Table("target", "inputs", "found", title="Fuzzing")
    for name, each in fuzzed.items():
        table.add_row(name, f"{each.inputs:,}", "[bold red]see below[/]" if each.words else "nothing")
    console.print(table)
    for name, each in fuzzed.items():
        if each.words:
            console.print(f"{name}: {each.words}", markup=False)
    return not any(each.words for each in fuzzed.values())


def ask_at_random(console: Console, requests: int) -> bool:
    """Schemathesis against the whole local stack: no crash, no 5xx, nothing that the description does not say.

    A round is one process for each role: threads of one process would share Python's parser, which CPython 3.11 cannot
    do ("AST constructor recursion depth mismatch"). It takes minutes: less than an access token lives.
    """
    asked = 0
    with TemporaryDirectory(prefix="fuzz-") as folder:
        stack = Stack(Path(folder))
        stack.start()
        try:
            while asked < requests:
                with ThreadPoolExecutor() as pool:
                    rounds = list(pool.map(partial(ask_as, stack, number=asked), ROLES))
                asked += sum(made for made, _ in rounds)
                console.print(f"schemathesis: {asked} requests so far")
                log = stack.log.read_text(errors="replace")
                crash = log[log.index("Traceback") :][:SHOWN] if "Traceback" in log else ""
                if findings := "".join(found for _, found in rounds) or crash:
                    console.print(findings, markup=False)
                    return False
        finally:
            stack.stop()
            stack.http.close()
    return True


def ask_as(stack: Stack, role: str, *, number: int) -> tuple[int, str]:
    """How many requests were made, and what was found."""
    command = [
        SCHEMATHESIS,
        f"--config-file={ROOT / 'tests' / 'stack' / 'schemathesis.toml'}",
        *("run", f"{stack.url}/openapi.json", f"--header=Authorization: {stack.authorization(role)}"),
        *("--max-examples=100", f"--seed={number}", "--continue-on-failure", "--no-color"),
        # Others than an admin are rightly refused what is valid: tests/stack/test_roles.py knows what.
        *(() if role == ROLES[0] else ("--exclude-checks=positive_data_acceptance",)),
    ]
    done = subprocess.run(command, cwd=stack.folder, capture_output=True, text=True, check=False)
    made = re.search(r"^  (\d+) generated", done.stdout, re.MULTILINE)
    return int(made[1]) if made else 0, (done.stdout + done.stderr)[-SHOWN:] if done.returncode else ""


def run_properties() -> bool:
    command = [sys.executable, "-m", "pytest", "--numprocesses=auto", "-m", "hypothesis", "--hypothesis-profile=fuzz"]
    # So many examples take their time; the time-out is for a test that hangs.
    return subprocess.run([*command, "--timeout=3600", *PROPERTIES], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Fuzz; 0 when nothing was found, 1 when something was."""
    parser = OneSentenceParser("make fuzz", "Change what comes from outside until something breaks.")
    parser.add_argument("--seconds", type=whole_number("SECONDS", 1, 86_400), default=60, help="for each target")
    full = f"then {REQUESTS:,} requests of schemathesis, and every property test with 2,000 examples"
    parser.add_argument("--full", action="store_true", help=full)
    options = parser.parse_args()
    logging.disable()  # what is refused is logged
    console = Console()
    is_clean = fuzz_all(console, options.seconds)
    if options.full:
        is_clean = ask_at_random(console, REQUESTS) and run_properties() and is_clean
    console.print("[green]make fuzz: found nothing[/]" if is_clean else "[bold red]make fuzz: found something[/]")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
