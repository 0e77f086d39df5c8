"""Where people are forgotten: a database, and the ledger of the e-mails about its employees."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.resources import LEDGER_TABLE
from local.settings import state_folder
from tools.preflight import NotReady, check_account, check_database_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3.session import Session

    from tools.names import Names


@dataclass(frozen=True)
class Place:
    """One environment: ``title`` is for a person, ``variables`` are for the programs that work there."""

    title: str
    table: str
    variables: Mapping[str, str] = field(repr=False)


def deployed(environment: Mapping[str, str], names: Names, session: Session) -> Place:
    """A deployment, by DATABASE_URL and the names that Terraform gives.

    Raises:
        NotReady: DATABASE_URL is not set, or AWS does not know who asks.
    """
    check_database_url(environment)
    account = check_account(session)
    url = environment["DATABASE_URL"]
    table = f"{names.prefix}-correos"
    return Place(
        f"Database {_address(url)}; ledger {table}: account {account.number}, {account.region}",
        table,
        {"DATABASE_URL": url, "AWS_DEFAULT_REGION": account.region},
    )


def laptop(environment: Mapping[str, str]) -> Place:
    """What `make run` has running on this machine.

    Raises:
        NotReady: it has never run here.
    """
    file = state_folder(environment) / "env"
    if not file.is_file():
        raise NotReady("`make run` has not run here yet: it makes the database.")
    assignments = shlex.split(file.read_text("utf-8"), comments=True)
    variables = dict(assignment.split("=", 1) for assignment in assignments)
    return Place(
        f"Database {_address(variables['DATABASE_URL'])}; ledger {LEDGER_TABLE}: `make run`", LEDGER_TABLE, variables
    )


def _address(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'on this machine'}{parts.path}"
