"""Counts what a process does on its sockets, and kills it before a given step.

A step is a call that may reach the world outside: connect, send, receive. Between two of them nothing happens that
anybody else could see, so that dying before each of them is dying everywhere.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: The methods by which pg8000, botocore and httpx reach the world.
METHODS = ("connect", "send", "sendall", "recv", "recv_into")


class Steps:
    """What this process has done since `begin`."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._last: int | None = None

    def install(self) -> None:
        """Count from now on, in this process and those that it forks."""
        for name in METHODS:
            setattr(socket.socket, name, self._counting(name, getattr(socket.socket, name)))

    def begin(self, last: int | None) -> None:
        """Count from 0 again; before the step with the number ``last`` the process dies, as by ``kill -9``."""
        self.done = []
        self._last = last

    def _counting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(endpoint: socket.socket, *arguments: Any, **options: Any) -> Any:
            if len(self.done) == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
            self.done.append(name)
            return method(endpoint, *arguments, **options)

        return counted
