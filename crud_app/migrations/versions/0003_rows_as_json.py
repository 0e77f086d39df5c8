"""Each row as the JSON that clients get, kept beside it.

Revision: 0003, after 0002. It writes all rows anew, and nobody reads the table meanwhile: a second or less for ten
thousand employees, a minute or so for a million.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = """'"', to_char(timezone('UTC', {}), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"'"""
# Each field, with its type and how it is written.
FIELDS = {
    "id": ("bigint", "id"),
    "nombre": ("text", "to_json(nombre)"),
    "email": ("text", "to_json(email)"),
    "posicion": ("text", "to_json(posicion)"),
    "salario": ("numeric", "salario"),
    "fecha_contratacion": ("date", "to_json(fecha_contratacion)"),
    "version": ("integer", "version"),
    "creado_en": ("timestamptz", MOMENT.format("creado_en")),
    "actualizado_en": ("timestamptz", MOMENT.format("actualizado_en")),
}
# What each audience sees (docs/design/database.md).
AUDIENCES = {
    "rrhh": tuple(FIELDS),
    "everybody": ("id", "nombre", "email", "posicion", "fecha_contratacion", "creado_en"),
}


def function(audience: str) -> str:
    """Make the function that writes a row for an audience, in PL/pgSQL, which keeps the plan for the session.

    What it calls is not immutable by its declaration: other types than these, or other formats, depend on settings.
    """
    names = AUDIENCES[audience]
    parameters = ", ".join(f"{name} {FIELDS[name][0]}" for name in names)
    members = ", ',',\n        ".join(f"""'"{name}":', {FIELDS[name][1]}""" for name in names)
    return f"""
CREATE FUNCTION empleado_{audience}({parameters}) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN concat(
        '{{',
        {members},
        '}}'
    );
END
$$
"""


def column(audience: str) -> str:
    """Add what the function writes."""
    call = f"empleado_{audience}({', '.join(AUDIENCES[audience])})"
    return f"ADD COLUMN json_{audience} text NOT NULL GENERATED ALWAYS AS ({call}) STORED"


def upgrade() -> None:
    """Make the functions, and the columns in one statement: so the rows are written once."""
    for audience in AUDIENCES:
        op.execute(function(audience))
    op.execute(f"ALTER TABLE empleados {', '.join(map(column, AUDIENCES))}")


def downgrade() -> None:
    """Drop them: nothing is lost."""
    op.execute("ALTER TABLE empleados DROP COLUMN json_rrhh, DROP COLUMN json_everybody")
    op.execute("DROP FUNCTION empleado_rrhh, empleado_everybody")
