"""Lambda as the system sees it: functions that run in sandboxes, which are forked when they are needed, and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Client
from typing import TYPE_CHECKING, Any

from chalice_devserver.project import InvocationFailed
from local.guardian import Child
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Of a sandbox that overstays its time-out, before it is killed.
GRACE_SECONDS = 1


class Sandbox:
    """One process that runs one app, one invocation at a time. It ends when it is closed."""

    def __init__(self, path: Path) -> None:
        self._channel = Client(str(path), "AF_UNIX")
        self.pid, self._timeouts = self._channel.recv()
        self.close = self._channel.close

    def invoke(self, function: str, **order: Any) -> dict[str, Any] | None:
        """Run a function; see `zygote`. None if the process dies; one that runs over its time-out is killed."""
        with suppress(EOFError, OSError):
            self._channel.send({"function": function, **order})
            if self._channel.poll(self._timeouts[function] + GRACE_SECONDS):
                outcome: dict[str, Any] = self._channel.recv()
                return outcome
        self.kill()
        self.close()
        return None

    def kill(self) -> None:
        """As by ``kill -9``."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Fleet:
    """The sandboxes of one app, forked from one program that has it loaded."""

    def __init__(self, app: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._path = folder / f"{app}.socket"
        command = [sys.executable, "-m", "tests.faults.zygote", app, str(self._path)]
        with self._path.with_suffix(".log").open("ab") as log:
            self._process = Child(command, cwd=ROOT, env=dict(environment), stdout=log, stderr=subprocess.STDOUT)
        self.stop = self._process.stop

    def wait_until_ready(self) -> None:
        """Return when sandboxes can be had."""
        log = self._path.with_suffix(".log")
        assert self._process.comes_up(self._path.exists), log.read_text(errors="replace")

    def sandbox(self) -> Sandbox:
        return Sandbox(self._path)


class Function:
    """One Lambda function, by its decorator's name: an invocation gets a sandbox that is idle, or a new one."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.name = name
        #: How far the clock of the next invocations is ahead, in seconds.
        self.later = 0.0
        #: Before which step the process of the next invocation dies; None lets it live.
        self.dies_before: int | None = None
        self.deaths = 0
        #: Cleared, invocations wait before they begin.
        self.gate = threading.Event()
        self.gate.set()
        self._fleet = fleet
        self._idle: list[Sandbox] = []
        self._busy: list[Sandbox] = []
        self._lock = threading.RLock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Run it once, and return its answer; see `chalice_devserver.project.Function`."""
        with self._lock:
            sandbox = self._idle.pop() if self._idle else self._fleet.sandbox()
            self._busy.append(sandbox)
        self.gate.wait()
        dies_before, self.dies_before = self.dies_before, None
        outcome = sandbox.invoke(self.name, event=event, dies_before=dies_before, later=self.later)
        with self._lock:
            self._busy.remove(sandbox)
            self._idle += [sandbox] * (outcome is not None)
        if outcome is None:
            self.deaths += 1
            raise InvocationFailed(f"{self.name}: the process died")
        if "error" in outcome:
            raise InvocationFailed(outcome["error"])
        return outcome["answer"]

    @property
    def busy_count(self) -> int:
        with self._lock:
            return len(self._busy)

    @property
    def pids(self) -> list[int]:
        with self._lock:
            return [sandbox.pid for sandbox in (*self._busy, *self._idle)]

    def kill_all(self) -> None:
        """Kill its sandboxes, those at work included."""
        with self._lock:
            for sandbox in (*self._idle, *self._busy):
                sandbox.kill()
            self.retire()

    def retire(self) -> None:
        """Let the idle sandboxes end: the next invocation is a cold start."""
        with self._lock:
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.close()
