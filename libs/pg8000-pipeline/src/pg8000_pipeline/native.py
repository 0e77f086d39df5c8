"""pg8000's native interface (``pg8000.native``), one round trip per statement."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pg8000 import native
from pg8000.exceptions import DatabaseError, Error, InterfaceError

from pg8000_pipeline.connection import PipelinedConnection

if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["Connection", "DatabaseError", "Error", "InterfaceError"]


class Connection(PipelinedConnection, native.Connection):  # type: ignore[misc] # pg8000 has no types
    """``pg8000.native.Connection``; the arguments are `PipelinedConnection`'s."""

    def run(
        self, sql: str, stream: object = None, types: dict[str, int] | None = None, **params: object
    ) -> list[list[Any]] | None:
        """Run a statement with parameters ``:name`` and return its rows; see `PipelinedConnection.execute`."""
        if not params and stream is None:
            self._context = self.execute_simple(sql)
        else:
            try:
                statement, make_vals = native.to_statement(sql)
            except (AttributeError, TypeError) as error:  # it ends in the middle of a parameter
                raise InterfaceError("the statement's parameters cannot be read") from error
            oids = () if types is None else make_vals(defaultdict(int, types))
            self._context = self.execute(statement, make_vals(params), oids, stream)
        rows: list[list[Any]] | None = self._context.rows
        return rows

    def prepare(self, sql: str) -> NoReturn:
        """Use ``named=True`` instead: pg8000's own prepared statements take several round trips."""
        raise NotImplementedError
