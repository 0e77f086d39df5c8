"""The pieces of the public door's own part of its OpenAPI document.

``app.py`` describes each route beside its view with them; ``description.py`` adds the routes of the APIs behind.
"""

from __future__ import annotations

from chalice_frontdoor.openapi import Schema, header, list_of, object_of, query
from contract.api import COUNT, MIT, PROBLEM_MEMBERS, TEXT, problem_responses, problem_schema, token_scheme

INFO: Schema = {
    "title": "CrudEmpleados",
    "version": "1.0.0",
    "description": "The employee directory and its e-mails, through the public door. Errors are RFC 9457 problem "
    "documents, in Spanish or English by Accept-Language.",
    "license": MIT,
}
#: What the door may answer by itself, also to requests that it would pass on.
PROBLEMS = {
    400: "A cookie of the session is malformed, too long or there twice, or the header Host is malformed.",
    401: "There is no token, or it is not accepted any more.",
    403: "The cookie came with a request of another site's page.",
    404: "This is a demonstration, which has no sign-in.",
    413: "The body is longer than the public door takes; it was not passed on.",
    422: "The address to return to leads away from this site, or the code of the app is wrong.",
    431: "The address and the headers together are longer than the service behind takes; "
    "the request was not passed on.",
    502: "The service behind cannot be reached, broke off its answer, or gave one that cannot be passed on.",
    503: "The service behind takes no requests at the moment.",
    504: "The service behind did not answer in time.",
}
#: Those of the session's routes alone.
OF_SIGN_IN = frozenset({404, 422})
#: The security schemes of a request that is passed on.
TOKEN, SESSION = "acceso", "sesion"
WAYS_IN: list[Schema] = [{TOKEN: []}, {SESSION: []}]
DEEP = query("deep", {}, "1 asks the parts; any other value asks none.", example="1")


def components() -> Schema:
    """The schemas, problems and security schemes that the operations refer to."""
    status: Schema = {"type": ["integer", "null"], "description": "Of the part's own answer; null without one."}
    part = object_of({"estado": {"enum": ["ok", "error"]}, "http": status, "ms": COUNT})
    parts = {"type": "object", "description": "The health of each part, by its name.", "additionalProperties": part}
    unknown = {"type": "boolean", "description": "The change may have been made: check before repeating it."}
    person = {
        "demo": {"type": "boolean", "description": "True without sign-in: no real data belongs here."},
        "usuario": TEXT,
        "nombre": TEXT,
        "correo": TEXT,
        "grupos": {**list_of(TEXT), "description": "What the person says to be; the services decide for themselves."},
        "caduca_en": {"type": ["string", "null"], "format": "date-time", "description": "When the token expires."},
    }
    cookie = {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-acceso",
        "description": "What a browser has after the sign-in at /sesion/entrar. A request that changes something must "
        "come from our own page.",
    }
    responses = problem_responses(PROBLEMS, "Problem")
    responses["401"]["headers"] = {"WWW-Authenticate": header("Bearer")}
    return {
        "schemas": {
            "Health": object_of({"estado": {"const": "ok"}, "partes": parts}, required=["estado"]),
            "Problem": problem_schema({**PROBLEM_MEMBERS, "resultado_desconocido": unknown, "partes": parts}),
            "Sesion": object_of(person),
        },
        "responses": responses,
        "securitySchemes": {TOKEN: token_scheme(), SESSION: cookie},
    }
