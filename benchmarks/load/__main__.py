"""``python -m benchmarks.load``, which ``make load-test`` calls: checks its options and becomes locust.

Locust runs in the environment .load, because it replaces the sockets and threads of its process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from local.settings import ROOT
from tools.command_line import OneSentenceParser, whole_number
from tools.target import TargetError, authorization, default_url, read_target, require_entry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

LOCUST = ROOT / ".load" / "bin" / "locust"
REPORT = ROOT / "build" / "load-test.html"
EXIT_USAGE = 2


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Become locust, or say what has to be set right first."""
    options = parse_arguments(argv)
    try:
        target = read_target(options.url or default_url(environment))
        target.require_own(mine=options.mine, why="a load that its owner did not ask for is an attack")
        headers = authorization(target, environment)
        with httpx.Client(base_url=target.url, trust_env=False, headers=headers) as client:
            require_entry(client, target)
    except TargetError as error:
        sys.stderr.write(f"make load-test: {error}\n")
        raise SystemExit(EXIT_USAGE) from None
    load = json.dumps({**vars(options), "url": target.url, "headers": headers}, default=str)
    arguments = ["--headless", "--only-summary", "--loglevel=WARNING", "--stop-timeout=30", f"--html={options.report}"]
    program = ["locust", f"--locustfile={Path(__file__).with_name('locustfile.py')}", *arguments]
    os.execve(LOCUST, program, {**environment, "LOAD_TEST": load})  # noqa: S606 - signals reach locust itself


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = OneSentenceParser("make load-test", "How fast the directory answers, and how many people at once.")
    add = parser.add_argument
    add("--url", help="where it is (default: `make run` on this machine)")
    add("--mine", action="store_true", help="the host of URL is mine")
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
