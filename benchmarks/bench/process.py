"""A contestant: code in read-only folders, called in a process of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import psutil

from benchmarks.bench.measuring import quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.bench.measuring import Table

T = TypeVar("T")

# Isolated (-I, -S): neither the environment nor an installed package has an influence.
INTERPRETER = (sys.executable, "-I", "-S", "-B")
RUNNER = Path(__file__).with_name("runner.py")
# Calls of a turn before those that are timed: the others' turns have filled the caches.
SETTLING = 5
QUICK_ROUNDS, QUICK_CALLS = 2, 5


class BenchFailed(Exception):
    """Something cannot be measured; the message is a sentence that says what."""


@dataclass(frozen=True)
class Subject:
    """One contestant, whose name is unique in a table. Its handler is in the first of its folders."""

    name: str
    folders: tuple[Path, ...]
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Operation(NamedTuple):
    """What a contestant is asked in a turn: ``calls`` times, with the events (JSON texts) one after the other.

    How fast a wrong answer came means nothing: the last one must have this status (None: it is no response), and a list
    of ``rows`` if given.
    """

    name: str
    events: Sequence[str]
    calls: int = 1
    status: int | None = 200
    rows: int | None = None


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

    def call(self, operation: Operation) -> dict[str, Any]:
        """What the runner says: the microseconds of each call, the last answer, which must be right, and modules."""
        assert self._process.stdin
        assert self._process.stdout
        name = self._subject.name
        order = {"handler": self._subject.handler, "events": list(operation.events), "calls": operation.calls}
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            errors = self._process.communicate()[1].strip() or "it said nothing"
            raise BenchFailed(f"{name} ended: {errors.splitlines()[-1]}")
        done: dict[str, Any] = json.loads(line)
        answer = done["answer"]
        if (answer or {}).get("statusCode") != operation.status:
            raise BenchFailed(f"{name} answered {str(answer)[:300]} where {operation.status} was due")
        if operation.rows is not None and len(json.loads(answer["body"])) != operation.rows:
            raise BenchFailed(f"{name} did not answer with {operation.rows} rows")
        return done

    def memory(self) -> float:
        """The MiB that it has now."""
        return psutil.Process(self._process.pid).memory_info().rss / 2**20


def time_first_answer(subject: Subject, operation: Operation) -> float:
    """Milliseconds from the start of a new process to its first answer."""
    begin = time.perf_counter()
    with Process(subject) as process:
        process.call(operation)
        return (time.perf_counter() - begin) * 1000


def time_program(code: str) -> float:
    """Milliseconds from the start of a new process that runs a line of Python, and nothing else, to its end."""
    begin = time.perf_counter()
    subprocess.run([*INTERPRETER, "-c", code], env={}, check=True)
    return (time.perf_counter() - begin) * 1000


def take_turns(contestants: Sequence[T], rounds: int) -> Iterator[tuple[int, T]]:
    """Each of the contestants once a round, in another order each time, with the number of the round."""
    source = random.Random(11)  # noqa: S311 - an order
    for number in range(rounds):
        yield from ((number, each) for each in source.sample(contestants, k=len(contestants)))


def race(
    table: Table,
    contestants: Sequence[tuple[Subject, Sequence[Operation]]],
    rounds: int,
    *,
    is_quick: bool,
    after_turn: Callable[[], object] = lambda: None,
) -> None:
    """Let warm processes take turns at their operations: p50 and p99 of a turn are one round's numbers.

    The first round only warms them up.
    """
    with ExitStack() as stack:
        entries = [(stack.enter_context(Process(subject)), subject.name, asked) for subject, asked in contestants]
        for number, (process, name, asked) in take_turns(entries, 1 + (QUICK_ROUNDS if is_quick else rounds)):
            for operation in asked:
                calls = SETTLING + (QUICK_CALLS if is_quick else operation.calls)
                done = process.call(operation._replace(calls=calls))
                for rank in (50, 99) if number else ():
                    microseconds = quantile(done["microseconds"][SETTLING:], rank)
                    value = microseconds if table.unit == "µs" else microseconds / 1000
                    table.add((name, f"{operation.name} p{rank}"), value)
            if number:
                table.add((name, "MiB of memory"), process.memory())
            after_turn()
