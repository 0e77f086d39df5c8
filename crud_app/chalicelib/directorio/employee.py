"""The employee: which values its fields have, who sees them, and how what clients send is checked.

``contract.fields`` declares the fields that people fill in; the database gives the others.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.directorio.errors import EmpleadoNotFound
from contract import email_address
from contract.body import read_fields
from contract.fields import FIELDS as DECLARED
from contract.fields import Field
from contract.text import BrokenRule, line_schema, read_line, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_BIGINT = 2**63 - 1
MAX_INTEGER = 2**31 - 1
MAX_MONEY = Decimal("9999999.99")

POSITIVE = re.compile(r"[1-9][0-9]{0,18}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CENT = Decimal("0.01")
COUNTS_CHANGES = "Counts the changes; it is the ETag."


class Kind(NamedTuple):
    """Which values a field has.

    Args:
        schema: JSON Schema (2020-12) of exactly the values that are accepted, or sent.
        read_key: turns a sort key back into what the database compares with; ValueError if it is none of this kind.
        read: turns a JSON value into what is stored; BrokenRule if clients may not send it. Not for what the database
            gives.
    """

    schema: dict[str, Any]
    read_key: Callable[[str], Any]
    read: Callable[[object], Any] = read_text


def _read_text_key(text: str, maximum: int) -> str:
    if "\x00" in text or len(text) > maximum:
        raise ValueError
    return text


def line(maximum: int) -> Kind:
    """One line of text of 1 to ``maximum`` characters; see ``contract.text``."""
    # Cursors of earlier versions have a folded, longer text.
    read_key = partial(_read_text_key, maximum=4 * maximum)
    return Kind(line_schema(maximum), read_key, partial(read_line, maximum=maximum))


def _read_money(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BrokenRule("tipo", "Debe ser un número.", "It must be a number.")
    if not 0 <= value <= MAX_MONEY:
        es, en = f"Debe estar entre 0 y {MAX_MONEY}.", f"It must be between 0 and {MAX_MONEY}."
        raise BrokenRule("rango", es, en)
    amount = Decimal(value).quantize(CENT)
    if amount != value:
        es, en = "Debe tener dos decimales como máximo.", "It must have at most two decimals."
        raise BrokenRule("decimales", es, en)
    return amount


def _read_money_key(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{2}", text):
        raise ValueError
    return Decimal(text)


def _read_day(value: object) -> date:
    text = read_text(value)
    try:
        return _read_day_key(text)
    except ValueError:
        es, en = "Debe ser una fecha que exista, como 2026-11-24.", "It must be a date that exists, such as 2026-11-24."
        raise BrokenRule("formato", es, en) from None


def _read_day_key(text: str) -> date:
    if not ISO_DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _read_instant_key(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def whole(maximum: int) -> Kind:
    """A whole number of 1 to ``maximum`` that the database assigns."""

    def read_key(text: str) -> int:
        if not POSITIVE.fullmatch(text) or (number := int(text)) > maximum:
            raise ValueError
        return number

    return Kind({"type": "integer", "minimum": 1, "maximum": maximum}, read_key)


EMAIL = Kind(
    email_address.SCHEMA, partial(_read_text_key, maximum=email_address.MAX_LENGTH), email_address.read_address
)
#: An amount with at most two decimals; never a float.
MONEY = Kind(
    {"type": "number", "minimum": 0, "maximum": float(MAX_MONEY), "multipleOf": float(CENT)},
    _read_money_key,
    _read_money,
)
#: A date of the Gregorian calendar: YYYY-MM-DD.
DAY = Kind({"type": "string", "format": "date"}, _read_day_key, _read_day)
#: A moment in UTC, to the microsecond, that the database sets.
INSTANT = Kind({"type": "string", "format": "date-time"}, _read_instant_key)
ROW_ID = whole(MAX_BIGINT)
#: What the database gives: the first field, the last ones, and when a leaver left.
GIVEN: Mapping[str, Kind] = {
    "id": ROW_ID,
    "version": whole(MAX_INTEGER),
    "creado_en": INSTANT,
    "actualizado_en": INSTANT,
    "baja_en": INSTANT,
}
FIELDS = (
    Field("id", "given", {}, 7, is_sortable=True),
    *DECLARED,
    Field("version", "given", {}, 1, description=COUNTS_CHANGES, is_confidential=True, is_sortable=True),
    Field("creado_en", "given", {}, "2026-11-24T09:30:00.000000Z", is_sortable=True),
    Field("actualizado_en", "given", {}, "2026-11-24T09:30:00.000000Z", is_confidential=True, is_sortable=True),
)
BY_NAME: Mapping[str, Field] = {each.name: each for each in FIELDS}
_KINDS = {"email": EMAIL, "money": MONEY, "date": DAY}
INPUTS: Mapping[str, Kind] = {each.name: _KINDS.get(each.kind) or line(each.maximum) for each in DECLARED}
KINDS: Mapping[str, Kind] = {**GIVEN, **INPUTS}
NOT_REQUIRED = tuple(each.name for each in DECLARED if not each.is_required)
CONFIDENTIAL = tuple(each.name for each in FIELDS if each.is_confidential)


class Audience(Enum):
    """For whom an answer is meant, which decides what it contains (docs/design/sign-in-and-roles.md)."""

    RRHH = "rrhh"  # Human Resources: everything
    LECTOR = "lector"  # readers: neither a salary nor the fact that it changed

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that this audience sees, in their order."""
        return tuple(each for each in FIELDS if self is Audience.RRHH or not each.is_confidential)


def new_value(name: str) -> str:
    """The name of the statements' parameter that holds a field's new value (its own name is SQLAlchemy's)."""
    return f"new_{name}"


def read_new(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The values of a new employee. A field that is not required may be absent or null: both mean that it is not given.

    In a demonstration, addresses that real people could have are refused.

    Raises:
        InvalidInput: with all violations at once, in the order of the fields, unknown ones last.
    """
    values = read_fields(body, _readers(is_new=True, is_demo=is_demo), NOT_REQUIRED)
    return {name: value for name, value in values.items() if value is not None}


def read_changes(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The fields that were sent, and no others; None empties a field. See ``read_new``."""
    return read_fields(body, _readers(is_new=False, is_demo=is_demo), INPUTS)


def read_row_id(text: str) -> int:
    """The id in a path.

    Raises:
        EmpleadoNotFound: nothing can have this id.
    """
    try:
        return int(ROW_ID.read_key(text))
    except ValueError:
        raise EmpleadoNotFound from None


def accepts_null(field: Field, *, is_new: bool) -> bool:
    """Whether a client may send null: for a new employee it is as good as nothing, in a change it empties the field."""
    return not field.is_required if is_new else field.is_nullable


@cache
def _readers(*, is_new: bool, is_demo: bool) -> Mapping[str, Callable[[object], object]]:
    return {each.name: _reader_of(each, is_new=is_new, is_demo=is_demo) for each in DECLARED}


def _reader_of(field: Field, *, is_new: bool, is_demo: bool) -> Callable[[object], object]:
    read, takes_null = INPUTS[field.name].read, accepts_null(field, is_new=is_new)

    def read_value(sent: object) -> object:
        if sent is None and takes_null:
            return None
        value = read(sent)
        if is_demo and field.kind == "email" and not email_address.is_invented(str(value)):
            raise BrokenRule(
                "demo",
                "Esto es una demostración sin datos reales: use una dirección de example.com.",
                "This is a demonstration without real data: use an address of example.com.",
            )
        return value

    return read_value
