"""Forgetting: the ledger says no more who somebody is, and nothing that is not sent yet is sent (docs/adr/0019).

`make forget` (``tools/forget``) is the only one who uses it, as a program of its own: a request in JSON comes in, lines
of JSON go out. Nothing about a person is logged or written on a command line.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from chalicelib.correos.aws import client_config
from chalicelib.correos.ledger import MAX_PAGE, DynamoLedger, LedgerUnavailable, orden, update
from chalicelib.correos.mail import UNSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.correos.ledger import Ledger
    from chalicelib.correos.mail import Correo


class Olvido:
    """Forgets one person in the ledger.

    Args:
        ledger: where the mails are.
        clock: the time.
        empleado: whom mails are about, if an employee.
        direcciones: the person's addresses, which mails went to.
    """

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], *, empleado: int | None, direcciones: list[str]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._empleado = empleado
        self._direcciones = frozenset(direccion.strip().lower() for direccion in direcciones)

    def look(self) -> dict[str, int]:
        """How many mails there are to or about the person, how many tell of it, and how many of these are not sent."""
        rows = self._rows()
        telling = [row for row in rows if row.tells_of(self._direcciones)]
        unsent = [row for row in telling if row.estado in UNSENT]
        return {"mails": len(rows), "telling": len(telling), "unsent": len(unsent)}

    def forget(self) -> Iterator[int]:
        """Empty those mails, and yield how many have been after each. What is done stands, whatever follows.

        Raises:
            LedgerUnavailable
        """
        telling = [row for row in self._rows() if row.tells_of(self._direcciones)]
        for number, row in enumerate(telling, start=1):
            update(self._ledger, row, lambda current: current.forgotten(self._direcciones, self._clock()))
            yield number

    def _rows(self) -> list[Correo]:
        """All mails about the employee or to one of the addresses. For the addresses, the whole ledger is read."""
        to = self._all_mails(None) if self._direcciones else ()
        about = () if self._empleado is None else self._all_mails(self._empleado)
        found = {row.id: row for row in to if row.destinatario.lower() in self._direcciones}
        return list({**found, **{row.id: row for row in about}}.values())

    def _all_mails(self, empleado: int | None) -> Iterator[Correo]:
        before = None
        while rows := self._ledger.newest(estado=None, empleado=empleado, before=before, limit=MAX_PAGE):
            yield from rows
            before = orden(rows[-1])


def answer(olvido: Olvido, what: str) -> Iterator[object]:
    """Do what ``what`` says: ``look`` or ``forget``."""
    return iter([olvido.look()]) if what == "look" else olvido.forget()


def main(source: TextIO, target: TextIO) -> int:
    """Answer one request; the result is the exit code. Why it failed stands in the last line of the errors."""
    import boto3  # noqa: PLC0415 - as in bootstrap.py

    request: dict[str, Any] = json.load(source)
    ledger = DynamoLedger(boto3.client("dynamodb", config=client_config()), request["table"])
    olvido = Olvido(ledger, lambda: datetime.now(UTC), empleado=request["empleado"], direcciones=request["direcciones"])
    try:
        for line in answer(olvido, request["do"]):
            target.write(f"{json.dumps(line)}\n")
            target.flush()
    except LedgerUnavailable as error:
        cause = error.__cause__ or error
        sys.stderr.write(f"The ledger {request['table']} cannot be used ({_code_of(cause)}).\n")
        return 1
    return 0


def _code_of(cause: BaseException) -> str:
    """AWS's code, or the kind of the failure: never its text."""
    response: dict[str, Any] = getattr(cause, "response", {})
    return str(response.get("Error", {}).get("Code", type(cause).__name__))


if __name__ == "__main__":
    sys.exit(main(sys.stdin, sys.stdout))
