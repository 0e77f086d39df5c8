"""The AWS emulator (ministack), as a child process on the loopback interface."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".emulator" / "bin" / "ministack"
START_SECONDS = 60
STOP_SECONDS = 10
REGION = "us-east-1"

# What boto3 needs to talk to an emulator: any credentials, one region, and the endpoint beside them.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",  # noqa: S105 - the emulator takes any
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class EmulatorFailedError(RuntimeError):
    """The emulator ended, or did not answer within ``START_SECONDS``; the message says where its log is."""


class Emulator:
    """A running emulator. ``state`` keeps its queues and tables across restarts; without it they end with it."""

    def __init__(self, port: int, log: Path, *, state: Path | None = None, enforce_iam: bool = False) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint}
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = self._start(output, state=state, enforce_iam=enforce_iam)
        self._wait_until_ready()

    def _start(self, output: BinaryIO, *, state: Path | None, enforce_iam: bool) -> subprocess.Popen[bytes]:
        settings = {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": str(enforce_iam).lower(),
            "MINISTACK_REGION": REGION,
            # No other listeners: their ports are fixed, so two emulators on one machine would collide.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
            settings |= {"PERSIST_STATE": "1", "STATE_DIR": str(state)}
        # A session of its own, so that Ctrl-C reaches only the parent, which stops the parts in order.
        return subprocess.Popen(
            [PROGRAM],
            env={**_without_aws(os.environ), **CREDENTIALS, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise EmulatorFailedError(f"the AWS emulator did not start on port {self.port}; its log is {self._log}")

    def stop(self) -> None:
        """End the emulator and its workers, by the process group that it leads."""
        for step in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            os.killpg(self._process.pid, step)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment less the AWS settings of the person at the keyboard, and less this project's Python."""
    return {k: v for k, v in environment.items() if not k.startswith(("AWS_", "PYTHONPATH", "VIRTUAL_ENV"))}


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_emulator(
    port: int, log: Path, *, state: Path | None = None, enforce_iam: bool = False
) -> Iterator[Emulator]:
    """An emulator for the length of a ``with`` block."""
    emulator = Emulator(port, log, state=state, enforce_iam=enforce_iam)
    try:
        yield emulator
    finally:
        emulator.stop()
