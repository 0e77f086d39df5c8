"""PostgreSQL, and the way to it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from local.postgres import migrate
from local.settings import ROOT
from tests.faults.directory import DATABASE
from tests.support.sessions import once_active
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.wire import WireProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.faults.directory import Directory

# ---- what lasts a while: a change is refused meanwhile, and taken afterwards


@contextmanager
def stopped(directory: Directory) -> Iterator[None]:
    directory.stop_postgres()
    try:
        yield
    finally:
        directory.start_postgres()


@contextmanager
def killed(directory: Directory) -> Iterator[None]:
    """Kill -9 of the server, started again."""
    server = psutil.Process(directory.postgres.pid)
    family = [server, *server.children()]
    server.kill()
    try:
        yield
    finally:
        # Its processes end when they notice, and are gone when their parent has asked for their exit codes.
        psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
        directory.stop_postgres()
        directory.start_postgres()


@contextmanager
def locked(directory: Directory) -> Iterator[None]:
    """Another session locks the table for longer than the 3 s that a statement waits."""
    with closing(directory.session()) as session:
        session.run("BEGIN")
        session.run("LOCK TABLE empleados IN EXCLUSIVE MODE")
        yield


@contextmanager
def full(directory: Directory) -> Iterator[None]:
    """No room for another row, as PostgreSQL reports it, then room again."""
    directory.sql(
        "CREATE FUNCTION find_no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$;"
        "CREATE TRIGGER find_no_room BEFORE INSERT ON empleados EXECUTE FUNCTION find_no_room()"
    )
    try:
        yield
    finally:
        directory.sql("DROP FUNCTION find_no_room CASCADE")


@pytest.mark.parametrize(
    ("broken", "is_readable"),
    [
        pytest.param(stopped, False, id="stopped and started", marks=pytest.mark.short),
        pytest.param(killed, False, id="killed"),
        pytest.param(locked, True, id="lock held"),
        pytest.param(full, True, id="disk full"),
    ],
)
def test_postgresql(
    directory: Directory, broken: Callable[[Directory], AbstractContextManager[None]], *, is_readable: bool
) -> None:
    """A change is refused while something is wrong, and taken afterwards; some things do not keep from reading."""
    client = directory.client
    row_id = client.create().row_id
    with broken(directory):
        told = client.create()
        assert told.is_refused or (broken is killed and told.is_unknown)
        assert client.read(row_id).is_done == is_readable
    directory.recover()


# ---- what happens at one moment


@pytest.mark.short
def test_postgresql_connection_terminated(directory: Directory) -> None:
    """Connections terminated: idle, and in the middle of a statement."""
    client = directory.client
    client.create()
    # It waits until they have ended.
    directory.sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'crud_app'")
    assert client.create().is_done, "when it met an idle connection that was terminated"
    with ThreadPoolExecutor(2) as others, locked(directory):
        killing = others.submit(directory.sql, once_active("WITH hecho AS (INSERT", "pg_terminate_backend"))
        told = others.submit(client.create)
        killing.result()
    assert told.result().is_done, "again after its statement was terminated"
    directory.recover()


@pytest.mark.parametrize(
    ("break_wire", "is_known"),
    [
        pytest.param(WireProxy.close_all, True, id="FIN"),
        pytest.param(WireProxy.reset_all, True, id="RST"),
        pytest.param(lambda wire: setattr(wire, "cut_in_answer", True), False, id="half an answer, then FIN"),
        pytest.param(
            lambda wire: setattr(wire, "cut_before_answer", True), False, id="answer lost", marks=pytest.mark.short
        ),
    ],
)
def test_postgresql_connection_met(
    directory: Directory, break_wire: Callable[[WireProxy], object], *, is_known: bool
) -> None:
    """The idle connection ends, or the next answer does: only then the outcome is unknown, and a repetition refused."""
    directory.client.create()
    break_wire(directory.calm_wire())
    email = directory.client.new_email()
    told = directory.client.create(email)
    assert (told.is_done, told.is_unknown) == (is_known, not is_known)
    assert directory.client.create(email).status == 409, "the row was there, and its repetition was not refused"
    directory.recover()


@pytest.mark.short
def test_postgresql_reset_that_comes_late(directory: Directory) -> None:
    """RST only when something is sent: a read, a write, the opening of a connection."""
    row_id = directory.client.create().row_id
    directory.calm_wire().cut_before_request = True
    assert directory.client.read(row_id).is_done, "(a read is repeated)"
    directory.calm_wire().cut_before_request = True
    assert directory.client.create().is_unknown
    directory.calm_wire().cut_before_request = True
    assert directory.client.create().is_refused, "when the connection was reset while it was opened"
    directory.recover()


def test_postgresql_black_hole(directory: Directory) -> None:
    """Nothing passes any more in the middle of a statement, without a word."""
    directory.client.create()
    directory.calm_wire().flowing.clear()
    told = directory.client.create()
    assert (told.is_unknown, told.status) == (True, 503), "it took longer than Lambda lives"  # else 502 or 504
    directory.wire.flowing.set()
    directory.recover()


# ---- the schema


def test_postgresql_schema_one_migration_behind(directory: Directory) -> None:
    """The code is deployed before its last migration, then the migration."""
    url = directory.postgres.url(DATABASE)
    downgrade = [sys.executable, "-m", "alembic", "downgrade", "-1"]
    subprocess.run(
        downgrade, cwd=ROOT / "crud_app", env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True
    )
    told = directory.client.create()
    assert told.is_done or told.is_refused
    migrate(url)
    directory.recover()


def test_postgresql_schema_one_migration_ahead(directory: Directory) -> None:
    """The next migration (new columns) is there before its code."""
    client = directory.client
    directory.sql("ALTER TABLE empleados ADD departamento text; ALTER TABLE eventos ADD origen text DEFAULT 'api'")
    undo = "ALTER TABLE empleados DROP departamento; ALTER TABLE eventos DROP origen"
    directory.afterwards.callback(lambda: directory.sql(undo))
    email = client.new_email()
    row_id = client.create(email).row_id
    for told in (client.update(email, row_id, "Jefa"), client.read(row_id), client.delete(email, row_id)):
        assert told.is_done
    directory.recover()
