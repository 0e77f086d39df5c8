"""The DB-API 2.0 (``pg8000.dbapi``), one round trip per statement; ``begin`` is part of the flush of a transaction's
first one. SQLAlchemy uses it through ``creator=``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pg8000 import dbapi
from pg8000.exceptions import DatabaseError, Error, InterfaceError

from pg8000_pipeline.connection import PipelinedConnection, Prefix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Connection", "Cursor", "DatabaseError", "Error", "InterfaceError", "connect"]

BEGIN = "begin transaction"
#: Styles in which the parameters are a sequence: the statement can be translated without them.
POSITIONAL = frozenset({"format", "numeric", "qmark"})


class Connection(PipelinedConnection, dbapi.Connection):  # type: ignore[misc] # pg8000 has no types
    """``pg8000.dbapi.Connection``; the arguments are `PipelinedConnection`'s."""

    def __init__(self, user: str, *, preamble: str = "", **options: object) -> None:
        self._beginning = Prefix.of(BEGIN, preamble)
        super().__init__(user, preamble=preamble, **options)  # type: ignore[arg-type] # each has its own type

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self)

    def commit(self) -> None:
        """Commit, in one round trip, or none outside a transaction."""
        if self.in_transaction:
            self.execute_simple("commit")

    def _prefix_now(self) -> Prefix:
        return super()._prefix_now() if self.autocommit or self.in_transaction else self._beginning


class Cursor(dbapi.Cursor):  # type: ignore[misc] # pg8000 has no types
    """``pg8000.dbapi.Cursor``."""

    _input_oids: Sequence[int]

    def execute(
        self, operation: str, args: Sequence[object] | Mapping[str, object] = (), stream: object = None
    ) -> None:
        """Run one statement; see `PipelinedConnection.execute`."""
        if self._c is None:
            raise InterfaceError("Cursor closed")
        if args or stream is not None:
            style = dbapi.paramstyle
            if style in POSITIONAL:
                statement, values = _number(style, operation), args
            else:
                statement, values = dbapi.convert_paramstyle(style, operation, args)
            self._context = self._c.execute(statement, values, self._input_oids, stream)
        else:
            self._context = self._c.execute_simple(operation)
        self._row_iter = None if self._context.rows is None else iter(self._context.rows)
        self._input_oids = ()


#: The module's constructor in the DB-API.
connect = Connection


@lru_cache(maxsize=512)
def _number(style: str, operation: str) -> str:
    """The statement with parameters $1, $2 and so on. pg8000 looks at each character, 0.1 ms for a long statement."""
    statement: str = dbapi.convert_paramstyle(style, operation, ())[0]
    return statement
