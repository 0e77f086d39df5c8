"""``python -m benchmarks.load``, which ``make load-test`` calls."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from rich.console import Console

from benchmarks.load.arguments import parse_arguments
from benchmarks.load.directory import Directory, DirectoryTrouble
from benchmarks.load.generator import GeneratorFailed
from benchmarks.load.machine import document
from benchmarks.load.measuring import Interruption, LoadTest
from benchmarks.load.report import report_page
from benchmarks.load.terminal import Terminal
from tools.entry import authorization, require_entry
from tools.target import TargetError, require_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.load.arguments import Options
    from benchmarks.load.outcome import Outcome

# Something to set right before anything can be measured.
EXIT_USAGE = 2
# What a shell gives for Ctrl-C.
EXIT_INTERRUPTED = 128 + signal.SIGINT


class NotWritten(Exception):
    """A report could not be written. The message is a sentence for the person at the keyboard."""


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Measure, report, and leave nothing behind; the result is the exit code."""
    try:
        options = parse_arguments(argv, environment)
        headers = authorization(options.target, environment)
        with httpx.Client(trust_env=False, headers=headers) as client:
            require_directory(client, options.target)
            require_entry(client, options.target)
            directory = Directory(client, options.target.url)
            return _measure(options, headers, directory, Terminal(Console(highlight=False)))
    except (TargetError, DirectoryTrouble, GeneratorFailed, NotWritten) as error:
        sys.stderr.write(f"make load-test: {error}\n")
        return EXIT_USAGE


def _measure(options: Options, headers: Mapping[str, str], directory: Directory, terminal: Terminal) -> int:
    interruption = Interruption()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interruption.ask())
    load_test = LoadTest(options, headers, directory, terminal, interruption)
    try:
        outcome = load_test.run()
        terminal.outcome(outcome)
        _write(options, outcome)
        terminal.note(f"Informe: {_short(options.report)}")
    finally:
        load_test.tidy_up()
    return EXIT_INTERRUPTED if outcome.is_interrupted else outcome.exit_code


def _write(options: Options, outcome: Outcome) -> None:
    _write_file(options.report, report_page(outcome))
    if options.json:
        _write_file(options.json, json.dumps(document(outcome), indent=2, ensure_ascii=False) + "\n")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritten(f"{path} cannot be written ({error.strerror}).") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
