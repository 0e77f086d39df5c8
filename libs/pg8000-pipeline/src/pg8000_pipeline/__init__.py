"""pg8000 with one round trip per statement, safe behind a transaction pooler.

`PipelinedConnection` is the connection itself. ``pg8000_pipeline.native`` has pg8000's native interface on top of it,
``pg8000_pipeline.dbapi`` the DB-API 2.0, which SQLAlchemy takes through ``creator=``.
"""

from pg8000.exceptions import DatabaseError, InterfaceError

from pg8000_pipeline.connection import PipelinedConnection, server_fields, sqlstate

__all__ = ["DatabaseError", "InterfaceError", "PipelinedConnection", "server_fields", "sqlstate"]
