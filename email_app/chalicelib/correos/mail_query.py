"""The list of emails: what a client may ask for, and the page that it gets, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from chalicelib.correos.ledger import MailQuery, as_attributes, sort_key
from chalicelib.correos.mail import State
from contract.body import read_fields
from contract.events import UUID
from contract.text import BrokenRule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from chalicelib.correos.ledger import DynamoLedger
    from chalicelib.correos.mail import Mail

MAX_LIMIT = 200

DIGEST = "[0-9a-f]{32}"
_INSTANT = r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}Z"
_ID = re.compile(f"({UUID})_({DIGEST})")
_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_STATES = ", ".join(State)
_SHOWN = (
    *("evento", "tipo", "empleado", "destinatario", "asunto", "estado", "motivo", "envios", "mensaje_id"),
    *("creado_en", "actualizado_en"),
)


class MailNotFound(Exception):
    """There is no such email, or its row has expired; HTTP 404."""


class Parameter(NamedTuple):
    """One parameter of the list, for the check and for the API's description: its schema, and what it must be."""

    schema: dict[str, Any]
    es: str
    en: str

    def read(self, texts: Any) -> Any:  # noqa: ANN401 - by its schema
        """The value of a parameter that came with these texts; BrokenRule if the schema does not allow it."""
        try:
            values = [self._read_one(text) for text in texts]
        except ValueError:
            raise BrokenRule("formato", f"Debe ser {self.es}.", f"It must be {self.en}.") from None
        if self.schema["type"] == "array":
            return frozenset(values)
        if len(values) != 1:
            raise BrokenRule("repetido", "Solo puede aparecer una vez.", "It may be given only once.")
        return values[0]

    def _read_one(self, text: str) -> State | int | str:
        match self.schema["type"]:
            case "array":
                return State(text)
            case "integer" if _WHOLE_NUMBER.fullmatch(text) and int(text) <= self.schema["maximum"]:
                return int(text)
            case "string" if re.fullmatch(self.schema["pattern"], text):
                return text
        raise ValueError("malformed")


PARAMETERS = {
    "estado": Parameter({"type": "array", "items": {"enum": list(State)}}, f"uno de: {_STATES}", f"one of: {_STATES}"),
    "evento": Parameter({"type": "string", "pattern": f"^{UUID}$"}, "el id de un evento (UUID)", "the id of an event"),
    "empleado": Parameter(
        {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}, "el número de un empleado", "the number of an employee"
    ),
    "limite": Parameter(
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MailQuery().limite},
        f"un número de 1 a {MAX_LIMIT}",
        f"the size of a page, a number from 1 to {MAX_LIMIT}",
    ),
    # A position of the list, readable. A forged one only begins the list elsewhere: nothing to sign.
    "cursor": Parameter(
        {"type": "string", "pattern": f"^{_INSTANT}_{UUID}_{DIGEST}$"},
        "un cursor de esta lista",
        "a cursor of this list, from the Link of the page before",
    ),
}
COUNTED_BY = ("estado", "evento", "empleado")
"""The parameters of a count."""


def check_query(parameters: Mapping[str, list[str]], known: Collection[str] = tuple(PARAMETERS)) -> MailQuery:
    """Check the parameters of a list, or of a count, which knows fewer.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    readers = {name: PARAMETERS[name].read for name in known}
    return MailQuery(**read_fields({**parameters}, readers, optional=known))


def list_mails(ledger: DynamoLedger, query: MailQuery) -> tuple[list[Mail], str | None]:
    """One page, and the query string of the next if there is one: one row more than requested is read."""
    rows = ledger.newest(query._replace(limite=query.limite + 1))
    page = rows[: query.limite]
    if len(rows) == len(page):
        return page, None
    following = query._replace(cursor=sort_key(page[-1]), estado=sorted(query.estado))
    return page, urlencode(
        {name: value for name, value in following._asdict().items() if value is not None}, doseq=True
    )


def count_mails(ledger: DynamoLedger, query: MailQuery) -> dict[str, object]:
    """How many emails match, up to `MAX_LIMIT`: more than a badge shows."""
    mails, next_query = list_mails(ledger, query._replace(limite=MAX_LIMIT))
    return {"total": len(mails), "exacto": next_query is None}


def find_mail(ledger: DynamoLedger, id: str) -> Mail:  # noqa: A002 - as in the path
    """The email with that id, as it is at this moment; `MailNotFound` if there is none."""
    keys = _ID.fullmatch(id)
    row = ledger.read(*keys.groups()) if keys else None
    if row is None:
        raise MailNotFound
    return row


def as_dict(mail: Mail) -> dict[str, object]:
    """The email as the API shows it."""
    values = as_attributes(mail)
    return {"id": mail.id} | {name: values[name] for name in _SHOWN}
