"""This API's description in OpenAPI 3.1, made from what checks the input and builds the answers."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from chalice_frontdoor import ANYBODY
from chalice_frontdoor.idempotency import HEADER, PATTERN
from chalicelib.directorio.employee import BY_NAME, CONFIDENTIAL, INPUTS, REQUIRED, ROW_ID, Audience, accepts_null
from chalicelib.directorio.event import EVENT_FIELDS, KEPT_AFTER_ERASURE
from chalicelib.directorio.health import DEPTHS
from chalicelib.directorio.idempotency import KEPT_HOURS
from chalicelib.directorio.kind import Instant, Whole
from chalicelib.directorio.listing import (
    DEFAULT_LIMIT,
    DEFAULT_ORDER,
    MAX_CURSOR,
    MAX_LIMIT,
    MAX_POSITION,
    MAX_SEARCH,
    orders_of,
)
from chalicelib.directorio.listing import filter_schema as _filter
from chalicelib.directorio.roles import RULES
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, MESSAGE_VERSION
from contract.roles import RESOURCE_SERVER, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Schema = dict[str, Any]

PROBLEMS = {
    400: "The request cannot be read: no JSON, no UTF-8, a repeated name, a malformed If-Match or Idempotency-Key.",
    401: "There is no valid access token.",
    403: "The caller lacks the role that this operation needs.",
    404: "There is no such employee.",
    409: "Another employee has this e-mail address; or another request with this Idempotency-Key has not ended (type "
    "urn:frontdoor:idempotency-key-in-flight, with Retry-After).",
    412: "The employee changed since it was read: If-Match names none of its version.",
    415: "The body is not application/json.",
    422: "Fields or parameters break rules; `errores` names them all. Or another request was made with this "
    "Idempotency-Key (type urn:frontdoor:idempotency-key-reused).",
    503: "The database does not answer. With Retry-After nothing was changed, and the request may be repeated; "
    "without it (type urn:crud-empleados:outcome-unknown) a change may have been made: with an Idempotency-Key it may "
    "be repeated all the same.",
}
ETAG = {
    "type": "string",
    "pattern": '^"(?:[1-9][0-9]*|[0-9a-f]{32})"$',
    "examples": ['"1"'],
    "description": "The version; for `lector` a digest of the answer, which tells nothing of what is not in it.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Change the employee only in this version (RFC 9110, section 13.1.1).",
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$', "examples": ['"1"']},
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "description": "A name of the client's own for this request, such as a UUID in quotes "
    "(draft-ietf-httpapi-idempotency-key-header). Repeated with the same key within "
    f"{KEPT_HOURS} hours, it is done once and answered alike; what failed is done anew. Keys of others are other keys.",
    "schema": {"type": "string", "pattern": PATTERN, "examples": ['"8e03978e-40d5-43dd-bc93-6894a57f9324"']},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Answer 304 if the employee is still in this version (RFC 9110, section 13.1.2).",
    "schema": {"type": "string", "examples": ['"1"']},
}
#: The name of the security scheme.
TOKEN = "acceso"  # noqa: S105 - a name
COUNT = {"posicion": {"type": "string"}, "empleados": Whole(2**63 - 1).schema}
LINK = {
    "description": 'The next page, while there is one: `<…>; rel="next"`, with all parameters.',
    "schema": {"type": "string"},
}


@cache
def document() -> str:
    """The description, as JSON."""
    return json.dumps(_document(), ensure_ascii=False)


def _document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CrudEmpleados: the employee directory",
            "version": "1.0.0",
            "description": "Errors are RFC 9457 problem documents, in Spanish or English by Accept-Language.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": _guarded(
            {
                "/empleados": {"get": _list_empleados(), "post": _create_empleado()},
                "/empleados/{id}": {
                    "parameters": [_row_id()],
                    "get": _find_empleado(),
                    "put": _update_empleado(),
                    "delete": _delete_empleado(),
                },
                "/empleados/{id}/eventos": {"parameters": [_row_id()], "get": _list_eventos_of_empleado()},
                "/eventos": {"get": _list_eventos()},
                "/resumen": {"get": _summarise_empleados()},
                "/health": {"get": _check_health()},
                "/openapi.json": {"get": _describe_api()},
            }
        ),
        "components": {
            "schemas": {
                "Empleado": _object(_schemas_of(BY_NAME)),
                "EmpleadoPublico": _object(_schemas_of(each.name for each in Audience.EVERYBODY.fields)),
                "NuevoEmpleado": _object(
                    _schemas_of(INPUTS, is_new=True), required=REQUIRED, example=_example_of(INPUTS)
                ),
                "CambiosDeEmpleado": _object(
                    _schemas_of(INPUTS), required=(), example={"posicion": "Jefa de análisis"}
                ),
                "Evento": _evento(Audience.RRHH),
                "EventoPublico": _evento(Audience.EVERYBODY),
                "ResumenDePosicion": _resumen(),
                "RecuentoDePosicion": _recuento(),
                "Problema": _problema(),
            },
            "responses": {str(status): _problem_response(status) for status in PROBLEMS},
            "securitySchemes": {TOKEN: _token()},
        },
    }


def _guarded(paths: Schema) -> Schema:
    """The paths with what each operation needs, by the rules that are checked."""
    for (method, path), role in RULES.items():
        operation = paths[path][method.lower()]
        if role == ANYBODY:
            operation["security"] = []
            continue
        operation["security"] = [{TOKEN: [role]}]
        operation["responses"] |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in (401, 403)}
    return paths


def _list_empleados() -> Schema:
    parameters = [
        _parameter("q", _filter(MAX_SEARCH), "Words that begin so in nombre, email or posicion, without regard to case "
                   "and accents. All are needed.", "ana per"),
        _parameter("posicion", _filter(MAX_POSITION), "Only this position, exactly.", "Analista"),
        _parameter("orden", {"enum": list(orders_of(Audience.RRHH)), "default": DEFAULT_ORDER}, "The field to sort by; "
                   "“-” before it for descending order. `lector` sorts by none that is not shown: " +
                   ", ".join(CONFIDENTIAL) + ".", "-nombre"),
        *_paging(),
    ]  # fmt: skip
    return _operation(
        "list_empleados",
        "A page of the directory",
        _page("Empleado", "EmpleadoPublico"),
        problems=(422, 503),
        parameters=parameters,
    )


def _create_empleado() -> Schema:
    location = {"description": "Where the employee is.", "schema": {"type": "string", "format": "uri-reference"}}
    success = _json_response(_ref("Empleado"), "The new employee.", {"Location": location, "ETag": {"schema": ETAG}})
    success["links"] = {
        name: {"operationId": name, "parameters": {"id": "$response.body#/id"}}
        for name in ("find_empleado", "update_empleado", "delete_empleado", "list_eventos_of_empleado")
    }
    return _operation(
        "create_empleado",
        "Add an employee",
        {"201": success},
        problems=(400, 409, 415, 422, 503),
        parameters=[IDEMPOTENCY_KEY],
        body="NuevoEmpleado",
    )


def _find_empleado() -> Schema:
    known = {"description": "The employee is still in the version that If-None-Match names."}
    return _operation(
        "find_empleado",
        "One employee",
        _row("The employee.", "Empleado", "EmpleadoPublico") | {"304": known},
        problems=(404, 503),
        parameters=[IF_NONE_MATCH],
    )


def _update_empleado() -> Schema:
    return _operation(
        "update_empleado",
        "Change the fields that are sent; the others stay",
        _row("The employee as it is now. What changes nothing makes no new version.", "Empleado"),
        problems=(400, 404, 409, 412, 415, 422, 503),
        parameters=[IF_MATCH],
        body="CambiosDeEmpleado",
    )


def _delete_empleado() -> Schema:
    return _operation(
        "delete_empleado",
        "Remove an employee",
        {"204": {"description": "The employee is gone."}},
        problems=(400, 404, 412, 503),
        parameters=[IF_MATCH],
    )


def _list_eventos_of_empleado() -> Schema:
    return _operation(
        "list_eventos_of_empleado",
        "An employee's history, newest first, also after deletion",
        _page("Evento", "EventoPublico"),
        problems=(404, 422, 503),
        parameters=_paging(),
    )


def _list_eventos() -> Schema:
    return _operation(
        "list_eventos",
        "Everybody's history, newest first",
        _page("Evento", "EventoPublico"),
        problems=(422, 503),
        parameters=_paging(),
    )


def _summarise_empleados() -> Schema:
    items = _by_role("ResumenDePosicion", "RecuentoDePosicion")
    success = _json_response({"type": "array", "items": items}, "The largest positions first.")
    return _operation(
        "summarise_empleados",
        "Head count and salaries by position (head count alone for `lector`)",
        {"200": success},
        problems=(503,),
    )


def _check_health() -> Schema:
    estado = _object({"estado": {"const": "ok"}})
    deep = _parameter("deep", {"type": "string", "enum": list(DEPTHS)}, "1 also asks the database.", "1")
    success = _json_response(estado, "This process answers; with deep=1, the database does, too.")
    return _operation("check_health", "Whether it works", {"200": success}, problems=(422, 503), parameters=[deep])


def _describe_api() -> Schema:
    return _operation("describe_api", "This document", {"200": _json_response({"type": "object"}, "OpenAPI 3.1.")})


def _operation(  # noqa: PLR0913 - an operation has that many parts
    name: str,
    summary: str,
    successes: Schema,
    *,
    problems: Iterable[int] = (),
    parameters: Iterable[Schema] = (),
    body: str | None = None,
) -> Schema:
    responses = successes | {str(status): {"$ref": f"#/components/responses/{status}"} for status in problems}
    operation: Schema = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": responses,
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return operation


def _parameter(name: str, schema: Schema, description: str, example: str) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}


def _paging() -> list[Schema]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    cursor = {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{1,{MAX_CURSOR}}}$"}
    return [
        {"name": "limite", "in": "query", "description": "Rows of a page.", "schema": limit},
        {"name": "cursor", "in": "query", "description": "Opaque: it comes in the Link header.", "schema": cursor},
    ]


def _row_id() -> Schema:
    return {"name": "id", "in": "path", "required": True, "schema": ROW_ID.schema, "example": 7}


def _row(description: str, *schemas: str) -> Schema:
    return {"200": _json_response(_by_role(*schemas), description, {"ETag": {"schema": ETAG}})}


def _page(*schemas: str) -> Schema:
    return {"200": _json_response({"type": "array", "items": _by_role(*schemas)}, "A page.", {"Link": LINK})}


def _by_role(for_rrhh: str, for_lector: str | None = None) -> Schema:
    """What is sent: it may depend on who asks."""
    return _ref(for_rrhh) if for_lector is None else {"anyOf": [_ref(for_rrhh), _ref(for_lector)]}


def _json_response(schema: Schema, description: str, headers: Schema | None = None) -> Schema:
    return {"description": description, "headers": headers or {}, "content": {"application/json": {"schema": schema}}}


def _problem_response(status: int) -> Schema:
    content = {"application/problem+json": {"schema": _ref("Problema")}}
    response: Schema = {"description": PROBLEMS[status], "content": content}
    if status == 503:  # noqa: PLR2004 - Service Unavailable
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    return response


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas_of(names: Iterable[str], *, is_new: bool = False) -> Schema:
    return {name: _field_schema(name, is_new=is_new) for name in names}


def _field_schema(name: str, *, is_new: bool = False) -> Schema:
    each = BY_NAME[name]
    schema = {**each.kind.schema, "examples": [each.example]}
    if accepts_null(each, is_new=is_new):
        schema["type"] = [schema["type"], "null"]
    return schema | ({"description": each.description} if each.description else {})


def _example_of(names: Iterable[str]) -> Schema:
    return {name: BY_NAME[name].example for name in names}


def _object(
    properties: Mapping[str, Schema], *, required: Iterable[str] | None = None, example: Schema | None = None
) -> Schema:
    """An object with these members and no others; all are required unless said otherwise."""
    names = properties if required is None else [name for name in properties if name in set(required)]
    schema: Schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(names),
        "additionalProperties": False,
    }
    return schema if example is None else schema | {"examples": [example]}


def _evento(audience: Audience) -> Schema:
    uuid = {"type": "string", "format": "uuid"}
    shown = {each.name for each in audience.fields}
    inputs = [name for name in INPUTS if name in shown]
    changed = {"type": "array", "items": {"enum": inputs}, "description": "The fields whose values changed."}
    return _object(
        {
            "version": {"const": MESSAGE_VERSION, "description": "Of this form of message."},
            "id": uuid,
            "tipo": {"enum": [CREADO, ACTUALIZADO, ELIMINADO]},
            "ocurrido_en": Instant().schema,
            "actor": {"type": "string", "description": "Who did it."},
            "empleado": _object({name: _told_schema(name) for name in EVENT_FIELDS if name in shown}),
            "cambios": changed,
        }
    )


def _told_schema(name: str) -> Schema:
    """Somebody who was forgotten has no values any more."""
    schema = _field_schema(name)
    if name in KEPT_AFTER_ERASURE:
        return schema
    examples = schema.pop("examples")
    return {"anyOf": [schema, {"type": "null"}], "examples": examples}


def _resumen() -> Schema:
    salary = {"type": "number", "minimum": 0}
    return _object({**COUNT, "salario_medio": salary, "salario_minimo": salary, "salario_maximo": salary})


def _recuento() -> Schema:
    return _object(COUNT)


def _token() -> Schema:
    roles = ", ".join(f"`{role}`" for role in ROLES)
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An access token of the user pool. Roles are its groups {roles}, or, for a program, its scopes "
        f"`{RESOURCE_SERVER}/…`; each may do what those before it may. With `{ROLES[0]}` alone, answers hold neither "
        f"{', '.join(CONFIDENTIAL)} nor events that tell of them.",
    }


def _problema() -> Schema:
    violation = _object({"campo": {"type": "string"}, "regla": {"type": "string"}, "mensaje": {"type": "string"}})
    return {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errores": {"type": "array", "items": violation},
        },
        "required": ["type", "title", "status", "request_id"],
    }
