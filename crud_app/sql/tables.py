"""The tables as SQLAlchemy sees them. Alembic's migrations create them; a test compares the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, Numeric, Text, Uuid, column, table
from sqlalchemy.dialects.postgresql import TSVECTOR

from chalicelib.directorio.employee import FIELDS
from chalicelib.directorio.kind import MAX_BIGINT, Day, Email, Instant, Line, Money, Whole

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from chalicelib.directorio.kind import Kind


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
    "empleados", *(column(each.name, sql_type(each.kind)) for each in FIELDS), column("search", TSVECTOR())
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
