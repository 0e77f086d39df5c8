"""What is measured: code in read-only folders, called in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Isolated (-I, -S): neither the environment nor an installed package has an influence.
INTERPRETER = (sys.executable, "-I", "-S", "-B")
RUNNER = Path(__file__).with_name("runner.py")
NANOSECONDS_IN_A_MICROSECOND = 1_000


class BenchFailed(Exception):
    """Something cannot be measured; the message is a sentence that says what."""


@dataclass(frozen=True)
class Subject:
    """One contestant.

    Attributes:
        key: what it is called in the results; unique in a table.
        label: what people read.
        folders: what is on its import path, first the one with its handler.
        handler: module and name, as Lambda wants them.
        environment: all of its environment variables.
    """

    key: str
    label: str
    folders: tuple[Path, ...]
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        """What starts its process."""
        return [*INTERPRETER, str(RUNNER), *map(str, self.folders)]


@dataclass(frozen=True)
class Calls:
    """What came of calling a handler some times.

    Attributes:
        microseconds: how long each call took.
        cpu_microseconds: how long the processor was at work in each call.
        cpu_since_start: microseconds that the processor was at work for the process, from its start to the last call.
        mebibytes: the process's memory at its peak, everything counted.
        answer: what the last call answered.
    """

    microseconds: Sequence[float]
    cpu_microseconds: Sequence[float]
    cpu_since_start: float
    mebibytes: float
    answer: Any

    def require(self, subject: Subject, status: int, rows: int | None = None) -> Calls:
        """Require the right answer: how fast a wrong one came means nothing.

        Raises:
            BenchFailed: it has another status, or its body is no list of ``rows``.
        """
        if not isinstance(self.answer, dict) or self.answer.get("statusCode") != status:
            raise BenchFailed(f"{subject.label} answered {str(self.answer)[:300]} where {status} was due")
        if rows is not None and len(json.loads(self.answer["body"])) != rows:
            raise BenchFailed(f"{subject.label} did not answer with {rows} rows")
        return self


class Process:
    """A new process of a subject. It has not imported anything of it before its first call."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._process = subprocess.Popen(
            subject.command,
            env=dict(subject.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=subject.folders[0],
            text=True,
        )

    def call(self, events: Sequence[str], times: int = 1, *, pause: float = 0) -> Calls:
        """Call the handler, with the events (JSON texts) in turn, ``pause`` seconds from the end of one to the next.

        Raises:
            BenchFailed: it raised an exception.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = {"handler": self._subject.handler, "events": list(events), "calls": times, "pause": pause}
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise BenchFailed(f"{self._subject.label} ended: {self._last_words()}")
        told = json.loads(line)
        return Calls(
            microseconds=[each / NANOSECONDS_IN_A_MICROSECOND for each in told["nanoseconds"]],
            cpu_microseconds=[each / NANOSECONDS_IN_A_MICROSECOND for each in told["cpu_nanoseconds"]],
            cpu_since_start=told["cpu_since_start"] / NANOSECONDS_IN_A_MICROSECOND,
            mebibytes=told["mebibytes"],
            answer=told["answer"],
        )

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._process.kill()
        self._process.communicate()

    def _last_words(self) -> str:
        _, errors = self._process.communicate()
        return (errors or "it said nothing").strip().splitlines()[-1]


@contextmanager
def running(subject: Subject) -> Iterator[Process]:
    """A process of the subject for the length of a ``with`` block."""
    process = Process(subject)
    try:
        yield process
    finally:
        process.close()


def time_first_answer(subject: Subject, event: str) -> tuple[float, Calls]:
    """Milliseconds from the start of a new process to its first answer, and that answer."""
    begin = time.perf_counter()
    with running(subject) as process:
        calls = process.call([event])
        return (time.perf_counter() - begin) * 1000, calls


def time_program(code: str) -> float:
    """Milliseconds from the start of a new process that runs a line of Python, and nothing else, to its end."""
    begin = time.perf_counter()
    subprocess.run([*INTERPRETER, "-c", code], env={}, check=True)
    return (time.perf_counter() - begin) * 1000
