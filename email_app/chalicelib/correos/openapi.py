"""The pieces of this API's OpenAPI document; ``app.py`` describes each route beside its view with them."""

from __future__ import annotations

from chalice_frontdoor.idempotency import describe_header
from chalice_frontdoor.openapi import Schema, header, in_path, object_of, query
from chalicelib.correos.direct_mail import MAX_BODY, MAX_SUBJECT
from chalicelib.correos.event import TYPES
from chalicelib.correos.idempotency import KEPT
from chalicelib.correos.mail import State
from chalicelib.correos.mail_query import DEFAULT_LIMIT, MAX_EMPLOYEE, MAX_LIMIT
from contract.api import (
    COUNT,
    MIT,
    PROBLEM_MEMBERS,
    TEXT,
    TOKEN,
    problem_responses,
    problem_schema,
    token_scheme,
)
from contract.email_address import MAX_LENGTH, PATTERN

INFO: Schema = {
    "title": "email_app",
    "version": "1",
    "summary": "E-mails of the employee directory: what was sent to whom, and what became of it.",
    "license": MIT,
}
PROBLEMS = {
    400: "The body is not JSON, or the Idempotency-Key is malformed.",
    401: "There is no valid access token.",
    403: "The caller lacks the role that this operation needs.",
    404: "There is no such e-mail, or it has expired.",
    409: "Another request with this Idempotency-Key has not ended (type urn:frontdoor:idempotency-key-in-flight, with "
    "Retry-After).",
    415: "The body is not application/json.",
    422: "Some of the data breaks the rules; `errores` names them all. Or another request was made with this "
    "Idempotency-Key (type urn:frontdoor:idempotency-key-reused).",
    503: "A service behind does not answer.",
}

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_INSTANT = r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}Z"
_EVENT_ID: Schema = {"type": "string", "pattern": f"^{_UUID}$"}
_STATE: Schema = {"enum": [state.value for state in State]}
_MOMENT: Schema = {"type": "string", "format": "date-time"}

ID = in_path("id", TEXT)
IDEMPOTENCY_KEY = describe_header(KEPT.days * 24)
LISTING = [
    query("estado", _STATE, "State."),
    query("evento", _EVENT_ID, "Id of an event."),
    query("empleado", {"type": "integer", "minimum": 1, "maximum": MAX_EMPLOYEE}, "Number of an employee."),
    query(
        "limite", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, "Rows in a page."
    ),
    query(
        "cursor",
        {"type": "string", "pattern": f"^{_INSTANT}_[0-9a-f-]{{36}}_[0-9a-f]{{32}}$"},
        "From the Link of the page before.",
    ),
]
LOCATION = {"Location": header("Where its state is.")}
LINK = {"Link": header("The next page (rel=next), if there is one.")}

DIRECT_MAIL = object_of(
    {
        "to": {"type": "string", "maxLength": MAX_LENGTH, "pattern": PATTERN},
        "subject": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_SUBJECT,
            "pattern": r"^(?=.*\S)[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]*$",
            "description": "One line; not only spaces.",
        },
        "body": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_BODY,
            "pattern": r"^(?=[\s\S]*\S)[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]*$",
            "description": "Plain text; not only spaces; no control characters but tabs and line ends.",
        },
    }
)


def components() -> Schema:
    """The schemas, problems and security scheme that the operations refer to."""
    return {
        "schemas": {
            "Correo": object_of(
                {
                    "id": {"type": "string", "pattern": f"^{_UUID}_[0-9a-f]{{32}}$"},
                    "evento": _EVENT_ID,
                    "tipo": {"enum": list(TYPES)},
                    "empleado": {"type": ["integer", "null"]},
                    "destinatario": _optional("Nobody, if the recipient was forgotten."),
                    "asunto": _optional("Nothing, if the person whom it spoke of was forgotten."),
                    "estado": _STATE,
                    "motivo": _optional("Why it failed or came back: a code."),
                    "envios": {**COUNT, "maximum": 2, "description": "How often it was handed to SES."},
                    "mensaje_id": _optional("SES's id."),
                    "creado_en": _MOMENT,
                    "actualizado_en": _MOMENT,
                }
            ),
            "Depth": object_of(
                {
                    "visibles": COUNT,
                    "en_proceso": COUNT,
                    "retrasados": COUNT,
                    "edad_maxima": {"type": ["integer", "null"], "minimum": 0, "description": "Seconds."},
                }
            ),
            "Redrive": object_of({"reenviados": COUNT, "quedan": {**COUNT, "description": "Approximately."}}),
            "Problem": problem_schema(
                PROBLEM_MEMBERS | {"resultado_desconocido": {"type": "boolean"}, "correo": TEXT},
            ),
        },
        "responses": problem_responses(PROBLEMS, "Problem"),
        "securitySchemes": {TOKEN: token_scheme()},
    }


def _optional(description: str) -> Schema:
    return {"type": ["string", "null"], "description": description}
