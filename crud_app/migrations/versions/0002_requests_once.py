"""The requests that clients named by an Idempotency-Key, so that a repetition is recognised."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# A key is a client's own: another actor's is another. Nothing of the employee is kept beside a digest of what was sent:
# the answer is made again from the request that is repeated and from the event of the creation. No foreign key: the
# event is written by the same statement, which could not say in which order.
PETICIONES = """
CREATE TABLE peticiones (
    actor text NOT NULL,
    clave text NOT NULL,
    huella text NOT NULL,
    evento_id uuid NOT NULL DEFAULT gen_random_uuid(),
    creada_en timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT peticiones_pkey PRIMARY KEY (actor, clave)
)
"""

# for the sweep, which forgets the old ones
CREADA_EN = "CREATE INDEX peticiones_creada_en_idx ON peticiones (creada_en)"


def upgrade() -> None:
    """Make the table."""
    op.execute(PETICIONES)
    op.execute(CREADA_EN)
