"""What is measured: code in read-only folders, called in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Isolated (-I, -S): neither the environment nor an installed package has an influence.
INTERPRETER = (sys.executable, "-I", "-S", "-B")
RUNNER = Path(__file__).with_name("runner.py")


class BenchFailed(Exception):
    """Something cannot be measured; the message is a sentence that says what."""


@dataclass(frozen=True)
class Subject:
    """One contestant.

    Attributes:
        name: what it is called in the results; unique in a table.
        folders: what is on its import path, first the one with its handler.
        handler: module and name, as Lambda wants them.
        environment: all of its environment variables.
    """

    name: str
    folders: tuple[Path, ...]
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Calls(NamedTuple):
    """What came of calling a handler some times: microseconds of each call, the last answer, and memory at its peak."""

    microseconds: Sequence[float]
    answer: Any
    mebibytes: float

    def require(self, subject: Subject, status: int, rows: int | None = None) -> Calls:
        """Require the right answer: how fast a wrong one came means nothing.

        Raises:
            BenchFailed: it has another status, or its body is no list of ``rows``.
        """
        if not isinstance(self.answer, dict) or self.answer.get("statusCode") != status:
            raise BenchFailed(f"{subject.name} answered {str(self.answer)[:300]} where {status} was due")
        if rows is not None and len(json.loads(self.answer["body"])) != rows:
            raise BenchFailed(f"{subject.name} did not answer with {rows} rows")
        return self


class Process:
    """A process of a subject for the length of a ``with`` block. It imports nothing of it before its first call.

    It ends with its standard input, which closes however this process ends.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*INTERPRETER, str(RUNNER), *map(str, self._subject.folders)],
            env=dict(self._subject.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._subject.folders[0],
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def call(self, events: Sequence[str], times: int = 1) -> Calls:
        """Call the handler, with the events (JSON texts) in turn.

        Raises:
            BenchFailed: it raised an exception.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = {"handler": self._subject.handler, "events": list(events), "calls": times}
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            errors = self._process.communicate()[1].strip() or "it said nothing"
            raise BenchFailed(f"{self._subject.name} ended: {errors.splitlines()[-1]}")
        told = json.loads(line)
        return Calls([each / 1000 for each in told["nanoseconds"]], told["answer"], told["mebibytes"])


def time_first_answer(subject: Subject, event: str) -> tuple[float, Calls]:
    """Milliseconds from the start of a new process to its first answer, and that answer."""
    begin = time.perf_counter()
    with Process(subject) as process:
        calls = process.call([event])
        return (time.perf_counter() - begin) * 1000, calls


def time_program(code: str) -> float:
    """Milliseconds from the start of a new process that runs a line of Python, and nothing else, to its end."""
    begin = time.perf_counter()
    subprocess.run([*INTERPRETER, "-c", code], env={}, check=True)
    return (time.perf_counter() - begin) * 1000
