"""The pieces of this API's OpenAPI document; ``app.py`` describes each route beside its view with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor.idempotency import describe_header
from chalice_frontdoor.openapi import Schema, header, in_header, in_path, json_of, list_of, object_of
from chalice_frontdoor.openapi import query as _query
from chalice_frontdoor.openapi import ref as _ref
from chalicelib.directorio import batch, employee
from chalicelib.directorio import query as asked
from chalicelib.directorio.employee import BY_NAME, CONFIDENTIAL, INPUTS, KINDS, Audience, accepts_null
from contract.api import COUNT, MIT, PROBLEM_MEMBERS, TEXT, TOKEN, problem_responses, problem_schema, token_scheme
from contract.events import EVENT_FIELDS, EVENT_TYPES, KEPT_AFTER_ERASURE, LOTE, MESSAGE_VERSION, UUID
from contract.roles import LECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable

INFO: Schema = {
    "title": "CrudEmpleados: the employee directory",
    "version": "1.0.0",
    "description": "Errors are RFC 9457 problem documents, in Spanish or English by Accept-Language.",
    "license": MIT,
}
PROBLEMS = {
    400: "The request cannot be read: no JSON, no UTF-8, a repeated name, a malformed If-Match or Idempotency-Key; or "
    "that key is missing where it is needed.",
    401: "There is no valid access token.",
    403: "The caller lacks the role that this operation needs.",
    404: "There is no such employee, or batch.",
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

# ---- parameters

ID = in_path("id", employee.ROW_ID.schema, example=7)
BATCH_ID = in_path("id", {"type": "string", "format": "uuid"}, description="Chosen by the client.")
IF_MATCH = in_header(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$', "examples": ['"1"']},
    "Change the employee only in this version (RFC 9110, section 13.1.1).",
)
IF_NONE_MATCH = in_header(
    "If-None-Match",
    {"type": "string", "examples": ['"1"']},
    "Answer 304 if the employee is still in this version (RFC 9110, section 13.1.2).",
)
IDEMPOTENCY_KEY = describe_header(asked.KEPT_HOURS)
_CURSOR = {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{1,{asked.MAX_CURSOR}}}$"}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": asked.MAX_LIMIT, "default": asked.DEFAULT_LIMIT}
PAGING = [
    _query("limite", _LIMIT, "Rows of a page."),
    _query("cursor", _CURSOR, "Opaque: it comes in the Link header."),
]
_UUID: Schema = {"type": "string", "format": "uuid", "pattern": f"^{UUID}$"}
_MOMENT: Schema = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
HISTORY = [
    _query("empleado", employee.ROW_ID.schema, "Only of this employee, also what batches did.", example=7),
    _query("actor", asked.filter_schema(asked.MAX_SEARCH), "Only what this user did.", example="rrhh@example.com"),
    _query("tipo", {"enum": list(asked.EVENT_KINDS)}, "Only events of this type.", example="eliminado"),
    _query("desde", _MOMENT, "Not before this day (UTC) or instant.", example="2026-11-01"),
    _query("hasta", _MOMENT, "Not after this day (UTC) or instant.", example="2026-11-30"),
    _query("lote", _UUID, "The events of this batch, one by one."),
    *PAGING,
]
LEAVERS = [
    _query("q", asked.filter_schema(asked.MAX_SEARCH), "As for employees.", example="ana per"),
    *PAGING,
]
FILTERS = [
    _query(
        "q",
        asked.filter_schema(asked.MAX_SEARCH),
        "Words that begin so in nombre, email or posicion, without regard to case and accents. All are needed.",
        example="ana per",
    ),
    _query("posicion", asked.filter_schema(asked.MAX_POSITION), "Only this position, exactly.", example="Analista"),
    _query("contratado_desde", employee.DAY.schema, "Hired on this day or later.", example="2026-01-01"),
    _query("contratado_hasta", employee.DAY.schema, "Hired on this day or before.", example="2026-12-31"),
    _query("salario_desde", employee.MONEY.schema, f"Paid so much or more; not for `{LECTOR}`.", example=1000),
    _query("salario_hasta", employee.MONEY.schema, f"Paid so much or less; not for `{LECTOR}`.", example=9000),
]
LISTING = [
    *FILTERS,
    _query(
        "desde",
        asked.filter_schema(asked.MAX_POSITION),
        "Begin where texts that begin so stand, in an order by nombre, email or posicion; in no other.",
        example="m",
    ),
    _query(
        "orden",
        {"enum": list(asked.orders_of(Audience.RRHH)), "default": asked.DEFAULT_ORDER},
        "The field to sort by; “-” before it for descending order. "
        f"`lector` sorts by none that is not shown: {', '.join(CONFIDENTIAL)}.",
        example="-nombre",
    ),
    *PAGING,
]
DEEP = _query("deep", {"type": "string", "enum": list(asked.DEPTHS)}, "1 also asks the database.", example="1")

# ---- responses

_ETAG: Schema = {
    "schema": {
        "type": "string",
        "pattern": '^"(?:[1-9][0-9]*|[0-9a-f]{32})"$',
        "examples": ['"1"'],
        "description": "The version; for `lector` a digest of the answer, which tells nothing of what is not in it.",
    }
}
_LINK = header('The next page, while there is one: `<…>; rel="next"`, with all parameters.')
LOCATION = header("Where the employee is.", format="uri-reference")
SEARCH = header(
    "Of a search: `prefix`, it finds beginnings of words; `trigram`, if nothing begins so, also parts and typing "
    "errors; `similar`, nothing begins so, and these are alike. Of any list: `partial`, more fit than can be sorted at "
    "once, and the pages show some of them."
)


def any_of(*names: str) -> Schema:
    """What is sent depends on the caller's role."""
    return {"anyOf": [_ref(name) for name in names]}


def row(*names: str, **headers: Schema) -> Schema:
    """One employee or leaver, with its ETag."""
    return json_of(any_of(*names), headers={"ETag": _ETAG, **headers})


def page(*names: str, **headers: Schema) -> Schema:
    """An array, with the link to the next page."""
    return json_of(list_of(any_of(*names)), "A page.", {"Link": _LINK, **headers})


# ---- components


def components() -> Schema:
    """The schemas, problems and security scheme that the operations refer to."""
    salary = {"type": "number", "minimum": 0}
    holder = object_of({"id": employee.ROW_ID.schema, "nombre": TEXT}) | {"description": "Who has the e-mail address."}
    count = {"posicion": TEXT, "empleados": employee.whole(employee.MAX_BIGINT).schema}
    return {
        "schemas": {
            "Empleado": object_of(_schemas_of(BY_NAME)),
            "EmpleadoPublico": object_of(_schemas_of(each.name for each in Audience.LECTOR.fields)),
            "Baja": object_of(
                _schemas_of(BY_NAME) | dict.fromkeys(("baja_en", "borrado_previsto_en"), employee.INSTANT.schema)
            ),
            "NuevoEmpleado": object_of(
                _schemas_of(INPUTS, is_new=True),
                required=[name for name in INPUTS if BY_NAME[name].is_required],
                examples=[{name: BY_NAME[name].example for name in INPUTS}],
            ),
            "CambiosDeEmpleado": object_of(
                _schemas_of(INPUTS), required=(), examples=[{"posicion": "Jefa de análisis"}]
            ),
            "Evento": _evento(Audience.RRHH),
            "EventoPublico": _evento(Audience.LECTOR),
            "EventoDeLote": object_of(
                _envelope([LOTE])
                | {"lote": _UUID, "origen": TEXT, "resumen": {"type": "object", "additionalProperties": COUNT}}
                | {"aviso": {"type": "boolean", "description": "Whether its closing sent an email."}}
            ),
            "Lote": _lote(),
            "Resultados": object_of({"resultados": list_of(_resultado())}),
            "Recuento": object_of(
                {
                    "id": {"type": "string", "format": "uuid"},
                    "origen": {"enum": list(batch.ORIGINS)},
                    **dict.fromkeys(("creados", "actualizados", "eliminados", "restaurados"), COUNT),
                }
            ),
            "Total": object_of({"total": COUNT, "exacto": {"type": "boolean"}})
            | {"description": f"Exact up to {asked.MAX_TOTAL}; otherwise an estimate."},
            "ResumenDePosicion": object_of(
                {**count, "salario_medio": salary, "salario_minimo": salary, "salario_maximo": salary}
            ),
            "RecuentoDePosicion": object_of(count),
            "Problema": problem_schema(PROBLEM_MEMBERS | {"empleado": holder}),
        },
        "responses": problem_responses(PROBLEMS, "Problema"),
        "securitySchemes": {
            TOKEN: token_scheme(
                f" With `{LECTOR}` alone, answers hold neither {', '.join(CONFIDENTIAL)} nor events that tell of them."
            )
        },
    }


def _lote() -> Schema:
    """The body of a batch. Its limit, and that a number is there only once, are of all lists together."""
    numbers = {"id": employee.ROW_ID.schema, "version": KINDS["version"].schema}
    elements: dict[str, Schema] = {
        "crear": _ref("NuevoEmpleado"),
        "actualizar": object_of({**numbers, "cambios": _ref("CambiosDeEmpleado")}),
        "eliminar": object_of(numbers),
        "restaurar": object_of(numbers, required=["id"]),
    }
    lists = {name: {**list_of(schema), "maxItems": batch.MAX_OPERATIONS} for name, schema in elements.items()}
    simulated: Schema = {"type": "boolean", "description": "Say what would become of each operation, and do nothing."}
    return object_of({"origen": {"enum": list(batch.ORIGINS)}, "simular": simulated, **lists}, required=["origen"])


def _resultado() -> Schema:
    """What became of an operation."""
    return object_of(
        {
            "lista": {"enum": list(batch.LISTS)},
            "indice": COUNT,
            "estado": {"enum": [200, 201, 204, 404, 409, 412], "description": "As of the single operation."},
            "empleado": _ref("Empleado"),
            "existente": _ref("Empleado"),
        },
        required=["lista", "indice", "estado"],
    )


def _schemas_of(names: Iterable[str], *, is_new: bool = False) -> Schema:
    return {name: _field_schema(name, is_new=is_new) for name in names}


def _field_schema(name: str, *, is_new: bool = False) -> Schema:
    each = BY_NAME[name]
    schema = {**KINDS[name].schema, "examples": [each.example]}
    if accepts_null(each, is_new=is_new):
        schema["type"] = [schema["type"], "null"]
    return schema | ({"description": each.description} if each.description else {})


def _evento(audience: Audience) -> Schema:
    shown = {each.name for each in audience.fields}
    changes = {"enum": [name for name in INPUTS if name in shown]}
    values = {
        name: object_of(dict.fromkeys(("antes", "despues"), _told_schema(name))) for name in INPUTS if name in shown
    }
    told = object_of(values, required=()) | {"type": ["object", "null"], "description": "Old and new values."}
    return object_of(
        {
            **_envelope(EVENT_TYPES),
            "empleado": object_of({name: _told_schema(name) for name in EVENT_FIELDS if name in shown}),
            "cambios": list_of(changes) | {"description": "The fields whose values changed."},
            "valores": told,
            "lote": {**_UUID, "type": ["string", "null"], "description": "The batch that did it."},
        }
    )


def _envelope(types: Iterable[str]) -> Schema:
    return {
        "version": {"const": MESSAGE_VERSION, "description": "Of this form of message."},
        "id": {"type": "string", "format": "uuid"},
        "tipo": {"enum": list(types)},
        "ocurrido_en": employee.INSTANT.schema,
        "actor": {"type": "string", "description": "Who did it."},
    }


def _told_schema(name: str) -> Schema:
    """The field in an event. An erased person has no values any more, except those in ``KEPT_AFTER_ERASURE``."""
    schema = _field_schema(name)
    if name in KEPT_AFTER_ERASURE:
        return schema
    examples = schema.pop("examples")
    return {"anyOf": [schema, {"type": "null"}], "examples": examples}
