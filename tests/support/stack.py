"""`make run` as a test sees it: a process, its addresses, its database and the mails that it has sent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pg8000.native
import psutil

from local.emulator import client_of
from local.guardian import Child, is_running
from local.ports import port_of, reserve
from local.settings import PORTS
from local.sign_in import SignIn
from local.token import fetch_token
from tests.support.waiting import PATIENCE_SECONDS, wait_until_ended

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "local")
SUCCESSFUL_READ = re.compile(r"│ GET \S+ (-> \w+: )?200 ")


class StackFailedError(AssertionError):
    """The stack did not do what it should; the message ends with the last lines of its log."""


class Stack:
    """The local stack with ports and data of its own. ``http`` asks as admin, ``stranger`` without a token.

    It holds its ports, so that no other program gets one while the stack does not listen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "log"
        self._held = {name: reserve() for name in PORTS}
        self.ports = {name: port_of(held) for name, held in self._held.items()}
        self.http, self.stranger = (
            httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False) for _ in range(2)
        )
        self._process: Child | None = None

    @property
    def url(self) -> str:
        """The page's address, without a slash at the end."""
        return self.address("BFF_PORT")

    def address(self, port: str) -> str:
        """The address at the port that the variable ``port`` names, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports[port]}"

    # ---- running it

    def launch(self, **variables: str) -> Child:
        """Start the process, and do not wait for it."""
        with self.log.open("ab") as log:
            environment = self.environment(**variables)
            self._process = Child(COMMAND, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        return self._process

    def start(self) -> None:
        """Start it and wait until it says ``ready``."""
        said_before = self.text().count("\nready\n")
        self.launch()
        self.wait_for("the word ready", lambda: self.text().count("\nready\n") > said_before)
        self.http.headers["Authorization"] = self.authorization("admin")

    def authorization(self, role: str) -> str:
        """The header of a person signed in with this role."""
        return f"Bearer {fetch_token({'LOCAL_STATE': str(self.state)}, role)}"

    def sign_in(self) -> SignIn:
        """The credentials to sign in."""
        return SignIn.load(self.state / "sign-in.json")

    def client(self, service: str) -> Any:
        """boto3's client of the emulator."""
        return client_of(service, self.sign_in().endpoint, self.sign_in().credentials)

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of `make run`: this one, less what would change the stack."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NOTIFY_"))}
        kept.pop("DATABASE_URL", None)
        ports = {variable: str(port) for variable, port in self.ports.items()}
        return {**kept, **ports, "LOCAL_STATE": str(self.state), **changes}

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the repository beside the stack, to its end."""
        environment = self.environment(**variables)
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def close(self) -> None:
        """Give up the clients and the ports."""
        self.http.close()
        self.stranger.close()
        for held in self._held.values():
            held.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> list[str]:
        """Send ``how`` and wait; the result is what is left, which should be nothing."""
        assert self._process
        family = self.processes()
        self._process.send_signal(how)
        self._process.wait(PATIENCE_SECONDS)
        if how == signal.SIGKILL:
            wait_until_ended(family)  # by the guardian
        left = [f"process {process.pid}" for process in family if is_running(process)]
        for name, port in self.ports.items():
            try:
                reserve(port).close()
            except OSError:
                left.append(name)
        return left

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self.exit_code is None

    def processes(self) -> list[psutil.Process]:
        """It, all that it has started, and PostgreSQL, which leaves its parent; none if it has ended."""
        assert self._process
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            postmaster = self.state / "postgres" / "postmaster.pid"
            pids = [int(postmaster.read_text().splitlines()[0])] if postmaster.exists() else []
            return [process, *process.children(recursive=True), *map(psutil.Process, pids)]
        return []

    # ---- looking at it

    def wait_for(self, what: str, is_there: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until ``is_there()`` is true, or raise StackFailedError after ``seconds`` or when it has ended."""
        deadline = time.monotonic() + seconds
        while not is_there():
            if self.exit_code is not None or time.monotonic() > deadline:
                # Not the reads that succeeded: waiting asks ten times a second.
                lines = [line for line in self.text().splitlines() if not SUCCESSFUL_READ.search(line)]
                end = "\n".join(lines[-60:])
                raise StackFailedError(f"{what}: not within {seconds} s (exit code {self.exit_code})\n{end}")
            time.sleep(0.1)

    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def query(self, statement: str, **parameters: object) -> list[list[Any]]:
        """The rows of ``statement``, asked of PostgreSQL itself."""
        url = urlsplit(self.variable("DATABASE_URL"))
        folder = parse_qs(url.query)["host"][0]
        connection = pg8000.native.Connection(
            "postgres", database=url.path[1:], unix_sock=f"{folder}/.s.PGSQL.5432", timeout=30
        )
        try:
            return list(connection.run(statement, **parameters) or [])
        finally:
            connection.close()

    def variable(self, name: str) -> str:
        """A variable of the file ``env`` that the stack writes."""
        lines = (self.state / "env").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith(f"{name}=")]
        return line.partition("=")[2].strip("'")

    def mails_about(self, text: str) -> list[dict[str, Any]]:
        """The mails in the emulator's inbox that say ``text`` somewhere."""
        address = f"{self.address('AWS_PORT')}/_ministack/ses/messages"
        signature = f"AWS4-HMAC-SHA256 Credential={self.variable('AWS_ACCESS_KEY_ID')}/-/-/ses/aws4_request"
        inbox = self.stranger.get(address, headers={"Authorization": signature}).json()
        return [mail for mails in inbox["messages"].values() for mail in mails if text in str(mail)]

    def has_empty_queues(self) -> bool:
        """Whether nothing waits, is being worked on, or has failed."""
        queues = self.http.get("/cola").json()
        return not any(depth for queue in queues.values() for name, depth in queue.items() if name != "edad_maxima")
