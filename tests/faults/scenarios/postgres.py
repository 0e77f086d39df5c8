"""PostgreSQL, and the way to it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pg8000.exceptions
import psutil

from local.postgres import Postgres, migrate
from local.settings import ROOT
from tests.faults.directory import DATABASE, ROLE
from tests.faults.standby import Standby
from tests.faults.trial import NotPossibleHere, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.trial import Trial

SMALL_DISK = "16m"
#: A disk of that size is full long before.
MANY = 400
#: The app's sessions.
SESSIONS = f"FROM pg_stat_activity WHERE usename = '{ROLE}'"


def stopped_and_started(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    client.create()
    directory.stop_postgres()
    for _ in range(3):
        trial.refused(client.create(), "while it is down")
    directory.start_postgres()
    trial.recover()
    return "stopped, 3 requests meanwhile, started"


def killed(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    client.create()
    assert isinstance(directory.postgres, Postgres)
    server = psutil.Process(directory.postgres.pid)
    family = [server, *server.children()]
    server.kill()
    trial.check(not client.create().is_done, "a change was taken while it was down")
    psutil.wait_procs(family, timeout=30)  # its processes end when they notice
    directory.stop_postgres()
    directory.start_postgres()
    trial.recover()
    return "kill -9 of the server, started again"


def terminated(trial: Trial) -> str:
    """Between two statements, and in the middle of one."""
    client = trial.client
    client.create()
    terminate_all(trial)
    trial.check(client.create().is_done, "an idle connection was terminated, and the next request met it")
    with ThreadPoolExecutor(1) as others, locked(trial):
        waiting = others.submit(client.create)
        wait_for_waiter(trial)
        terminate_all(trial)
    trial.check(waiting.result().is_done, f"a terminated statement was not repeated: {waiting.result().status}")
    trial.recover()
    return "connections terminated: idle, and in the middle of a statement"


def closed_idle(trial: Trial) -> str:
    trial.client.create()
    trial.directory.wire.close_all()
    trial.check(trial.client.create().is_done, "the request after it failed")
    trial.recover()
    return "FIN on an idle connection"


def reset_idle(trial: Trial) -> str:
    trial.client.create()
    trial.directory.wire.reset_all()
    trial.check(trial.client.create().is_done, "the request after it failed")
    trial.recover()
    return "RST on an idle connection"


def reset_late(trial: Trial) -> str:
    """The peer is long gone, and says so only when something is sent."""
    row_id = trial.client.create().row_id
    trial.directory.calm_wire().cut_before_request = True
    trial.check(trial.client.read(row_id).is_done, "a read was not repeated")
    trial.directory.calm_wire().cut_before_request = True
    told = trial.client.create()
    trial.check(told.is_unknown, f"told {told.status}, not that it is unknown")
    trial.directory.calm_wire().cut_before_request = True
    trial.refused(trial.client.create(), "a connection that is reset while it is opened")
    trial.recover()
    return "RST only when something is sent: a read, a write, the opening of a connection"


def answer_lost(trial: Trial) -> str:
    trial.client.create()
    trial.directory.calm_wire().cut_before_answer = True
    email = trial.client.new_email()
    told = trial.client.create(email)
    trial.check(told.is_unknown, f"told {told.status}, not that it is unknown")
    trial.check(trial.client.create(email).status == 409, "the row was there, and its repetition was not refused")
    trial.recover()
    return "RST after the statement, before its answer; repeated by the client"


def half_an_answer(trial: Trial) -> str:
    trial.client.create()
    trial.directory.calm_wire().cut_in_answer = True
    told = trial.client.create()
    trial.check(told.is_unknown, f"told {told.status}, not that it is unknown")
    trial.recover()
    return "half of an answer, then FIN"


def black_hole(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    client.create()
    directory.calm_wire().flowing.clear()
    began = time.monotonic()
    told = client.create()
    trial.check(told.is_unknown, f"told {told.status}, not that it is unknown")
    trial.check(time.monotonic() - began < 22, "it took longer than Lambda lives")
    directory.wire.flowing.set()
    trial.recover()
    return "nothing passes any more in the middle of a statement, without a word"


def failover(trial: Trial) -> str:
    """To a standby that is read-only for a while, and then promoted."""
    directory, client = trial.directory, trial.client
    primary = directory.postgres
    assert isinstance(primary, Postgres)
    standby = Standby(primary, directory.data.with_name("standby"))
    trial.afterwards.callback(lambda: _fail_back(trial, standby))
    rows = [client.create().row_id for _ in range(5)]
    _wait_until_caught_up(primary, standby)
    directory.stop_postgres()
    directory.use(standby)
    trial.check(client.read(rows[-1]).is_done, "a read-only standby answers no reads")
    trial.refused(client.create(), "while it is read-only")
    standby.promote()
    trial.recover()
    return "the primary stops, a standby takes over: first read-only, then promoted"


def _wait_until_caught_up(primary: Postgres, standby: Standby) -> None:
    wanted = primary.execute("SELECT pg_current_wal_lsn()")
    while standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{wanted}'") != "t":
        time.sleep(0.05)


def _fail_back(trial: Trial, standby: Standby) -> None:
    standby.shut_down()
    shutil.rmtree(standby.socket_folder)
    trial.directory.start_postgres()
    trial.directory.wire.close_all()


def disk_full(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    server = directory.postgres
    assert isinstance(server, Postgres)
    row_id = client.create().row_id
    with small_disk(directory.data.with_name("small"), server.system_user) as disk:
        directory.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        for table in ("empleados", "eventos"):
            directory.sql(f"ALTER TABLE {table} SET TABLESPACE small")
        ballast = disk / "ballast"
        try:
            fill(ballast)
            refused = next((told for told in (client.create() for _ in range(MANY)) if not told.is_done), None)
            trial.check(refused, "the disk did not fill")
            if refused:
                trial.refused(refused, "while the disk is full")
                trial.check(client.read(row_id).is_done, "a read failed while the disk was full")
        finally:
            ballast.unlink(missing_ok=True)
        trial.recover()
        for table in ("empleados", "eventos"):
            directory.sql(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        directory.sql("DROP TABLESPACE small")
    return f"tables on a disk of {SMALL_DISK} without room (ENOSPC), then room again"


@contextmanager
def small_disk(folder: Path, owner: str | None) -> Iterator[Path]:
    """A file system of its own, for PostgreSQL's data.

    Raises:
        NotPossibleHere: only root may mount one, and has PostgreSQL run as another user.
    """
    if owner is None:
        raise NotPossibleHere("only root may mount a small disk")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=777", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        raise NotPossibleHere("this machine lets nobody mount a small disk")
    try:
        inside = folder / "data"
        inside.mkdir()
        shutil.chown(inside, owner)
        yield inside
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def fill(file: Path) -> None:
    """Write until the disk is full."""
    try:
        with file.open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
    except OSError:
        return


def lock_held(trial: Trial) -> str:
    trial.client.create()
    with locked(trial):
        trial.refused(trial.client.create(), "while the table is locked")
    trial.recover()
    return "somebody holds a lock on the table for longer than the 3 s that a statement waits"


def statement_over_time(trial: Trial) -> str:
    trial.client.create()
    with trigger(trial, "PERFORM pg_sleep(30)"):
        trial.refused(trial.client.create(), "a statement that takes too long")
    trial.recover()
    return "a statement that would take 30 s, of which it gets 10"


def not_serializable(trial: Trial) -> str:
    """40001 with a real rival: the role's transactions are made repeatable read, and the row changes meanwhile."""
    directory, client = trial.directory, trial.client
    email = client.new_email()
    row_id = client.create(email).row_id
    directory.sql(f"ALTER ROLE {ROLE} SET default_transaction_isolation = 'repeatable read'")
    trial.afterwards.callback(lambda: directory.sql(f"ALTER ROLE {ROLE} RESET default_transaction_isolation"))
    terminate_all(trial)
    before = rolled_back(trial)
    rival = directory.session()
    for position in ("Jefa", "Directora", "Socia"):
        rival.run("BEGIN")
        rival.run("UPDATE empleados SET actualizado_en = actualizado_en WHERE id = :row_id", row_id=row_id)
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(client.update, email, row_id, position)
            wait_for_waiter(trial)
            rival.run("COMMIT")
        trial.check(waiting.result().is_done, f"told {waiting.result().status}")
    rival.close()
    terminate_all(trial)  # a session hands its figures over when it ends
    trial.check(rolled_back(trial) > before, "there was no 40001")
    trial.recover()
    return "three changes of a row that a rival changes meanwhile, in repeatable read: refused (40001) and repeated"


def deadlock(trial: Trial) -> str:
    """40P01 with a real rival, who holds what the event needs, and then wants the row."""
    directory, client = trial.directory, trial.client
    email = client.new_email()
    row_id = client.create(email).row_id
    rival = directory.session()
    rival.run("BEGIN")
    rival.run(
        "INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload)"
        " VALUES (gen_random_uuid(), :row_id, 2, 'actualizado', now(), 'rival', '{}')",
        row_id=row_id,
    )
    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(client.update, email, row_id, "Jefa")
        wait_for_waiter(trial)
        wanting = threads.submit(rival.run, "SELECT 1 FROM empleados WHERE id = :row_id FOR UPDATE", row_id=row_id)
        try:
            wanting.result()
            has_won = True
        except pg8000.exceptions.DatabaseError:
            has_won = False
        rival.run("ROLLBACK")
        told = waiting.result()
    rival.close()
    trial.check(told.is_done, f"told {told.status}")
    return f"a deadlock with another session; the {'app' if has_won else 'other session'} was the victim, and repeated"


def password_rotated(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    client.create()
    directory.set_password(secrets.token_hex(8))
    terminate_all(trial)
    trial.refused(client.create(), "before the Parameter Store knows the new password")
    directory.publish_address()
    trial.recover()
    return "the password changes, then the Parameter Store is told; the functions that run go on"


def connections_used_up(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 2")
    trial.afterwards.callback(lambda: directory.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1"))
    terminate_all(trial)
    others = [directory.app_session() for _ in range(2)]
    trial.refused(client.create(), "while there is no connection left")
    for other in others:
        other.close()
    trial.recover()
    return "all connections that the role may have are taken by others"


def schema_behind(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    url = directory.postgres.url(DATABASE) if isinstance(directory.postgres, Postgres) else ""
    subprocess.run(
        [sys.executable, "-m", "alembic", "downgrade", "-1"],
        cwd=ROOT / "crud_app", env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True,
    )  # fmt: skip
    told = client.create()
    if not told.is_done:
        trial.refused(told, "with the schema one migration behind")
    migrate(url)
    trial.recover()
    return "the code is deployed before its last migration, then the migration"


def schema_ahead(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    directory.sql("ALTER TABLE empleados ADD departamento text; ALTER TABLE eventos ADD origen text DEFAULT 'api'")
    undo = "ALTER TABLE empleados DROP departamento; ALTER TABLE eventos DROP origen"
    trial.afterwards.callback(lambda: directory.sql(undo))
    email = client.new_email()
    row_id = client.create(email).row_id
    for told in (client.update(email, row_id, "Jefa"), client.read(row_id), client.delete(email, row_id)):
        trial.check(told.is_done, f"told {told.status}")
    trial.recover()
    return "the next migration (new columns) is there before its code"


# ---- what they share -------------------------------------------------------------------------------------------------


def terminate_all(trial: Trial) -> None:
    """End the app's sessions."""
    trial.directory.sql(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
    time.sleep(0.1)


@contextmanager
def locked(trial: Trial) -> Iterator[None]:
    """Somebody holds a lock on the table for the length of the block."""
    session = trial.directory.session()
    session.run("BEGIN")
    session.run("LOCK TABLE empleados IN EXCLUSIVE MODE")
    try:
        yield
    finally:
        session.run("ROLLBACK")
        session.close()


@contextmanager
def trigger(trial: Trial, body: str) -> Iterator[None]:
    """Each insert of an employee first does this."""
    trial.directory.sql(
        f"CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body}; RETURN NEW; END$$;"
        "CREATE TRIGGER fault BEFORE INSERT ON empleados FOR EACH ROW EXECUTE FUNCTION fault()"
    )
    try:
        yield
    finally:
        trial.directory.sql("DROP TRIGGER fault ON empleados; DROP FUNCTION fault")


def wait_for_waiter(trial: Trial) -> None:
    """Return when a statement of the app waits for a lock."""
    deadline = time.monotonic() + 10
    waiting = f"SELECT count(*) {SESSIONS} AND wait_event_type = 'Lock'"
    while trial.directory.sql(waiting) == "0" and time.monotonic() < deadline:
        time.sleep(0.02)


def rolled_back(trial: Trial) -> int:
    """Transactions that were rolled back so far."""
    return int(trial.directory.sql("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"))


GROUP = "PostgreSQL"
SCENARIOS = (
    Scenario(GROUP, "stopped and started", stopped_and_started, is_short=True),
    Scenario(GROUP, "killed", killed),
    Scenario(GROUP, "connection terminated", terminated, is_short=True),
    Scenario(GROUP, "FIN", closed_idle),
    Scenario(GROUP, "RST", reset_idle),
    Scenario(GROUP, "reset that comes late", reset_late, is_short=True),
    Scenario(GROUP, "answer lost", answer_lost, is_short=True),
    Scenario(GROUP, "half an answer", half_an_answer),
    Scenario(GROUP, "black hole", black_hole),
    Scenario(GROUP, "failover to a read-only standby", failover),
    Scenario(GROUP, "disk full", disk_full),
    Scenario(GROUP, "lock held", lock_held),
    Scenario(GROUP, "statement over time", statement_over_time),
    Scenario(GROUP, "40001", not_serializable),
    Scenario(GROUP, "40P01", deadlock),
    Scenario(GROUP, "password rotated", password_rotated),
    Scenario(GROUP, "connection limit reached", connections_used_up),
    Scenario(GROUP, "schema one migration behind", schema_behind),
    Scenario(GROUP, "schema one migration ahead", schema_ahead),
)
