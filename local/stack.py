"""The whole system on this machine: what runs, in which order it starts, and that nothing is left when it ends."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil

from chalice_devserver.http import HOST
from chalice_devserver.project import LOCAL_ACCOUNT
from contract.roles import ROLES
from local import emulator, resources
from local.emulator import CREDENTIALS, REGION, client_of, without_aws
from local.guardian import GRACE_SECONDS, LOOK_SECONDS, START_SECONDS, Child
from local.inbox import InboxPage
from local.lock import write_private
from local.postgres import Postgres
from local.settings import ROOT
from local.sign_in import SignIn, create_sign_in, known_passwords, user_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import ExitStack

    from chalice_devserver.program import Ending
    from local.console import Console
    from local.settings import Settings

UP_WORDS = ("listens on", "drives")  # the beginning of the line by which a server or a pump says that it is up
DRAIN_SECONDS = 2  # for the last lines of a part to come out of its pipe


class NotStarted(Exception):
    """The stack must end before it is up: a signal came, or a part died and was reported."""


class Part(Child):
    """A process of `make run`: its lines go to ``on_line``, and ``on_exit`` is called at its end."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        on_line: Callable[[str, str], None],
        on_exit: Callable[[Part], None],
        **options: Any,  # noqa: ANN401 - those of Popen
    ) -> None:
        self.name = name
        self.is_up = False
        self.stopping = False
        self._on_line = on_line
        self._on_exit = on_exit
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        super().__init__(command, **pipes, **options)
        self._reader = threading.Thread(target=self._read, name=f"{name} output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait_for_end, name=f"{name} end", daemon=True).start()

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """See `Child`; its last lines still come."""
        self.stopping = True
        super().stop(grace_seconds)
        self._reader.join(DRAIN_SECONDS)

    def _read(self) -> None:
        assert self.stdout
        with self.stdout as lines:
            for line in lines:
                self.is_up = self.is_up or line.startswith(UP_WORDS)
                self._on_line(self.name, line.rstrip())

    def _wait_for_end(self) -> None:
        """Not the pipe's end: a process that this one started may hold it open."""
        self.wait()
        self._reader.join(DRAIN_SECONDS)
        self._on_exit(self)


class Stack:
    """Starts the parts, each as early as it can; ``cleanup`` ends them in the opposite order.

    ``sockets`` are those of ``settings.ports``; the parts inherit them.
    """

    def __init__(
        self,
        settings: Settings,
        sockets: Mapping[str, socket.socket],
        console: Console,
        ending: Ending,
        cleanup: ExitStack,
    ) -> None:
        self._settings, self._sockets, self._console = settings, sockets, console
        self._ending, self._cleanup = ending, cleanup
        self._aws_endpoint = f"http://{HOST}:{settings.ports['AWS_PORT']}"
        self._client = partial(client_of, endpoint=self._aws_endpoint)

    def start(self) -> dict[str, str]:
        """Start everything and say what is where, for a person to read; or raise NotStarted or LedgerTableOutdated."""
        settings, aws_port = self._settings, self._settings.ports["AWS_PORT"]
        environment = emulator.emulator_environment(
            self._sockets["AWS_PORT"], state=settings.state / "aws", log_level="WARNING"
        )
        self._start_part("aws", emulator.COMMAND, environment, serves_on="AWS_PORT")
        database_url = settings.database_url or self._start_postgres()
        variables = {**without_aws(os.environ), "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1"}
        alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
        migration = self._start_part("migrate", alembic, variables, cwd=ROOT / "crud_app")
        inbox_page = InboxPage(settings.state / "inbox")
        inbox_page.start()
        self._cleanup.callback(inbox_page.stop)
        self._wait_for("the AWS emulator", lambda: emulator.is_ready(aws_port))
        resources.create_resources(self._client)
        sign_in_file = settings.state / "sign-in.json"
        pages = [settings.page_url, f"http://{HOST}:{settings.ports['BFF_PORT']}"]
        sign_in = create_sign_in(self._client("cognito-idp"), self._aws_endpoint, pages, known_passwords(sign_in_file))
        sign_in.save(sign_in_file)
        own = app_environment(settings, sign_in, database_url, inbox_page.url)
        heading = "# Written by `make run`. To run something of your own beside it: set -a; . .local/env; set +a\n"
        assignments = "".join(f"{name}={shlex.quote(value)}\n" for name, value in own.items())
        write_private(settings.state / "env", heading + assignments)
        variables |= own | {"DEMO": "false"}  # not in the file: `chalice local` beside this run is a demonstration
        guarded = ["--issuer", sign_in.issuer, "--keys", sign_in.keys_url, "--audience", *sign_in.audience]
        guarded += ["--open-route", "GET /health", "GET /openapi.json"]  # as in infra/http_api.tf
        public = ["--door", "alb", "--allow-cross-site"]  # bff_app judges origins, as on AWS
        programs = [
            self._start_app("email", variables, guarded, serves_on="EMAIL_PORT"),
            self._start_app("crud", variables, guarded, serves_on="CRUD_PORT"),
            self._start_app("bff", variables, public, serves_on="BFF_PORT"),
            self._start_app("crud", variables),
            self._start_app("email", variables),
        ]
        self._wait_for("the migrations", lambda: migration.poll() == 0)
        self._wait_for("the apps", lambda: all(program.is_up for program in programs))
        return addresses(settings, sign_in, inbox_page.url)

    def _start_postgres(self) -> str:
        server = Postgres(self._settings.state / "postgres")
        stopping = threading.Event()

        def report_end() -> None:
            psutil.Process(server.pid).wait()
            if not stopping.is_set():
                self._report(f"PostgreSQL ended unexpectedly ({server.log} says why)")

        self._cleanup.callback(server.shut_down)
        self._cleanup.callback(stopping.set)
        threading.Thread(target=report_end, name="postgres end", daemon=True).start()
        return server.create_database("empleados")

    def _start_app(
        self, app: str, environment: Mapping[str, str], options: Sequence[str] = (), *, serves_on: str = ""
    ) -> Part:
        """Start the server of ``app`` on a port or, without one, its pump."""
        program, name = ("server", app) if serves_on else ("pump", f"{app}-pump")
        command = [sys.executable, "-m", f"chalice_devserver.{program}", "--project-dir", f"{app}_app", "--reload"]
        if serves_on:
            command += [*options, "--fd", str(self._sockets[serves_on].fileno())]
        return self._start_part(name, command, environment, serves_on=serves_on)

    def _start_part(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        serves_on: str = "",
        **options: Any,  # noqa: ANN401 - those of Part
    ) -> Part:
        """Start a program, which inherits the socket of the port that it ``serves_on``."""
        options = {"cwd": ROOT, "pass_fds": [self._sockets[serves_on].fileno()] if serves_on else [], **options}
        part = Part(name, command, on_line=self._console.line, on_exit=self._notice_end, env=environment, **options)
        self._cleanup.callback(part.stop)
        return part

    def _notice_end(self, part: Part) -> None:
        if part.stopping or (part.name == "migrate" and part.returncode == 0):
            return
        code = part.returncode
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        self._report(f"{part.name} ended unexpectedly ({how})")

    def _report(self, what: str) -> None:
        self._console.line("run", f"ERROR {what}; everything else is being stopped")
        self._ending.ask(exit_code=1)

    def _wait_for(self, what: str, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_there():
            if time.monotonic() > deadline:
                self._report(f"{what} did not come up within {START_SECONDS} s")
            if self._ending.asked:
                raise NotStarted
            time.sleep(LOOK_SECONDS)


def app_environment(settings: Settings, sign_in: SignIn, database_url: str, inbox_url: str) -> dict[str, str]:
    """The variables that only this run knows. The others are constants in the apps' ``.chalice/config.json``."""
    aws_endpoint = sign_in.endpoint
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": aws_endpoint,
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": "5",  # the servers here use threads; a Lambda answers one request at a time
        "SNS_TOPIC_ARN": f"arn:aws:sns:{REGION}:{LOCAL_ACCOUNT}:{resources.TOPIC}",
        "EMAIL_QUEUE_URL": f"{aws_endpoint}/{LOCAL_ACCOUNT}/{resources.QUEUE}",
        "EMAIL_DLQ_URL": f"{aws_endpoint}/{LOCAL_ACCOUNT}/{resources.DEAD_LETTER_QUEUE}",
        "NOTIFY_TO": settings.notify_to,
        "NOTIFY_EMPLOYEE": settings.notify_employee,
        "CRUD_API_URL": f"http://{HOST}:{settings.ports['CRUD_PORT']}",
        "EMAIL_API_URL": f"http://{HOST}:{settings.ports['EMAIL_PORT']}",
        "COGNITO_DOMAIN": aws_endpoint,
        "USER_POOL_ID": sign_in.pool,
        "COGNITO_ISSUER": sign_in.issuer,
        "COGNITO_CLIENT_ID": sign_in.page_client,
        "COGNITO_CLIENT_SECRET": sign_in.page_secret,
        "INBOX_URL": inbox_url,
        "PAGE_URL": settings.page_url,
    }


def addresses(settings: Settings, sign_in: SignIn, inbox_url: str) -> dict[str, str]:
    folder = os.path.relpath(settings.state) if settings.state.is_relative_to(ROOT) else settings.state
    return {
        "page": f"{settings.page_url}/",
        **{role: f"{user_of(role)}  {sign_in.passwords[user_of(role)]}" for role in ROLES},
        "for curl": 'curl -H "Authorization: Bearer $(make -s token ROLE=rrhh)" …',
        "employees": f"http://localhost:{settings.ports['CRUD_PORT']}/empleados",
        "e-mails": f"http://localhost:{settings.ports['EMAIL_PORT']}/correos",
        "inbox": f"{inbox_url}  (for a mail program: {folder}/inbox/*.eml)",
        "database": "make psql",
        "variables": f"{folder}/env  (for a shell of your own: set -a; . …; set +a)",
        "stop": "Ctrl-C; the data stays (make clean drops it)",
    }
