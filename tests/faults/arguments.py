"""What `make faults` can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.command_line import OneSentenceParser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from tests.faults.trial import Scenario


@dataclass(frozen=True)
class Options:
    """See `parse_arguments`."""

    only: str
    is_full: bool
    writes_docs: bool

    def chosen(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """Those whose group or name holds the word, in any case."""
        word = self.only.lower()
        return [each for each in scenarios if word in f"{each.group}: {each.name}".lower()]


def parse_arguments(argv: Sequence[str]) -> Options:
    """Read the command line; what is wrong with it is one sentence, and exit code 2."""
    parser = OneSentenceParser("make faults", "Break the whole system in each way that is known, and count.")
    parser.add_argument("--only", default="", help="a word of the scenarios to run, such as PostgreSQL")
    parser.add_argument("--full", action="store_true", help="take the time: a soak of thirty minutes, a longer queue")
    parser.add_argument("--write-docs", action="store_true", help="write docs/reliability.md")
    given: argparse.Namespace = parser.parse_args(argv)
    if given.write_docs and given.only:
        parser.error("DOCS=1 needs all scenarios: leave ONLY out")
    return Options(given.only, given.full, given.write_docs)
