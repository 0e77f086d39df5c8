"""Nothing: an early version kept the JSON of each row beside it, which 0004 undoes."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing."""
