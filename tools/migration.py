"""`make migrate`: brings the database's schema to this code's, and shows first what that means.

Migrations only add, so that the code that is still running works with the new schema, and so does the code that
`make rollback` brings back. They run before new code takes traffic (`make deploy`), and nothing takes them back.
docs/runbook.md says in which steps a column is renamed or goes away.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alembic.script import ScriptDirectory

from chalicelib.directorio.database import open_connection
from pg8000_pipeline.dbapi import Connection, DatabaseError, InterfaceError
from tools.preflight import CRUD_APP, NotReady, check_database, check_database_url, confirm, database_address

if TYPE_CHECKING:
    from collections.abc import Mapping


class MigrationFailed(Exception):
    """A migration failed; the message holds why. All run in one transaction, so that the schema is as it was."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema."""

    revision: str
    title: str


@dataclass(frozen=True)
class Migrations:
    """What this code would do to a database.

    ``current`` is the revision that the database is at, or None. ``is_known`` says whether this code has heard of it;
    if not, a newer one has been there, and there is nothing to do.
    """

    current: str | None
    is_known: bool
    pending: tuple[Migration, ...]
    sql: str


def read_migrations(url: str) -> Migrations:
    """Look at the database's revision, and at what this code has beyond it.

    Raises:
        MigrationFailed: the database does not say.
    """
    current = read_revision(url)
    scripts = {script.revision: script for script in ScriptDirectory(str(CRUD_APP / "migrations")).walk_revisions()}
    # From the newest to the oldest.
    newest_first = list(scripts)
    is_known = current is None or current in scripts
    newer = newest_first[: newest_first.index(current)] if current in scripts else newest_first if is_known else []
    pending = tuple(Migration(revision, scripts[revision].doc) for revision in reversed(newer))
    sql = _run("-m", "alembic", "upgrade", f"{current or 'base'}:head", "--sql", url=url) if pending else ""
    return Migrations(current, is_known, pending, sql)


def read_revision(url: str) -> str | None:
    """The revision that the database is at, whether this code knows it or not; None before the first migration.

    Raises:
        MigrationFailed: the database does not say.
    """
    try:
        connection = open_connection(Connection, database_address(url), limited=False)
        with closing(connection):
            cursor = connection.cursor()
            cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return None
            cursor.execute("SELECT version_num FROM alembic_version")
            return " ".join(version for (version,) in cursor.fetchall()) or None
    except (DatabaseError, InterfaceError) as error:
        raise MigrationFailed(f"The database was not migrated: {error}") from error


def describe(migrations: Migrations, url: str) -> str:
    """What will be done, for a person to read; the address without user and password."""
    address = urlsplit(url)
    lines = [f"Database {address.hostname or 'on this machine'}{address.path}: revision {migrations.current or 'none'}"]
    if not migrations.is_known:
        lines.append("A newer version of the code has migrated it. It stays as it is: migrations only add.")
    elif not migrations.pending:
        lines.append("Nothing to migrate.")
    else:
        lines += [migrations.sql.strip(), "", "To be run, in one transaction (the SQL stands above):"]
        lines += [f"  {migration.revision}  {migration.title}" for migration in migrations.pending]
    return "\n".join(lines)


def migrate(url: str, environment: Mapping[str, str]) -> None:
    """Show what is pending, ask, and run it.

    Raises:
        NotReady: it was not confirmed.
        MigrationFailed: see there.
    """
    migrations = read_migrations(url)
    print(describe(migrations, url))
    if not migrations.pending:
        return
    confirm("Migrate?", environment)
    _run("-m", "alembic", "upgrade", "head", url=url)
    print(f"Migrated to {migrations.pending[-1].revision}.")


def _run(*arguments: str, url: str) -> str:
    result = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments],
        cwd=CRUD_APP,
        env={**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise MigrationFailed(f"The database was not migrated: {_find_cause(result.stderr)}")
    return result.stdout


def _find_cause(traceback: str) -> str:
    """The line of ``traceback`` that names the error; SQLAlchemy writes the statement and a link after it."""
    causes = re.findall(r"^[\w.]+Error: .*", traceback, re.MULTILINE)
    return causes[-1] if causes else traceback.strip()


def main() -> int:
    try:
        check_database_url(os.environ)
        url = os.environ["DATABASE_URL"]
        check_database(url)
        migrate(url, os.environ)
    except (NotReady, MigrationFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
