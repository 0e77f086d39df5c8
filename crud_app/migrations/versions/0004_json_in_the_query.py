"""The JSON of a row is built by the queries, and no longer kept beside the row.

Revision: 0004, after 0003. Because each kept column was computed from all fields, a new field meant that every row was
written again. Now it is one ``ADD COLUMN``. This migration writes no row, and holds its lock for milliseconds.

The code before still reads ``empleados.json_rrhh`` and ``empleados.json_everybody``, during a deployment and after a
rollback: PostgreSQL takes that for a call of the function of that name. A later migration may drop the functions.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

#: What each audience sees, as in 0003.
AUDIENCES = {
    "rrhh": (
        *("id", "nombre", "email", "posicion", "salario"),
        *("fecha_contratacion", "version", "creado_en", "actualizado_en"),
    ),
    "everybody": ("id", "nombre", "email", "posicion", "fecha_contratacion", "creado_en"),
}


def call(audience: str, prefix: str = "") -> str:
    """The function of 0003, called for a row."""
    return f"empleado_{audience}({', '.join(prefix + name for name in AUDIENCES[audience])})"


def upgrade() -> None:
    """Replace the columns by functions."""
    op.execute("ALTER TABLE empleados DROP COLUMN json_rrhh, DROP COLUMN json_everybody")
    for audience in AUDIENCES:
        op.execute(
            f"CREATE FUNCTION json_{audience}(empleados) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE "
            f"RETURN {call(audience, '($1).')}"
        )


def downgrade() -> None:
    """Keep the JSON again, which writes all rows anew."""
    op.execute("DROP FUNCTION json_rrhh, json_everybody")
    columns = (
        f"ADD COLUMN json_{audience} text NOT NULL GENERATED ALWAYS AS ({call(audience)}) STORED"
        for audience in AUDIENCES
    )
    op.execute(f"ALTER TABLE empleados {', '.join(columns)}")
