"""PgBouncer in transaction mode before the embedded PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.support import apt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.postgres import Postgres

START_SECONDS = 10
#: Server connections for all clients together.
POOL_SIZE = 20
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
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        raise PoolerMissing("PgBouncer is not installed (`make pgbouncer`)")
    return program


@contextmanager
def running_pgbouncer(server: Postgres, folder: Path) -> Iterator[None]:
    """A pooler for the length of the block; its socket is in ``folder``, which is new, as PostgreSQL's would be.

    Raises:
        PoolerMissing: see there.
    """
    program = find_pgbouncer()
    folder.mkdir()
    file = folder / "pgbouncer.ini"
    settings = {"host": server.socket_folder, "folder": folder, "pool_size": POOL_SIZE, "max_clients": MAX_CLIENTS}
    file.write_text(CONFIGURATION.format(**settings), encoding="ascii")
    owner = server.system_user
    if owner:  # it refuses to run as root
        shutil.chown(folder, owner)
    process = subprocess.Popen([program, "--quiet", str(file)], user=owner, start_new_session=True)
    try:
        _wait_for(folder / ".s.PGSQL.5432")
        yield
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


def install_pgbouncer() -> None:
    """Install Debian's, unless there is one.

    Raises:
        PoolerMissing: that is not possible on this machine.
    """
    with suppress(PoolerMissing):
        find_pgbouncer()
        return
    if not apt.can_install():
        raise PoolerMissing("PgBouncer can only be installed by root, with apt-get; make faults says so and goes on")
    apt.install("pgbouncer")


if __name__ == "__main__":
    install_pgbouncer()
