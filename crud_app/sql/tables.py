"""The tables as SQLAlchemy sees them. Alembic's migrations create them; a test compares the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, Numeric, Text, Uuid, column, table
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from chalicelib.directorio.employee import FIELDS

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from contract.fields import Field


def sql_type(field: Field) -> TypeEngine[Any]:
    """The type of the column that holds this field."""
    types: dict[str, TypeEngine[Any]] = {
        "text": Text(),
        "email": Text(),
        "money": Numeric(9, 2),
        "date": Date(),
        "id": BigInteger(),
        "version": Integer(),
        "creado_en": DateTime(timezone=True),
        "actualizado_en": DateTime(timezone=True),
    }
    return types[field.name if field.kind == "given" else field.kind]


empleados = table("empleados", *(column(each.name, sql_type(each)) for each in FIELDS), column("search", TSVECTOR()))

bajas = table(
    "bajas",
    *(column(each.name, sql_type(each)) for each in FIELDS),
    column("baja_en", DateTime(timezone=True)),
    column("search", TSVECTOR()),
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
    column("valores", JSONB()),
    column("lote", Uuid()),
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

lotes_pasos = table("lotes_pasos", column("id", Uuid()), column("creado_en", DateTime(timezone=True)))
