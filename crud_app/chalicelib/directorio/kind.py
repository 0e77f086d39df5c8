"""The kinds of values: how each is checked, documented in JSON Schema, and read back from a cursor."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from contract.email_address import MAX_LENGTH as MAX_EMAIL
from contract.email_address import PATTERN as EMAIL_PATTERN
from contract.email_address import is_email_address, is_invented

MAX_BIGINT = 2**63 - 1
MAX_INTEGER = 2**31 - 1

#: Characters that a single line of text does not contain: C0, DEL and C1 controls, line and paragraph separators.
CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
#: The spaces that trimming removes (the others of str.strip are controls).
SPACES = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

#: With lone surrogates, which JSON Schema cannot name.
HAS_CONTROL = re.compile(rf"[{CONTROLS}\ud800-\udfff]")
POSITIVE = re.compile(r"[1-9][0-9]{0,18}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CENT = Decimal("0.01")


class BrokenRule(Exception):
    """A value breaks a rule: the rule's name, and what a person reads, by language."""

    def __init__(self, regla: str, *, es: str, en: str) -> None:
        super().__init__(regla)
        self.regla = regla
        self.mensaje = {"es": es, "en": en}


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


class InputKind(Kind):
    """Which values a field has that clients send."""

    @abstractmethod
    def read(self, value: object) -> object:
        """Turn a JSON value into what is stored.

        Raises:
            BrokenRule: the value is not one of this kind.
        """


@dataclass(frozen=True)
class Line(InputKind):
    """One line of text, trimmed, of 1 to ``maximum`` characters."""

    maximum: int

    @property
    def schema(self) -> dict[str, Any]:
        word = f"[^{CONTROLS}{SPACES}]"
        inner = f"[^{CONTROLS}]{{0,{self.maximum - 2}}}"
        return {"type": "string", "pattern": f"^[{SPACES}]*{word}(?:{inner}{word})?[{SPACES}]*$"}

    def read(self, value: object) -> str:
        text = _text(value)
        if HAS_CONTROL.search(text):
            raise BrokenRule(
                "caracteres",
                es="No puede tener saltos de línea ni otros caracteres de control.",
                en="It cannot have line breaks or other control characters.",
            )
        text = text.strip()
        if not 1 <= len(text) <= self.maximum:
            raise BrokenRule(
                "longitud",
                es=f"Debe tener de 1 a {self.maximum} caracteres.",
                en=f"It must have 1 to {self.maximum} characters.",
            )
        return text

    def read_key(self, text: str) -> str:
        if "\x00" in text or len(text) > 4 * self.maximum:  # cursors of earlier versions have a folded, longer text
            raise ValueError
        return text


@dataclass(frozen=True)
class Email(InputKind):
    """An e-mail address that a browser's form accepts, in lower case."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_EMAIL, "pattern": EMAIL_PATTERN}

    def read(self, value: object) -> str:
        text = _text(value)
        if len(text) > MAX_EMAIL:
            raise BrokenRule(
                "longitud",
                es=f"Debe tener {MAX_EMAIL} caracteres como máximo.",
                en=f"It must have at most {MAX_EMAIL} characters.",
            )
        if not is_email_address(text):
            raise BrokenRule(
                "formato",
                es="No es una dirección de correo válida.",
                en="It is not a valid e-mail address.",
            )
        return text.lower()

    def require_invented(self, address: str) -> None:
        """Refuse an address that a person could have: in a demonstration everybody sees it.

        Raises:
            BrokenRule: the domain is not reserved for examples.
        """
        if not is_invented(address):
            raise BrokenRule(
                "demo",
                es="Esto es una demostración sin datos reales: use una dirección de example.com.",
                en="This is a demonstration without real data: use an address of example.com.",
            )

    def read_key(self, text: str) -> str:
        if "\x00" in text or len(text) > MAX_EMAIL:
            raise ValueError
        return text


@dataclass(frozen=True)
class Money(InputKind):
    """An amount of 0 to ``maximum`` with at most two decimals; never a float."""

    maximum: Decimal

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": float(self.maximum), "multipleOf": float(CENT)}

    def read(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise BrokenRule("tipo", es="Debe ser un número.", en="It must be a number.")
        if not 0 <= value <= self.maximum:
            raise BrokenRule(
                "rango",
                es=f"Debe estar entre 0 y {self.maximum}.",
                en=f"It must be between 0 and {self.maximum}.",
            )
        amount = Decimal(value).quantize(CENT)
        if amount != value:
            raise BrokenRule(
                "decimales",
                es="Debe tener dos decimales como máximo.",
                en="It must have at most two decimals.",
            )
        return amount

    def read_key(self, text: str) -> Decimal:
        if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{2}", text):
            raise ValueError
        return Decimal(text)


@dataclass(frozen=True)
class Day(InputKind):
    """A date of the Gregorian calendar: YYYY-MM-DD."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def read(self, value: object) -> date:
        text = _text(value)
        try:
            return self.read_key(text)
        except ValueError:
            raise BrokenRule(
                "formato",
                es="Debe ser una fecha que exista, como 2026-11-24.",
                en="It must be a date that exists, such as 2026-11-24.",
            ) from None

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


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BrokenRule("tipo", es="Debe ser un texto.", en="It must be a string.")
    return value
