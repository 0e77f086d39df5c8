"""Command lines behind make: a value that breaks its rule is refused with one sentence that names its variable."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME_OF_THE_OPTION = re.compile(r"^argument --[a-z0-9-]+: ")


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong with a value and nothing else; ``--help`` explains the rest."""

    def __init__(self, make_target: str, description: str, *, epilog: str | None = None) -> None:
        """``make_target`` is what people type, such as ``make demo``."""
        self._make_target = make_target
        super().__init__(
            prog=make_target,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Leave with status 2. The sentence names the variable, so the option's name is left out."""
        self.exit(2, f"{self._make_target}: {_NAME_OF_THE_OPTION.sub('', message)}.\n")


def whole_number(variable: str, least: int, most: int) -> Callable[[str], int]:
    """A type for ``add_argument``: digits, within bounds."""

    def read(text: str) -> int:
        # Longer ones could not be within the bounds, and int() takes its time over a million digits.
        if not re.fullmatch("[0-9]{1,18}", text, re.ASCII) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"{variable} must be a whole number from {least:,} to {most:,}, not {shortened(text)}"
            )
        return int(text)

    return read


def shortened(text: str) -> str:
    """What somebody gave, in quotation marks, without filling the screen."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}…")
