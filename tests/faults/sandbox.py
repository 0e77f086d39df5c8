"""Lambda as the system sees it: functions that run in sandboxes, which are forked when they are needed, and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
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


class SandboxDied(InvocationFailed):
    """The process ended in the middle of an invocation."""


class Sandbox:
    """One process that runs one app, one invocation at a time."""

    def __init__(self, path: Path) -> None:
        self._channel = Client(str(path), "AF_UNIX")
        self.pid, self._timeouts = self._channel.recv()

    def invoke(self, function: str, **order: Any) -> dict[str, Any]:
        """Run a function; see `zygote`. One that runs over its time-out is killed."""
        outcome: dict[str, Any] | None = None
        with contextlib.suppress(EOFError, OSError):
            self._channel.send({"function": function, **order})
            if self._channel.poll(self._timeouts[function] + GRACE_SECONDS):
                outcome = self._channel.recv()
        if outcome is None:
            self.kill()
            self.close()
            raise SandboxDied(f"{function}: the process died")
        if "error" in outcome:
            raise InvocationFailed(outcome["error"])
        return outcome

    def kill(self) -> None:
        """As by ``kill -9``."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self._channel.close()


class Fleet:
    """The sandboxes of one app, forked from one program that has it loaded."""

    def __init__(self, app: str, folder: Path, environment: Mapping[str, str], *, name: str) -> None:
        self._path = folder / f"{name}.socket"
        with (folder / f"{name}.log").open("ab") as log:
            self._process = Child(
                [sys.executable, "-m", "tests.faults.zygote", app, str(self._path)],
                cwd=ROOT,
                env=dict(environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        """Return when sandboxes can be had; its log says why that takes too long."""
        assert self._process.comes_up(self._path.exists), f"{self._path.name} did not come up"

    def sandbox(self) -> Sandbox:
        return Sandbox(self._path)

    def stop(self) -> None:
        """End it with its sandboxes."""
        self._process.stop()
        self._path.unlink(missing_ok=True)


class Function:
    """One Lambda function, by its decorator's name: an invocation gets a sandbox that is idle, or a new one."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.name = name
        #: How far the clock of the next invocations is ahead, in seconds.
        self.later = 0.0
        #: Before which step the process of the next invocation dies; None lets it live.
        self.dies_before: int | None = None
        self.deaths = 0
        self._fleet = fleet
        self._idle: list[Sandbox] = []
        self._busy: list[Sandbox] = []
        self._lock = threading.Lock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Run it once, and return its answer; see `chalice_devserver.project.Function`."""
        with self._lock:
            sandbox = self._idle.pop() if self._idle else self._fleet.sandbox()
            self._busy.append(sandbox)
        dies_before, self.dies_before = self.dies_before, None
        is_alive = True
        try:
            outcome = sandbox.invoke(self.name, event=event, dies_before=dies_before, later=self.later)
        except SandboxDied:
            self.deaths += 1
            is_alive = False
            raise
        finally:
            with self._lock:
                self._busy.remove(sandbox)
                self._idle += [sandbox] * is_alive
        return outcome["answer"]

    @property
    def pids(self) -> list[int]:
        with self._lock:
            return [sandbox.pid for sandbox in (*self._busy, *self._idle)]

    @property
    def is_busy(self) -> bool:
        with self._lock:
            return bool(self._busy)

    def kill_all(self) -> None:
        """Kill its sandboxes, those at work included."""
        with self._lock:
            idle, self._idle = self._idle, []
            for sandbox in (*idle, *self._busy):
                sandbox.kill()
        for sandbox in idle:
            sandbox.close()

    def retire(self) -> None:
        """Let the idle sandboxes end: the next invocation is a cold start."""
        with self._lock:
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.close()
