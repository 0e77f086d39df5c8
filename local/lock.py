"""One `make run` for each folder of data, which only its owner can read."""

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

WAIT_SECONDS = 60  # for the parts of a run that was killed


class AlreadyRunning(Exception):
    """Another run uses the folder; the message says which."""


def make_private(folder: Path) -> None:
    """Create ``folder`` for its owner only; what is made in it is private by the umask of `make run`.

    Started by root, PostgreSQL runs as another user, who must pass through ``folder`` itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def folder_lock(folder: Path) -> Iterator[int]:
    """Hold ``folder`` for the length of the block, or raise `AlreadyRunning`.

    The value is a descriptor that holds it in other processes, too. When the owner was killed, wait until its guardian,
    which has the descriptor, has ended all parts.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    with (folder / "lock").open("a+", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                owner = int(file.read() or 0)
                if psutil.pid_exists(owner) or time.monotonic() > deadline:
                    raise AlreadyRunning(
                        f"It runs already (process {owner}): stop that one first. A second one beside it needs other "
                        f"ports and, in LOCAL_STATE, another folder than {folder}."
                    ) from None
                time.sleep(0.1)
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield file.fileno()
