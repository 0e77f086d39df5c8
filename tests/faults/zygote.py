"""One app, loaded and ready, from which Lambda's sandboxes are forked: a new one takes milliseconds.

    python -m tests.faults.zygote crud_app SOCKET

Each connection to the socket is one sandbox, a process that works on one invocation at a time, as on Lambda. It ends
with its connection, and when it is killed the connection ends.

An order says what to do: ``function`` and ``event``; ``dies_before`` (the number of a step); ``later`` (seconds by
which the app's clock is ahead). An outcome has ``answer`` or ``error``.

A step is a call that may reach the world outside: connect, send, receive. Between two of them nothing happens that
another process could see, so that dying before each of them is dying everywhere.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Listener
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from chalice_devserver.logs import log_to_stdout
from chalice_devserver.project import InvocationFailed, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from multiprocessing.connection import Connection

API = "api_handler"
SERVICES = ("sns", "sqs", "dynamodb", "sesv2", "cloudwatch")
#: The methods by which pg8000, botocore and httpx reach the world.
METHODS = ("connect", "send", "sendall", "recv", "recv_into")


class Sandbox:
    """The app in one process, which may die before a step and whose clock may be ahead."""

    def __init__(self, folder: Path) -> None:
        project = Project(folder, "local")
        handlers: dict[str, Callable[..., object]] = {API: project.app, **project.app.handler_map}
        self._functions = {name: project.function(name, handler) for name, handler in handlers.items()}
        self._later = 0.0
        self._steps = 0
        self._dies_before: int | None = None
        if folder.name == "email_app":
            self._set_clock()
        for module in sorted((folder / "chalicelib").glob("*/*.py")):
            importlib.import_module(f"chalicelib.{module.parent.name}.{module.stem}")
        for service in SERVICES:  # botocore reads its descriptions of AWS once
            boto3.client(service)  # type: ignore[call-overload] # one name after the other
        for name in METHODS:
            setattr(socket.socket, name, self._counting(getattr(socket.socket, name)))

    def _set_clock(self) -> None:
        from chalicelib.correos import bootstrap  # noqa: PLC0415 - of the one app that runs here

        sandbox = self

        class LaterServices(bootstrap.Services):
            def now(self) -> datetime:
                now: datetime = super().now()
                return now + timedelta(seconds=sandbox._later)

        bootstrap.services.replace(LaterServices())

    def _counting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            if self._steps == self._dies_before:
                os.kill(os.getpid(), signal.SIGKILL)
            self._steps += 1
            return method(*arguments, **options)

        return counted

    def work(self, channel: Connection) -> None:
        """Obey until the connection ends. It is no socket here: its steps do not count."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        timeouts = {name: function.timeout_seconds for name, function in self._functions.items()}
        channel.send((os.getpid(), timeouts))
        with suppress(EOFError):
            while True:
                channel.send(self._obey(channel.recv()))

    def _obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        self._later, self._steps, self._dies_before = order["later"], 0, order["dies_before"]
        try:
            answer = self._functions[order["function"]].invoke(order["event"])
        except InvocationFailed as error:
            return {"error": str(error)}
        return {"answer": answer}


def main(app: str, path: str) -> None:
    log_to_stdout()
    logging.getLogger("chalice").setLevel(logging.ERROR)
    sandbox = Sandbox(Path(app))
    listener = Listener(f"{path}.new", "AF_UNIX", backlog=128)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nothing waits for them
    gc.freeze()
    Path(f"{path}.new").rename(path)  # seen only when it can be connected to
    while True:
        channel = listener.accept()
        if os.fork() == 0:
            sandbox.work(channel)
            os._exit(0)
        channel.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
