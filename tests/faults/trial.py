"""One fault as it runs: what it may break, what it finds, and what is written down about it."""

from __future__ import annotations

import inspect
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.books import Account, balance
from tests.faults.client import Client, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.directory import Directory

RECOVERY_SECONDS = 60
UNAVAILABLE = 503


class NotPossibleHere(Exception):
    """This machine lacks what the fault needs; the message says what."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong. ``is_short``: it is part of `make check`."""

    group: str
    name: str
    description: str
    run: Callable[[Trial], None]
    is_short: bool

    @property
    def title(self) -> str:
        return f"{self.group}: {self.name}"


FAULTS: list[Fault] = []


def fault(
    group: str, name: str, description: str = "", *, is_short: bool = False
) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Register what breaks the system; unless described here, the function's docstring describes it."""

    def register(run: Callable[[Trial], None]) -> Callable[[Trial], None]:
        FAULTS.append(Fault(group, name, description or (inspect.getdoc(run) or "").partition("\n")[0], run, is_short))
        return run

    return register


@dataclass
class Result:
    """What came of a fault; ``notes`` are figures, or why it was not run."""

    fault: Fault
    account: Account | None = None  # it was not possible here, or it broke off
    recovery: float | None = None  # seconds from the end of the fault to the first success
    seconds: float = 0
    notes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


class Trial:
    """What a fault works with. ``afterwards`` puts things in order again when everything has been counted."""

    def __init__(self, directory: Directory, result: Result, afterwards: ExitStack, *, is_full: bool) -> None:
        self.directory = directory
        self.afterwards = afterwards
        self.client = Client(directory.http)
        self.is_full = is_full
        self._result = result

    def note(self, figure: str) -> None:
        self._result.notes.append(figure)

    def check(self, holds: object, sentence: str) -> None:
        if not holds:
            self._result.differences.append(sentence)

    def done(self, told: Told, when: str = "") -> None:
        self.check(told.is_done, f"not done {when}: {told}")

    def unknown(self, told: Told, when: str = "") -> None:
        self.check(told.is_unknown, f"not unknown {when}: {told}")

    def refused(self, told: Told, when: str) -> None:
        """Note a difference unless the client was told that nothing was done, and that it may be repeated."""
        is_so = told.status == UNAVAILABLE and not told.is_unknown and "Retry-After" in told.headers
        self.check(is_so, f"not refused {when}: {told}")

    def recover(self) -> None:
        """The fault is over: ask until a change is taken again, and remember how long that took."""
        ended = time.monotonic()
        while not self.client.create().is_done:
            if time.monotonic() - ended > RECOVERY_SECONDS:
                self.check(holds=False, sentence=f"no recovery within {RECOVERY_SECONDS} s")
                return
            time.sleep(0.05)
        self._result.recovery = time.monotonic() - ended


def carry_out(fault: Fault, directory: Directory, *, is_full: bool = False) -> Result:
    """Break the fresh system, let everything settle, and count."""
    began, result = time.monotonic(), Result(fault)
    try:
        directory.reset()
        with ExitStack() as afterwards:
            trial = Trial(directory, result, afterwards, is_full=is_full)
            fault.run(trial)
            trial.check(directory.settle(), "it does not settle")
            result.account = balance(directory, trial.client)
            result.differences += result.account.differences
    except NotPossibleHere as missing:
        result.notes = [f"not run: {missing}"]
    except Exception as error:  # noqa: BLE001 - the others are to be run all the same
        result.differences += [f"{type(error).__name__}: {error}", *traceback.format_tb(error.__traceback__)[-3:]]
    result.seconds = time.monotonic() - began
    return result
