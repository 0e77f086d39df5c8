"""Each app under plain `chalice local`, as its README says, with what that server can and cannot do."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from local.ports import port_of, reserve
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


@pytest.fixture(params=["crud_app", "email_app", "bff_app"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    reserved = reserve()  # held: with SO_REUSEADDR, as Chalice sets it, one more socket may bind the port and listen
    port = port_of(reserved)
    command = [sys.executable, "-c", "from chalice.cli import main; main()"]
    command += ["local", "--stage", "local", "--port", str(port), "--no-autoreload"]
    folder = ROOT / request.param
    with reserved, subprocess.Popen(command, cwd=folder, env=os.environ, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status_of(port, "/health")
            except ConnectionRefusedError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                break
        yield port
        process.terminate()


def test_an_app_runs_under_chalice_local(port: int) -> None:
    assert status_of(port, "/health") == 200
    assert status_of(port, "/no-such-path") == 403  # Chalice's server answers that itself: docs/design/local-stack.md
