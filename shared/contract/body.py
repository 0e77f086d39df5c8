"""Objects that clients send, as JSON or as a query string: each member is read by its own reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_frontdoor import FieldError, InvalidInput
from contract.api import missing_field, not_an_object, unknown_field
from contract.text import BrokenRule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

T = TypeVar("T")

#: An answer must not grow with nonsense: unknown members that are named, characters of each name, and errors in all.
MAX_UNKNOWN, MAX_NAME, MAX_ERRORS = 20, 80, 1_000


def read_fields(
    body: object, readers: Mapping[str, Callable[[object], T]], optional: Collection[str] = ()
) -> dict[str, T]:
    """The members of an object, each by its reader. All but the ``optional`` ones have to be there, and no others.

    Raises:
        InvalidInput: with everything that is wrong, in this order, unknown members last. What a reader says of a part
            of its member is named by the path to it, such as ``crear[3].salario``.
    """
    if not isinstance(body, dict):
        raise InvalidInput([not_an_object()])
    values: dict[str, T] = {}
    errors: list[FieldError] = []
    for name, read in readers.items():
        if name not in body:
            if name not in optional:
                errors.append(missing_field(name))
            continue
        try:
            values[name] = read(body[name])
        except BrokenRule as broken:
            errors.append(FieldError(name, broken.rule, broken.message))
        except InvalidInput as inner:
            errors += errors_within(name, inner)
    unknown = [name for name in body if name not in readers]
    errors += [unknown_field(name[:MAX_NAME]) for name in unknown[:MAX_UNKNOWN]]
    if errors:
        raise InvalidInput(errors[:MAX_ERRORS])
    return values


def errors_within(path: str, inner: InvalidInput) -> list[FieldError]:
    """The errors of a part, named by the path to it."""
    return [
        each._replace(field=path + ("." if each.field and each.field[0] != "[" else "") + each.field)
        for each in inner.errors
    ]
