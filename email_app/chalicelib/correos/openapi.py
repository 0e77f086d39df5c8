"""The pieces of this API's OpenAPI document; ``app.py`` describes each route beside its view with them."""

from __future__ import annotations

from chalice_frontdoor.idempotency import describe_header
from chalice_frontdoor.openapi import Schema, header, json_of, list_of, object_of, query, ref
from chalicelib.correos.dead_letters import UNREADABLE, UNSENT
from chalicelib.correos.direct_mail import FIELDS
from chalicelib.correos.event import TYPES
from chalicelib.correos.mail import KEPT
from chalicelib.correos.mail_query import COUNTED_BY, DIGEST, MAX_LIMIT, PARAMETERS
from chalicelib.correos.users import MAX_NAME, STATES
from contract.api import COUNT, MIT, PROBLEM_MEMBERS, TEXT, TOKEN, problem_responses, problem_schema, token_scheme
from contract.email_address import SCHEMA
from contract.events import UUID
from contract.roles import ROLES

INFO: Schema = {
    "title": "email_app",
    "version": "1",
    "summary": "Emails of the employee directory: what was sent to whom, and what became of it.",
    "license": MIT,
}
PROBLEMS = {
    400: "The body is not JSON, or the Idempotency-Key is malformed.",
    401: "There is no valid access token.",
    403: "The caller lacks the role that this operation needs.",
    404: "There is no such email, dead letter or user, or not any more.",
    409: "The address has an account already; or it is the last administrator; or another request with this "
    "Idempotency-Key has not ended (type urn:frontdoor:idempotency-key-in-flight, with "
    "Retry-After).",
    415: "The body is not application/json.",
    422: "Some of the data breaks the rules; `errores` names them all. Or another request was made with this "
    "Idempotency-Key (type urn:frontdoor:idempotency-key-reused).",
    503: "A service behind does not answer.",
}

_EVENT_ID: Schema = PARAMETERS["evento"].schema
_STATE: Schema = PARAMETERS["estado"].schema["items"]
_MOMENT: Schema = {"type": "string", "format": "date-time"}

# The email's row is the key's memory.
IDEMPOTENCY_KEY = describe_header(KEPT.days * 24)
LISTING = [query(name, parameter.schema, f"Must be {parameter.en}.") for name, parameter in PARAMETERS.items()]
COUNTING = [each for each in LISTING if each["name"] in COUNTED_BY]
LOCATION = {"Location": header("Where its state is.")}
USER = json_of(ref("Usuario"))
GONE: Schema = {"description": "It is gone."}

DIRECT_MAIL = object_of(FIELDS)
_ROLE: Schema = {"enum": list(ROLES)}
USER_CURSOR = query("cursor", TEXT, "From the header Link.")
INVITATION = object_of({"email": {**SCHEMA, "maxLength": MAX_NAME}, "rol": _ROLE})
ROLE = object_of({"rol": _ROLE})


def page(name: str) -> Schema:
    return json_of(list_of(ref(name)), headers={"Link": header("The next page (rel=next), if there is one.")})


def components() -> Schema:
    """The schemas, problems and security scheme that the operations refer to."""
    return {
        "schemas": {
            "Correo": object_of(
                {
                    "id": {"type": "string", "pattern": f"^{UUID}_{DIGEST}$"},
                    "evento": _EVENT_ID,
                    "tipo": {"enum": list(TYPES)},
                    "empleado": {"type": ["integer", "null"]},
                    "destinatario": _optional("None if the recipient was erased."),
                    "asunto": _optional("None if the person that it was about was erased."),
                    "estado": _STATE,
                    "motivo": _optional("Why it failed or bounced: a code."),
                    "envios": {**COUNT, "maximum": 2, "description": "How often it was handed to SES."},
                    "mensaje_id": _optional("SES's id."),
                    "creado_en": _MOMENT,
                    "actualizado_en": _MOMENT,
                }
            ),
            "Total": object_of(
                {
                    "total": {**COUNT, "maximum": MAX_LIMIT},
                    "exacto": {"type": "boolean", "description": "False if there are more."},
                }
            ),
            "DeadLetter": object_of(
                {
                    "id": {**TEXT, "description": "SQS's id of the message."},
                    "recibido_en": {**_MOMENT, "description": "When it entered the queue."},
                    "motivo": {"enum": [UNREADABLE, UNSENT]},
                    "detalle": _optional("What makes the message unreadable: a member and its rule, never a value."),
                    "tipo": {"enum": [*TYPES, None]},
                    "evento": _optional("Its emails are `GET /correos?evento=…`."),
                    "empleado": {"type": ["integer", "null"]},
                    "intentos": {**COUNT, "description": "How often it was received, to be listed here included."},
                }
            ),
            "Usuario": object_of(
                {
                    "id": {**TEXT, "description": "The pool's id."},
                    "email": TEXT,
                    "rol": {"enum": [*ROLES, None]},
                    "estado": {"enum": list(STATES), "description": "caducado: the invitation has expired."},
                    "segundo_factor": {"type": "boolean"},
                    "creado_en": _MOMENT,
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
