"""Erases a person from the ledger and from unsent emails (docs/design/erasure.md). Only `make forget` uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.correos.ledger import MAX_PAGE, sort_key, update
from chalicelib.correos.mail import UNSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from chalicelib.correos.ledger import Ledger
    from chalicelib.correos.mail import Mail


class Erasure:
    """Forgets one person in the ledger.

    Args:
        ledger: where the mails are.
        clock: the time.
        empleado: whom mails are about, if an employee.
        addresses: the person's addresses, which mails went to.
    """

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], *, empleado: int | None, addresses: list[str]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._empleado = empleado
        self._addresses = frozenset(address.strip().lower() for address in addresses)

    def look(self) -> dict[str, int]:
        """How many mails there are to or about the person, how many tell of it, and how many of these are not sent."""
        rows = self._rows()
        telling = [row for row in rows if row.identifies(self._addresses)]
        unsent = [row for row in telling if row.estado in UNSENT]
        return {"mails": len(rows), "telling": len(telling), "unsent": len(unsent)}

    def forget(self) -> Iterator[int]:
        """Empty those mails, and yield how many have been after each. What is done stands, whatever follows.

        Raises:
            LedgerUnavailable
        """
        telling = [row for row in self._rows() if row.identifies(self._addresses)]
        for number, row in enumerate(telling, start=1):
            update(self._ledger, row, lambda current: current.erased(self._addresses, self._clock()))
            yield number

    def _rows(self) -> list[Mail]:
        """All mails about the employee or to one of the addresses. For the addresses, the whole ledger is read."""
        to = self._all_mails(None) if self._addresses else ()
        about = () if self._empleado is None else self._all_mails(self._empleado)
        found = {row.id: row for row in to if row.destinatario.lower() in self._addresses}
        return list({**found, **{row.id: row for row in about}}.values())

    def _all_mails(self, empleado: int | None) -> Iterator[Mail]:
        before = None
        while rows := self._ledger.newest(estado=None, empleado=empleado, before=before, limit=MAX_PAGE):
            yield from rows
            before = sort_key(rows[-1])
