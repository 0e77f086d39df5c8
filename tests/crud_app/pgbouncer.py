"""PgBouncer in transaction mode before the tests' PostgreSQL. `make pgbouncer` installs it, unless it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Debian keeps it where only root's PATH leads.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PORT = 6432
#: Fewer than the tests' clients: they must share.
SERVER_CONNECTIONS = 3
START_SECONDS = 10

CONFIG = """
[databases]
* = host={postgres} user=postgres

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
logfile = {folder}/log
"""


@contextmanager
def running_pgbouncer(program: str, postgres: Path) -> Iterator[Path]:
    """PgBouncer before the server with a socket in the folder ``postgres``; its own socket is what is yielded."""
    # As the server's own user: PgBouncer, too, refuses to run as root.
    owner = postgres.stat().st_uid
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        config = folder / "pgbouncer.ini"
        config.write_text(
            CONFIG.format(postgres=postgres, port=PORT, folder=folder, connections=SERVER_CONNECTIONS), "utf-8"
        )
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, owner, -1)
        process = subprocess.Popen([program, "--quiet", config], user=owner if is_root else None)
        socket = folder / f".s.PGSQL.{PORT}"
        try:
            deadline = time.monotonic() + START_SECONDS
            while not socket.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield socket
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Install PgBouncer where that needs no question: elsewhere the tests do without it, and say so."""
    if PROGRAM:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.stderr.write("There is no PgBouncer: the round trips are counted without it (install it to have them).\n")
        return
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "pgbouncer"]
    try:
        subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
        subprocess.run(install, check=True, env=quietly, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        sys.stderr.write("PgBouncer cannot be installed now: the round trips are counted without it.\n")


if __name__ == "__main__":
    main()
