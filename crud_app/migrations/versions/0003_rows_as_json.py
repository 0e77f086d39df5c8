"""Each row as the JSON that clients get, kept beside it.

Revision: 0003, after 0002. It writes all rows anew, and nobody reads the table meanwhile: a second or less for ten
thousand employees, a minute or so for a million.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

# One for each audience (docs/adr/0034-a-row-is-kept-as-it-is-sent.md). What they call is not immutable by its
# declaration, because other types than these, or other formats, would depend on settings. In PL/pgSQL, which keeps the
# plan for the session: the body of an SQL function is planned for each statement anew.
EMPLEADO_RRHH = """
CREATE FUNCTION empleado_rrhh(
    id bigint, nombre text, email text, posicion text, salario numeric, fecha_contratacion date, version integer,
    creado_en timestamptz, actualizado_en timestamptz
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN concat(
        '{"id":', id, ',"nombre":', to_json(nombre), ',"email":', to_json(email), ',"posicion":', to_json(posicion),
        ',"salario":', salario, ',"fecha_contratacion":', to_json(fecha_contratacion), ',"version":', version,
        ',"creado_en":"', to_char(timezone('UTC', creado_en), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        '","actualizado_en":"', to_char(timezone('UTC', actualizado_en), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'
    );
END
$$
"""

EMPLEADO_EVERYBODY = """
CREATE FUNCTION empleado_everybody(
    id bigint, nombre text, email text, posicion text, fecha_contratacion date, creado_en timestamptz
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN concat(
        '{"id":', id, ',"nombre":', to_json(nombre), ',"email":', to_json(email), ',"posicion":', to_json(posicion),
        ',"fecha_contratacion":', to_json(fecha_contratacion),
        ',"creado_en":"', to_char(timezone('UTC', creado_en), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'
    );
END
$$
"""

# In one statement, so that the rows are written once.
COLUMNS = """
ALTER TABLE empleados
    ADD COLUMN json_rrhh text NOT NULL GENERATED ALWAYS AS (
        empleado_rrhh(
            id, nombre, email, posicion, salario, fecha_contratacion, version, creado_en, actualizado_en
        )
    ) STORED,
    ADD COLUMN json_everybody text NOT NULL GENERATED ALWAYS AS (
        empleado_everybody(id, nombre, email, posicion, fecha_contratacion, creado_en)
    ) STORED
"""


def upgrade() -> None:
    """Make the functions and the columns."""
    for statement in (EMPLEADO_RRHH, EMPLEADO_EVERYBODY, COLUMNS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them: nothing is lost."""
    op.execute("ALTER TABLE empleados DROP COLUMN json_rrhh, DROP COLUMN json_everybody")
    op.execute("DROP FUNCTION empleado_rrhh, empleado_everybody")
