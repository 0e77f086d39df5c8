"""The tables as SQLAlchemy sees them. Alembic's migrations make them; a test compares the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    Uuid,
    cast,
    column,
    func,
    literal_column,
    table,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from chalicelib.directorio.employee import BY_NAME, FIELDS, Audience
from chalicelib.directorio.kind import MAX_BIGINT, Day, Email, Instant, Line, Money, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.base import ColumnCollection
    from sqlalchemy.types import TypeEngine

    from chalicelib.directorio.employee import Field
    from chalicelib.directorio.kind import Kind

    Columns = ColumnCollection[str, Any]


def sql_type(kind: Kind) -> TypeEngine[Any]:
    """The column type that holds values of this kind."""
    match kind:
        case Line() | Email():
            return Text()
        case Money():
            return Numeric(9, 2)
        case Day():
            return Date()
        case Instant():
            return DateTime(timezone=True)
        case _:
            assert isinstance(kind, Whole), "a new kind needs a column type"
            return BigInteger() if kind.maximum == MAX_BIGINT else Integer()


empleados = table(
    "empleados",
    *(column(each.name, sql_type(each.kind)) for each in FIELDS),
    column("search", TSVECTOR()),
    *(column(f"json_{each.value}", Text()) for each in Audience),
)

eventos = table(
    "eventos",
    column("numero", BigInteger()),
    column("id", Uuid()),
    column("empleado_id", BigInteger()),
    column("version", Integer()),
    column("tipo", Text()),
    column("ocurrido_en", DateTime(timezone=True)),
    column("actor", Text()),
    column("payload", JSON()),
    column("publicado_en", DateTime(timezone=True)),
    column("message_id", Text()),
)

peticiones = table(
    "peticiones",
    column("actor", Text()),
    column("clave", Text()),
    column("huella", Text()),
    column("evento_id", Uuid()),
    column("creada_en", DateTime(timezone=True)),
)


def constant(text: str) -> ColumnElement[str]:
    """A text of ours inside the SQL: it is no parameter, because it never varies."""
    return literal_column(f"'{text}'", type_=Text)


def row_of(source: Columns) -> list[ColumnElement[Any]]:
    """The columns of the employee's fields, in their order, and the row as human resources see it."""
    return [*(source[each.name] for each in FIELDS), json_of(source)]


def json_of(source: Columns, audience: Audience = Audience.RRHH) -> ColumnElement[str]:
    """The row as the audience sees it, as JSON text: PostgreSQL keeps it beside the fields."""
    row: ColumnElement[str] = source[f"json_{audience.value}"]
    return row


def json_from(values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """What ``json_of`` a row with these values would be for human resources."""
    return func.empleado_rrhh(*(values[each.name] for each in FIELDS), type_=Text)


def utc_text(moment: ColumnElement[Any]) -> ColumnElement[str]:
    """A moment as on the wire: always UTC, always with microseconds."""
    return func.to_char(func.timezone(constant("UTC"), moment), constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))


def sort_key(source: Columns, name: str) -> ColumnElement[Any]:
    """What the rows are sorted by: text without regard to case and accents, as people expect it."""
    value: ColumnElement[Any] = source[name]
    return func.fold_text(value) if isinstance(BY_NAME[name].kind, Line) else value


def sort_key_text(source: Columns, field: Field) -> ColumnElement[str]:
    """The sort key as ``field.kind.read_key`` reads it."""
    key = sort_key(source, field.name)
    match field.kind:
        case Instant():
            return utc_text(key)
        case Day():
            return func.to_char(key, constant("YYYY-MM-DD"))
        case _:
            return cast(key, Text)
