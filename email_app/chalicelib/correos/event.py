"""The messages of the queue, version 1: what happened to an employee, or a direct email.

Who writes them: `crud_app` (``creado``, ``actualizado``, ``eliminado``, through SNS with raw delivery) and this app's
``POST /notify/email`` (``directo``). Reading is strict about all that version 1 defines and lets other members be, so
that a publisher may add one without a new version.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from contract.email_address import is_email_address
from contract.events import EVENT_TYPES, MESSAGE_VERSION

DIRECTO = "directo"
TYPES = (*EVENT_TYPES, DIRECTO)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_T = TypeVar("_T")


class UnreadableMessage(Exception):
    """A message that is not of version 1. Repeating does not help: it fails alone and ends in the DLQ.

    The text names the member and the rule, never a value, so that it may be logged.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    id: int
    nombre: str
    email: str
    posicion: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to an employee. There is never a salary in it."""

    id: str
    tipo: str
    ocurrido_en: datetime
    actor: str
    empleado: Employee
    cambios: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectMail:
    """A direct email, with the caller's own words."""

    id: str
    ocurrido_en: datetime
    para: str
    asunto: str
    cuerpo: str


def read_message(body: str | bytes) -> Event | DirectMail:
    """Read a queue message's body.

    An SNS envelope (a subscription without raw delivery) has neither version nor type: it is unreadable.

    Raises:
        UnreadableMessage: whatever is wrong with it.
    """
    data = _read_object(body)
    if _member(data, "version", int) != MESSAGE_VERSION:
        raise UnreadableMessage(f"version is not {MESSAGE_VERSION}")
    tipo = _member(data, "tipo", str)
    if tipo == DIRECTO:
        return _read_direct(data)
    if tipo in EVENT_TYPES:
        return _read_event(data, tipo)
    raise UnreadableMessage("tipo is unknown")


def write_direct(mail: DirectMail) -> str:
    """The queue message that `read_message` reads back."""
    return json.dumps(
        {
            "version": MESSAGE_VERSION,
            "id": mail.id,
            "tipo": DIRECTO,
            "ocurrido_en": write_instant(mail.ocurrido_en),
            "correo": {"para": mail.para, "asunto": mail.asunto, "cuerpo": mail.cuerpo},
        },
        ensure_ascii=False,  # a body of 100,000 emoji is 400 kB so, and over SQS's limit of 1 MiB otherwise
    )


def write_instant(instant: datetime) -> str:
    """UTC with microseconds and ``Z``: always 27 characters, so that the order of the texts is the order in time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """Read what `write_instant` wrote; fewer decimals are understood.

    Raises:
        ValueError: when it is no such text, or no date of the calendar.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant in UTC")
    return datetime.fromisoformat(text)


def _read_event(data: dict[str, object], tipo: str) -> Event:
    cambios = _member(data, "cambios", list)
    if not all(isinstance(cambio, str) for cambio in cambios):
        raise UnreadableMessage("cambios holds something that is no text")
    return Event(
        id=_uuid(data),
        tipo=tipo,
        ocurrido_en=_instant(data),
        actor=_text(data, "actor"),
        empleado=_read_employee(_member(data, "empleado", dict)),
        cambios=tuple(cambios),
    )


def _read_employee(data: dict[str, object]) -> Employee:
    return Employee(
        id=_positive(data, "id"),
        nombre=_text(data, "nombre"),
        email=_address(data, "email"),
        posicion=_text(data, "posicion"),
        version=_positive(data, "version"),
    )


def _read_direct(data: dict[str, object]) -> DirectMail:
    mail = _member(data, "correo", dict)
    return DirectMail(
        id=_uuid(data),
        ocurrido_en=_instant(data),
        para=_address(mail, "para"),
        asunto=_text(mail, "asunto"),
        cuerpo=_text(mail, "cuerpo"),
    )


def _read_object(body: str | bytes) -> dict[str, object]:
    try:
        # Encoding first: it refuses lone surrogates, which nothing after this could write.
        text = body.decode() if isinstance(body, bytes) else body.encode().decode()
        data = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadableMessage("the message is not JSON") from None
    if not isinstance(data, dict):
        raise UnreadableMessage("the message is not a JSON object")
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _member(data: dict[str, object], name: str, kind: type[_T]) -> _T:
    """The member, of exactly this type: ``true`` is no number, although Python's bool is an int."""
    value = data.get(name)
    if type(value) is not kind:
        raise UnreadableMessage(f"{name} is not a {kind.__name__}")
    return value


def _text(data: dict[str, object], name: str) -> str:
    value = _member(data, name, str)
    if not value.strip():
        raise UnreadableMessage(f"{name} is empty")
    return value


def _positive(data: dict[str, object], name: str) -> int:
    value = _member(data, name, int)
    if not 1 <= value < 2**63:
        raise UnreadableMessage(f"{name} is not a positive bigint")
    return value


def _address(data: dict[str, object], name: str) -> str:
    value = _member(data, name, str)
    if not is_email_address(value):
        raise UnreadableMessage(f"{name} is not an e-mail address")
    return value


def _uuid(data: dict[str, object]) -> str:
    value = _member(data, "id", str)
    if not is_uuid(value):
        raise UnreadableMessage("id is not a UUID")
    return value


def is_uuid(text: str) -> bool:
    """Whether this is a UUID in its one canonical spelling (RFC 9562 4: lower case with hyphens)."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _instant(data: dict[str, object]) -> datetime:
    try:
        return read_instant(_member(data, "ocurrido_en", str))
    except ValueError:
        raise UnreadableMessage("ocurrido_en is not an instant in UTC") from None
