"""A load test from its first question to the removal of what it made."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.load.arguments import MOST_REQUESTS
from benchmarks.load.climb import STEP_SECONDS, Halt, Limits, halt_after, heights, step_of
from benchmarks.load.generator import Generator
from benchmarks.load.outcome import Climb, Outcome
from benchmarks.load.profile import Profile
from benchmarks.load.results import Measurement, Results, results_of
from benchmarks.load.work import Load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.load.arguments import Options
    from benchmarks.load.climb import Step
    from benchmarks.load.directory import Directory
    from benchmarks.load.terminal import Terminal

# Two runs with the same variables, against the same directory, send the same requests.
SEED = 50


class Interruption:
    """Ctrl-C: nothing more is sent; the second time, nothing more is waited for."""

    def __init__(self) -> None:
        self.is_asked = False
        self._generator: Generator | None = None

    def ask(self) -> None:
        """Stop what is under way. Safe in a signal handler."""
        self.is_asked = True
        if self._generator:
            self._generator.stop()

    def watch(self, generator: Generator) -> None:
        """Stop this one from now on, or at once when it has been asked for already."""
        self._generator = generator
        if self.is_asked:
            generator.stop()


class LoadTest:
    """Measures a directory as the options say."""

    def __init__(
        self,
        options: Options,
        headers: Mapping[str, str],
        directory: Directory,
        terminal: Terminal,
        interruption: Interruption,
    ) -> None:
        """Nothing is sent before `run`. Every request has the ``headers``: they say who asks."""
        self._options = options
        self._headers = headers
        self._directory = directory
        self._terminal = terminal
        self._interruption = interruption

    def run(self) -> Outcome:
        """Make the load; `tidy_up` must follow, whatever happens.

        Raises:
            DirectoryTrouble: see there.
            GeneratorFailed: see there.
        """
        options = self._options
        began = datetime.now(UTC).astimezone()
        load = Load(
            url=options.target.url,
            headers=self._headers,
            profile=options.profile,
            users=options.concurrency,
            requests=options.requests,
            seconds=options.seconds,
            seed=SEED,
            excerpt=self._directory.excerpt(),
        )
        if options.profile is Profile.STEP:
            climb = self._climb(load)
            step = climb.knee or next(iter(climb.steps), None)
            results = step.results if step else Results((), 0.0)
        else:
            climb, results = None, self._send_all(load)
        return Outcome(options, began, results, climb, self._interruption.is_asked)

    def tidy_up(self) -> None:
        """Remove the employees that the load has made, if it is of that kind.

        Raises:
            RowsLeft: see there.
        """
        if self._options.profile.writes:
            self._terminal.note("Borrando los empleados de prueba…")
            removed = sum(1 for _ in self._directory.remove_own_rows())
            self._terminal.note(f"Borrados: {removed}. Sus eventos y correos quedan.")

    def _send_all(self, load: Load) -> Results:
        if load.profile.writes:
            run = secrets.token_hex(4)
            # One for each person, and one more: a removal may come before the creation that makes up for it.
            load = replace(load, run=run, own_rows=self._directory.create_own_rows(run, load.users + 1))
        with self._terminal.bar("Peticiones", load.requests) as advance:
            return results_of(self._measure(load, advance))

    def _climb(self, load: Load) -> Climb:
        options = self._options
        assert options.p95_ms is not None
        assert options.errors_percent is not None
        limits = Limits(options.p95_ms, options.errors_percent)
        deadline = time.monotonic() + options.seconds
        sent = 0
        steps: list[Step] = []
        for users in heights(options.concurrency):
            requests = min(options.requests * users, MOST_REQUESTS - sent)
            seconds = min(STEP_SECONDS, deadline - time.monotonic())
            if requests < users or seconds <= 0:
                return Climb(steps, limits, Halt.SPENT)
            with self._terminal.bar(f"{users:>3} a la vez", requests) as advance:
                measurements = self._measure(replace(load, users=users, requests=requests, seconds=seconds), advance)
            if self._interruption.is_asked:
                return Climb(steps, limits, Halt.INTERRUPTED)
            sent += len(measurements)
            steps.append(step_of(users, measurements))
            self._terminal.step(steps[-1])
            if halt := halt_after(steps, limits):
                return Climb(steps, limits, halt)
        return Climb(steps, limits, Halt.TOP)

    def _measure(self, load: Load, advance: Callable[[float], None]) -> list[Measurement]:
        generator = Generator(load)
        self._interruption.watch(generator)
        measurements = []
        for measurement in generator.measurements():
            measurements.append(measurement)
            advance(len(measurements))
        return measurements
