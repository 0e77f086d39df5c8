"""Erases a person from the ledger and from unsent emails (docs/design/erasure.md). Only `make forget` uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.correos.ledger import MAX_PAGE, MailQuery, sort_key, update
from chalicelib.correos.mail import UNSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from chalicelib.correos.ledger import DynamoLedger
    from chalicelib.correos.mail import Mail


class Erasure:
    """Forgets one person: the emails about the employee, if one is given, and to the addresses."""

    def __init__(
        self, ledger: DynamoLedger, clock: Callable[[], datetime], *, employee: int | None, addresses: list[str]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._employee = employee
        self._addresses = frozenset(address.strip().lower() for address in addresses)

    def look(self) -> dict[str, int]:
        """How many emails there are, how many of them identify the person, and how many of these are not sent."""
        rows = self._rows()
        telling = self._telling(rows)
        unsent = [row for row in telling if row.state in UNSENT]
        return {"mails": len(rows), "telling": len(telling), "unsent": len(unsent)}

    def forget(self) -> Iterator[int]:
        """Empty those emails, and yield the count after each. What is done stays done.

        Raises:
            AwsUnavailable
        """
        for number, row in enumerate(self._telling(self._rows()), start=1):
            update(self._ledger, row, lambda current: current.erased(self._addresses, self._clock()))
            yield number

    def _telling(self, rows: list[Mail]) -> list[Mail]:
        return [row for row in rows if row.identifies(self._addresses)]

    def _rows(self) -> list[Mail]:
        """For the addresses, the whole ledger is read: its keys contain none."""
        about = () if self._employee is None else self._all_mails(self._employee)
        to = (row for row in self._all_mails(None) if row.recipient.lower() in self._addresses)
        rows = [*about, *(to if self._addresses else ())]
        return list({row.id: row for row in rows}.values())

    def _all_mails(self, employee: int | None) -> Iterator[Mail]:
        before = None
        while rows := self._ledger.newest(MailQuery(empleado=employee, limite=MAX_PAGE, cursor=before)):
            yield from rows
            before = sort_key(rows[-1])
