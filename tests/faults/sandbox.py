"""Lambda as the system sees it: functions that run in sandboxes, which are forked when they are needed, and killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from chalice_devserver.project import InvocationFailed
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

START_SECONDS = 60
#: Of a sandbox that overstays its time-out, before it is killed.
GRACE_SECONDS = 1


class SandboxDied(InvocationFailed):
    """The process ended in the middle of an invocation."""


@dataclass(frozen=True)
class Order:
    """An invocation."""

    function: str
    event: Mapping[str, Any]
    dies_before: int | None = None
    later: float = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one."""

    answer: Any
    steps: list[str]
    routes: int
    """Entries of the app's route table, afterwards."""


class Sandbox:
    """One process that runs one app, one invocation at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._answers: BinaryIO = self._socket.makefile("rb")
        hello = json.loads(self._answers.readline())
        self.pid: int = hello["pid"]
        self._timeouts: dict[str, float] = hello["timeouts"]

    def invoke(self, order: Order) -> Outcome:
        """Run a function.

        Raises:
            SandboxDied: it was killed, or ran over its time-out and was killed for it.
            InvocationFailed: it raised.
        """
        self._socket.settimeout(self._timeouts[order.function] + GRACE_SECONDS)
        try:
            self._socket.sendall(json.dumps(order.__dict__).encode() + b"\n")
            line = self._answers.readline()
        except (TimeoutError, ConnectionError):
            line = b""
        if not line:
            self.kill()
            raise SandboxDied(f"{order.function}: the process died")
        outcome = json.loads(line)
        if "error" in outcome:
            raise InvocationFailed(outcome["error"])
        return Outcome(outcome["answer"], outcome["steps"], outcome["routes"])

    def kill(self) -> None:
        """As by ``kill -9``, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Let it end when it has nothing to do any more."""
        self._answers.close()
        self._socket.close()


class Fleet:
    """The sandboxes of one app, forked from one program that has it loaded."""

    def __init__(self, app: str, folder: Path, environment: Mapping[str, str], *, name: str) -> None:
        self._path = folder / f"{name}.socket"
        with (folder / f"{name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.zygote", "--project-dir", app, "--socket", str(self._path)],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when sandboxes can be had.

        Raises:
            TimeoutError: not within ``START_SECONDS``; its log says why.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                self.sandbox().close()
                return
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError(f"{self._path.name} did not come up")
            time.sleep(0.05)

    def sandbox(self) -> Sandbox:
        """A new one."""
        return Sandbox(self._path)

    def stop(self) -> None:
        """End it; its sandboxes end with their connections."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(START_SECONDS)
        self._path.unlink(missing_ok=True)


class Function:
    """One Lambda function: an invocation gets a sandbox that is idle, or a new one.

    Args:
        fleet: where its sandboxes come from.
        name: as its decorator registered it.
    """

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.name = name
        #: How far the clock of the next invocations is ahead, in seconds.
        self.later = 0.0
        #: Before which step the process of the next invocations dies; None lets it live.
        self.dies_before: int | None = None
        self.deaths = 0
        self.last: Outcome | None = None
        self._fleet = fleet
        self._idle: list[Sandbox] = []
        self._busy: list[Sandbox] = []
        self._lock = threading.Lock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Run it once, and return its answer; see `chalice_devserver.project.Function`.

        Raises:
            SandboxDied, InvocationFailed: see there.
        """
        sandbox = self._take()
        dies_before, self.dies_before = self.dies_before, None
        try:
            outcome = sandbox.invoke(Order(self.name, event, dies_before, self.later))
        except SandboxDied:
            self.deaths += 1
            self._forget(sandbox)
            raise
        except InvocationFailed:
            self._give_back(sandbox)
            raise
        self.last = outcome
        self._give_back(sandbox)
        return outcome.answer

    @property
    def pids(self) -> list[int]:
        """The processes of its sandboxes."""
        with self._lock:
            return [sandbox.pid for sandbox in (*self._busy, *self._idle)]

    @property
    def is_busy(self) -> bool:
        """Whether an invocation is under way."""
        with self._lock:
            return bool(self._busy)

    def kill_all(self) -> None:
        """Kill its sandboxes, those at work included."""
        with self._lock:
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for sandbox in idle:
            sandbox.kill()
        for sandbox in busy:
            with contextlib.suppress(ProcessLookupError):
                os.kill(sandbox.pid, signal.SIGKILL)

    def retire(self) -> None:
        """Let the idle sandboxes end: the next invocation is a cold start."""
        with self._lock:
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.close()

    def _take(self) -> Sandbox:
        with self._lock:
            sandbox = self._idle.pop() if self._idle else self._fleet.sandbox()
            self._busy.append(sandbox)
            return sandbox

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._busy.remove(sandbox)
            self._idle.append(sandbox)

    def _forget(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._busy.remove(sandbox)
