"""Child processes that cannot outlive their parent, even when it is killed (kill -9).

Each parent has one guardian, a process that reads from a pipe which children to watch. The pipe closes when the parent
ends; the guardian then ends the children that still run, the newest first. It also ends a parent whose `make` is gone.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# How long a process may take to come up, and to end before it is killed.
START_SECONDS, GRACE_SECONDS = 60, 10
LOOK_SECONDS = 0.05
MAKE_LOOK_SECONDS = 0.5
RELEASE = 0
# `pg_ctl` starts `postgres` by a shell.
SERVER_PROGRAMS = {"initdb", "pg_ctl", "sh", "postgres"}

_guardian: subprocess.Popen[str] | None = None


class Child(subprocess.Popen[str]):
    """A process with a session of its own (Ctrl-C does not reach it) that ends with this one."""

    def __init__(self, command: Sequence[str | Path], **options: Any) -> None:  # noqa: ANN401 - those of Popen
        super().__init__(command, start_new_session=True, text=True, errors="replace", **options)
        watch(self.pid)

    def comes_up(self, is_up: Callable[[], object]) -> bool:
        """Wait for ``is_up()``; False when the process has ended without it, or after ``START_SECONDS``."""
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            if self.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """End it, if it runs; after ``grace_seconds`` kill it with its children."""
        if self.poll() is None:
            end_process(psutil.Process(self.pid), signal.SIGTERM, grace_seconds)
        self.wait()
        release(self.pid)


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


def watch(what: int | Path, ending: int = signal.SIGTERM) -> None:
    """End what is watched with the signal ``ending`` if this process dies before `release`.

    ``what`` is a process id, or the data folder of a PostgreSQL server. The folder is known before the server starts:
    a process that dies while it starts one leaves no server unwatched.
    """
    start()
    assert _guardian
    assert _guardian.stdin
    with suppress(BrokenPipeError):  # it was killed
        print(int(ending), what, file=_guardian.stdin, flush=True)


def release(what: int | Path) -> None:
    watch(what, RELEASE)


def is_running(process: psutil.Process) -> bool:
    """A zombie does not run."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_process(process: psutil.Process, ending: int, grace_seconds: float) -> None:
    """End ``process`` with the signal ``ending``; kill it after ``grace_seconds``, and what is left of its group."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        process.send_signal(ending)
        deadline = time.monotonic() + grace_seconds
        while is_running(process) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)


def guard(lines: Iterable[str], grace_seconds: float = GRACE_SECONDS) -> None:
    """Read ``<signal> <process id or folder>`` from ``lines`` to their end, then end what was not released."""
    watched: dict[str, tuple[psutil.Process | str, int]] = {}
    for line in lines:
        number, what = line.rstrip("\n").split(" ", 1)
        watched.pop(what, None)
        with suppress(psutil.NoSuchProcess):
            if int(number) != RELEASE:
                # psutil compares start times as well: a reused id is another process.
                watched[what] = psutil.Process(int(what)) if what.isdecimal() else what, int(number)
    for each, ending in reversed(watched.values()):
        if isinstance(each, str):
            end_servers(each, ending, grace_seconds)
        elif is_running(each):
            end_process(each, ending, grace_seconds)


def end_servers(folder: str, ending: int, grace_seconds: float) -> None:
    """End the PostgreSQL server of a data folder, also one that is being started: its starter starts the next."""
    while starting := [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] in SERVER_PROGRAMS and folder in " ".join(process.info["cmdline"] or ())
    ]:
        for process in starting:
            if is_running(process):
                end_process(process, ending, grace_seconds)


def _end_parent_with_make() -> None:
    """A `make` that is killed leaves the program running that it started: end that, too."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(os.getppid())
        make = next((each for each in parent.parents() if each.name() in {"make", "gmake"}), None)
        while make and is_running(make):
            time.sleep(MAKE_LOOK_SECONDS)
        if make:
            parent.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_parent_with_make, daemon=True).start()
    guard(sys.stdin)
