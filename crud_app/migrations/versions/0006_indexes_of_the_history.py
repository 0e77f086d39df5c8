"""The indexes of the history: for each audience, all of it, by actor and by type; by date and by batch.

Each index is built while the directory is in use, which no transaction can do: after a failure the ones before stay,
and the next attempt replaces them.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

#: What the unfiltered history shows: no event of a batch, but the batch's own.
SINGLE = "(lote IS NULL OR tipo = 'lote')"
#: What a reader may see of it: the app's own condition, so that PostgreSQL recognises it (`sql/events.py`).
PUBLIC = (
    f"{SINGLE} AND (tipo != 'actualizado' AND tipo != 'lote' OR jsonb_array_length("
    "CAST(payload -> 'cambios' AS jsonb) - ARRAY['salario', 'version', 'actualizado_en']) > 0)"
)
INDEXES = {
    "eventos_lote_idx": "(lote, numero) WHERE lote IS NOT NULL",
    "eventos_ocurrido_en_idx": "(ocurrido_en)",
    **{
        f"eventos_{audience}{name}_idx": f"({columns}) WHERE {condition}"
        for audience, condition in (("rrhh", SINGLE), ("lector", PUBLIC))
        for name, columns in {"": "numero", "_actor": "actor, numero, tipo", "_tipo": "tipo, numero"}.items()
    },
}


def upgrade() -> None:
    """Build them one after the other."""
    with op.get_context().autocommit_block():
        op.execute("COMMIT")  # pg8000 began a transaction to read the isolation level
        for name, definition in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # what a failed attempt left is not valid
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON eventos {definition}")
    op.execute("SET LOCAL lock_timeout = '3s'")  # as in env.py, for the migrations that follow
