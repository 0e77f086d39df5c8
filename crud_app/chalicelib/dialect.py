"""SQLAlchemy's dialect for `PipelinedConnection`: `create_engine("postgresql+pipelined://", creator=…)`."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

from chalicelib.pipeline import sqlstate

#: The server became a standby (a failover): only another connection may reach the new primary.
READ_ONLY = "25006"


class PipelinedDialect(PGDialect_pg8000):
    """pg8000's dialect, with the answers to what SQLAlchemy asks on a first connection: five round trips saved."""

    driver = "pipelined"
    default_paramstyle = "numeric_dollar"
    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        """The server says it by itself when a connection starts."""
        version = connection.connection.dbapi_connection.parameter_statuses["server_version"]
        return tuple(int(number) for number in re.findall(r"\d+", version)[:2])

    def _get_default_schema_name(self, connection: Any) -> str:
        del connection
        return "public"

    def get_default_isolation_level(self, dbapi_conn: Any) -> str:
        """PostgreSQL's default."""
        del dbapi_conn
        return "READ COMMITTED"

    def _set_backslash_escapes(self, connection: Any) -> None:
        """Strings have been as in the standard since PostgreSQL 9.1."""
        del connection
        self._backslash_escapes = False

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Whether the pool must forget the connection after the error ``e``."""
        is_closed = connection is not None and connection.dbapi_connection.is_closed
        return is_closed or sqlstate(e) == READ_ONLY or super().is_disconnect(e, connection, cursor)


registry.register("postgresql.pipelined", __name__, PipelinedDialect.__name__)
