"""`make run` as a test sees it: a process, its addresses, its database and the mails that it has sent."""

from __future__ import annotations

import os
import re
import signal
import socket
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

from local.client import client_of
from local.sign_in import SignIn, new_password
from local.token import fetch_token

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
# What `make run` prints, and the variable of the port in it.
ADDRESS_LINES = {"page": "BFF_PORT", "employees": "CRUD_PORT", "e-mails": "EMAIL_PORT"}
PORT_VARIABLES = ("BFF_PORT", "CRUD_PORT", "EMAIL_PORT", "AWS_PORT")
# Starting takes some five seconds on an idle machine; a busy one shall not fail a test.
START_SECONDS = 90
STOP_SECONDS = 60
# From a request to its mail takes about a second.
MAIL_SECONDS = 60
SUCCESSFUL_READ = re.compile(r"│ GET \S+ (-> \w+: )?200 ")


class StackFailedError(AssertionError):
    """The stack did not do what it should; the message ends with the last lines of its log."""


class Stack:
    """The local stack with ports and data of its own. ``http`` asks as admin, unless a request says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "log"
        self.ports = dict.fromkeys(PORT_VARIABLES, 0)  # at its first start the stack takes free ones, and keeps them
        self.http = httpx.Client(timeout=30, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The page's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports['BFF_PORT']}"

    # ---- running it

    def start(self) -> None:
        """Start it and wait until it says ``ready``."""
        said_before = len(self._lines("ready"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for("the word ready", lambda: len(self._lines("ready")) > said_before, START_SECONDS)
        for line, variable in ADDRESS_LINES.items():
            match = re.search(rf"^  {line} +http://[^:]+:([0-9]+)/", self.log.read_text(errors="replace"), re.MULTILINE)
            assert match, line
            self.ports[variable] = int(match[1])
        self.ports["AWS_PORT"] = int(self.variable("AWS_ENDPOINT_URL").rpartition(":")[2])
        self.http.base_url = self.url
        self.http.headers["Authorization"] = self.authorization("admin")

    def authorization(self, role: str, *, is_program: bool = False) -> str:
        """The header of somebody who has signed in with this role."""
        token = fetch_token({"LOCAL_STATE": str(self.state)}, role, is_program=is_program)
        return f"Bearer {token}"

    def authorization_of_newcomer(self) -> str:
        """The header of somebody who has signed in, and whom nobody has given a role."""
        sign_in = self.sign_in()
        cognito = client_of("cognito-idp", sign_in.endpoint, sign_in.credentials)
        name, password = "nueva@example.com", new_password()
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(UserPoolId=sign_in.pool, Username=name, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=sign_in.pool, Username=name, Password=password, Permanent=True)
        answer = cognito.admin_initiate_auth(
            UserPoolId=sign_in.pool,
            ClientId=sign_in.token_client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return f"Bearer {answer['AuthenticationResult']['AccessToken']}"

    def sign_in(self) -> SignIn:
        """What somebody must know to sign in."""
        return SignIn.load(self.state / "sign-in.json")

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of `make run`: this one, less what would change the stack."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NOTIFY_"))}
        kept.pop("DATABASE_URL", None)
        ports = {variable: str(port) for variable, port in self.ports.items()}
        return {**kept, **ports, "LOCAL_STATE": str(self.state), **changes}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> list[str]:
        """Send ``how`` and wait; the result is what is left, which should be nothing."""
        assert self._process is not None
        family = _family(self._process.pid)
        self._process.send_signal(how)
        self._process.wait(STOP_SECONDS)
        left = [*family, *(process for process in psutil.process_iter() if self._mentions_state(process))]
        return [
            *(f"process {process.pid}" for process in left if process.is_running()),
            *(f"port {port}" for port in self.ports.values() if not _is_free(port)),
        ]

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def _mentions_state(self, process: psutil.Process) -> bool:
        """Whether it works on the folder of data: PostgreSQL leaves its parent, so it is no child."""
        try:
            return any(str(self.state) in argument for argument in process.cmdline())
        except psutil.Error:
            return False

    # ---- looking at it

    def wait_for(self, what: str, is_there: Callable[[], object], seconds: float = MAIL_SECONDS) -> None:
        """Wait until ``is_there()`` is true.

        Raises:
            StackFailedError: it took longer than ``seconds``, or the stack has ended.
        """
        deadline = time.monotonic() + seconds
        while not is_there():
            if self.exit_code is not None or time.monotonic() > deadline:
                raise StackFailedError(
                    f"{what}: not within {seconds} s (exit code {self.exit_code})\n{self._end_of_log()}"
                )
            time.sleep(0.1)

    def _end_of_log(self) -> str:
        """The last lines, without those of the reads that succeeded: who waits asks ten times a second."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if not SUCCESSFUL_READ.search(line)][-60:])

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

    def mails(self) -> list[dict[str, Any]]:
        """All mails in the emulator's inbox, of all accounts."""
        inbox = httpx.get(
            f"http://127.0.0.1:{self.ports['AWS_PORT']}/_ministack/ses/messages",
            auth=(self.variable("AWS_ACCESS_KEY_ID"), ""),
            trust_env=False,
        ).json()
        return [mail for mails in inbox["messages"].values() for mail in mails]

    def mails_about(self, text: str) -> list[dict[str, Any]]:
        """The mails that say ``text`` somewhere."""
        return [mail for mail in self.mails() if text in str(mail)]

    def has_empty_queues(self) -> bool:
        """Whether nothing waits, is being worked on, or has failed."""
        queues = self.http.get("/cola").json()
        return not any(depth for queue in queues.values() for name, depth in queue.items() if name != "edad_maxima")

    def _lines(self, line: str) -> list[str]:
        if not self.log.exists():
            return []
        return [said for said in self.log.read_text(errors="replace").splitlines() if said == line]


def _family(pid: int) -> list[psutil.Process]:
    """The process and all that it has started; nobody if it has ended by itself."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
