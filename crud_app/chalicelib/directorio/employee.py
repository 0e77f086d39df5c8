"""The employee: one table of fields, from which everything else derives.

``FIELDS`` decides what is checked, stored, sent, sorted by and documented. A new field is a line here, a migration,
and its tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from chalice_frontdoor import FieldError, InvalidInput
from chalicelib.directorio.errors import EmpleadoNotFound
from chalicelib.directorio.kind import (
    MAX_BIGINT,
    MAX_INTEGER,
    BrokenRule,
    Day,
    Email,
    InputKind,
    Instant,
    Kind,
    Line,
    Money,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: So many unknown fields are named, with so many characters each: the answer to nonsense must not grow with it.
MAX_UNKNOWN = 20
MAX_UNKNOWN_NAME = 80
REQUIRED_TEXT = {"es": "Es obligatorio.", "en": "It is required."}


@dataclass(frozen=True)
class Field:
    """One field of the row, by its name on the wire and in the table.

    Args:
        name: the same everywhere.
        kind: what values it has.
        example: a value as on the wire.
        description: for the API's document.
        is_required: whether a client must send it for a new employee; the database has a default otherwise.
        is_confidential: whether only human resources see it: it is the salary, or tells when that changed.
    """

    name: str
    kind: Kind
    example: object
    description: str = field(default="", kw_only=True)
    is_required: bool = field(default=True, kw_only=True)
    is_confidential: bool = field(default=False, kw_only=True)


ROW_ID = Whole(MAX_BIGINT)
FIELDS = (
    Field("id", ROW_ID, 7),
    Field("nombre", Line(120), "Ana Pérez"),
    Field("email", Email(), "ana@example.com", description="Unique; stored in lower case."),
    Field("posicion", Line(80), "Analista"),
    Field(
        "salario",
        Money(Decimal("9999999.99")),
        5000.00,
        description="At most two decimals.",
        is_confidential=True,
    ),
    Field("fecha_contratacion", Day(), "2026-11-24", description="Today, in UTC, by default.", is_required=False),
    Field(
        "version",
        Whole(MAX_INTEGER),
        1,
        description="Counts the changes; it is the ETag.",
        is_confidential=True,
    ),
    Field("creado_en", Instant(), "2026-11-24T09:30:00.000000Z"),
    Field("actualizado_en", Instant(), "2026-11-24T09:30:00.000000Z", is_confidential=True),
)
BY_NAME: Mapping[str, Field] = {each.name: each for each in FIELDS}
INPUTS: Mapping[str, InputKind] = {each.name: each.kind for each in FIELDS if isinstance(each.kind, InputKind)}
PUBLIC = tuple(each for each in FIELDS if not each.is_confidential)
REQUIRED = frozenset(name for name in INPUTS if BY_NAME[name].is_required)
CONFIDENTIAL = tuple(each.name for each in FIELDS if each.is_confidential)


class Audience(Enum):
    """For whom an answer is meant. It decides what is in it (docs/adr/0017-what-a-reader-learns.md)."""

    RRHH = "rrhh"
    """Human resources: everything."""
    EVERYBODY = "everybody"
    """Whoever may read: neither a salary nor that it changed."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that this audience sees, in their order."""
        return FIELDS if self is Audience.RRHH else PUBLIC


def read_new(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The values of a new employee.

    Args:
        body: the JSON that was sent.
        is_demo: whether real people are refused.

    Raises:
        InvalidInput: with all violations at once, in the order of the fields, unknown ones last.
    """
    return _read(body, is_new=True, is_demo=is_demo)


def read_changes(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The fields that were sent, and no others; see ``read_new``."""
    return _read(body, is_new=False, is_demo=is_demo)


def read_row_id(text: str) -> int:
    """The id in a path.

    Raises:
        EmpleadoNotFound: nothing can have this id.
    """
    try:
        return ROW_ID.read_key(text)
    except ValueError:
        raise EmpleadoNotFound from None


def _read(body: object, *, is_new: bool, is_demo: bool) -> dict[str, object]:
    if not isinstance(body, dict):
        mensaje = {"es": "Debe ser un objeto JSON.", "en": "It must be a JSON object."}
        raise InvalidInput([FieldError("", "tipo", mensaje)])
    values: dict[str, object] = {}
    violations: list[FieldError] = []
    for name, kind in INPUTS.items():
        if name not in body:
            if is_new and name in REQUIRED:
                violations.append(FieldError(name, "obligatorio", REQUIRED_TEXT))
            continue
        try:
            values[name] = value = kind.read(body[name])
            if is_demo and isinstance(kind, Email):
                kind.require_invented(str(value))
        except BrokenRule as broken:
            violations.append(FieldError(name, broken.regla, broken.mensaje))
    violations += _unknown_fields(body)
    if violations:
        raise InvalidInput(violations)
    return values


def _unknown_fields(body: Mapping[str, object]) -> Iterator[FieldError]:
    mensaje = {"es": "No es un campo que se pueda enviar.", "en": "It is not a field that can be sent."}
    unknown = [name for name in body if name not in INPUTS]
    for name in unknown[:MAX_UNKNOWN]:
        yield FieldError(name[:MAX_UNKNOWN_NAME], "desconocido", mensaje)
