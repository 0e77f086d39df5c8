"""SQLAlchemy's dialect for `PipelinedConnection`: `create_engine("postgresql+pipelined://", creator=…)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

from chalicelib.pipeline import sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import PoolProxiedConnection

    from chalicelib.pipeline import PipelinedConnection

#: The server became a standby (a failover): only another connection may reach the new primary.
READ_ONLY = "25006"


class PipelinedDialect(PGDialect_pg8000):
    """pg8000's dialect, with the answers to what SQLAlchemy asks on a first connection: five round trips saved."""

    driver = "pipelined"
    default_paramstyle = "numeric_dollar"
    supports_statement_cache = True

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        """The server says it by itself when a connection starts."""
        pipelined = cast("PipelinedConnection", connection.connection.dbapi_connection)
        version = pipelined.parameter_statuses["server_version"]
        return tuple(int(number) for number in re.findall(r"\d+", version)[:2])

    def _get_default_schema_name(self, connection: Connection) -> str:
        del connection
        return "public"

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> Literal["READ COMMITTED"]:
        """PostgreSQL's default."""
        del dbapi_conn
        return "READ COMMITTED"

    def _set_backslash_escapes(self, connection: Connection) -> None:
        """Strings have been as in the standard since PostgreSQL 9.1."""
        del connection
        self._backslash_escapes = False

    def is_disconnect(
        self, e: BaseException, connection: PoolProxiedConnection | DBAPIConnection | None, cursor: DBAPICursor | None
    ) -> bool:
        """Whether the pool must forget the connection after the error ``e``."""
        del cursor
        driver: Any = getattr(connection, "dbapi_connection", connection)
        return sqlstate(e) == READ_ONLY or driver is None or bool(driver.is_closed)


registry.register("postgresql.pipelined", __name__, PipelinedDialect.__name__)
