import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def folder():
    """A folder outside pytest's own, which each new pytest closes to the user that PostgreSQL runs as for root."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
