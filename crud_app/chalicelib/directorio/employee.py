"""The employee: which values its fields have, who sees them, and how what clients send is checked.

``contract.fields`` declares the fields that people fill in; the database gives the others.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

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


class Kind(ABC):
    """Which values a field has."""

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of exactly the values that are accepted, or sent."""

    @abstractmethod
    def read_key(self, text: str) -> object:
        """Turn a sort key back into what the database compares with.

        Raises:
            ValueError: ``text`` is not a sort key of this kind.
        """

    def read(self, value: object) -> object:
        """Turn a JSON value into what is stored.

        Raises:
            BrokenRule: the value is not one that clients may send.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Line(Kind):
    """One line of text of 1 to ``maximum`` characters; see ``contract.text``."""

    maximum: int

    @property
    def schema(self) -> dict[str, Any]:
        return line_schema(self.maximum)

    def read(self, value: object) -> str:
        return read_line(value, self.maximum)

    def read_key(self, text: str) -> str:
        if "\x00" in text or len(text) > 4 * self.maximum:  # cursors of earlier versions have a folded, longer text
            raise ValueError
        return text


@dataclass(frozen=True)
class Email(Kind):
    """An email address; see ``contract.email_address``."""

    @property
    def schema(self) -> dict[str, Any]:
        return email_address.SCHEMA

    def read(self, value: object) -> str:
        return email_address.read_address(value)

    def read_key(self, text: str) -> str:
        if "\x00" in text or len(text) > email_address.MAX_LENGTH:
            raise ValueError
        return text


@dataclass(frozen=True)
class Money(Kind):
    """An amount of 0 to ``maximum`` with at most two decimals; never a float."""

    maximum: Decimal

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": float(self.maximum), "multipleOf": float(CENT)}

    def read(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise BrokenRule("tipo", "Debe ser un número.", "It must be a number.")
        if not 0 <= value <= self.maximum:
            es, en = f"Debe estar entre 0 y {self.maximum}.", f"It must be between 0 and {self.maximum}."
            raise BrokenRule("rango", es, en)
        amount = Decimal(value).quantize(CENT)
        if amount != value:
            es, en = "Debe tener dos decimales como máximo.", "It must have at most two decimals."
            raise BrokenRule("decimales", es, en)
        return amount

    def read_key(self, text: str) -> Decimal:
        if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{2}", text):
            raise ValueError
        return Decimal(text)


@dataclass(frozen=True)
class Day(Kind):
    """A date of the Gregorian calendar: YYYY-MM-DD."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def read(self, value: object) -> date:
        text = read_text(value)
        try:
            return self.read_key(text)
        except ValueError:
            es, en = (
                "Debe ser una fecha que exista, como 2026-11-24.",
                "It must be a date that exists, such as 2026-11-24.",
            )
            raise BrokenRule("formato", es, en) from None

    def read_key(self, text: str) -> date:
        if not ISO_DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number of 1 to ``maximum`` that the database assigns."""

    maximum: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.maximum}

    def read_key(self, text: str) -> int:
        if not POSITIVE.fullmatch(text) or (number := int(text)) > self.maximum:
            raise ValueError
        return number


@dataclass(frozen=True)
class Instant(Kind):
    """A moment in UTC, to the microsecond, that the database sets."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def read_key(self, text: str) -> datetime:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


ROW_ID = Whole(MAX_BIGINT)
#: What the database gives: the first field, the last ones, and when a leaver left.
GIVEN: Mapping[str, Kind] = {
    "id": ROW_ID,
    "version": Whole(MAX_INTEGER),
    "creado_en": Instant(),
    "actualizado_en": Instant(),
    "baja_en": Instant(),
}
FIELDS = (
    Field("id", "given", {}, 7, is_sortable=True),
    *DECLARED,
    Field("version", "given", {}, 1, description=COUNTS_CHANGES, is_confidential=True, is_sortable=True),
    Field("creado_en", "given", {}, "2026-11-24T09:30:00.000000Z", is_sortable=True),
    Field("actualizado_en", "given", {}, "2026-11-24T09:30:00.000000Z", is_confidential=True, is_sortable=True),
)
BY_NAME: Mapping[str, Field] = {each.name: each for each in FIELDS}


def _input_kind(field: Field) -> Kind:
    kinds: Mapping[str, Kind] = {
        "text": Line(field.maximum),
        "email": Email(),
        "money": Money(MAX_MONEY),
        "date": Day(),
    }
    return kinds[field.kind]


INPUTS: Mapping[str, Kind] = {each.name: _input_kind(each) for each in DECLARED}
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
        return ROW_ID.read_key(text)
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
