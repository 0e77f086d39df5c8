"""What the apps' OpenAPI documents have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor.openapi import Schema, header, list_of, object_of, problem_of, ref
from contract.roles import RESOURCE_SERVER, ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The name of the security scheme.
TOKEN = "acceso"  # noqa: S105 - a name
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MIT: Schema = {"name": "MIT", "identifier": "MIT"}
SERVICE_UNAVAILABLE = 503

PROBLEM_MEMBERS: Schema = {
    "type": {"type": "string", "format": "uri-reference"},
    "title": TEXT,
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": TEXT,
    "request_id": TEXT,
    "errores": list_of(object_of({"campo": TEXT, "regla": TEXT, "mensaje": TEXT})),
}


def problem_schema(members: Schema) -> Schema:
    """The schema of a problem document with these members, of which four are always there."""
    return {
        "type": "object",
        "description": "RFC 9457.",
        "properties": members,
        "required": ["type", "title", "status", "request_id"],
    }


def problem_responses(descriptions: Mapping[int, str], schema: str) -> Schema:
    """The components for ``operation(problems=…)``: what each status means."""
    retry = {"Retry-After": header("Seconds to wait before the next attempt.")}
    return {
        str(status): problem_of(ref(schema), text, retry if status == SERVICE_UNAVAILABLE else None)
        for status, text in descriptions.items()
    }


def token_scheme(more: str = "") -> Schema:
    """The security scheme of an API."""
    roles = ", ".join(f"`{role}`" for role in ROLES)
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An access token of the user pool. Roles are its groups {roles}, or, for a program, its scopes "
        f"`{RESOURCE_SERVER}/…`; each may do what those before it may.{more}",
    }
