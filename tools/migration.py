"""`make migrate`: shows the migrations that the database lacks, and runs them.

Migrations only add: running code, and the code that `make rollback` restores, work with the newer schema. They run
before new code takes traffic, and nothing undoes them. docs/runbook.md says how to rename or remove a column.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from alembic.script import ScriptDirectory

from chalicelib.directorio.database import open_connection
from pg8000_pipeline.dbapi import Connection, DatabaseError, InterfaceError
from tools.command_line import NotReady, run
from tools.preflight import CRUD_APP, check_database, check_database_url, confirm, database_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.script import Script

OWNER = "MIGRATION_DATABASE_URL"
RIGHTS = Path(__file__).with_name("rights.sql")


def show_migrations(url: str) -> list[Script] | None:
    """Print what this code would do to the database, without user and password, and return the pending migrations.

    None: this code does not know the database's revision, so a newer one has migrated it.
    """
    current, address = read_revision(url), urlsplit(url)
    scripts = [*ScriptDirectory(str(CRUD_APP / "migrations")).walk_revisions()][::-1]  # the oldest first
    revisions = [None, *(script.revision for script in scripts)]
    print(f"Database {address.hostname or 'on this machine'}{address.path}: revision {current or 'none'}")
    if current not in revisions:
        print("A newer version of the code has migrated it. It stays as it is: migrations only add.")
        return None
    pending = scripts[revisions.index(current) :]
    if not pending:
        print("Nothing to migrate.")
        return []
    print(_run("-m", "alembic", "upgrade", f"{current or 'base'}:head", "--sql", url=url).strip())
    print("\nTo be run, in one transaction (the SQL stands above):")
    print("\n".join(f"  {script.revision}  {script.doc}" for script in pending))
    return pending


def read_revision(url: str) -> str | None:
    """The database's revision; None before the first migration."""
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
        raise NotReady(f"The database was not migrated: {error}") from error


def migrate(url: str, environment: Mapping[str, str]) -> None:
    """Show what is pending, ask, and run it: as the owner of the tables if MIGRATION_DATABASE_URL names one.

    The user of ``url`` then gets the rights that the app needs, and no others.
    """
    owner_url = environment.get(OWNER) or url
    pending = show_migrations(owner_url)
    if pending:
        confirm("Migrate?", environment)
        _run("-m", "alembic", "upgrade", "head", url=owner_url)
        print(f"Migrated to {pending[-1].revision}.")
    if owner_url != url and pending is not None:
        grant_rights(owner_url, urlsplit(url).username or "")


def grant_rights(owner_url: str, user: str) -> None:
    """Let the app's ``user`` read and write, and change neither the schema nor the history (rights.sql)."""
    quoted = '"{}"'.format(unquote(user).replace('"', '""'))
    try:
        with closing(open_connection(Connection, database_address(owner_url), limited=False)) as connection:
            connection.cursor().execute(RIGHTS.read_text("utf-8").replace(":app", quoted))
            connection.commit()
    except (DatabaseError, InterfaceError) as error:
        raise NotReady(f"The rights of {user} were not set: {error}") from error
    print(f"{user} may read and write, and change neither the schema nor the history.")


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
        raise NotReady(f"The database was not migrated: {_find_cause(result.stderr)}")
    return result.stdout


def _find_cause(traceback: str) -> str:
    """The line of ``traceback`` that names the error; SQLAlchemy writes the statement and a link after it."""
    causes = re.findall(r"^[\w.]+Error: .*", traceback, re.MULTILINE)
    return causes[-1] if causes else traceback.strip()


def main(_: Sequence[str], environment: Mapping[str, str]) -> None:
    check_database_url(environment)
    check_database(environment["DATABASE_URL"])
    migrate(environment["DATABASE_URL"], environment)


if __name__ == "__main__":
    run(main)
