"""What happened to an employee: the message that is published about it."""

from __future__ import annotations

from typing import NamedTuple

#: The members of a message beside the employee and the changes.
ENVELOPE = ("version", "id", "tipo", "ocurrido_en", "actor")
#: The fields of the employee in a message. Never the salary.
EVENT_FIELDS = ("id", "nombre", "email", "posicion", "version")
#: Those of them that stay when the person is erased. A new field goes, unless it is added here, too.
KEPT_AFTER_ERASURE = ("id", "version")
#: The field that every event has unless its person was erased.
ERASURE_MARKER = "email"


class Evento(NamedTuple):
    """One event as it is published. ``mensaje`` is its JSON, exactly as stored in the outbox and sent."""

    id: str
    empleado_id: int
    tipo: str
    mensaje: str
