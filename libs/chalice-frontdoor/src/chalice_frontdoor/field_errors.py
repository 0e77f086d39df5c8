"""Invalid input: every broken rule at once, each with its field.

::

    Exception
    └── InvalidInput    422: fields or parameters break rules
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_frontdoor.problems import Text


class FieldError(NamedTuple):
    """One broken rule.

    Args:
        field: the name of the field or parameter; empty for the body as a whole.
        rule: a word for programs, such as ``format``.
        message: a sentence for people, or one for each language.
    """

    field: str
    rule: str
    message: Text


class InvalidInput(Exception):
    """The input breaks rules. ``FrontDoor`` answers with 422 and lists the errors."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(", ".join(f"{error.field}: {error.rule}" for error in self.errors))


def invalid_input(error: InvalidInput) -> Problem:
    """The problem that an ``InvalidInput`` becomes, unless the app registers another."""
    return Problem(
        422,
        title={"es": "Hay datos que no son válidos", "en": "Some of the input is not valid"},
        type="urn:frontdoor:invalid-input",
        errors=[each._asdict() for each in error.errors],
    )
