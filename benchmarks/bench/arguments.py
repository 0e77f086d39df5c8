"""The command line of ``make bench``: a bad value is refused with a sentence that names it and the rule."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.suite import KEYS
from local.settings import ROOT
from tools.command_line import OneSentenceParser, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON = ROOT / "build" / "bench.json"
DOCS = ROOT / "docs"

EXAMPLES = """\
examples:
  make bench                          everything, about eight minutes
  make bench ONLY=cold-start,door     some of it
  make bench QUICK=1                  a minute or two: only to see that it works
  make bench DOCS=1                   writes docs/performance.md and its pictures, too
exit code: 0 all targets met, 1 one was missed, 3 one could not be decided (too noisy), 2 it could not run
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What somebody asks for.

    Attributes:
        only: the benchmarks, by key, in the order of the suite.
        is_quick: whether few rounds suffice.
        json: where the numbers go.
        docs: where the document and its pictures go; None: nowhere.
    """

    only: Sequence[str]
    is_quick: bool
    json: Path
    docs: Path | None


def parse_arguments(argv: Sequence[str]) -> Options:
    """Read the command line; leaves the process with status 2 when a value breaks its rule."""
    parser = OneSentenceParser("make bench", "How fast it is, beside what one would pick instead.", epilog=EXAMPLES)
    parser.add_argument("--only", type=_benchmarks, default=KEYS, metavar="KEY,…", help=", ".join(KEYS))
    parser.add_argument("--quick", action="store_true", help="few rounds: only to see that it works")
    parser.add_argument("--json", type=Path, default=JSON, metavar="FILE", help="the numbers, for machines")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its pictures")
    given = parser.parse_args(argv)
    if given.write_docs and (given.quick or tuple(given.only) != KEYS):
        parser.error("DOCS=1 wants everything measured: neither QUICK nor ONLY")
    return Options(only=given.only, is_quick=given.quick, json=given.json, docs=DOCS if given.write_docs else None)


def _benchmarks(text: str) -> Sequence[str]:
    wanted = set(text.split(","))
    if not wanted <= set(KEYS):
        raise argparse.ArgumentTypeError(f"ONLY must name some of {', '.join(KEYS)}, not {shortened(text)}")
    return tuple(key for key in KEYS if key in wanted)
