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
    from pathlib import Path

    from tests.faults.trial import Trial

SMALL_DISK = "16m"
#: A disk of that size is full long before.
MANY = 400
#: The app's sessions.
SESSIONS = f"FROM pg_stat_activity WHERE usename = '{ROLE}'"


# ---- what they share


def terminate_all(trial: Trial) -> None:
    """End the app's sessions, and wait until they have ended."""
    trial.directory.sql(f"SELECT pg_terminate_backend(pid, 60000) {SESSIONS}")


@contextmanager
def locked(trial: Trial) -> Iterator[None]:
    """Another session holds a lock on the table for the length of the block."""
    session = trial.directory.session()
    session.run("BEGIN")
    session.run("LOCK TABLE empleados IN EXCLUSIVE MODE")
    try:
        yield
    finally:
        session.run("ROLLBACK")
        session.close()


def wait_for_waiter(trial: Trial) -> None:
    """Return when a statement of the app waits for a lock."""
    waiting = f"SELECT count(*) {SESSIONS} AND wait_event_type = 'Lock'"
    wait_until(lambda: trial.directory.sql(waiting) != "0", "a statement that waits for a lock")


# ---- the server


@pytest.mark.short
def test_postgresql_stopped_and_started(trial: Trial) -> None:
    """Stopped, 3 requests meanwhile, started."""
    trial.client.create()
    trial.directory.stop_postgres()
    for _ in range(3):
        assert trial.client.create().is_refused, "while it is down"
    trial.directory.start_postgres()
    trial.recover()


def test_postgresql_killed(trial: Trial) -> None:
    """Kill -9 of the server, started again."""
    trial.client.create()
    server = psutil.Process(trial.directory.postgres.pid)
    family = [server, *server.children()]
    server.kill()
    assert not trial.client.create().is_done, "a change was taken while it was down"
    psutil.wait_procs(family, timeout=30)  # its processes end when they notice
    trial.directory.stop_postgres()
    trial.directory.start_postgres()
    trial.recover()


@pytest.mark.short
def test_postgresql_connection_terminated(trial: Trial) -> None:
    """Connections terminated: idle, and in the middle of a statement."""
    client = trial.client
    client.create()
    terminate_all(trial)
    assert client.create().is_done, "when it met an idle connection that was terminated"
    with ThreadPoolExecutor(1) as others, locked(trial):
        waiting = others.submit(client.create)
        wait_for_waiter(trial)
        terminate_all(trial)
    assert waiting.result().is_done, "again after its statement was terminated"
    trial.recover()


# ---- the way to it


@pytest.mark.parametrize(
    ("break_wire", "is_known"),
    [
        (WireProxy.close_all, True),
        (WireProxy.reset_all, True),
        (lambda wire: setattr(wire, "cut_in_answer", True), False),
    ],
    ids=["FIN", "RST", "half an answer, then FIN"],
)
def test_postgresql_connection_met(trial: Trial, break_wire: Callable[[WireProxy], object], *, is_known: bool) -> None:
    """The idle connection ends, or the next answer does: only then the outcome is unknown."""
    trial.client.create()
    break_wire(trial.directory.calm_wire())
    told = trial.client.create()
    assert (told.is_done, told.is_unknown) == (is_known, not is_known)
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


@pytest.mark.short
def test_postgresql_answer_lost(trial: Trial) -> None:
    """RST after the statement, before its answer; repeated by the client."""
    trial.client.create()
    trial.directory.calm_wire().cut_before_answer = True
    email = trial.client.new_email()
    assert trial.client.create(email).is_unknown
    assert trial.client.create(email).status == 409, "the row was there, and its repetition was not refused"
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


# ---- states of the server


def test_postgresql_failover_to_a_read_only_server(trial: Trial) -> None:
    """The server stops; the one that takes over is read-only at first, then promoted."""
    directory, client = trial.directory, trial.client
    row_id = client.create().row_id
    setting = "default_transaction_read_only"
    trial.directory.postgres.execute(f"ALTER DATABASE {DATABASE} SET {setting} = on")
    directory.stop_postgres()
    directory.start_postgres()
    assert client.read(row_id).is_done, "by a read-only server"
    assert client.create().is_refused, "while it is read-only"
    trial.directory.postgres.execute(f"ALTER DATABASE {DATABASE} RESET {setting}")
    trial.recover()


def test_postgresql_disk_full(trial: Trial) -> None:
    """Tables on a small disk without room (ENOSPC), then room again."""
    directory, client = trial.directory, trial.client
    row_id = client.create().row_id
    with small_disk(directory.data.with_name("small"), trial.directory.postgres.system_user) as disk:
        directory.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        for table in ("empleados", "eventos"):
            directory.sql(f"ALTER TABLE {table} SET TABLESPACE small")
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        try:
            refused = next((told for told in (client.create() for _ in range(MANY)) if not told.is_done), None)
            assert refused, "the disk did not fill"
            if refused:
                assert refused.is_refused, "while the disk is full"
            assert client.read(row_id).is_done, "(a read, while the disk is full)"
        finally:
            ballast.unlink(missing_ok=True)
        trial.recover()
        for table in ("empleados", "eventos"):
            directory.sql(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        directory.sql("DROP TABLESPACE small")


@contextmanager
def small_disk(folder: Path, owner: str | None) -> Iterator[Path]:
    """A file system of its own, for PostgreSQL's data.

    Raises:
        NotPossibleHere: only root may mount one, and has PostgreSQL run as another user.
    """
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


def test_postgresql_lock_held(trial: Trial) -> None:
    """Another session locks the table for longer than the 3 s that a statement waits."""
    trial.client.create()
    with locked(trial):
        assert trial.client.create().is_refused, "while the table is locked"
    trial.recover()


def test_postgresql_password_rotated(trial: Trial) -> None:
    """The password changes, then the Parameter Store; running functions go on."""
    directory, client = trial.directory, trial.client
    client.create()
    directory.set_password(secrets.token_hex(8))
    terminate_all(trial)
    assert client.create().is_refused, "before the Parameter Store knows the new password"
    directory.publish_address()
    trial.recover()


def test_postgresql_connection_limit_reached(trial: Trial) -> None:
    """All connections that the role may have are taken by others."""
    directory = trial.directory
    directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 2")
    trial.afterwards.callback(lambda: directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1"))
    terminate_all(trial)
    others = [directory.session(ROLE) for _ in range(2)]
    assert trial.client.create().is_refused, "while there is no connection left"
    for other in others:
        other.close()
    trial.recover()


def test_postgresql_schema_one_migration_behind(trial: Trial) -> None:
    """The code is deployed before its last migration, then the migration."""
    url = trial.directory.postgres.url(DATABASE)
    subprocess.run(
        [sys.executable, "-m", "alembic", "downgrade", "-1"],
        cwd=ROOT / "crud_app", env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True,
    )  # fmt: skip
    told = trial.client.create()
    if not told.is_done:
        assert told.is_refused, "with the schema one migration behind"
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
