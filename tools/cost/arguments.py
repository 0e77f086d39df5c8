"""The command line of ``make cost``: a bad value is refused with a sentence that names it and the rule."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tools.cost.handbook import DOCS
from tools.cost.prices import FreeTier
from tools.cost.profile import (
    DEFAULT_EMPLOYEES,
    DEFAULT_REQUESTS,
    DEFAULT_WRITES,
    Profile,
    typical_response_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_REQUESTS = 10**12
MOST_EMPLOYEES = 10**9
MOST_RESPONSE_BYTES = 2**20  # an ALB accepts no larger answer from a Lambda function

_NUMBER = re.compile(r"(?P<number>[0-9][0-9_]*(\.[0-9]+)?) ?(?P<suffix>[kKmMbB]?)", re.ASCII)
_SIZE = re.compile(r"(?P<number>[0-9][0-9_]*(\.[0-9]+)?) ?(?P<suffix>[kKmM]?)[bB]?", re.ASCII)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}

EXAMPLES = """\
examples:
  make cost                                      50 requests a day, and the whole range up to a billion a month
  make cost REQUESTS=3M EMPLOYEES=20k            three million requests a month
  make cost REQUESTS=1M EMAILS=0 FREE_TIER=0     list prices, without notifications
  make -s cost REQUESTS=1M JSON=1 | jq .totals   for machines
"""


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong with an argument and nothing else; ``--help`` explains the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"make cost: {message}\n")


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; leaves the process with status 2 when a value breaks its rule."""
    parser = OneSentenceParser(
        prog="python -m tools.cost",
        description="What the deployment costs on AWS in a month of 30 days, by service, and what Fargate would cost.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--requests",
        type=_count("REQUESTS", 1, MOST_REQUESTS),
        default=DEFAULT_REQUESTS,
        metavar="N",
        help="HTTP requests a month: digits, or with k, M or B (default: 1,500, which is 50 a day)",
    )
    parser.add_argument(
        "--size",
        type=_size,
        metavar="BYTES",
        help="mean size of an answer: 800, 12kB (default: half lists of up to 50 rows, half single rows)",
    )
    parser.add_argument(
        "--employees",
        type=_count("EMPLOYEES", 0, MOST_EMPLOYEES),
        default=DEFAULT_EMPLOYEES,
        metavar="N",
        help="rows in the directory (default: 1,000)",
    )
    parser.add_argument(
        "--emails",
        type=_count("EMAILS", 0, MOST_REQUESTS),
        metavar="N",
        help="e-mails a month (default: one for each write: one recipient in NOTIFY_TO)",
    )
    parser.add_argument(
        "--writes",
        type=_fraction,
        default=DEFAULT_WRITES,
        metavar="FRACTION",
        help="part of the requests that change a row, 0 to 1 (default: 0.1)",
    )
    parser.add_argument(
        "--free-tier",
        type=_switch("FREE_TIER"),
        default=True,
        metavar="0|1",
        help="whether comparisons deduct what is always free (default: 1; the bill shows each)",
    )
    parser.add_argument(
        "--cloudfront",
        type=_switch("CLOUDFRONT"),
        default=True,
        metavar="0|1",
        help="CloudFront before the ALB, as in the deployment (default: 1)",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print JSON; money is a string of dollars")
    output.add_argument(
        "--write-docs",
        nargs="?",
        type=Path,
        const=DOCS,
        metavar="FOLDER",
        help="write costs.md and its pictures (default: into docs/), print nothing",
    )
    return parser.parse_args(argv)


def profile_of(arguments: argparse.Namespace) -> Profile:
    """The traffic asked for, with what was not said derived from what was."""
    employees, requests, writes = arguments.employees, arguments.requests, arguments.writes
    return Profile(
        requests=requests,
        response_bytes=typical_response_bytes(employees) if arguments.size is None else arguments.size,
        employees=employees,
        emails=int(requests * writes) if arguments.emails is None else arguments.emails,
        writes=writes,
        cloudfront=arguments.cloudfront,
    )


def free_tier_of(arguments: argparse.Namespace) -> FreeTier:
    """What comparisons deduct. Offers for the first 12 months never count: they end."""
    return FreeTier.ALWAYS if arguments.free_tier else FreeTier.NONE


def _count(name: str, least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = _scaled(_NUMBER, text)
        if number is None or not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"{name} must be a whole number from {least:,} to {most:,}, such as 50000, 30k or 1.5M, not {text!r}"
            )
        return number

    return parse


def _size(text: str) -> int:
    number = _scaled(_SIZE, text)
    if number is None or number > MOST_RESPONSE_BYTES:
        raise argparse.ArgumentTypeError(
            f"SIZE must be a number of bytes from 0 to {MOST_RESPONSE_BYTES:,} (an ALB accepts no larger answer from "
            f"a Lambda), such as 800 or 12kB, not {text!r}"
        )
    return number


def _scaled(pattern: re.Pattern[str], text: str) -> int | None:
    """The whole number that ``text`` means, or None."""
    match = pattern.fullmatch(text.strip())
    if not match:
        return None
    number = Decimal(match["number"]) * _FACTORS[match["suffix"].lower()]
    return int(number) if number == int(number) else None


def _fraction(text: str) -> Decimal:
    # Decimal() alone would also take 1e-9, NaN and digits of other scripts.
    if not re.fullmatch(r"[01](\.[0-9]{1,9})?|\.[0-9]{1,9}", text.strip(), re.ASCII) or Decimal(text) > 1:
        raise argparse.ArgumentTypeError(f"WRITES must be a fraction from 0 to 1, such as 0.1, not {text!r}")
    return Decimal(text)


def _switch(name: str) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        if text.strip() not in {"0", "1"}:
            raise argparse.ArgumentTypeError(f"{name} must be 0 or 1, not {text!r}")
        return text.strip() == "1"

    return parse
