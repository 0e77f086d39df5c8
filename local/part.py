"""One process of `make run`."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from local.guardian import GRACE_SECONDS, Child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Of its output, the lines that are shown when a part dies.
LAST_LINES = 20
# How long a part's last lines may take to come out of the pipe after its end.
DRAIN_SECONDS = 2


class Part(Child):
    """Its lines go to ``on_line``; ``on_exit`` is called at its end. ``up_word`` begins the line that says it is up."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        on_line: Callable[[str, str], None],
        on_exit: Callable[[Part], None],
        up_word: str = "",
        **options: Any,  # noqa: ANN401 - those of Popen
    ) -> None:
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.is_up = False
        self.stopping = False
        self._up_word = up_word
        self._on_line = on_line
        self._on_exit = on_exit
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        super().__init__(command, **pipes, **options)
        self._reader = threading.Thread(target=self._read, name=f"{name} output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait_for_end, name=f"{name} end", daemon=True).start()

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """See `Child`; its last lines still come."""
        self.stopping = True
        super().stop(grace_seconds)
        self._reader.join(DRAIN_SECONDS)

    def _read(self) -> None:
        assert self.stdout
        with self.stdout as lines:
            for line in lines:
                self.is_up = self.is_up or line.startswith(self._up_word)
                self.last_lines.append(line.rstrip())
                self._on_line(self.name, line.rstrip())

    def _wait_for_end(self) -> None:
        self.wait()
        self._reader.join(DRAIN_SECONDS)
        self._on_exit(self)
