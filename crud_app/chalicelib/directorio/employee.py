"""The employee: what is checked, stored, sent and documented. ``contract`` declares the fields that people fill in."""

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
from contract.fields import FIELDS as DECLARED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.fields import Field as Declared

#: At most so many unknown fields are named, with so many characters each: an answer must not grow with nonsense.
MAX_UNKNOWN = 20
MAX_UNKNOWN_NAME = 80
MAX_MONEY = Decimal("9999999.99")
REQUIRED_TEXT = {"es": "Es obligatorio.", "en": "It is required."}


@dataclass(frozen=True)
class Field:
    """One field of the row, by its name on the wire and in the table.

    Args:
        name: the same everywhere.
        kind: which values it has.
        example: a value as on the wire.
        description: for the API's document.
        default: see ``contract.fields.Field``.
        is_required: whether a client must send it for a new employee.
        is_nullable: whether an employee can be without it.
        is_confidential: whether only Human Resources sees it: it is the salary, or tells when that changed.
        is_sortable: whether a list can be sorted by it.
    """

    name: str
    kind: Kind
    example: object
    description: str = field(default="", kw_only=True)
    default: str = field(default="", kw_only=True)
    is_required: bool = field(default=True, kw_only=True)
    is_nullable: bool = field(default=False, kw_only=True)
    is_confidential: bool = field(default=False, kw_only=True)
    is_sortable: bool = field(default=True, kw_only=True)


def _from_declared(declared: Declared) -> Field:
    kinds: Mapping[str, InputKind] = {
        "text": Line(declared.maximum),
        "email": Email(),
        "money": Money(MAX_MONEY),
        "date": Day(),
    }
    return Field(
        declared.name,
        kinds[declared.kind],
        declared.example,
        description=declared.description,
        default=declared.default,
        is_required=declared.is_required,
        is_nullable=declared.is_nullable,
        is_confidential=declared.is_confidential,
        is_sortable=declared.is_sortable,
    )


ROW_ID = Whole(MAX_BIGINT)
FIELDS = (
    Field("id", ROW_ID, 7),
    *map(_from_declared, DECLARED),
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
    """For whom an answer is meant, which decides what it contains (docs/design/sign-in-and-roles.md)."""

    RRHH = "rrhh"
    """Human Resources: everything."""
    EVERYBODY = "everybody"
    """Anybody who may read: neither a salary nor the fact that it changed."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that this audience sees, in their order."""
        return FIELDS if self is Audience.RRHH else PUBLIC


def new_value(name: str) -> str:
    """The name of the statements' parameter that holds a field's new value (its own name is SQLAlchemy's)."""
    return f"new_{name}"


def read_new(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The values of a new employee. A field that is not required may be absent or null: both mean that it is not given.

    Args:
        body: the JSON that was sent.
        is_demo: whether addresses that real people could have are refused.

    Raises:
        InvalidInput: with all violations at once, in the order of the fields, unknown ones last.
    """
    values = _read(body, is_new=True, is_demo=is_demo)
    return {name: value for name, value in values.items() if value is not None}


def read_changes(body: object, *, is_demo: bool = False) -> dict[str, object]:
    """The fields that were sent, and no others; None empties a field. See ``read_new``."""
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
        if body[name] is None and accepts_null(BY_NAME[name], is_new=is_new):
            values[name] = None
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


def accepts_null(each: Field, *, is_new: bool) -> bool:
    """Whether a client may send null: for a new employee it is as good as nothing, in a change it empties the field."""
    return not each.is_required if is_new else each.is_nullable


def _unknown_fields(body: Mapping[str, object]) -> Iterator[FieldError]:
    mensaje = {"es": "No es un campo que se pueda enviar.", "en": "It is not a field that can be sent."}
    unknown = [name for name in body if name not in INPUTS]
    for name in unknown[:MAX_UNKNOWN]:
        yield FieldError(name[:MAX_UNKNOWN_NAME], "desconocido", mensaje)
