from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside pytest's own, which each new pytest closes to the user that PostgreSQL runs as for root."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
