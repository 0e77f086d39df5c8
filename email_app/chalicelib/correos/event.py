"""The queue's messages, version 1: what happened to an employee, what a batch of changes did, or a direct email.

crud_app writes ``EVENT_TYPES`` and ``lote`` (through SNS with raw delivery), and this app's ``POST /notify/email``
writes ``directo``. Reading checks every member that version 1 defines and ignores others, so that a publisher may add
one without a new version.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from contract.email_address import is_email_address
from contract.events import EVENT_TYPES, LOTE, MESSAGE_VERSION, UUID

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTO = "directo"
TYPES = (*EVENT_TYPES, LOTE, DIRECTO)
COUNTS = ("creados", "actualizados", "eliminados", "restaurados")

_INSTANT_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class UnreadableMessage(Exception):
    """A message that is not of version 1. Repeating does not help: it fails alone and ends in the DLQ.

    The text names the member and the rule, never a value, so that it may be logged.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """The fields of an employee in an event, named as in the contract. There is never a salary."""

    id: int
    nombre: str
    email: str
    posicion: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: str
    type: str
    occurred_at: datetime
    actor: str
    employee: Employee
    changes: tuple[str, ...]
    is_of_batch: bool = False
    """Whether a batch made the change: its own event stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent:
    """What a whole batch did; the names of the counts are those of the contract."""

    id: str
    occurred_at: datetime
    actor: str
    batch: str
    origin: str
    counts: dict[str, int]
    is_announced: bool
    """Whether people want an email about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectMail:
    """A direct email, in the caller's own words."""

    id: str
    occurred_at: datetime
    to: str
    subject: str
    body: str


def read_message(body: str | bytes) -> Event | BatchEvent | DirectMail:
    """Read a queue message's body.

    An SNS envelope (a subscription without raw delivery) has neither version nor type: it is unreadable.

    Raises:
        UnreadableMessage: it is not such a message.
    """
    data = _read_object(body)
    envelope = _read_all(data, version=_INTEGER, tipo=_TEXT)
    if envelope["version"] != MESSAGE_VERSION:
        raise UnreadableMessage(f"version is not {MESSAGE_VERSION}")
    kind: str = envelope["tipo"]
    if kind == DIRECTO:
        return _read_direct(data)
    if kind == LOTE:
        return _read_batch(data)
    if kind in EVENT_TYPES:
        return _read_event(data, kind)
    raise UnreadableMessage("tipo is unknown")


def write_direct(mail: DirectMail) -> str:
    """The queue message that `read_message` reads back."""
    return json.dumps(
        {
            "version": MESSAGE_VERSION,
            "id": mail.id,
            "tipo": DIRECTO,
            "ocurrido_en": write_instant(mail.occurred_at),
            "correo": {"para": mail.to, "asunto": mail.subject, "cuerpo": mail.body},
        },
        ensure_ascii=False,  # otherwise a body of 100,000 emoji exceeds SQS's limit of 1 MiB
    )


def write_instant(instant: datetime) -> str:
    """UTC with microseconds and ``Z``: always 27 characters, so that texts sort as times do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """Read what `write_instant` wrote; fewer decimals are accepted.

    Raises:
        ValueError: it is no such text, or no date of the calendar.
    """
    if not _INSTANT_PATTERN.fullmatch(text):
        raise ValueError("not an instant in UTC")
    return datetime.fromisoformat(text)


def is_uuid(text: str) -> bool:
    """Whether this is a UUID in its one canonical spelling."""
    return re.fullmatch(UUID, text) is not None


def _read_event(data: dict[str, object], kind: str) -> Event:
    members = _read_all(data, id=_UUID, ocurrido_en=_INSTANT, actor=_TEXT, empleado=_OBJECT, cambios=_TEXTS)
    employee = _read_all(
        members["empleado"], id=_POSITIVE, nombre=_TEXT, email=_ADDRESS, posicion=_TEXT, version=_POSITIVE
    )
    return Event(
        id=members["id"],
        type=kind,
        occurred_at=read_instant(members["ocurrido_en"]),
        actor=members["actor"],
        employee=Employee(**employee),
        changes=tuple(members["cambios"]),
        is_of_batch=data.get("lote") is not None,
    )


def _read_batch(data: dict[str, object]) -> BatchEvent:
    members = _read_all(
        data, id=_UUID, ocurrido_en=_INSTANT, actor=_TEXT, lote=_UUID, origen=_TEXT, resumen=_OBJECT, aviso=_FLAG
    )
    return BatchEvent(
        id=members["id"],
        occurred_at=read_instant(members["ocurrido_en"]),
        actor=members["actor"],
        batch=members["lote"],
        origin=members["origen"],
        counts=_read_all(members["resumen"], **dict.fromkeys(COUNTS, _COUNT)),
        is_announced=members["aviso"],
    )


def _read_direct(data: dict[str, object]) -> DirectMail:
    members = _read_all(data, id=_UUID, ocurrido_en=_INSTANT, correo=_OBJECT)
    mail = _read_all(members["correo"], para=_ADDRESS, asunto=_TEXT, cuerpo=_TEXT)
    return DirectMail(
        id=members["id"],
        occurred_at=read_instant(members["ocurrido_en"]),
        to=mail["para"],
        subject=mail["asunto"],
        body=mail["cuerpo"],
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


class _Kind(NamedTuple):
    type: type
    rule: str
    holds: Callable[[Any], object] = lambda _: True


def _is_instant(text: str) -> bool:
    try:
        return bool(read_instant(text))
    except ValueError:
        return False


_INTEGER = _Kind(int, "an integer")
_COUNT = _Kind(int, "a count", lambda number: number >= 0)
_FLAG = _Kind(bool, "true or false")
_POSITIVE = _Kind(int, "a positive bigint", lambda number: 1 <= number < 2**63)
_TEXT = _Kind(str, "a text with something visible", str.strip)
_ADDRESS = _Kind(str, "an email address", is_email_address)
_UUID = _Kind(str, "a UUID", is_uuid)
_INSTANT = _Kind(str, "an instant in UTC", _is_instant)
_OBJECT = _Kind(dict, "an object")
_TEXTS = _Kind(list, "a list of texts", lambda items: all(isinstance(item, str) for item in items))


def _read_all(data: dict[str, object], **kinds: _Kind) -> dict[str, Any]:
    """The members, each of exactly its type: ``true`` is no number, although Python's bool is an int."""
    for name, kind in kinds.items():
        value = data.get(name)
        if type(value) is not kind.type or not kind.holds(value):
            raise UnreadableMessage(f"{name} is not {kind.rule}")
    return {name: data[name] for name in kinds}
