"""One scenario as it runs: what it may break, what it finds, and what is written down about it."""

from __future__ import annotations

import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.books import Account, balance
from tests.faults.client import Client, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.directory import Directory

RECOVERY_SECONDS = 60
UNAVAILABLE = 503


class NotPossibleHere(Exception):
    """This machine lacks what the scenario needs; the message says what."""


@dataclass(frozen=True)
class Scenario:
    """Something that goes wrong."""

    group: str
    name: str
    run: Callable[[Trial], str]
    """Does it, and says what was done."""
    is_short: bool = False
    """Whether it is part of `make test`."""


@dataclass(frozen=True)
class Result:
    """What came of a scenario."""

    scenario: Scenario
    done: str
    account: Account | None
    """None: it was not possible here, and ``done`` says why."""
    recovery: float | None
    """Seconds from the end of the fault to the first success."""
    seconds: float
    differences: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing is other than it must be."""
        return not self.differences


class Trial:
    """What a scenario works with.

    Args:
        directory: the system, fresh.
        afterwards: what puts it in order again, when everything has been counted.
        is_full: whether it may take its time (`FULL=1`).
    """

    def __init__(self, directory: Directory, afterwards: ExitStack, *, is_full: bool = False) -> None:
        self.directory = directory
        self.afterwards = afterwards
        self.client = Client(directory.http)
        self.is_full = is_full
        self.recovery: float | None = None
        self.differences: list[str] = []

    def check(self, holds: object, sentence: str) -> None:
        """Note ``sentence`` as a difference unless it holds."""
        if not holds:
            self.differences.append(sentence)

    def refused(self, told: Told, sentence: str) -> None:
        """Note a difference unless the client was told that nothing was done, and that it may be repeated."""
        is_so = told.status == UNAVAILABLE and not told.is_unknown and "Retry-After" in told.headers
        self.check(is_so, f"{sentence}: {told.status}{', unknown' if told.is_unknown else ''}")

    def recover(self) -> None:
        """The fault is over: ask until a change is taken again, and remember how long that took."""
        ended = time.monotonic()
        while not self.client.create().is_done:
            if time.monotonic() - ended > RECOVERY_SECONDS:
                self.differences.append(f"no recovery within {RECOVERY_SECONDS} s")
                return
            time.sleep(0.05)
        self.recovery = time.monotonic() - ended


def carry_out(scenario: Scenario, directory: Directory, *, is_full: bool = False) -> Result:
    """Run a scenario on the fresh system, let everything settle, and count."""
    began = time.monotonic()
    account, recovery, differences = None, None, []
    try:
        directory.reset()
        with ExitStack() as afterwards:
            trial = Trial(directory, afterwards, is_full=is_full)
            differences = trial.differences
            done = scenario.run(trial)
            trial.check(directory.settle(), "it does not settle")
            account, recovery = balance(directory, trial.client), trial.recovery
            differences += account.differences
    except NotPossibleHere as missing:
        done = f"not run: {missing}"
    except Exception as error:  # noqa: BLE001 - the others are to be run all the same
        done = "broke off"
        differences += [f"{type(error).__name__}: {error}", *traceback.format_tb(error.__traceback__)[-3:]]
    return Result(scenario, done, account, recovery, time.monotonic() - began, tuple(differences))
