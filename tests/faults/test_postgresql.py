"""PostgreSQL, and the way to it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from local.postgres import migrate
from local.settings import ROOT
from tests.faults.directory import DATABASE, ROLE
from tests.support.waiting import wait_until
from tests.support.wire import WireProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.faults.trial import Trial

SMALL_DISK = "16m"
#: A disk of that size is full long before.
MANY = 400
#: The app's sessions.
SESSIONS = f"FROM pg_stat_activity WHERE usename = '{ROLE}'"


def terminate_all(trial: Trial) -> None:
    """End the app's sessions, and wait until they have ended."""
    trial.directory.sql(f"SELECT pg_terminate_backend(pid, 60000) {SESSIONS}")


# ---- what lasts a while: a change is refused meanwhile, and taken afterwards


@contextmanager
def stopped(trial: Trial) -> Iterator[None]:
    trial.directory.stop_postgres()
    yield
    trial.directory.start_postgres()


@contextmanager
def killed(trial: Trial) -> Iterator[None]:
    """Kill -9 of the server, started again."""
    server = psutil.Process(trial.directory.postgres.pid)
    family = [server, *server.children()]
    server.kill()
    yield
    psutil.wait_procs(family, timeout=30)  # its processes end when they notice
    trial.directory.stop_postgres()
    trial.directory.start_postgres()


@contextmanager
def locked(trial: Trial) -> Iterator[None]:
    """Another session locks the table for longer than the 3 s that a statement waits."""
    session = trial.directory.session()
    session.run("BEGIN")
    session.run("LOCK TABLE empleados IN EXCLUSIVE MODE")
    try:
        yield
    finally:
        session.run("ROLLBACK")
        session.close()


@contextmanager
def rotated(trial: Trial) -> Iterator[None]:
    """The password changes, then the Parameter Store; running functions go on."""
    trial.directory.set_password(secrets.token_hex(8))
    terminate_all(trial)
    yield
    trial.directory.publish_address()


@contextmanager
def limited(trial: Trial) -> Iterator[None]:
    """All connections that the role may have are taken by others."""
    directory = trial.directory
    directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 2")
    trial.afterwards.callback(lambda: directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1"))
    terminate_all(trial)
    others = [directory.session(ROLE) for _ in range(2)]
    yield
    for other in others:
        other.close()


@contextmanager
def read_only(trial: Trial) -> Iterator[None]:
    """The server stops; the one that takes over is read-only at first, then promoted."""
    setting = f"ALTER DATABASE {DATABASE} {{}} default_transaction_read_only"
    trial.directory.postgres.execute(f"{setting.format('SET')} = on")
    with stopped(trial):
        pass
    yield
    trial.directory.postgres.execute(setting.format("RESET"))


@contextmanager
def full(trial: Trial) -> Iterator[None]:
    """Tables on a small disk without room (ENOSPC), then room again."""
    directory = trial.directory
    with small_disk(directory.data.with_name("small"), directory.postgres.system_user) as disk:
        move = "ALTER TABLE empleados SET TABLESPACE {0}; ALTER TABLE eventos SET TABLESPACE {0}"
        directory.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        directory.sql(move.format("small"))
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        try:
            for _ in range(MANY):
                if not trial.client.create().is_done:
                    break
            yield
        finally:
            ballast.unlink(missing_ok=True)
        trial.recover()
        directory.sql(move.format("pg_default"))
        directory.sql("DROP TABLESPACE small")


@contextmanager
def small_disk(folder: Path, owner: str | None) -> Iterator[Path]:
    """A file system of its own, for PostgreSQL's data; skips the test where none may be mounted."""
    if owner is None:
        pytest.skip("only root may mount a small disk")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=777", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("no small disk may be mounted on this machine")
    try:
        inside = folder / "data"
        inside.mkdir()
        shutil.chown(inside, owner)
        yield inside
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.parametrize(
    ("broken", "is_readable"),
    [
        pytest.param(stopped, False, id="stopped and started", marks=pytest.mark.short),
        pytest.param(killed, False, id="killed"),
        pytest.param(locked, True, id="lock held"),
        pytest.param(rotated, False, id="password rotated"),
        pytest.param(limited, False, id="connection limit reached"),
        pytest.param(read_only, True, id="failover to a read-only server"),
        pytest.param(full, True, id="disk full"),
    ],
)
def test_postgresql(
    trial: Trial, broken: Callable[[Trial], AbstractContextManager[None]], *, is_readable: bool
) -> None:
    """A change is refused while something is wrong, and taken afterwards; some things do not keep from reading."""
    client = trial.client
    row_id = client.create().row_id
    with broken(trial):
        told = client.create()
        assert told.is_refused or (broken is killed and told.is_unknown)
        assert client.read(row_id).is_done == is_readable
    trial.recover()


# ---- what happens at one moment


@pytest.mark.short
def test_postgresql_connection_terminated(trial: Trial) -> None:
    """Connections terminated: idle, and in the middle of a statement."""
    client = trial.client
    client.create()
    terminate_all(trial)
    assert client.create().is_done, "when it met an idle connection that was terminated"
    waiting = f"SELECT count(*) {SESSIONS} AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as others, locked(trial):
        told = others.submit(client.create)
        wait_until(lambda: trial.directory.sql(waiting) != "0", "a statement that waits for a lock")
        terminate_all(trial)
    assert told.result().is_done, "again after its statement was terminated"
    trial.recover()


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
def test_postgresql_connection_met(trial: Trial, break_wire: Callable[[WireProxy], object], *, is_known: bool) -> None:
    """The idle connection ends, or the next answer does: only then the outcome is unknown, and a repetition refused."""
    trial.client.create()
    break_wire(trial.directory.calm_wire())
    email = trial.client.new_email()
    told = trial.client.create(email)
    assert (told.is_done, told.is_unknown) == (is_known, not is_known)
    assert trial.client.create(email).status == 409, "the row was there, and its repetition was not refused"
    trial.recover()


@pytest.mark.short
def test_postgresql_reset_that_comes_late(trial: Trial) -> None:
    """RST only when something is sent: a read, a write, the opening of a connection."""
    row_id = trial.client.create().row_id
    trial.directory.calm_wire().cut_before_request = True
    assert trial.client.read(row_id).is_done, "(a read is repeated)"
    trial.directory.calm_wire().cut_before_request = True
    assert trial.client.create().is_unknown
    trial.directory.calm_wire().cut_before_request = True
    assert trial.client.create().is_refused, "when the connection was reset while it was opened"
    trial.recover()


def test_postgresql_black_hole(trial: Trial) -> None:
    """Nothing passes any more in the middle of a statement, without a word."""
    trial.client.create()
    trial.directory.calm_wire().flowing.clear()
    began = time.monotonic()
    assert trial.client.create().is_unknown
    assert time.monotonic() - began < 22, "it took longer than Lambda lives"  # the promise itself
    trial.directory.wire.flowing.set()
    trial.recover()


# ---- the schema


def test_postgresql_schema_one_migration_behind(trial: Trial) -> None:
    """The code is deployed before its last migration, then the migration."""
    url = trial.directory.postgres.url(DATABASE)
    downgrade = [sys.executable, "-m", "alembic", "downgrade", "-1"]
    subprocess.run(
        downgrade, cwd=ROOT / "crud_app", env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True
    )
    told = trial.client.create()
    assert told.is_done or told.is_refused
    migrate(url)
    trial.recover()


def test_postgresql_schema_one_migration_ahead(trial: Trial) -> None:
    """The next migration (new columns) is there before its code."""
    directory, client = trial.directory, trial.client
    directory.sql("ALTER TABLE empleados ADD departamento text; ALTER TABLE eventos ADD origen text DEFAULT 'api'")
    undo = "ALTER TABLE empleados DROP departamento; ALTER TABLE eventos DROP origen"
    trial.afterwards.callback(lambda: directory.sql(undo))
    email = client.new_email()
    row_id = client.create(email).row_id
    for told in (client.update(email, row_id, "Jefa"), client.read(row_id), client.delete(email, row_id)):
        assert told.is_done
    trial.recover()
