"""`make forget`: erases a person, or all persons from the old part of the history (docs/design/erasure.md).

Nothing printed here says who it is: employees are numbers, as in all logs.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import shlex
import signal
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boto3.session import Session
from rich.progress import Progress, track

from chalice_frontdoor import SettingError
from chalicelib.correos.aws import client_config
from chalicelib.correos.erasure import Erasure as LedgerErasure
from chalicelib.correos.ledger import DynamoLedger, LedgerUnavailable
from chalicelib.directorio.database import Database
from chalicelib.directorio.erasure import Olvido as DirectoryErasure
from chalicelib.directorio.erasure import Person
from chalicelib.directorio.errors import CrudError
from local.resources import LEDGER_TABLE
from local.settings import state_folder
from tools.command_line import OneSentenceParser, add_environment, whole_number
from tools.names import deployed
from tools.preflight import NotReady, check_account, check_database_url, confirm, database_address, open_session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_INTERRUPTED = 128 + signal.SIGINT
MOST_ID = 10**18 - 1
MOST_MONTHS = 1_200

EXAMPLES = """\
examples:
  make forget ID=7                             an employee, present or former, of the environment dev
  make forget EMAIL=… ENVIRONMENT=production   a person, by an address they have or had
  make forget MONTHS=36 YES=1                  the persons in all older events; for a schedule
  make forget ID=7 LAPTOP=1                    in what `make run` runs on this machine
It shows what is kept, what will be done and what is out of reach, and asks.
"""
OUT_OF_REACH = """\
Out of reach, and how long it lasts:
  messages on their way    up to 4 days in the queue, 14 among the dead letters; they are mailed. {again}
  e-mails already sent     as long as their recipients keep them
  SES's suppression list   an address that bounced, until: aws sesv2 delete-suppressed-destination --email-address …
  backups                  of the ledger 35 days; of PostgreSQL as long as you or your provider keep them, and its own
                           old versions of rows until the next VACUUM. After restoring one, repeat this.
  the sign-in              an account of the person, until: aws cognito-idp admin-delete-user (docs/runbook.md)
  free text                what a person wrote by hand in an e-mail to others, which leaves the ledger within 90 days,
                           and the name of who did something, which has to stay"""


@dataclass(frozen=True)
class Stores:
    """The two stores that know people, each erased by the code of its own app."""

    title: str
    database: Database
    table: str
    ledger: DynamoLedger


def open_deployed(environment: Mapping[str, str], table: str, session: Session) -> Stores:
    """The stores of a deployment: DATABASE_URL, and the account of the AWS profile.

    Raises:
        NotReady: DATABASE_URL is missing or malformed, or AWS does not accept the credentials.
    """
    check_database_url(environment)
    account = check_account(session)
    return _open(environment["DATABASE_URL"], table, session, f"account {account.number}, {account.region}")


def open_laptop(environment: Mapping[str, str]) -> Stores:
    """The stores of `make run` on this machine.

    Raises:
        NotReady: it has never run here.
    """
    file = state_folder(environment) / "env"
    if not file.is_file():
        raise NotReady("`make run` has not run here yet: it makes the database.")
    variables = dict(assignment.split("=", 1) for assignment in shlex.split(file.read_text("utf-8"), comments=True))
    session = Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=variables["AWS_DEFAULT_REGION"]
    )
    return _open(variables["DATABASE_URL"], LEDGER_TABLE, session, "`make run`", variables["AWS_ENDPOINT_URL"])


def _open(url: str, table: str, session: Session, where: str, endpoint: str | None = None) -> Stores:
    parts = urlsplit(url)  # shown without user and password
    return Stores(
        f"Database {parts.hostname or 'on this machine'}{parts.path}; ledger {table}: {where}",
        Database(database_address(url)),
        table,
        DynamoLedger(session.client("dynamodb", endpoint_url=endpoint, config=client_config()), table),
    )


def forget_person(stores: Stores, environment: Mapping[str, str], *, row_id: int | None, email: str | None) -> None:
    """Show what is kept about the person whom ``row_id`` or ``email`` names, ask, and erase it.

    The ledger comes first: as long as the directory knows the person, the same command finds the rest.

    Raises:
        NotReady: the answer was no, or several people had the address. Nothing was done.
        CrudError, LedgerUnavailable: something was not done; repeating it does no harm.
    """
    directory = DirectoryErasure(stores.database)
    person = _find(directory, row_id, email)
    mails = LedgerErasure(
        stores.ledger,
        lambda: datetime.now(UTC),
        employee=person.id if person else None,
        addresses=person.addresses if person else [email or ""],
    )
    kept = mails.look()
    print(describe(person, kept))
    if not (kept["telling"] or (person and (person.is_employee or person.telling))):
        print("Nothing to forget.")
        return
    print(OUT_OF_REACH.format(again=f"Afterwards once more: make forget ID={person.id}" if person else ""))
    confirm("Forget? It cannot be undone.", environment)
    emptied = sum(1 for _ in track(mails.forget(), "e-mails", total=kept["telling"] or None))
    print(f"{emptied:,} e-mails emptied in the ledger.")
    if person:
        events = directory.forget(person.id, actor())
        print(f"{'Employee removed, ' if person.is_employee else ''}{events:,} events emptied in the history.")
    print("Forgotten.")


def _find(directory: DirectoryErasure, row_id: int | None, email: str | None) -> Person | None:
    """None for a person who was never an employee, and may have received e-mails."""
    if email is not None:
        ids = directory.find(email)
        if len(ids) > 1:
            raise NotReady(f"Several people had that address: choose one, ID={' or ID='.join(map(str, ids))}.")
        row_id = ids[0] if ids else None
    return None if row_id is None else directory.look(row_id)


def describe(person: Person | None, mails: Mapping[str, int]) -> str:
    """What is kept, and what will be done with it."""
    events, telling, unpublished = (person.events, person.telling, person.unpublished) if person else (0, 0, 0)
    lines = [
        f"Employee {person.id}:" if person else "Not in the directory or its history:",
        f"  row      {'removed, without an e-mail about it' if person and person.is_employee else 'none'}",
        f"  history  {events:,} events; to be emptied: {telling:,} (name, e-mail and position).",
        "           Number, type, time, actor and the names of the changed fields stay.",
        f"           {unpublished:,} are not published yet, and never will be." if unpublished else "",
        f"  e-mails  {mails['mails']:,} in the ledger; to be emptied: {mails['telling']:,} (subject and address).",
        f"           {mails['unsent']:,} are not sent yet, and never will be." if mails["unsent"] else "",
    ]
    return "\n".join(line for line in lines if line)


def actor() -> str:
    """Who does it, for the history, which records the actor of every removal."""
    try:
        return f"make forget ({getpass.getuser()})"
    except (ImportError, KeyError, OSError):  # a container may run as a user without a name
        return "make forget"


def forget_old_events(stores: Stores, environment: Mapping[str, str], months: int) -> None:
    """Show how many events are older, ask, and empty them. The ledger's rows expire by themselves.

    Raises:
        NotReady: the answer was no.
        CrudError: the events emptied until then stay so; the same command continues.
    """
    directory = DirectoryErasure(stores.database)
    total = directory.count_old(months)
    print(f"{total:,} events older than {months} months say who the employee is.")
    if not total:
        print("Nothing to forget.")
        return
    print("Their name, e-mail and position are emptied; number, type, time, actor and the changed fields stay.")
    confirm("Forget? It cannot be undone.", environment)
    with Progress() as progress:
        bar = progress.add_task("events", total=total)
        for emptied in directory.forget_old(months):
            progress.update(bar, completed=emptied)
    print("Forgotten.")


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Forget; the result is the exit code. 1: it was not done, or not completely; 2: bad arguments."""
    arguments = _parse(argv, environment)
    table = f"{deployed(arguments.project, arguments.environment).prefix}-correos"
    try:
        stores = (
            open_laptop(environment)
            if arguments.laptop
            else open_deployed(environment, table, open_session(environment))
        )
        print(stores.title)
        with closing(stores.database):
            if arguments.months is not None:
                forget_old_events(stores, environment, arguments.months)
            else:
                forget_person(stores, environment, row_id=arguments.id, email=arguments.email)
    except (NotReady, SettingError) as problem:
        return _fail(f"{str(problem).removesuffix('.')}.")
    except CrudError as error:
        state = str(error.args[0]) if error.args else ""
        return _fail(f"The database did not do it (SQLSTATE {state or 'unknown'}): try again.")
    except LedgerUnavailable as error:
        return _fail(f"The ledger {stores.table} cannot be used ({_code_of(error.__cause__ or error)}).")
    except KeyboardInterrupt:
        _fail("stopped; the same command continues with what is left.")
        return EXIT_INTERRUPTED
    return 0


def _fail(sentence: str) -> int:
    print(f"make forget: {sentence}", file=sys.stderr)
    return 1


def _code_of(cause: BaseException) -> str:
    """AWS's code, or the kind of the failure: never its text."""
    response: dict[str, dict[str, str]] = getattr(cause, "response", {})
    return response.get("Error", {}).get("Code", type(cause).__name__)


def _parse(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    parser = OneSentenceParser(
        "make forget", "Removes a person from what is kept, or all persons from the old history.", epilog=EXAMPLES
    )
    parser.add_argument("--id", type=whole_number("ID", 1, MOST_ID), help="the number of an employee")
    parser.add_argument("--email", type=_email, help="an address of the person")
    parser.add_argument("--months", type=whole_number("MONTHS", 1, MOST_MONTHS), help="how old events may grow")
    parser.add_argument("--laptop", action="store_true", help="where `make run` keeps its data")
    add_environment(parser, environment)
    arguments = parser.parse_args(argv)
    if sum(value is not None for value in (arguments.id, arguments.email, arguments.months)) != 1:
        parser.error("Say one of ID=…, EMAIL=… and MONTHS=…")
    return arguments


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise argparse.ArgumentTypeError("EMAIL must be an e-mail address")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
