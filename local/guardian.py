"""Ends the parts of `make run` when `make run` itself is killed (kill -9) and cannot do it.

A child process that the parts do not know of. It reads their ids from a pipe whose other end only `make run` holds;
the end of that pipe is the end of `make run`, however it came. Whatever then still runs is ended, the newest first.
This needs no help from the parts, and nothing but pipes and signals: it is the same on Linux and macOS.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a part gets to end in order, before it is killed.
GRACE_SECONDS = 10
LOOK_SECONDS = 0.05


class Guardian:
    """The child process, seen from `make run`."""

    def __init__(self, *, keep_open: int) -> None:
        """Start it; it holds the file descriptor ``keep_open`` (the lock of the folder) until all parts have ended."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.guardian"],
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            pass_fds=[keep_open],
            start_new_session=True,  # Ctrl-C does not reach it
        )

    def watch(self, pid: int, ending: signal.Signals = signal.SIGTERM) -> None:
        """Take care of the process ``pid``, which ends in order at the signal ``ending``."""
        assert self._process.stdin
        print(pid, int(ending), file=self._process.stdin, flush=True)

    def dismiss(self) -> None:
        """Let it see that all parts have ended, and end itself."""
        self._process.communicate()


def is_running(process: psutil.Process) -> bool:
    """Whether ``process`` runs. One that has ended and waits for its parent to notice (a zombie) does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_process(process: psutil.Process, ending: int) -> None:
    """End ``process`` with the signal ``ending``; kill it, with the group that it leads, when it takes too long."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        process.send_signal(ending)
        deadline = time.monotonic() + GRACE_SECONDS
        while is_running(process):
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)


def guard(lines: Iterable[str]) -> None:
    """Read ``<pid> <signal>`` from ``lines`` to their end, then end what still runs."""
    parts: list[tuple[psutil.Process, int]] = []
    for line in lines:
        pid, number = map(int, line.split())
        with suppress(psutil.NoSuchProcess):
            # psutil knows a process by its start time too: an id that was given away again is another process.
            parts.append((psutil.Process(pid), number))
    for process, ending in reversed(parts):
        if is_running(process):
            end_process(process, ending)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guard(sys.stdin)
