"""``python -m benchmarks.scale``, which ``make scale`` calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.scale.demand import Load
from benchmarks.scale.handbook import DOCS, write_handbook
from benchmarks.scale.limits import load_limits
from benchmarks.scale.terminal import print_scale
from tools.command_line import OneSentenceParser, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_RATE = 10_000
MOST_RATE = 10**9

EXAMPLES = """\
examples:
  make scale                  what 10,000 requests a second need, and what breaks first
  make scale RATE=500         the same for yours
  make scale DOCS=1           writes docs/scale.md and its pictures
"""


def main(argv: Sequence[str]) -> int:
    """Print, or write the document. Status 0; a bad argument leaves with 2."""
    parser = OneSentenceParser("make scale", "What breaks first when more people come.", epilog=EXAMPLES)
    parser.add_argument(
        "--rate", type=whole_number("RATE", 1, MOST_RATE), default=DEFAULT_RATE, help="requests a second, at the peak"
    )
    parser.add_argument("--write-docs", action="store_true", help="write docs/scale.md and its pictures")
    options = parser.parse_args(argv)
    if options.write_docs:
        write_handbook(DOCS)
        return 0
    print_scale(Console(highlight=False), options.rate, load_limits(), Load())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
