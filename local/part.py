"""One process of `make run`."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING

import psutil

from local import guardian

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Of its output, the lines that are shown when a part dies.
LAST_LINES = 20
# How long a part's last lines may take to come out of the pipe after its end.
DRAIN_SECONDS = 2


class Part:
    """A child process that ends with this one. Its lines go to ``on_line``, its exit code to ``on_exit``."""

    def __init__(  # noqa: PLR0913 - a process is what it runs, with what, where, and who is told
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        folder: Path,
        *,
        on_line: Callable[[str, str], None],
        on_exit: Callable[[Part, int], None],
        up_word: str = "",
        pass_fds: Sequence[int] = (),
        grace_seconds: float = guardian.GRACE_SECONDS,
    ) -> None:
        """Start it. ``up_word`` begins the line that says that the part is up."""
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.is_up = False
        self.stopping = False
        self._up_word = up_word
        self._on_line = on_line
        self._on_exit = on_exit
        self._grace_seconds = grace_seconds
        self._process = subprocess.Popen(  # noqa: S603 - the project's own programs
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches the parent only, which stops the parts in order
            pass_fds=pass_fds,
        )
        self.pid = self._process.pid
        guardian.watch(self.pid)
        self._reader = threading.Thread(target=self._read, name=f"{name} output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, name=f"{name} end", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal that ended it."""
        return self._process.poll()

    def stop(self) -> None:
        """End it, if it runs; after the grace period kill it with its children."""
        self.stopping = True
        if self.exit_code is None:
            guardian.end_process(psutil.Process(self.pid), signal.SIGTERM, self._grace_seconds)
        self._process.wait()
        guardian.release(self.pid)
        self._reader.join(DRAIN_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self.is_up = self.is_up or line.startswith(self._up_word)
                self.last_lines.append(line.rstrip())
                self._on_line(self.name, line.rstrip())

    def _wait(self) -> None:
        exit_code = self._process.wait()
        self._reader.join(DRAIN_SECONDS)
        self._on_exit(self, exit_code)
