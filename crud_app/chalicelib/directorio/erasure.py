"""Erasing a person: what happened, when, and who did it stays (docs/design/erasure.md). `make forget` uses it, and the
sweep for leavers. No request does.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.directorio.repository import find_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.directorio.database import Database

#: Events, or leavers, of one statement: it ends long before the server's time is up, and locks little.
CHUNK_SIZE = 1_000

logger = logging.getLogger(__name__)


class Person(NamedTuple):
    """What the directory keeps about a person."""

    id: int
    is_employee: bool  # there is still a row, of an employee or a leaver
    events: int
    telling: int  # events that say who it is
    unpublished: int  # those of them that have not been published
    addresses: list[str]  # of now and once, except those that another employee has now


class Erasure:
    """Forgets people in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, email: str) -> list[int]:
        """The ids of all who have or had this address: several, if another employee got it later."""
        rows = self._database.read(find_statement("find_people"), {"email": email.strip().lower()})
        return [row_id for (row_id,) in rows]

    def look(self, row_id: int) -> Person:
        """What is kept about this person, who may never have been."""
        (row,) = self._database.read(find_statement("describe_person"), {"row_id": row_id})
        return Person(row_id, *row)

    def forget(self, row_id: int, actor: str) -> int:
        """Remove the row, if it is there, and take the person out of the history and of what names requests: all of it,
        or nothing.

        The removal has its event, but neither it nor an earlier one is published any more: the mail would spread what
        is to be forgotten. Returns how many events were emptied; none if it was done before.

        Raises:
            Unavailable: nothing was done.
            OutcomeUnknown: it may have been done; repeating it does no harm.
        """
        with self._database.transaction() as run:
            run(find_statement("wait_for_sweep"))
            run(find_statement("delete_empleado"), {"row_id": row_id, "actor": actor, "versions": None})
            return len(run(find_statement("erase_people"), {"row_ids": [row_id]}))

    def forget_leavers(self, days: int) -> None:
        """Forget those who left longer ago, as many as one statement takes; the next sweep continues.

        Raises:
            Unavailable, OutcomeUnknown: see ``forget``.
        """
        with self._database.transaction() as run:
            ((is_alone,),) = run(find_statement("lock_sweep"))
            overdue = run(find_statement("overdue_bajas"), {"days": days, "limit": CHUNK_SIZE}) if is_alone else ()
            if overdue:
                run(find_statement("erase_people"), {"row_ids": [row_id for (row_id,) in overdue]})
                logger.info("Leavers erased", extra={"erased": len(overdue)})

    def count_old(self, months: int) -> int:
        """How many events older than this many months identify the employee."""
        ((count,),) = self._database.read(find_statement("count_old_eventos"), {"months": months})
        return int(count)

    def forget_old(self, months: int) -> Iterator[int]:
        """Empty those events, and yield how many have been after each chunk. Each chunk is committed on its own.

        Raises:
            Unavailable, OutcomeUnknown: see ``forget``.
        """
        total, after = 0, 0
        while True:
            parameters = {"months": months, "after": after, "limit": CHUNK_SIZE}
            ((count, last),) = self._database.write(find_statement("empty_old_eventos"), parameters)
            if not count:
                return
            total, after = total + count, last
            yield total
