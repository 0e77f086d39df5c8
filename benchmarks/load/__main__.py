"""``python -m benchmarks.load``, which ``make load-test`` calls: checks its options and becomes locust.

Locust runs in the environment .load, because it replaces the sockets and threads of its process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.settings import ROOT
from tools.command_line import NotReady, OneSentenceParser, whole_number
from tools.target import add_target, open_directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

LOCUST = ROOT / ".load" / "bin" / "locust"
REPORT = ROOT / "build" / "load-test.html"


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Become locust, or say what has to be set right first."""
    parser = OneSentenceParser("make load-test", "How fast the directory answers, and how many people at once.")
    options = read_options(parser, argv, environment)
    try:
        client = open_directory(options, environment, why="a load that its owner did not ask for is an attack")
    except NotReady as problem:
        parser.error(str(problem))
    client.close()
    headers = {"Authorization": client.headers["Authorization"]} if "Authorization" in client.headers else {}
    url = str(client.base_url).rstrip("/")
    load = json.dumps({**vars(options), "url": url, "headers": headers}, default=str)
    arguments = ["--headless", "--only-summary", "--loglevel=WARNING", "--stop-timeout=30", f"--html={options.report}"]
    program = ["locust", f"--locustfile={Path(__file__).with_name('locustfile.py')}", *arguments]
    os.execve(LOCUST, program, {**environment, "LOAD_TEST": load})  # noqa: S606 - signals reach locust itself


def read_options(
    parser: argparse.ArgumentParser, argv: Sequence[str], environment: Mapping[str, str]
) -> argparse.Namespace:
    add_target(parser, environment)
    add = parser.add_argument
    add("--profile", choices=("read", "mix", "step"), default="read", help="see docs/load-test.md")
    add("--requests", type=whole_number("REQUESTS", 1, 100_000), default=50, help="how many; not of a climb")
    add("--concurrency", type=whole_number("CONCURRENCY", 1, 256), default=1, help="how many at once")
    add("--duration", type=whole_number("DURATION", 1, 1_800), default=300, help="seconds at most")
    add("--p95", type=whole_number("P95", 0, 30_000, {"ms": 1}), help="the most that 95 of 100 may take: 200ms")
    add("--errors", type=whole_number("ERRORS", 0, 100, {"%": 1}), help="the most that may fail: 1%%")
    add("--report", type=Path, default=REPORT, help="locust's HTML report")
    add("--json", type=Path, help="the figures, for programs")
    options = parser.parse_args(argv)
    if options.profile == "step":
        options.p95 = 500 if options.p95 is None else options.p95
        options.errors = 1 if options.errors is None else options.errors
    return options


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
