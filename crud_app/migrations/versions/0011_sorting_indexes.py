"""A list can be sorted by each of these fields: without an index, PostgreSQL sorts all employees for a page."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

INDEXES = {"empleados_creado_en_idx": "(creado_en, id)", "empleados_version_idx": "(version, id)"}


def upgrade() -> None:
    """Build them while the directory is in use; see 0006."""
    with op.get_context().autocommit_block():
        op.execute("COMMIT")  # pg8000 began a transaction to read the isolation level
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON empleados {columns}")
    op.execute("SET LOCAL lock_timeout = '3s'")  # as in env.py, for the migrations that follow


def downgrade() -> None:
    """Drop them."""
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
