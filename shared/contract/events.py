"""The events about employees: what crud_app publishes, email_app consumes, and the page shows."""

from __future__ import annotations

#: The version of the message. Adding a member is compatible: readers ignore unknown ones.
MESSAGE_VERSION = 1

CREADO = "creado"
ACTUALIZADO = "actualizado"
ELIMINADO = "eliminado"
EVENT_TYPES = (CREADO, ACTUALIZADO, ELIMINADO)
