"""One app, loaded and ready, from which Lambda's sandboxes are forked: a new one takes milliseconds.

    python -m tests.faults.zygote --project-dir crud_app --socket PATH

Each connection to the socket is one sandbox, a process that works on one invocation at a time, as on Lambda. It ends
with its connection, and when it is killed the connection ends. The whole ends with its standard input.

A line of JSON says what to do: ``function`` and ``event``; ``dies_before`` (the number of a step, see `steps.py`);
``later`` (seconds by which the app's clock is ahead). A line of JSON answers: ``answer`` or ``error``, and the
``steps``.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from chalice_devserver.logs import log_to_stdout
from chalice_devserver.project import Function, InvocationFailed, Project
from tests.faults.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from chalice_devserver.project import LambdaContext

API = "api_handler"
SERVICES = ("sns", "sqs", "dynamodb", "sesv2", "cloudwatch")


class Clock:
    """How far an app's clock is ahead, in seconds: what waits for a quarter of an hour need not be waited for."""

    def __init__(self) -> None:
        self.later = 0.0


class Zygote:
    """The app, and what its sandboxes are made of."""

    def __init__(self, folder: Path) -> None:
        project = Project(folder, "local")
        self._app = project.app
        handlers: dict[str, Callable[[Any, LambdaContext], object]] = {API: project.app, **project.app.handler_map}
        self._functions = {name: project.function(name, handler) for name, handler in handlers.items()}
        self._clock = Clock()
        self._steps = Steps()
        if folder.name == "email_app":
            set_clock(self._clock)
        warm_up(folder)
        self._steps.install()

    def serve(self, listener: socket.socket) -> None:
        """Fork a sandbox for each connection until standard input ends."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
        gc.freeze()
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                self._work(connection)
                os._exit(0)
            connection.close()

    def _work(self, connection: socket.socket) -> None:
        """Be a sandbox. The channel to the outside is no socket here: its steps do not count."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        descriptor = connection.detach()
        with open(descriptor, "rb", closefd=False) as orders, open(descriptor, "wb") as answers:  # noqa: PTH123
            timeouts = {name: function.timeout_seconds for name, function in self._functions.items()}
            _write(answers, {"pid": os.getpid(), "timeouts": timeouts})
            for line in orders:
                _write(answers, self._obey(json.loads(line)))

    def _obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        self._clock.later = order["later"]
        self._steps.begin(order["dies_before"])
        outcome = invoke(self._functions[order["function"]], order["event"])
        return {**outcome, "steps": self._steps.done, "routes": len(self._app.routes)}


def invoke(function: Function, event: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, or why there is none."""
    try:
        return {"answer": function.invoke(event)}
    except InvocationFailed as error:
        return {"error": str(error)}


def set_clock(clock: Clock) -> None:
    """Let email_app, which is imported, have a clock that can be put ahead."""
    from chalicelib.correos import bootstrap  # noqa: PLC0415 - of the one app that runs here

    class LaterServices(bootstrap.Services):
        def now(self) -> datetime:
            now: datetime = super().now()
            return now + timedelta(seconds=clock.later)

    bootstrap.services.replace(LaterServices())


def warm_up(folder: Path) -> None:
    """Import all of the app, and let botocore read its descriptions of AWS, once. No connection is made."""
    for module in sorted((folder / "chalicelib").glob("*/*.py")):
        importlib.import_module(f"chalicelib.{module.parent.name}.{module.stem}")
    for service in SERVICES:
        boto3.client(service)  # type: ignore[call-overload] # one name after the other


def _write(stream: Any, document: Mapping[str, Any]) -> None:
    stream.write(json.dumps(document).encode() + b"\n")
    stream.flush()


def main(arguments: Sequence[str]) -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.zygote", description="Fork sandboxes of an app.")
    parser.add_argument("--project-dir", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    options = parser.parse_args(arguments)
    log_to_stdout()
    logging.getLogger("chalice").setLevel(logging.ERROR)
    zygote = Zygote(options.project_dir)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(options.socket))
        listener.listen(128)
        zygote.serve(listener)


if __name__ == "__main__":
    main(sys.argv[1:])
