"""The events about employees: what crud_app publishes, email_app consumes, and the page shows."""

from __future__ import annotations

#: The version of the message. Adding a member is compatible: readers ignore unknown ones.
MESSAGE_VERSION = 1

#: How the id of an event, or of a batch, is written: a UUID's one canonical spelling (RFC 9562, section 4). For ``re``
#: and JSON Schema.
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

CREADO = "creado"
ACTUALIZADO = "actualizado"
ELIMINADO = "eliminado"
RESTAURADO = "restaurado"
#: The events about one employee.
EVENT_TYPES = (CREADO, ACTUALIZADO, ELIMINADO, RESTAURADO)
#: The event of a whole batch.
LOTE = "lote"

#: The members of a message beside the employee and the changes.
ENVELOPE = ("version", "id", "tipo", "ocurrido_en", "actor")
#: The fields of the employee in a message. Never the salary.
EVENT_FIELDS = ("id", "nombre", "email", "posicion", "version")
#: Those of them that stay when the person is erased. A new field goes, unless it is added here, too.
KEPT_AFTER_ERASURE = ("id", "version")
#: The field that every event has unless its person was erased.
ERASURE_MARKER = "email"
