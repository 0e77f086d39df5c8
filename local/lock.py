"""One `make run` for each folder of data."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

# How long the parts of a run that was killed may take to end.
WAIT_SECONDS = 60
LOOK_SECONDS = 0.1


class AlreadyRunning(Exception):
    """Another run uses the folder; the message says which."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[int]:
    """Hold ``folder`` for the length of the block; the value is a file descriptor that holds it too, wherever it goes.

    The system lets go of it when the last process that has the descriptor ends, however it ends.

    Raises:
        AlreadyRunning: see there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="ascii") as file:
        _acquire(file, folder)
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield file.fileno()


def _acquire(file: TextIO, folder: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = int(file.read() or 0)
            if psutil.pid_exists(owner) or time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"It runs already (process {owner}): stop that one first. A second one beside it needs other ports "
                    f"and, in LOCAL_STATE, another folder than {folder}."
                ) from None
            # The owner was killed, and its parts are being ended.
            time.sleep(LOOK_SECONDS)
        else:
            return
