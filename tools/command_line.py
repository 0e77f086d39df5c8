"""Command lines behind make: a value that breaks its rule is refused with one sentence that names its variable."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NoReturn

from rich import box
from rich.table import Table

from chalice_frontdoor import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.text import Text

EXIT_INTERRUPTED = 128 + signal.SIGINT
_NAME_OF_THE_OPTION = re.compile(r"^argument --[a-z0-9-]+: ")


class NotReady(Exception):
    """A command cannot go on; the message is for the person at the keyboard and says what to do."""


def run(command: Callable[[Sequence[str], Mapping[str, str]], None]) -> NoReturn:
    """Run a command with this process's arguments and environment, and leave with its status."""
    try:
        command(sys.argv[1:], os.environ)
    except (NotReady, SettingError) as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    sys.exit()


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong with a value and nothing else; ``--help`` explains the rest."""

    def __init__(self, make_target: str, description: str, *, epilog: str | None = None) -> None:
        """``make_target`` is what people type, such as ``make demo``."""
        super().__init__(prog=make_target, description=description, epilog=epilog, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Leave with status 2. The sentence names the variable, so the option's name is left out."""
        self.exit(2, f"{self.prog}: {_NAME_OF_THE_OPTION.sub('', message).removesuffix('.')}.\n")


def whole_number(variable: str, least: int, most: int, units: Mapping[str, int] | None = None) -> Callable[[str], int]:
    """A type for ``add_argument``: a whole number within bounds.

    ``units`` are factors of suffixes, in lower case: ``{"k": 1_000}`` also reads 30k and 1.5K.
    """
    factors = {"": 1, **(units or {})}
    suffixes = "|".join(factors)

    def read(text: str) -> int:
        match = re.fullmatch(rf"([0-9]{{1,18}}(?:\.[0-9]{{1,9}})?)({suffixes})", text, re.ASCII | re.IGNORECASE)
        number = Decimal(match[1]) * factors[match[2].lower()] if match else Decimal(-1)
        if not least <= number <= most or number != int(number):
            examples = ", such as 50000, 30k or 1.5M" if "k" in factors else ""
            raise argparse.ArgumentTypeError(
                f"{variable} must be a whole number from {least:,} to {most:,}{examples}, not {shortened(text)}"
            )
        return int(number)

    return read


def shortened(text: str) -> str:
    """A given value in quotation marks, shortened to fit the screen."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}…")


def make_table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]], title: str | None = None) -> Table:
    """A table for the terminal. A heading that begins with ``>`` is of a column of numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading.startswith(">") else "left"
        table.add_column(heading.removeprefix(">"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
