"""Batches of changes: what each has done so far, and what its requests were answered."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

# The counts and the fields that any change of the batch touched are what the batch's own event tells.
LOTES = """
CREATE TABLE lotes (
    id uuid CONSTRAINT lotes_pkey PRIMARY KEY,
    origen text NOT NULL,
    actor text NOT NULL,
    creados integer NOT NULL,
    actualizados integer NOT NULL,
    eliminados integer NOT NULL,
    restaurados integer NOT NULL,
    cambios text[] NOT NULL,
    ultimo_en timestamptz NOT NULL DEFAULT now(),
    cerrado_en timestamptz
)
"""
# For the sweep, which closes idle batches; nearly always empty.
ABIERTOS = "CREATE INDEX lotes_abiertos_idx ON lotes (ultimo_en) WHERE cerrado_en IS NULL"
# By the id that `peticiones.evento_id` has for the request: the state and the number of each result, and nothing about
# a person. It lives as long as the key.
PASOS = """
CREATE TABLE lotes_pasos (
    id uuid CONSTRAINT lotes_pasos_pkey PRIMARY KEY,
    resultado jsonb NOT NULL,
    creado_en timestamptz NOT NULL DEFAULT now()
)
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in (LOTES, ABIERTOS, PASOS):
        op.execute(statement)
