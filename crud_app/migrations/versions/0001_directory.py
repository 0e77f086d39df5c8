"""The directory: employees, what happened to them, and the search."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

# No extension is used: not every PostgreSQL has unaccent or pg_trgm. The functions have bodies of the SQL standard
# (PostgreSQL 14), which are bound when they are created and depend on no search_path.

FOLD_TEXT = r"""
CREATE FUNCTION fold_text(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'))
"""

# PostgreSQL's own text parser is not used: it takes an e-mail address, a host or a number for one word, so that their
# parts are not found.
FOLDED_WORDS = """
CREATE FUNCTION folded_words(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_remove(regexp_split_to_array(fold_text($1), '[^[:alnum:]]+'), '')
"""

# Immutable, so that the planner knows the words and estimates how many rows have them. Words are alphanumeric: quotes
# suffice. Without any word it answers NULL, which matches nothing.
SEARCH_QUERY = """
CREATE FUNCTION search_query(text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg('''' || word || ''':*', ' & ')::tsquery FROM unnest(folded_words($1)) AS word)
"""

EMPLEADOS = """
CREATE TABLE empleados (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT empleados_pkey PRIMARY KEY,
    nombre text NOT NULL,
    email text NOT NULL CONSTRAINT empleados_email_key UNIQUE,
    posicion text NOT NULL,
    salario numeric(9, 2) NOT NULL CONSTRAINT empleados_salario_check CHECK (salario >= 0),
    fecha_contratacion date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    version integer NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL DEFAULT now(),
    actualizado_en timestamptz NOT NULL DEFAULT now(),
    search tsvector NOT NULL
        GENERATED ALWAYS AS (array_to_tsvector(folded_words(nombre || ' ' || email || ' ' || posicion))) STORED
)
"""

# `payload` is json, not jsonb: the message is kept as it is sent, keys in their order. No foreign key: the history
# outlives the employee. (empleado_id, version) is unique: each change has exactly one event.
EVENTOS = """
CREATE TABLE eventos (
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT eventos_pkey PRIMARY KEY,
    id uuid NOT NULL CONSTRAINT eventos_id_key UNIQUE,
    empleado_id bigint NOT NULL,
    version integer NOT NULL,
    tipo text NOT NULL CONSTRAINT eventos_tipo_check CHECK (tipo IN ('creado', 'actualizado', 'eliminado')),
    ocurrido_en timestamptz NOT NULL,
    actor text NOT NULL,
    payload json NOT NULL,
    publicado_en timestamptz,
    message_id text,
    CONSTRAINT eventos_empleado_id_version_key UNIQUE (empleado_id, version)
)
"""

# One index for each order that people look at, with the id behind it: the keys of the paging. `email` is unique by
# itself; `creado_en` goes with `id`.
INDEXES = (
    # without a list of pending entries, which each search would read through: there are more searches than changes
    "CREATE INDEX empleados_search_idx ON empleados USING gin (search) WITH (fastupdate = off)",
    "CREATE INDEX empleados_nombre_idx ON empleados (fold_text(nombre), id)",
    "CREATE INDEX empleados_posicion_idx ON empleados (fold_text(posicion), id)",
    "CREATE INDEX empleados_posicion_id_idx ON empleados (posicion, id)",
    "CREATE INDEX empleados_salario_idx ON empleados (salario, id)",
    "CREATE INDEX empleados_fecha_contratacion_idx ON empleados (fecha_contratacion, id)",
    "CREATE INDEX empleados_actualizado_en_idx ON empleados (actualizado_en, id)",
    # what the sweep looks for; nearly always empty
    "CREATE INDEX eventos_pending_idx ON eventos (numero) WHERE publicado_en IS NULL",
)


def upgrade() -> None:
    """Make everything."""
    for statement in (FOLD_TEXT, FOLDED_WORDS, SEARCH_QUERY, EMPLEADOS, EVENTOS, *INDEXES):
        op.execute(statement)
