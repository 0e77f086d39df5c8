"""What a command looks at: an environment in AWS, or what `make run` runs on this machine. Tests compare the names."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boto3.session import Session

from local.settings import state_folder
from tools.command_line import NotReady
from tools.preflight import check_account, open_session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

PROJECT, ENVIRONMENT = "crud-app", "dev"
FUNCTIONS = ("bff", "crud", "publicar-pendientes", "email", "enviar-correos", "registrar-resultado")
APIS = ("crud-api", "email-api")
# There is one of them: an internal one, or one on the internet.
BALANCERS = ("alb", "web")
QUEUE, DEAD_LETTER_QUEUE = "email-queue", "email-dlq"
LEDGER = "correos"


@dataclass(frozen=True)
class Place:
    """Where the parts are. Their names begin with ``prefix``, which is also the namespace of the logs' metrics."""

    title: str
    """For people; the account is shortened, because the output may be published."""
    prefix: str
    session: Session
    endpoint: str | None
    database_url: str
    is_laptop: bool

    def name(self, part: str) -> str:
        return f"{self.prefix}-{part}"


def add_place(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--laptop``, and ``--environment`` and ``--project``, whose defaults are the variables of Terraform."""
    parser.add_argument("--laptop", action="store_true", help="what `make run` runs on this machine")
    for option, variable, default in (
        ("--environment", "TF_VAR_environment", ENVIRONMENT),
        ("--project", "TF_VAR_project_name", PROJECT),
    ):
        help_text = f"a part of every name (default: {variable}, or {default})"
        parser.add_argument(option, default=environment.get(variable, default), help=help_text)


def open_place(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Place:
    """The place that the arguments name; it need not exist.

    Raises:
        NotReady: `make run` has never run here, or AWS does not know the caller.
    """
    if arguments.laptop:
        file = state_folder(environment) / "env"
        if not file.is_file():
            raise NotReady("`make run` has not run here yet: start it first.")
        environment = dict(
            assignment.split("=", 1) for assignment in shlex.split(file.read_text("utf-8"), comments=True)
        )
        key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        session = Session(key, secret, region_name=environment["AWS_DEFAULT_REGION"])
        prefix, title = PROJECT, f"`make run`, {environment['AWS_ENDPOINT_URL']}"
    else:
        session = open_session(environment)
        account = check_account(session)
        prefix, title = (
            f"{arguments.project}-{arguments.environment}",
            f"account …{account.number[-4:]}, {account.region}",
        )
    endpoint, database_url = environment.get("AWS_ENDPOINT_URL"), environment.get("DATABASE_URL", "")
    return Place(title, prefix, session, endpoint or None, database_url, arguments.laptop)
