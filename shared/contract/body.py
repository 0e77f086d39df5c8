"""The JSON body of a request, as far as all of its fields are required."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_frontdoor import FieldError, InvalidInput
from contract.api import missing_field, not_an_object, unknown_field
from contract.text import BrokenRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def read_fields(body: object, readers: Mapping[str, Callable[[object], T]]) -> dict[str, T]:
    """The fields of a JSON object, each by its reader, all of which have to be there and no others.

    Raises:
        InvalidInput: with everything that is wrong, in this order, unknown fields last.
    """
    if not isinstance(body, dict):
        raise InvalidInput([not_an_object()])
    values: dict[str, T] = {}
    errors = []
    for name, read in readers.items():
        if name not in body:
            errors.append(missing_field(name))
            continue
        try:
            values[name] = read(body[name])
        except BrokenRule as broken:
            errors.append(FieldError(name, broken.rule, broken.message))
    errors += [unknown_field(name) for name in body if name not in readers]
    if errors:
        raise InvalidInput(errors)
    return values
