"""How Alembic reaches the database: as the app does, with TLS and time-outs, but in transactions."""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from chalicelib.directorio.database import LOCK_SECONDS, open_connection
from chalicelib.directorio.settings import from_environment
from pg8000_pipeline.dbapi import Connection

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def connect() -> Connection:
    """A connection that waits as long as it takes to build an index."""
    connection = open_connection(Connection, from_environment().database_address, limited=False)
    connection.answer_seconds = None
    return connection


def run_online() -> None:
    """Run the migrations in one transaction, but for indexes that are built meanwhile (0006, 0011)."""
    engine = create_engine("postgresql+pg8000://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            # Better to fail than to make the whole directory wait behind another session's lock.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            context.run_migrations()


if context.is_offline_mode():  # `alembic upgrade head --sql` prints the SQL
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()
