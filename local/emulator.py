"""The AWS emulator (ministack), as a child process on the loopback interface."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
EMULATOR_PYTHON = ROOT / ".emulator" / "bin" / "python"
# -P: what lies beside the file (`token.py`) is not what the emulator imports by that name.
COMMAND = (str(EMULATOR_PYTHON), "-P", str(ROOT / "local" / "emulator_program.py"))
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10
REGION = "us-east-1"

# What boto3 needs to talk to an emulator: any credentials, one region, and the endpoint beside them.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class EmulatorFailed(RuntimeError):
    """The emulator ended, or did not answer within ``START_SECONDS``; the message says where its log is."""


def emulator_environment(
    port: int, *, state: Path | None = None, enforce_iam: bool = False, log_level: str = "INFO"
) -> dict[str, str]:
    """The environment of an emulator on ``port``, whatever AWS settings and Python the person at the keyboard has.

    It reads ``state``, a folder, when it starts, and writes it when SIGTERM ends it. That keeps queues with their
    messages, topics, tables with their items, identities and configuration sets; not the mails that SES took.
    """
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": str(enforce_iam).lower(),
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": log_level,
        # No other listeners: their ports are fixed, so two emulators on one machine would collide.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    if state is not None:
        settings |= {"PERSIST_STATE": "1", "STATE_DIR": str(state)}
    return {**without_aws(os.environ), **CREDENTIALS, **settings}


def adopt_state(state: Path, port: int) -> None:
    """Let an emulator on ``port`` find the queues of one that ran on another port.

    ministack files a queue under its URL: with another port, the queue that is made anew would stand beside the old
    one, and a topic would go on delivering to the old one.
    """
    saved = state / "sqs.json"
    if saved.exists():
        text = saved.read_text(encoding="utf-8")
        queue_url = r"http://localhost:[0-9]+/(?=[0-9]{12}/)"
        saved.write_text(re.sub(queue_url, f"http://localhost:{port}/", text), encoding="utf-8")


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment less the AWS settings of the person at the keyboard, and less this project's Python."""
    return {k: v for k, v in environment.items() if not k.startswith(("AWS_", "PYTHONPATH", "VIRTUAL_ENV"))}


def is_ready(port: int) -> bool:
    """Whether an emulator answers on ``port``."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Emulator:
    """A running emulator.

    Args:
        port: a free one.
        log: the file that gets what it says.
        state: a folder that keeps its queues and tables across restarts; without one they end with it.
        enforce_iam: whether its roles are as strict as AWS's.
        functions_environment: variables that all Lambda functions in it find, beside their own.
    """

    def __init__(
        self,
        port: int,
        log: Path,
        *,
        state: Path | None = None,
        enforce_iam: bool = False,
        functions_environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.endpoint = f"http://{HOST}:{port}"
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint}
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        if state is not None:
            adopt_state(state, port)
        environment = emulator_environment(port, state=state, enforce_iam=enforce_iam)
        with log.open("ab") as output:
            # Its functions inherit what it finds itself.
            self._process = self._start(output, {**environment, **(functions_environment or {})})
        self._wait_until_ready()

    def _start(self, output: BinaryIO, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        # A session of its own, so that Ctrl-C reaches only the parent, which stops the parts in order.
        return subprocess.Popen(  # noqa: S603 - the project's own emulator
            COMMAND, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if is_ready(self.port):
                return
            time.sleep(0.1)
        self.stop()
        raise EmulatorFailed(f"the AWS emulator did not start on port {self.port}; its log is {self._log}")

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


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_emulator(
    port: int,
    log: Path,
    *,
    state: Path | None = None,
    enforce_iam: bool = False,
    functions_environment: Mapping[str, str] | None = None,
) -> Iterator[Emulator]:
    """An emulator for the length of a ``with`` block; see `Emulator`."""
    emulator = Emulator(port, log, state=state, enforce_iam=enforce_iam, functions_environment=functions_environment)
    try:
        yield emulator
    finally:
        emulator.stop()
