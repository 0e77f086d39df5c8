"""The AWS emulator (ministack), as a child process on the loopback interface."""

from __future__ import annotations

import base64
import http.client
import os
import re
import secrets
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.guardian import Child
from local.ports import HOST, port_of, reserve

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (str(ROOT / ".emulator/bin/python"), "-m", "local.emulator_program")  # in ROOT
REGION = "us-east-1"

# The services of `make run`, by the names that signatures use. The last three hold nothing: `make status` asks them.
SERVICES = frozenset(
    {"cognito-idp", "dynamodb", "ses", "sns", "sqs", "sts", "apigateway", "elasticloadbalancing", "monitoring"}
)
# What the Terraform files need beside them. With `lambda` the emulator runs code, and serves what was deployed.
DEPLOYMENT_SERVICES = SERVICES | {
    *("application-autoscaling", "autoscaling", "cloudcontrolapi", "cloudfront", "ec2", "events", "iam", "kms"),
    *("lambda", "logs", "s3", "scheduler", "ssm", "tagging", "wafv2"),
}


# The only access key that the emulators accept which this process starts. Other processes read it in `.local/env`.
ACCESS_KEY = {
    "AWS_ACCESS_KEY_ID": f"AKIA{base64.b32encode(secrets.token_bytes(20)).decode()}",
    "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(20),
}
CREDENTIALS = {**ACCESS_KEY, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}


class EmulatorFailed(RuntimeError):
    """The emulator ended, or did not come up in time; the message says where its log is."""


def emulator_environment(
    reserved: socket.socket,
    *,
    services: Iterable[str] = SERVICES,
    state: Path | None = None,
    enforce_iam: bool = False,
    log_level: str = "INFO",
) -> dict[str, str]:
    """The environment of an emulator that inherits ``reserved``, whatever the shell has set for AWS and Python.

    It reads the folder ``state`` when it starts and writes it when SIGTERM ends it: all but the e-mails sent.
    """
    settings = {
        "EMULATOR_SOCKET": str(reserved.fileno()),
        "EMULATOR_SERVICES": " ".join(sorted(services)),
        "GATEWAY_PORT": str(port_of(reserved)),  # stands in the addresses of queues
        "AUTH": str(enforce_iam).lower(),
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": log_level,
        "PYTHONIOENCODING": "utf-8",  # whatever the terminal's is: it prints the subjects of mails
        # No listeners with fixed ports: two emulators on one machine would collide.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    if state is not None:
        _adopt_state(state, port_of(reserved))
        settings |= {"PERSIST_STATE": "1", "STATE_DIR": str(state), "INBOX_DIR": str(state.parent / "inbox")}
    return {**without_aws(os.environ), **CREDENTIALS, **settings}


def _adopt_state(state: Path, port: int) -> None:
    """Let an emulator on ``port`` find the queues of one that ran on another port: ministack files them by URL."""
    saved = state / "sqs.json"
    if saved.exists():
        queues = re.sub(
            r"http://localhost:[0-9]+/(?=[0-9]{12}/)", f"http://localhost:{port}/", saved.read_text("utf-8")
        )
        saved.write_text(queues, "utf-8")


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` without the shell's AWS settings and without this project's Python."""
    return {k: v for k, v in environment.items() if not k.startswith(("AWS_", "PYTHONPATH", "VIRTUAL_ENV"))}


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    with suppress(OSError, http.client.HTTPException), closing(connection):
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    return False


def client_of(service: Any, endpoint: str, credentials: Mapping[str, str] = ACCESS_KEY) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
    import boto3  # noqa: PLC0415 - most of the programs and tests that start an emulator need no client here

    key: dict[str, Any] = {name.lower(): credentials[name] for name in ACCESS_KEY}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **key)


class Emulator:
    """A running emulator on any free port, for the length of a ``with`` block; see `emulator_environment`."""

    def __init__(
        self, log: Path, *, services: Iterable[str] = SERVICES, state: Path | None = None, enforce_iam: bool = False
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with reserve() as served, log.open("ab") as output:
            self.port = port_of(served)
            self._process = Child(
                COMMAND,
                cwd=ROOT,
                env=emulator_environment(served, services=services, state=state, enforce_iam=enforce_iam),
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[served.fileno()],
            )
        self.endpoint = f"http://{HOST}:{self.port}"
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint}
        self.pid = self._process.pid
        if not self._process.comes_up(lambda: is_ready(self.port)):
            self.stop()
            raise EmulatorFailed(f"the AWS emulator did not start on port {self.port}; its log is {log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.stop()
