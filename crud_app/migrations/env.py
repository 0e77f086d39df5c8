"""How Alembic reaches the database: as the app does, with TLS and time-outs, but in transactions."""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from pg8000.dbapi import Connection
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from chalicelib.directorio.connection import CONNECT_SECONDS, LOCK_SECONDS, Connector
from chalicelib.directorio.settings import from_environment

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def open_connection() -> Connection:
    """Stock pg8000: it sends several Syncs a statement, which is safe in a transaction, behind a pooler too."""
    connector = Connector(from_environment().database_address)
    connection = connector.open(Connection, seconds=CONNECT_SECONDS)
    connection._usock.settimeout(None)  # noqa: SLF001 - building an index may take its time
    return connection


def run_offline() -> None:
    """Print the SQL instead of running it: ``alembic upgrade head --sql``."""
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run the migrations, all in one transaction: a failure leaves the schema as it was."""
    engine = create_engine("postgresql+pg8000://", creator=open_connection, poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            # Better to fail than to queue the whole directory behind a lock that somebody else holds.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
