"""Ends child processes when this process is killed (kill -9) and cannot do it.

It is a child process itself and reads from a pipe which processes to watch. The pipe closes when this process ends,
however it ends; then the guardian ends what still runs, the newest first. Pipes and signals are all it needs.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# How long a process may take to end before it is killed.
GRACE_SECONDS = 10
LOOK_SECONDS = 0.05
RELEASE = 0

_guardian: subprocess.Popen[str] | None = None


def start(*, keep_open: Sequence[int] = ()) -> None:
    """Start the guardian unless it runs; it holds ``keep_open`` (a lock's descriptor) until all has ended."""
    global _guardian  # noqa: PLW0603 - one for each process
    if _guardian is None or _guardian.poll() is not None:
        _guardian = subprocess.Popen(
            [sys.executable, "-m", "local.guardian"],
            stdin=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[1],
            pass_fds=keep_open,
            start_new_session=True,  # Ctrl-C does not reach it
        )
        atexit.register(_guardian.communicate)


def watch(pid: int, ending: signal.Signals = signal.SIGTERM) -> None:
    """End the process ``pid`` with the signal ``ending`` if this process dies before `release`."""
    start()
    _tell(pid, ending)


def release(pid: int) -> None:
    """Forget the process ``pid``."""
    _tell(pid, RELEASE)


def _tell(pid: int, number: int) -> None:
    assert _guardian
    assert _guardian.stdin
    with suppress(BrokenPipeError):  # it was killed
        print(pid, int(number), file=_guardian.stdin, flush=True)


def is_running(process: psutil.Process) -> bool:
    """Whether ``process`` runs; a zombie does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_process(process: psutil.Process, ending: int, grace_seconds: float) -> None:
    """End ``process`` with the signal ``ending``; after ``grace_seconds`` kill the group that it leads."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        process.send_signal(ending)
        deadline = time.monotonic() + grace_seconds
        while is_running(process):
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)


def guard(lines: Iterable[str], grace_seconds: float = GRACE_SECONDS) -> None:
    """Read ``<pid> <signal>`` from ``lines`` to their end, then end what was not released."""
    watched: dict[int, tuple[psutil.Process, int]] = {}
    for line in lines:
        pid, number = map(int, line.split())
        watched.pop(pid, None)
        with suppress(psutil.NoSuchProcess):
            if number != RELEASE:
                # psutil compares start times as well: a reused id is another process.
                watched[pid] = psutil.Process(pid), number
    for process, ending in reversed(watched.values()):
        if is_running(process):
            end_process(process, ending, grace_seconds)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guard(sys.stdin)
