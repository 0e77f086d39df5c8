"""The whole system on this machine: what runs, in which order it starts, and that nothing is left when it ends."""

from __future__ import annotations

import json
import logging
import os
import shlex
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from chalice_devserver.http import HOST
from chalice_devserver.project import LOCAL_ACCOUNT
from contract.roles import ROLES
from local import resources
from local.client import client_of
from local.emulator import COMMAND, CREDENTIALS, REGION, adopt_state, emulator_environment, is_ready, without_aws
from local.inbox import Inbox, Mail
from local.inbox_page import InboxPage
from local.lock import DATABASE_FOLDER
from local.part import LAST_LINES, Part
from local.postgres import Postgres
from local.ses import EventPublisher, SesFront
from local.settings import ROOT
from local.sign_in import SignIn, create_sign_in, known_passwords, user_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from chalice_devserver.program import Ending
    from local.console import Console
    from local.settings import Settings

DATABASE = "empleados"
START_SECONDS = 60
LOOK_SECONDS = 0.05
# The servers here use threads; a Lambda answers one request at a time and needs one connection.
DATABASE_POOL_SIZE = "5"
# Routes without a token, as in infra/http_api.tf.
OPEN_ROUTES = ("GET /health", "GET /openapi.json")

logger = logging.getLogger(__name__)


class NotStarted(Exception):
    """The stack must end before it is up: a signal came, or a part died and was reported."""


class Stack:
    """Starts the parts, each as early as it can, and ends them in the opposite order."""

    def __init__(
        self, settings: Settings, sockets: Mapping[str, socket.socket], console: Console, ending: Ending
    ) -> None:
        self._settings = settings
        self._sockets = sockets
        self._console = console
        self._ending = ending
        self._aws_endpoint = f"http://{HOST}:{settings.aws_port}"
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def start(self) -> dict[str, str]:
        """Start everything; the result says what is where, for a person to read.

        Raises:
            NotStarted: see there.
            LedgerTableOutdated: see there.
        """
        settings = self._settings
        self._start_aws()
        database_url = settings.database_url or self._start_postgres()
        variables = {**without_aws(os.environ), "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1"}
        migration = self._start_part("migrate", ["-m", "alembic", "upgrade", "head"], variables, ROOT / "crud_app")
        ses, inbox_page = self._start_mail()
        self._wait_for("the AWS emulator", lambda: is_ready(settings.aws_port))
        self._create_resources()
        sign_in = self._create_sign_in()
        environment = app_environment(
            settings,
            sign_in,
            database_url=database_url,
            ses_endpoint=f"http://{HOST}:{ses.port}",
            inbox_url=inbox_page.url,
        )
        write_env_file(settings.state / "env", environment)
        variables |= environment
        guarded = ["--issuer", sign_in.issuer, "--keys", sign_in.keys_url, "--audience", *sign_in.audience]
        guarded += ["--open-route", *OPEN_ROUTES]
        public = ["--door", "alb", "--allow-cross-site"]  # bff_app judges origins, as on AWS
        programs = [
            self._start_app("email", "server", "email_app", variables, *guarded, serves_on="email_port"),
            self._start_app("crud", "server", "crud_app", variables, *guarded, serves_on="crud_port"),
            self._start_app("bff", "server", "bff_app", variables, *public, serves_on="bff_port"),
            self._start_app("crud-pump", "pump", "crud_app", variables),
            self._start_app("email-pump", "pump", "email_app", variables),
        ]
        self._wait_for("the migrations", lambda: migration.exit_code == 0)
        self._wait_for("the apps", lambda: all(program.is_up for program in programs))
        return addresses(settings, sign_in, inbox_page.url)

    # ---- the parts

    def _start_postgres(self) -> str:
        server = Postgres(self._settings.state / DATABASE_FOLDER)
        stopping = threading.Event()

        def stop() -> None:
            stopping.set()
            server.shut_down()

        def report_end() -> None:
            psutil.Process(server.pid).wait()
            if not stopping.is_set():
                self._report("PostgreSQL ended unexpectedly", server.log.read_text(errors="replace").splitlines())

        self._cleanup.callback(stop)
        threading.Thread(target=report_end, name="postgres end", daemon=True).start()
        return server.create_database(DATABASE)

    def _start_aws(self) -> None:
        state = self._settings.state / "aws"
        adopt_state(state, self._settings.aws_port)
        environment = emulator_environment(self._sockets["aws_port"], state=state, log_level="WARNING")
        self._start_part("aws", COMMAND, environment, ROOT, serves_on="aws_port")

    def _start_mail(self) -> tuple[SesFront, InboxPage]:
        """SES in front of the emulator's, and the page that shows the e-mails it took."""
        inbox = Inbox(self._settings.state / "inbox")
        publisher = EventPublisher(self._client("sesv2"), self._client("sns"))

        def deliver(mail: Mail) -> None:
            self._console.line("mail", f"✉ {', '.join(mail.recipients)} — {mail.subject}")
            inbox.keep(mail)
            publisher.publish(mail)

        ses, page = SesFront(self._aws_endpoint, on_mail=deliver), InboxPage(inbox.folder)
        for server in (ses, page):
            server.start()
            self._cleanup.callback(server.stop)
        return ses, page

    def _create_resources(self) -> None:
        ledger_table = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text(encoding="utf-8"))
        resources.create_resources(
            self._client("sns"), self._client("sqs"), self._client("dynamodb"), self._client("sesv2"), ledger_table
        )

    def _create_sign_in(self) -> SignIn:
        path = self._settings.state / "sign-in.json"
        pages = [f"http://{host}:{self._settings.bff_port}" for host in ("localhost", HOST)]
        sign_in = create_sign_in(self._client("cognito-idp"), self._aws_endpoint, pages, known_passwords(path))
        sign_in.save(path)
        return sign_in

    def _start_app(
        self,
        name: str,
        program: str,
        app: str,
        environment: Mapping[str, str],
        *options: str,
        serves_on: str = "",
    ) -> Part:
        command = ["-m", f"chalice_devserver.{program}", "--project-dir", app, "--reload", *options]
        if serves_on:
            command += ["--fd", str(self._sockets[serves_on].fileno())]
        up_word = "listens on" if serves_on else "drives"
        return self._start_part(name, command, environment, ROOT, serves_on=serves_on, up_word=up_word)

    # ---- starting, waiting, ending

    def _start_part(  # noqa: PLR0913 - see `Part`
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        serves_on: str = "",
        up_word: str = "",
    ) -> Part:
        """Start a program, which inherits the socket of the port that it ``serves_on``."""
        inherited = [self._sockets[serves_on]] if serves_on else []
        part = Part(
            name,
            command if command is COMMAND else [sys.executable, *command],
            environment,
            folder,
            on_line=self._console.line,
            on_exit=self._notice_end,
            up_word=up_word,
            pass_fds=[each.fileno() for each in inherited],
        )
        for each in inherited:
            each.close()
        self._cleanup.callback(part.stop)
        return part

    def _notice_end(self, part: Part, exit_code: int) -> None:
        if part.stopping or (part.name == "migrate" and exit_code == 0):
            return
        how = f"exit code {exit_code}" if exit_code >= 0 else f"signal {signal.Signals(-exit_code).name}"
        self._report(f"{part.name} ended unexpectedly ({how})", part.last_lines)

    def _report(self, what: str, last_lines: Sequence[str]) -> None:
        self._console.line("run", f"ERROR {what}; everything else is being stopped. Its last lines:")
        for line in list(last_lines)[-LAST_LINES:]:
            self._console.line("run", f"  {line}")
        self._ending.ask(exit_code=1)

    def _wait_for(self, what: str, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_there():
            if self._ending.asked:
                raise NotStarted
            if time.monotonic() > deadline:
                self._report(f"{what} did not come up within {START_SECONDS} s", [])
                raise NotStarted
            time.sleep(LOOK_SECONDS)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
        return client_of(service, self._aws_endpoint)


def app_environment(
    settings: Settings, sign_in: SignIn, *, database_url: str, ses_endpoint: str, inbox_url: str
) -> dict[str, str]:
    """The variables that only this run knows. The others are constants in the apps' ``.chalice/config.json``."""
    aws_endpoint = f"http://{HOST}:{settings.aws_port}"
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_ENDPOINT_URL_SESV2": ses_endpoint,
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": DATABASE_POOL_SIZE,
        "SNS_TOPIC_ARN": f"arn:aws:sns:{REGION}:{LOCAL_ACCOUNT}:{resources.TOPIC}",
        "EMAIL_QUEUE_URL": f"{aws_endpoint}/{LOCAL_ACCOUNT}/{resources.QUEUE}",
        "EMAIL_DLQ_URL": f"{aws_endpoint}/{LOCAL_ACCOUNT}/{resources.DEAD_LETTER_QUEUE}",
        "NOTIFY_TO": settings.notify_to,
        "NOTIFY_EMPLOYEE": settings.notify_employee,
        "CRUD_API_URL": f"http://{HOST}:{settings.crud_port}",
        "EMAIL_API_URL": f"http://{HOST}:{settings.email_port}",
        "COGNITO_DOMAIN": aws_endpoint,
        "COGNITO_ISSUER": sign_in.issuer,
        "COGNITO_CLIENT_ID": sign_in.page_client,
        "INBOX_URL": inbox_url,
    }


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write ``variables`` for a shell to source; for its owner only, because they contain keys."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write("# Written by `make run`. To run something of your own beside it: set -a; . .local/env; set +a\n")
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def addresses(settings: Settings, sign_in: SignIn, inbox_url: str) -> dict[str, str]:
    """What is where, for a person to read."""
    return {
        "page": f"http://localhost:{settings.bff_port}/",
        **{role: f"{user_of(role)}  {sign_in.passwords[user_of(role)]}" for role in ROLES},
        "for curl": 'curl -H "Authorization: Bearer $(make -s token ROLE=rrhh)" …',
        "employees": f"http://localhost:{settings.crud_port}/empleados",
        "e-mails": f"http://localhost:{settings.email_port}/correos",
        "inbox": f"{inbox_url}  (for a mail program: {_short(settings.state / 'inbox')}/*.eml)",
        "database": "make psql",
        "variables": f"{_short(settings.state / 'env')}  (for a shell of your own: set -a; . …; set +a)",
        "stop": "Ctrl-C; the data stays (make clean drops it)",
    }


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
