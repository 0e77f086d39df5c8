"""Nothing: it kept the JSON of each row beside it, which 0004 undoes.

Revision: 0003, after 0002.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing."""


def downgrade() -> None:
    """Nothing."""
