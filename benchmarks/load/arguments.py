"""The command line of ``make load-test``: a bad value is refused with a sentence that names it and the rule."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load.climb import MOST_AT_ONCE
from benchmarks.load.profile import Profile
from local.settings import ROOT
from tools.command_line import OneSentenceParser, shortened, whole_number
from tools.target import Target, default_url, read_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_REQUESTS = 100_000
MOST_SECONDS = 1_800
MOST_MILLISECONDS = 30_000

# The load of the original report.
REQUESTS, CONCURRENCY, SECONDS = 50, 1, 300
# Enough for a P95 that is not chance; and what makes people wait, or give up.
CLIMB_REQUESTS, CLIMB_P95_MS, CLIMB_ERRORS_PERCENT = 200, 500, 1.0

REPORT = ROOT / "build" / "load-test.html"

EXAMPLES = """\
examples:
  make load-test                                         50 requests, one after the other
  make load-test REQUESTS=1000 CONCURRENCY=8 PROFILE=mix as people use it, some of them writing
  make load-test PROFILE=step                            ever more at once, until it does not get faster
  make load-test P95=200ms ERRORS=1%                     exit code 1 if it is slower, or more than that fails
  make load-test JSON=build/load-test.json               for machines
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What somebody asks for."""

    target: Target
    profile: Profile
    requests: int
    """How many; in a climb, how many for each person at each step."""
    concurrency: int
    """How many at once; in a climb, at its first step."""
    seconds: int
    """How long at most."""
    p95_ms: int | None
    """The most that 95 of 100 answers may take; None: however long."""
    errors_percent: float | None
    """The most of the requests that may fail; None: any."""
    report: Path
    json: Path | None


def parse_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Read the command line; leaves the process with status 2 when a value breaks its rule.

    Raises:
        TargetError: requests may not be sent there.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    target = read_target(default_url(environment) if arguments.url is None else arguments.url)
    target.require_own(mine=arguments.mine, why="a load that its owner did not ask for is an attack")
    is_climb = arguments.profile is Profile.STEP
    options = Options(
        target=target,
        profile=arguments.profile,
        requests=arguments.requests or (CLIMB_REQUESTS if is_climb else REQUESTS),
        concurrency=arguments.concurrency,
        seconds=arguments.duration,
        p95_ms=CLIMB_P95_MS if is_climb and arguments.p95 is None else arguments.p95,
        errors_percent=CLIMB_ERRORS_PERCENT if is_climb and arguments.errors is None else arguments.errors,
        report=arguments.report,
        json=arguments.json,
    )
    if options.concurrency > options.requests and not is_climb:
        parser.error(f"CONCURRENCY ({options.concurrency}) must not be larger than REQUESTS ({options.requests})")
    return options


def _parser() -> OneSentenceParser:
    parser = OneSentenceParser("make load-test", "How fast the directory answers, and to how many.", epilog=EXAMPLES)
    parser.add_argument("--url", metavar="URL", help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of URL is mine")
    parser.add_argument(
        "--profile", type=_profile, default=Profile.READ, metavar="read|mix|step", help="who asks for what (docs/)"
    )
    requests, at_once = whole_number("REQUESTS", 1, MOST_REQUESTS), whole_number("CONCURRENCY", 1, MOST_AT_ONCE)
    parser.add_argument("--requests", type=requests, metavar="N", help=f"how many (default: {REQUESTS})")
    parser.add_argument(
        "--concurrency",
        type=at_once,
        default=CONCURRENCY,
        metavar="N",
        help=f"how many at once (default: {CONCURRENCY})",
    )
    parser.add_argument(
        "--duration",
        type=whole_number("DURATION", 1, MOST_SECONDS),
        default=SECONDS,
        metavar="N",
        help=f"how many seconds at most (default: {SECONDS})",
    )
    parser.add_argument("--p95", type=_milliseconds, metavar="MS", help="the most that 95 of 100 may take: 200ms")
    parser.add_argument("--errors", type=_percent, metavar="PERCENT", help="the most that may fail: 1%%")
    parser.add_argument("--report", type=_file("REPORT"), default=REPORT, metavar="FILE", help="the HTML report")
    parser.add_argument("--json", type=_file("JSON"), metavar="FILE", help="the same for machines")
    return parser


def _profile(text: str) -> Profile:
    try:
        return Profile(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"PROFILE must be read, mix or step, not {shortened(text)}") from None


def _milliseconds(text: str) -> int:
    match = re.fullmatch("([0-9]{1,6})(ms)?", text, re.ASCII)
    if not match or not 1 <= int(match[1]) <= MOST_MILLISECONDS:
        raise argparse.ArgumentTypeError(
            f"P95 must be a whole number of milliseconds from 1 to {MOST_MILLISECONDS:,}, such as 200ms, "
            f"not {shortened(text)}"
        )
    return int(match[1])


def _percent(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,3}(\.[0-9]{1,3})?)%?", text, re.ASCII)
    if not match or not 0 <= float(match[1]) <= 100:
        raise argparse.ArgumentTypeError(
            f"ERRORS must be a percentage from 0 to 100, such as 1%, not {shortened(text)}"
        )
    return float(match[1])


def _file(variable: str) -> Callable[[str], Path]:
    """A file that can be written when the load is over: it would be a pity to find out only then."""

    def read(text: str) -> Path:
        path = Path(text)
        # Folders that are missing will be made, below the first that is there.
        there = next((parent for parent in path.absolute().parents if parent.exists()), path)
        if path.is_dir() or not there.is_dir():
            raise argparse.ArgumentTypeError(f"{variable} must be a file that can be written, not {shortened(text)}")
        return path

    return read
