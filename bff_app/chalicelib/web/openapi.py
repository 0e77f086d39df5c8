"""The pieces of the public door's own part of its OpenAPI document.

``app.py`` describes each route beside its view with them; ``description.py`` adds the routes of the APIs behind.
"""

from __future__ import annotations

from chalice_frontdoor.openapi import Schema, header, json_of, list_of, object_of, problem_of, query, ref
from contract.api import COUNT, MIT, PROBLEM_MEMBERS, TEXT, problem_responses, problem_schema, token_scheme

INFO: Schema = {
    "title": "CrudEmpleados",
    "version": "1.0.0",
    "description": "The employee directory and its e-mails, through the public door. Errors are RFC 9457 problem "
    "documents, in Spanish or English by Accept-Language.",
    "license": MIT,
}
#: What the door may answer by itself, also to requests that it would pass on. 404 is only for the session's routes.
PROBLEMS = {
    400: "A cookie of the session is malformed, too long or there twice, or the header Host is malformed.",
    401: "There is no token, or it is not accepted any more.",
    403: "The cookie came with a request of another site's page.",
    404: "This is a demonstration, which has no sign-in.",
    413: "The body is longer than the public door takes; it was not passed on.",
    431: "The address and the headers together are longer than the service behind takes; "
    "the request was not passed on.",
    502: "The service behind cannot be reached, broke off its answer, or gave one that cannot be passed on.",
    503: "The service behind takes no requests at the moment.",
    504: "The service behind did not answer in time.",
}
#: The security schemes of a request that is passed on.
TOKEN, SESSION, RENEWAL, STEP_UP = "acceso", "sesion", "renovacion", "seguridad"
WAYS_IN: list[Schema] = [{TOKEN: []}, {SESSION: []}]

_ADDRESS: Schema = {"format": "uri-reference"}
_COOKIES = header("The cookies of the session: HttpOnly, Secure, SameSite. They are of no use to a program.")

RETURN_TO = query(
    "volver",
    {"type": "string", "pattern": r"^(?:/(?![/\\])[\x21-\x5b\x5d-\x7e]*)?$", "maxLength": 1500, "default": "/"},
    "The path of this site where the person goes afterwards.",
    example="/#/empleados",
)
SIGN_IN_RESULT = [
    query("state", TEXT, "What the sign-in began with.", example="af0ifjsldkj"),
    query("code", TEXT, "What is exchanged for tokens, once.", example="SplxlOBeZQQYbYS6WxSbIA"),
    query("error", TEXT, "Why there is no code.", example="access_denied"),
]
PURPOSE = query("para", {}, "segundo-factor asks for the password again, to set up an authenticator app.")
APP_CODE = object_of({"codigo": {"type": "string", "pattern": "^[0-9 ]{6,8}$", "description": "What the app shows."}})
EVERYWHERE = query("todas", {}, "1 ends the sessions in all browsers; anything else this one.", example="1")
DEEP = query("deep", {}, "1 asks the parts; any other value asks none.", example="1")
GOODBYE = object_of({"ir_a": {**TEXT, "format": "uri", "description": "Where the browser signs out of the pool."}})


def redirect(description: str, target: str) -> Schema:
    return {"description": description, "headers": {"Location": header(target, **_ADDRESS), "Set-Cookie": _COOKIES}}


def session(schema: Schema, description: str) -> Schema:
    return json_of(schema, description, {"Set-Cookie": _COOKIES})


def problem(description: str) -> Schema:
    """A problem whose meaning is this route's own."""
    return problem_of(ref("Problem"), description)


def components() -> Schema:
    """The schemas, problems and security schemes that the operations refer to."""
    parts = {
        "type": "object",
        "description": "The health of each part, by its name.",
        "additionalProperties": ref("PartHealth"),
    }
    responses = problem_responses(PROBLEMS, "Problem")
    responses["401"]["headers"] = {"WWW-Authenticate": header("Bearer")}
    return {
        "schemas": {
            "Health": object_of({"estado": {"const": "ok"}, "partes": parts}, required=["estado"]),
            "PartHealth": object_of(
                {
                    "estado": {"enum": ["ok", "error"]},
                    "http": {
                        "type": ["integer", "null"],
                        "description": "The status of the part's own answer; null when there was none.",
                    },
                    "ms": {**COUNT, "description": "How long it took, in milliseconds."},
                }
            ),
            "Problem": problem_schema(
                {
                    **PROBLEM_MEMBERS,
                    "resultado_desconocido": {
                        "type": "boolean",
                        "description": "True when the change may have been made: check before repeating it.",
                    },
                    "partes": parts,
                }
            ),
            "NuevoFactor": object_of(
                {
                    "secreto": TEXT,
                    "direccion": {"type": "string", "format": "uri", "description": "otpauth://, for the app."},
                    "imagen": object_of({"lado": COUNT, "trazo": {**TEXT, "description": "An SVG path: a QR code."}}),
                }
            ),
            "Sesion": object_of(
                {
                    "demo": {"type": "boolean", "description": "True without sign-in: no real data belongs here."},
                    "usuario": TEXT,
                    "nombre": TEXT,
                    "correo": TEXT,
                    "grupos": list_of(TEXT)
                    | {"description": "What the person says to be; the services decide for themselves."},
                    "caduca_en": {
                        "type": ["string", "null"],
                        "format": "date-time",
                        "description": "Until when the token is accepted.",
                    },
                }
            ),
        },
        "responses": responses,
        "securitySchemes": {
            TOKEN: token_scheme(),
            SESSION: _cookie(
                "__Host-acceso",
                "What a browser has after the sign-in at /sesion/entrar. A request that changes something must come "
                "from our own page.",
            ),
            RENEWAL: _cookie("__Host-renovacion", "What renews a browser's session."),
            STEP_UP: _cookie(
                "__Host-seguridad",
                "What a browser has for five minutes after /sesion/entrar?para=segundo-factor.",
            ),
        },
    }


def _cookie(name: str, description: str) -> Schema:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": description}
