"""`make forget`: erases a person, or all persons from the old part of the history (docs/design/erasure.md).

Nothing printed here says who it is: employees are numbers, as in all logs.
"""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from rich.progress import track

from chalicelib.correos.aws import AwsUnavailable, client_config
from chalicelib.correos.erasure import Erasure as LedgerErasure
from chalicelib.correos.ledger import DynamoLedger
from chalicelib.directorio.database import Database
from chalicelib.directorio.erasure import Erasure as DirectoryErasure
from chalicelib.directorio.errors import CrudError
from local import inbox
from local.settings import state_folder
from tools.command_line import NotReady, OneSentenceParser, run, whole_number
from tools.place import LEDGER, add_place, open_place
from tools.preflight import check_database_url, confirm, database_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chalicelib.directorio.erasure import Person

MAX_ID, MAX_MONTHS = 10**18 - 1, 1_200

OUT_OF_REACH = """\
Out of reach: messages in flight (they are mailed, up to 14 days later; {again}), emails already sent, SES's suppression
list, backups, the account to sign in with, and free text. docs/security.md says for how long, and what to do."""


def forget_person(  # noqa: PLR0913 - what people are known by, and where
    directory: DirectoryErasure,
    ledger: DynamoLedger,
    inbox_folder: Path | None,
    environment: Mapping[str, str],
    *,
    row_id: int | None,
    email: str | None,
) -> None:
    """Show what is kept about the person whom ``row_id`` or ``email`` names, ask, and erase it.

    The ledger comes first: as long as the directory knows the person, the same command finds the rest.
    """
    person = _find(directory, row_id, email)
    addresses = person.addresses if person else [email or ""]
    now = partial(datetime.now, UTC)
    mails = LedgerErasure(ledger, now, employee=person.id if person else None, addresses=addresses)
    kept = mails.look()
    print(describe(person, kept))
    if not (kept["telling"] or (person and (person.is_employee or person.telling))):
        print("Nothing to forget.")
        return
    again = f"then run make forget ID={person.id} again" if person else "then run this again"
    print(OUT_OF_REACH.format(again=again))
    confirm("Forget? It cannot be undone.", environment)
    emptied = sum(1 for _ in track(mails.forget(), "emails", total=kept["telling"]))
    print(f"{emptied:,} emails emptied in the ledger.")
    if inbox_folder:
        print(f"{inbox.forget(addresses, inbox_folder):,} emails removed from the local inbox.")
    if person:
        user = environment.get("LOGNAME") or environment.get("USER") or "unknown"
        events = directory.forget(person.id, f"make forget ({user})")
        print(f"{'Employee removed, ' if person.is_employee else ''}{events:,} events emptied in the history.")
    print("Forgotten.")


def _find(directory: DirectoryErasure, row_id: int | None, email: str | None) -> Person | None:
    """None for a person who was never an employee, and may have received emails."""
    if email is not None:
        ids = directory.find(email)
        if len(ids) > 1:
            raise NotReady(f"Several people had that address: choose one, ID={' or ID='.join(map(str, ids))}.")
        row_id = ids[0] if ids else None
    return None if row_id is None else directory.look(row_id)


def describe(person: Person | None, mails: Mapping[str, int]) -> str:
    events, telling, unpublished = (person.events, person.telling, person.unpublished) if person else (0, 0, 0)
    return "\n".join(
        [
            f"Employee {person.id}:" if person else "Not in the directory or its history:",
            f"  row      {'removed, without an email about it' if person and person.is_employee else 'none'}",
            f"  history  {events:,} events; to be emptied: {telling:,} (name, email, position, old and new values).",
            "           Number, type, time, actor and the names of the changed fields stay.",
            f"           {unpublished:,} are not published yet, and never will be.",
            f"  emails   {mails['mails']:,} in the ledger; to be emptied: {mails['telling']:,} (subject and address).",
            f"           {mails['unsent']:,} are not sent yet, and never will be.",
        ]
    )


def forget_old_events(directory: DirectoryErasure, environment: Mapping[str, str], months: int) -> None:
    """Show how many events are older, ask, and empty them. The ledger's rows expire by themselves."""
    total = directory.count_old(months)
    print(f"{total:,} events older than {months} months say who the employee is.")
    if not total:
        print("Nothing to forget.")
        return
    print("Name, email, position, old and new values are emptied; number, type, time, actor and changed fields stay.")
    confirm("Forget? It cannot be undone.", environment)
    for emptied in directory.forget_old(months):
        print(f"{emptied:,} events emptied.")
    print("Forgotten.")


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Forget, or say why it was not done, or not completely: the same command continues with what is left."""
    arguments = parse_arguments(argv, environment)
    if not arguments.laptop:
        check_database_url(environment)
    place = open_place(arguments, environment)
    parts = urlsplit(place.database_url)  # shown without user and password
    shown = f"{parts.hostname or 'on this machine'}{parts.path}"
    print(f"Database {shown}; ledger {place.name(LEDGER)}: {place.title}")
    dynamodb = place.session.client("dynamodb", endpoint_url=place.endpoint, config=client_config())
    ledger = DynamoLedger(dynamodb, place.name(LEDGER))
    inbox_folder = state_folder(environment) / "inbox" if arguments.laptop else None
    try:
        with closing(Database(database_address(place.database_url))) as database:
            directory = DirectoryErasure(database)
            if arguments.months is not None:
                forget_old_events(directory, environment, arguments.months)
            else:
                of = {"row_id": arguments.id, "email": arguments.email}
                forget_person(directory, ledger, inbox_folder, environment, **of)
    except CrudError as error:
        state = str(error.args[0]) if error.args else ""
        raise NotReady(f"The database did not do it (SQLSTATE {state or 'unknown'}): try again.") from error
    except AwsUnavailable as error:
        cause = error.__cause__ or error
        # AWS's code, or the kind of the failure: never its text.
        code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else type(cause).__name__
        raise NotReady(f"The ledger cannot be used ({code}).") from error
    except KeyboardInterrupt:
        print("Stopped; the same command continues with what is left.", file=sys.stderr)
        raise


def parse_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    parser = OneSentenceParser(
        "make forget",
        "Removes a person from what is kept, or all persons from the old history.",
        epilog="It shows what is kept, what will be done and what is out of reach, and asks (YES=1 answers).",
    )
    parser.add_argument("--id", type=whole_number("ID", 1, MAX_ID), help="the number of an employee")
    parser.add_argument("--email", type=_email, help="an address of the person")
    parser.add_argument("--months", type=whole_number("MONTHS", 1, MAX_MONTHS), help="how old events may grow")
    add_place(parser, environment)
    arguments = parser.parse_args(argv)
    if sum(value is not None for value in (arguments.id, arguments.email, arguments.months)) != 1:
        parser.error("Say one of ID=…, EMAIL=… and MONTHS=…")
    return arguments


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise argparse.ArgumentTypeError("EMAIL must be an email address")
    return text


if __name__ == "__main__":
    run(main)
