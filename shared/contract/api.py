"""What the APIs have in common: who may call them, what clients are told, and how their documents say so."""

from __future__ import annotations

import hashlib
import logging
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from chalice_frontdoor import Access, Caller, FieldError, FrontDoor, InvalidInput, Problem, ProblemTable, cognito_reader
from chalice_frontdoor.logs import note
from chalice_frontdoor.openapi import Schema, header, list_of, object_of, problem_of, ref
from contract.roles import ANONYMOUS, RESOURCE_SERVER, ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The name of the security scheme.
TOKEN = "acceso"  # noqa: S105 - a name
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MIT: Schema = {"name": "MIT", "identifier": "MIT"}
SERVICE_UNAVAILABLE = 503

logger = logging.getLogger(__name__)

PROBLEM_MEMBERS: Schema = {
    "type": {"type": "string", "format": "uri-reference"},
    "title": TEXT,
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": TEXT,
    "request_id": TEXT,
    "errores": list_of(object_of({"campo": TEXT, "regla": TEXT, "mensaje": TEXT})),
}


def make_app(name: str, door: str) -> FrontDoor:
    """An app behind ``door``, with what all apps have in common."""
    doors = (door, "chalice_local")
    return FrontDoor(app_name=name, doors=doors, problems=True, languages=("es", "en"), quiet_libraries=True)


def guard(app: FrontDoor, rules: Mapping[tuple[str, str], str], is_demo: Callable[[], bool]) -> None:
    """Close every route of ``app`` that ``rules`` do not open to the caller; see ``Access``.

    A demonstration (``is_demo``) has no sign-in and takes no real data; the log says so once.
    """

    @cache
    def announce_demo() -> str:
        logger.warning("DEMO is on: no sign-in, everyone has every role. Enter invented data only.")
        return ANONYMOUS

    read_known = cognito_reader(RESOURCE_SERVER)

    def read_caller(claims: Mapping[str, object]) -> Caller | None:
        note_caller(claims)
        return read_known(claims)

    access = Access(ROLES, rules, read_caller=read_caller, anonymous=lambda: announce_demo() if is_demo() else None)
    app.register_middleware(access, "http")


def note_caller(claims: Mapping[str, object]) -> None:
    """Put the caller on the access line, as a digest of the pool's id: that is random and cannot be guessed."""
    if isinstance(sub := claims.get("sub"), str):
        note("caller_id", _digest(sub))


@lru_cache
def _digest(sub: str) -> str:
    return hashlib.sha256(sub.encode("utf-8", "replace")).hexdigest()[:16]


def invalid_input(error: InvalidInput) -> Problem:
    """422 with every broken rule."""
    return Problem(
        422,
        title={"es": "Hay datos que no son válidos", "en": "Some of the input is not valid"},
        type="urn:crud-empleados:invalid-input",
        errores=[{"campo": each.field, "regla": each.rule, "mensaje": each.message} for each in error.errors],
    )


SHARED_PROBLEMS: ProblemTable = {InvalidInput: invalid_input}


def not_an_object() -> FieldError:
    """The error of a body that is no JSON object."""
    return FieldError("", "tipo", {"es": "Debe ser un objeto JSON.", "en": "It must be a JSON object."})


def missing_field(name: str) -> FieldError:
    """The error of a field that has to be there."""
    return FieldError(name, "obligatorio", {"es": "Es obligatorio.", "en": "It is required."})


def unknown_field(name: str) -> FieldError:
    """The error of a field or parameter that may not be sent, whether it exists or not."""
    return FieldError(name, "desconocido", {"es": "No se admite aquí.", "en": "It is not accepted here."})


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
