"""PgBouncer in transaction mode in front of a test's PostgreSQL. ``make pgbouncer`` installs it if it is missing."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.guardian import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.postgres import Postgres

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
    """The path of the program; raises PoolerMissing without one."""
    # Debian keeps it where only root's PATH leads.
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        raise PoolerMissing("PgBouncer is not installed (`make pgbouncer`)")
    return program


@contextmanager
def running_pgbouncer(server: Postgres, folder: Path, *, pool_size: int) -> Iterator[Path]:
    """Run a pooler for the length of the block, and yield the path of its socket, named as PostgreSQL's would be.

    ``folder`` is a new one for its files; all clients together get ``pool_size`` connections. Raises PoolerMissing.
    """
    program = find_pgbouncer()
    folder.mkdir()
    file = folder / "pgbouncer.ini"
    settings = {"host": server.socket_folder, "folder": folder, "pool_size": pool_size, "max_clients": MAX_CLIENTS}
    file.write_text(CONFIGURATION.format(**settings), encoding="ascii")
    owner = server.system_user
    if owner:  # it refuses to run as root
        shutil.chown(folder, owner)
    process = Child([program, "--quiet", str(file)], user=owner)
    socket = folder / ".s.PGSQL.5432"
    try:
        assert process.comes_up(socket.exists), (folder / "pgbouncer.log").read_text()
        yield socket
    finally:
        process.stop()
        shutil.rmtree(folder)
