"""The right to be forgotten: what is kept about somebody, what will be done about it, and doing it.

Nothing that is printed says who it is: employees are numbers here, as in all logs.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import track

from tools.confirmation import confirm
from tools.forget.stores import ask_directory, ask_ledger
from tools.preflight import NotReady

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.forget.place import Place

NOBODY = {"id": None, "is_employee": False, "events": 0, "telling": 0, "unpublished": 0}
OUT_OF_REACH = """\
Out of reach, and how long it lasts:
  messages on their way    up to 4 days in the queue, 14 among the dead letters; they are mailed. {again}
  e-mails that were sent   as long as their recipients keep them
  SES's suppression list   an address that bounced, until: aws sesv2 delete-suppressed-destination --email-address …
  backups                  of the ledger 35 days; of PostgreSQL as long as you or your provider keep them, and its own
                           old versions of rows until the next VACUUM. Who restores one repeats this.
  the sign-in              an account of the person, until: aws cognito-idp admin-delete-user (docs/runbook.md)
  free words               what somebody wrote by hand in a mail to others, which goes from the ledger within 90 days,
                           and the name of who did something, which has to stay"""


@dataclass(frozen=True)
class Found:
    """What is kept about somebody. ``id`` is None for somebody who has never been an employee, and only got mails."""

    id: int | None
    is_employee: bool
    events: int
    telling: int
    unpublished: int
    addresses: list[str]
    mails: int
    telling_mails: int
    unsent: int

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.is_employee or self.telling or self.telling_mails)


def forget_person(place: Place, environment: Mapping[str, str], *, row_id: int | None, email: str | None) -> None:
    """Show what is kept, ask, and forget the person whom ``row_id`` or ``email`` names.

    The ledger comes first: as long as the directory knows the person, the same command finds the rest.

    Raises:
        NotReady: nobody said yes, or the address was more than one person's. Nothing was done.
        StoreFailed: something was not done; to repeat it does no harm.
    """
    found = look(place, row_id=row_id, email=email)
    print(describe(found))
    if found.is_forgotten:
        print("Nothing to forget.")
        return
    print(OUT_OF_REACH.format(again=_again(found)))
    confirm("Forget? Nothing brings it back.", environment)
    mails = ask_ledger(place, do="forget", empleado=found.id, direcciones=found.addresses)
    emptied = sum(1 for _ in track(mails, "e-mails", total=found.telling_mails or None))
    print(f"{emptied:,} e-mails emptied in the ledger.")
    if found.id is not None:
        (events,) = ask_directory(place, do="forget", row_id=found.id, actor=actor())
        print(f"{'Employee removed, ' if found.is_employee else ''}{events:,} events emptied in the history.")
    print("Forgotten.")


def look(place: Place, *, row_id: int | None, email: str | None) -> Found:
    """What both stores know.

    Raises:
        NotReady: the address was more than one person's.
        StoreFailed: see there.
    """
    if email is not None:
        (ids,) = ask_directory(place, do="find", email=email)
        row_id = _only(ids)
    person: dict[str, Any] = {**NOBODY, "addresses": [email]}
    if row_id is not None:
        (person,) = ask_directory(place, do="look", row_id=row_id)
    (mails,) = ask_ledger(place, do="look", empleado=row_id, direcciones=person["addresses"])
    return Found(**person, mails=mails["mails"], telling_mails=mails["telling"], unsent=mails["unsent"])


def _only(ids: list[int]) -> int | None:
    if len(ids) > 1:
        raise NotReady(f"That address was given to several: say which, ID={' or ID='.join(map(str, ids))}.")
    return ids[0] if ids else None


def describe(found: Found) -> str:
    """What is kept, and what will be done with it."""
    removed = "removed, and nobody gets a mail about it" if found.is_employee else "none"
    lines = [
        "Nobody in the directory or its history:" if found.id is None else f"Employee {found.id}:",
        f"  row      {removed}",
        f"  history  {found.events:,} events; to be emptied: {found.telling:,} (name, e-mail and position).",
        "           Number, type, time, who did it and the names of the changed fields stay.",
    ]
    if found.unpublished:
        lines.append(f"           {found.unpublished:,} are not published yet, and never will be.")
    lines.append(
        f"  e-mails  {found.mails:,} in the ledger; to be emptied: {found.telling_mails:,} (subject, and an address of "
        "the person)."
    )
    if found.unsent:
        lines.append(f"           {found.unsent:,} are not sent yet, and never will be.")
    return "\n".join(lines)


def actor() -> str:
    """Who does it, for the history: an employee's removal is accounted for like everybody's."""
    try:
        return f"make forget ({getpass.getuser()})"
    except (ImportError, KeyError, OSError):  # a container may run as a user without a name
        return "make forget"


def _again(found: Found) -> str:
    return "" if found.id is None else f"Afterwards once more: make forget ID={found.id}"
