"""PgBouncer in transaction mode before a test's PostgreSQL. ``make pgbouncer`` installs it, unless it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support import apt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.postgres import Postgres

START_SECONDS = 10
MAX_CLIENTS = 2_000
CONFIGURATION = """\
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = {max_clients}
ignore_startup_parameters = extra_float_digits
logfile = {folder}/pgbouncer.log
pidfile =
"""


class PoolerMissing(Exception):
    """There is no PgBouncer on this machine."""


def find_pgbouncer() -> str:
    """The program.

    Raises:
        PoolerMissing: see there.
    """
    # Debian keeps it where only root's PATH leads.
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        raise PoolerMissing("PgBouncer is not installed (`make pgbouncer`)")
    return program


@contextmanager
def running_pgbouncer(server: Postgres, folder: Path, *, pool_size: int) -> Iterator[Path]:
    """A pooler for the length of the block, with ``pool_size`` connections to ``server`` for all clients together.

    Its socket is what is yielded; it is in ``folder``, which is new, and named as PostgreSQL's would be.

    Raises:
        PoolerMissing: see there.
    """
    program = find_pgbouncer()
    folder.mkdir()
    file = folder / "pgbouncer.ini"
    settings = {"host": server.socket_folder, "folder": folder, "pool_size": pool_size, "max_clients": MAX_CLIENTS}
    file.write_text(CONFIGURATION.format(**settings), encoding="ascii")
    owner = server.system_user
    if owner:  # it refuses to run as root
        shutil.chown(folder, owner)
    process = subprocess.Popen([program, "--quiet", str(file)], user=owner, start_new_session=True)
    socket = folder / ".s.PGSQL.5432"
    try:
        _wait_for(socket)
        yield socket
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("PgBouncer did not come up")
        time.sleep(0.05)


def main() -> None:
    """Install Debian's where that needs no question; elsewhere say what is done without it."""
    try:
        find_pgbouncer()
    except PoolerMissing:
        if not apt.can_install():
            sys.stderr.write("There is no PgBouncer: what needs it is skipped, and says so. Install it to have all.\n")
            return
        try:
            apt.install("pgbouncer")
        except subprocess.CalledProcessError:
            sys.stderr.write("PgBouncer cannot be installed now: what needs it is skipped, and says so.\n")


if __name__ == "__main__":
    main()
