"""One process of `make run`."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING

from local.guardian import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# How many of its last lines are shown when a part dies.
LAST_LINES = 20
# How long a part's last lines may take to come out of the pipe after its end.
DRAIN_SECONDS = 2


class Part:
    """A child process. Each line that it writes goes to ``on_line``; its end, however it comes, to ``on_exit``."""

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
    ) -> None:
        """Start it. ``up_word`` is what begins the line by which it says that it is up."""
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.is_up = False
        self.stopping = False
        self._up_word = up_word
        self._on_line = on_line
        self._on_exit = on_exit
        # A session of its own, so that Ctrl-C reaches only the parent, which stops the parts in order.
        self._process = subprocess.Popen(  # noqa: S603 - the project's own programs
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, name=f"{name} output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, name=f"{name} end", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal that ended it."""
        return self._process.poll()

    def stop(self) -> None:
        """End it, if it runs; kill it, with the group that it leads, when it takes too long."""
        self.stopping = True
        self._process.terminate()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
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
