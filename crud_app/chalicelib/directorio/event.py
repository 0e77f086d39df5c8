"""What happened to an employee: the message that others hear of it."""

from __future__ import annotations

from typing import NamedTuple

#: What a message says beside the employee and the changes.
FACTS = ("version", "id", "tipo", "ocurrido_en", "actor")
#: The fields of the employee that a message tells. Never the salary.
TOLD = ("id", "nombre", "email", "posicion", "version")
#: What of it stays when the person is forgotten (see ``olvido``): a new field goes, unless it is added here, too.
KEPT = ("id", "version")
#: What is told of everybody who is not forgotten: its absence says that an event was emptied.
ALWAYS_TOLD = "email"


class Evento(NamedTuple):
    """One event as it is published. ``mensaje`` is its JSON, exactly as stored in the outbox and sent."""

    id: str
    empleado_id: int
    tipo: str
    mensaje: str
