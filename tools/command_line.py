"""Command lines behind make: a value that breaks its rule is refused with one sentence that names its variable."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from tools.names import ENVIRONMENT, PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def add_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--environment`` and ``--project``, whose defaults are the variables that Terraform reads."""
    for option, variable, default in (
        ("--environment", "TF_VAR_environment", ENVIRONMENT),
        ("--project", "TF_VAR_project_name", PROJECT),
    ):
        help_text = f"a part of every name (default: {variable}, or {default})"
        parser.add_argument(option, default=environment.get(variable, default), help=help_text)


def shortened(text: str) -> str:
    """A given value in quotation marks, shortened to fit the screen."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}…")
