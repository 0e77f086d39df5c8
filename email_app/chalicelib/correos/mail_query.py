"""The list of mails: what a client may ask for, and the page that it gets, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalice_frontdoor import FieldError, InvalidInput
from chalicelib.correos.event import is_uuid, write_instant
from chalicelib.correos.ledger import Ledger, sort_key
from chalicelib.correos.mail import Mail, State
from contract.api import unknown_field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_EMPLOYEE = 2**63 - 1

_ID = re.compile(r"(?P<evento>[0-9a-f-]{36})_(?P<huella>[0-9a-f]{32})")
_ORDEN = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z_{_ID.pattern}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,18}")

_REPEATED = {"es": "Solo puede aparecer una vez.", "en": "It may be given only once."}


class MailNotFound(Exception):
    """There is no such mail, or its row has expired; HTTP 404."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQuery:
    """A question that was checked: mails that are all of what is given."""

    estado: State | None = None
    evento: str | None = None
    empleado: int | None = None
    limite: int = DEFAULT_LIMIT
    cursor: str | None = None
    """The `sort_key` of the last row of the page before."""

    def matches(self, mail: Mail) -> bool:
        return (
            self.estado in {None, mail.estado}
            and self.empleado in {None, mail.empleado}
            and (self.cursor is None or sort_key(mail) < self.cursor)
        )


@dataclass(frozen=True, slots=True)
class MailPage:
    mails: list[Mail]
    next_query: str | None
    """The query string of the next page, if there is one."""


def check_query(parameters: Mapping[str, list[str]]) -> MailQuery:
    """Check the parameters of a list.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    errors = [unknown_field(name) for name in parameters if name not in _PARAMETERS]
    values: dict[str, Any] = {}
    for name, parameter in _PARAMETERS.items():
        match parameters.get(name, []):
            case []:
                continue
            case [text]:
                try:
                    values[name] = parameter.read(text)
                except ValueError:
                    errors.append(FieldError(name, "formato", parameter.message))
            case _:
                errors.append(FieldError(name, "repetido", _REPEATED))
    if errors:
        raise InvalidInput(errors)
    return MailQuery(**values)


def list_mails(ledger: Ledger, query: MailQuery) -> MailPage:
    """One page. One row more than asked for tells whether there is another.

    Raises:
        LedgerUnavailable
    """
    rows = _rows(ledger, query, query.limite + 1)
    page = rows[: query.limite]
    return MailPage(page, _next_query(query, page[-1]) if len(rows) > len(page) else None)


def _rows(ledger: Ledger, query: MailQuery, limit: int) -> list[Mail]:
    if query.evento is None:
        return ledger.newest(estado=query.estado, empleado=query.empleado, before=query.cursor, limit=limit)
    return [row for row in ledger.of_event(query.evento) if query.matches(row)][:limit]


def _next_query(query: MailQuery, last: Mail) -> str:
    members = {
        "estado": query.estado,
        "evento": query.evento,
        "empleado": query.empleado,
        "limite": query.limite,
        "cursor": sort_key(last),
    }
    return urlencode({name: value for name, value in members.items() if value is not None})


def find_mail(ledger: Ledger, id: str) -> Mail:  # noqa: A002 - as in the path
    """The mail of that id, as it is at this moment.

    Raises:
        CorreoNotFound, LedgerUnavailable
    """
    keys = _ID.fullmatch(id)
    row = ledger.read(keys["evento"], keys["huella"]) if keys else None
    if row is None:
        raise MailNotFound
    return row


def as_dict(mail: Mail) -> dict[str, object]:
    """The mail as the API shows it."""
    return {
        "id": mail.id,
        "evento": mail.evento,
        "tipo": mail.tipo,
        "empleado": mail.empleado,
        "destinatario": mail.destinatario or None,
        "asunto": mail.asunto or None,
        "estado": mail.estado,
        "motivo": mail.motivo,
        "envios": mail.envios,
        "mensaje_id": mail.mensaje_id,
        "creado_en": write_instant(mail.creado_en),
        "actualizado_en": write_instant(mail.actualizado_en),
    }


def _read_cursor(text: str) -> str:
    """A cursor is a position of the list, readable. A forged one only begins the list elsewhere: nothing to sign."""
    if not _ORDEN.fullmatch(text):
        raise ValueError("no position of the list")
    return text


def _read_event_id(text: str) -> str:
    if not is_uuid(text):
        raise ValueError("no UUID")
    return text


def _read_number(text: str, maximum: int) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) > maximum:
        raise ValueError("out of bounds")
    return int(text)


@dataclass(frozen=True, slots=True)
class _Parameter:
    read: Callable[[str], object]
    """Raises ValueError."""
    message: dict[str, str]


_STATES = ", ".join(State)
_PARAMETERS = {
    "estado": _Parameter(State, {"es": f"Debe ser uno de: {_STATES}.", "en": f"It must be one of: {_STATES}."}),
    "evento": _Parameter(
        _read_event_id,
        {"es": "Debe ser el id de un evento (UUID).", "en": "It must be the id of an event (UUID)."},
    ),
    "empleado": _Parameter(
        lambda text: _read_number(text, MAX_EMPLOYEE),
        {"es": "Debe ser el número de un empleado.", "en": "It must be the number of an employee."},
    ),
    "limite": _Parameter(
        lambda text: _read_number(text, MAX_LIMIT),
        {"es": f"Debe ser un número de 1 a {MAX_LIMIT}.", "en": f"It must be a number from 1 to {MAX_LIMIT}."},
    ),
    "cursor": _Parameter(_read_cursor, {"es": "No es un cursor de esta lista.", "en": "It is no cursor of this list."}),
}
