"""Debian's PostgreSQL, where the machine has it: with TLS, passwords and pg_trgm, which the embedded one lacks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from local import guardian
from local.ports import port_of, reserve
from tests.support.tls import make_certificate
from tests.support.waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running_debian_postgres(password: str) -> Iterator[tuple[Path, int]]:
    """Run one, and yield the folder of its Unix socket, which asks for no password, and its port with TLS, which does.

    Skips the test where there is none.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("this machine has no PostgreSQL of its own (apt-get install postgresql)")
    owner = "postgres" if os.geteuid() == 0 else None

    def run(program: str, *arguments: str | Path) -> None:
        command = [programs / program, "-D", data, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, user=owner)

    # The port is reserved for the server, which may bind it as well; no other program gets it.
    with TemporaryDirectory(prefix="crud-empleados-") as name, reserve() as reserved:
        folder, port = Path(name), port_of(reserved)
        data, secret, certificate = folder / "data", folder / "password", make_certificate(folder / "server.pem")
        secret.write_text(password)
        for path in (folder, secret, certificate):
            path.chmod(0o700)
            shutil.chown(path, owner or os.geteuid())
        guardian.watch(data, signal.SIGINT)
        access = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}")
        run("initdb", "--username=postgres", "--locale=C.UTF-8", "--encoding=UTF8", *access)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "ssl": "on"}
        settings |= {"ssl_cert_file": certificate, "ssl_key_file": certificate}
        options = " ".join(f"--{setting}={value}" for setting, value in settings.items())
        run("pg_ctl", "start", "-w", "-t", str(PATIENCE_SECONDS), "-l", folder / "log", "-o", options)
        try:
            yield folder, port
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
            guardian.release(data)
