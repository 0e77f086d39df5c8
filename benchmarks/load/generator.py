"""Starts the process that makes the load, and hears from it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from typing import TYPE_CHECKING

from benchmarks.load.results import Measurement
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.load.work import Load

PYTHON = ROOT / ".load" / "bin" / "python"
LAST_LINES = 5


class GeneratorFailed(Exception):
    """The process that makes the load ended with an error; the message holds its last words."""


class Generator:
    """A load under way. Ctrl-C does not reach its process: whoever started it calls `stop`."""

    def __init__(self, load: Load, *, python: Path = PYTHON) -> None:
        """Start it, with the interpreter ``python``, which has locust.

        Raises:
            GeneratorFailed: that is not installed.
        """
        if not python.exists():
            raise GeneratorFailed("The generator of the load is not installed: `make load-test` does it.")
        self._words = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by `measurements`
        self._stops = 0
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.load.users"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin
        # It may have ended already: `measurements` says why.
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(load.to_json() + "\n")

    def measurements(self) -> Iterator[Measurement]:
        """Each answer, as soon as it is there, until the process has ended.

        Raises:
            GeneratorFailed: it ended in another way than by having done its work, or by `stop`.
        """
        assert self._process.stdout
        with self._words, self._process, self._process.stdout:
            for line in self._process.stdout:
                yield Measurement(*json.loads(line))
            if self._process.wait() != 0 and not self._stops:
                self._words.seek(0)
                last_words = "\n".join(self._words.read().splitlines()[-LAST_LINES:])
                raise GeneratorFailed(f"The process that makes the load ended with an error.\n{last_words}")

    def stop(self) -> None:
        """Let the answers to what is under way come, and nothing more; the second time, do not even wait for those."""
        self._stops += 1
        if self._stops == 1:
            self._process.terminate()
        else:
            self._process.kill()
