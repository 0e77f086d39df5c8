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

from contract.roles import ROLES
from local import resources
from local.client import client_of
from local.emulator import COMMAND, CREDENTIALS, REGION, adopt_state, emulator_environment, is_ready, without_aws
from local.inbox import Inbox, Mail
from local.inbox_page import InboxPage
from local.part import LAST_LINES, Part
from local.ports import reserve
from local.postgres import Postgres
from local.project import LOCAL_ACCOUNT
from local.ses import EventPublisher, SesFront
from local.settings import ROOT
from local.sign_in import SignIn, create_sign_in, known_passwords, user_of
from local.wire import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.console import Console
    from local.guardian import Guardian
    from local.program import Ending
    from local.settings import Settings

DATABASE = "empleados"
START_SECONDS = 60
LOOK_SECONDS = 0.05
# The servers here answer with threads; a Lambda has one request at a time, and needs one connection.
DATABASE_POOL_SIZE = "5"

logger = logging.getLogger(__name__)


class NotStarted(Exception):
    """The stack has to end before it is up, because of a signal, or of a part whose trouble has been reported."""


class Stack:
    """Starts the parts, waiting for as little as it can, and ends them in the opposite order."""

    def __init__(self, settings: Settings, console: Console, ending: Ending, guardian: Guardian) -> None:
        self._settings = settings
        self._console = console
        self._ending = ending
        self._guardian = guardian
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def start(self) -> dict[str, str]:
        """Start everything; the result is what is where, for a person to read.

        Raises:
            NotStarted: see there.
            LedgerTableOutdated: see there.
        """
        settings = self._settings
        database_url = settings.database_url or self._start_postgres()
        front = self._start_aws()
        inbox_page = self._start_inbox_page()
        migration = self._start_part(
            "migrate",
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            {**without_aws(os.environ), "DATABASE_URL": database_url},
            ROOT / "crud_app",
        )
        self._wait_for("the AWS emulator", lambda: is_ready(settings.aws_port))
        self._create_resources()
        sign_in = self._create_sign_in()
        environment = app_environment(
            settings,
            sign_in,
            database_url=database_url,
            ses_endpoint=f"http://{HOST}:{front.port}",
            inbox_url=inbox_page.url,
        )
        write_env_file(settings.state / "env", environment)
        variables = {**without_aws(os.environ), **environment, "PYTHONUNBUFFERED": "1"}
        authorizer = ["--issuer", sign_in.issuer, "--keys", sign_in.keys_url, "--audience", *sign_in.audience]
        programs = [
            self._start_server("email", "email_app", settings.email_port, variables, *authorizer),
            self._start_server("crud", "crud_app", settings.crud_port, variables, *authorizer),
            self._start_server("bff", "bff_app", settings.bff_port, variables, "--door", "alb"),
            self._start_pump("crud-pump", "crud_app", variables),
            self._start_pump("email-pump", "email_app", variables),
        ]
        self._wait_for("the migrations", lambda: migration.exit_code == 0)
        self._wait_for("the apps", lambda: all(program.is_up for program in programs))
        return addresses(settings, sign_in, inbox_page.url)

    # ---- what they are started with

    def _start_postgres(self) -> str:
        server = Postgres(self._settings.state / "postgres")
        # SIGINT is PostgreSQL's "fast shutdown"; SIGTERM would wait for a psql that somebody left open.
        self._guardian.watch(server.pid, signal.SIGINT)
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

    def _start_aws(self) -> SesFront:
        """The emulator, and the front of its SES, which passes on to it from now on."""
        settings = self._settings
        state = settings.state / "aws"
        adopt_state(state, settings.aws_port)
        with reserve(settings.aws_port) as reserved:
            environment = emulator_environment(reserved, state=state, log_level="WARNING")
            self._start_part("aws", [*COMMAND], environment, ROOT, pass_fds=[reserved.fileno()])
        inbox = Inbox(settings.state / "inbox")
        publisher = EventPublisher(self._client("sesv2"), self._client("sns"))

        def deliver(mail: Mail) -> None:
            self._console.line("mail", f"✉ {', '.join(mail.recipients)} — {mail.subject}")
            inbox.keep(mail)
            publisher.publish(mail)

        front = SesFront(self._aws_endpoint, on_mail=deliver)
        front.start()
        self._cleanup.callback(front.stop)
        return front

    def _start_inbox_page(self) -> InboxPage:
        page = InboxPage(self._settings.state / "inbox")
        page.start()
        self._cleanup.callback(page.stop)
        return page

    def _create_resources(self) -> None:
        ledger_table = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text(encoding="utf-8"))
        resources.create_resources(
            self._client("sns"), self._client("sqs"), self._client("dynamodb"), self._client("sesv2"), ledger_table
        )

    def _create_sign_in(self) -> SignIn:
        settings = self._settings
        path = settings.state / "sign-in.json"
        sign_in = create_sign_in(
            self._client("cognito-idp"),
            self._aws_endpoint,
            [f"http://{host}:{settings.bff_port}" for host in ("localhost", HOST)],
            known_passwords(path),
        )
        sign_in.save(path)
        return sign_in

    def _start_server(self, name: str, app: str, port: int, environment: Mapping[str, str], *options: str) -> Part:
        command = [sys.executable, "-m", "local.server", "--project-dir", app, "--port", str(port), "--reload"]
        return self._start_part(name, [*command, *options], environment, ROOT, up_word="listens on")

    def _start_pump(self, name: str, app: str, environment: Mapping[str, str]) -> Part:
        command = [sys.executable, "-m", "local.pump", "--project-dir", app, "--reload"]
        return self._start_part(name, command, environment, ROOT, up_word="drives")

    # ---- starting, waiting, ending

    def _start_part(  # noqa: PLR0913 - see `Part`
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        up_word: str = "",
        pass_fds: Sequence[int] = (),
    ) -> Part:
        part = Part(
            name,
            command,
            environment,
            folder,
            on_line=self._console.line,
            on_exit=self._notice_end,
            up_word=up_word,
            pass_fds=pass_fds,
        )
        self._guardian.watch(part.pid)
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

    @property
    def _aws_endpoint(self) -> str:
        return f"http://{HOST}:{self._settings.aws_port}"

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
        return client_of(service, self._aws_endpoint)


def app_environment(
    settings: Settings, sign_in: SignIn, *, database_url: str, ses_endpoint: str, inbox_url: str
) -> dict[str, str]:
    """The variables that are known only here. All others are constants in the apps' ``.chalice/config.json``."""
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
    """Write ``variables`` for a shell to source; readable by its owner only, because an address may hold a password."""
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
