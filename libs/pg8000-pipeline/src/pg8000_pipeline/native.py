"""pg8000's native interface (``pg8000.native``), one round trip per statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pg8000 import native
from pg8000.exceptions import DatabaseError, Error, InterfaceError

from pg8000_pipeline.connection import PipelinedConnection

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["Connection", "DatabaseError", "Error", "InterfaceError"]


class Connection(PipelinedConnection, native.Connection):  # type: ignore[misc] # pg8000 has no types
    """``pg8000.native.Connection``; the arguments are `PipelinedConnection`'s."""

    def prepare(self, sql: str) -> NoReturn:
        """Use ``named=True`` instead: pg8000's own prepared statements take several round trips."""
        raise NotImplementedError
