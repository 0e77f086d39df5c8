"""The queue's messages, version 1: what happened to an employee, what a batch of changes did, or a direct email.

crud_app writes ``EVENT_TYPES`` and ``lote`` (through SNS with raw delivery), and this app's ``POST /notify/email``
writes ``directo``. Reading checks every member that version 1 defines and ignores others, so that a publisher may add
one without a new version.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from contract.email_address import is_email_address
from contract.events import EVENT_TYPES, LOTE, MESSAGE_VERSION, UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    Kinds = dict[str, "_Kind | Kinds"]

DIRECTO = "directo"
TYPES = (*EVENT_TYPES, LOTE, DIRECTO)
COUNTS = ("creados", "actualizados", "eliminados", "restaurados")

_INSTANT_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class UnreadableMessage(Exception):
    """A message that is not of version 1. Repeating does not help: it fails alone and ends in the DLQ.

    The text names the member and the rule, never a value, so that it may be logged.
    """


class Message(NamedTuple):
    """A message that was checked."""

    type: str
    id: str
    occurred_at: datetime
    members: dict[str, Any]
    """Its other members, named as in the contract. There is never a salary."""

    @property
    def employee(self) -> int | None:
        """The number of the employee that it is about."""
        return self.members["empleado"]["id"] if "empleado" in self.members else None


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


def _is_instant(text: str) -> bool:
    try:
        return bool(read_instant(text))
    except ValueError:
        return False


class _Kind(NamedTuple):
    type: type
    rule: str
    holds: Callable[[Any], object] = lambda _: True


_COUNT = _Kind(int, "a count", lambda number: number >= 0)
_FLAG = _Kind(bool, "true or false")
_POSITIVE = _Kind(int, "a positive bigint", lambda number: 1 <= number < 2**63)
_TEXT = _Kind(str, "a text with something visible", str.strip)
_ADDRESS = _Kind(str, "an email address", is_email_address)
_UUID = _Kind(str, "a UUID", is_uuid)
_INSTANT = _Kind(str, "an instant in UTC", _is_instant)
_OBJECT = _Kind(dict, "an object")
_TEXTS = _Kind(list, "a list of texts", lambda items: all(isinstance(item, str) for item in items))

_EMPLOYEE: Kinds = {"id": _POSITIVE, "nombre": _TEXT, "email": _ADDRESS, "posicion": _TEXT, "version": _POSITIVE}
_EVENT: Kinds = {"id": _UUID, "ocurrido_en": _INSTANT, "actor": _TEXT, "empleado": _EMPLOYEE, "cambios": _TEXTS}
_BATCH: Kinds = {"actor": _TEXT, "lote": _UUID, "origen": _TEXT, "resumen": dict.fromkeys(COUNTS, _COUNT)}
_DIRECT: Kinds = {"para": _ADDRESS, "asunto": _TEXT, "cuerpo": _TEXT}
_MEMBERS: dict[str, Kinds] = {
    **dict.fromkeys(EVENT_TYPES, _EVENT),
    LOTE: {"id": _UUID, "ocurrido_en": _INSTANT, **_BATCH, "aviso": _FLAG},
    DIRECTO: {"id": _UUID, "ocurrido_en": _INSTANT, "correo": _DIRECT},
}
"""The members of each type of message."""


def read_message(body: str | bytes) -> Message:
    """Read a queue message's body.

    An SNS envelope (a subscription without raw delivery) has neither version nor type: it is unreadable.

    Raises:
        UnreadableMessage: it is not such a message.
    """
    try:
        # Encoding first: it refuses lone surrogates, which nothing after this could write.
        text = body.decode() if isinstance(body, bytes) else body.encode().decode()
        data = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadableMessage("the message is not JSON") from None
    if not isinstance(data, dict):
        raise UnreadableMessage("the message is not a JSON object")
    envelope = _read(data, {"version": _POSITIVE, "tipo": _TEXT})
    if envelope["version"] != MESSAGE_VERSION:
        raise UnreadableMessage(f"version is not {MESSAGE_VERSION}")
    if envelope["tipo"] not in _MEMBERS:
        raise UnreadableMessage("tipo is unknown")
    # An event about an employee may name the batch that it belongs to.
    members = {"lote": data["lote"]} if data.get("lote") is not None else {}
    members |= _read(data, _MEMBERS[envelope["tipo"]])
    return Message(envelope["tipo"], members.pop("id"), read_instant(members.pop("ocurrido_en")), members)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read(data: dict[str, Any], kinds: Kinds) -> dict[str, Any]:
    """The members, each of exactly its type: ``true`` is no number, although Python's bool is an int."""
    values = {}
    for name, expected in kinds.items():
        value: Any = data.get(name)
        kind = _OBJECT if isinstance(expected, dict) else expected
        if type(value) is not kind.type or not kind.holds(value):
            raise UnreadableMessage(f"{name} is not {kind.rule}")
        values[name] = _read(data[name], expected) if isinstance(expected, dict) else value
    return values


def write_message(message: Message) -> str:
    """The text that `read_message` reads back."""
    envelope = {"version": MESSAGE_VERSION, "id": message.id, "tipo": message.type}
    data = {**envelope, "ocurrido_en": write_instant(message.occurred_at), **message.members}
    return json.dumps(data, ensure_ascii=False)  # otherwise 100,000 emoji exceed SQS's limit of 1 MiB
