"""The public door's OpenAPI document: its own part, and those of the APIs behind with what the proxy may answer.

``app.py`` describes each route of its own beside its view.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor.openapi import Schema, header, list_of, object_of, query
from chalicelib.web.limits import TOTAL_SECONDS
from chalicelib.web.proxy import PROXIED_ROUTES
from chalicelib.web.upstream import UpstreamError, deadline_for
from contract.api import COUNT, MIT, PROBLEM_MEMBERS, TEXT, problem_responses, problem_schema, token_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.recent import Recent
    from chalicelib.web.upstream import Deadline, Send, Upstream

_OK = 200
_COMPONENT_REFERENCE = re.compile(r'"#/components/(\w+)/')
INFO: Schema = {
    "title": "CrudEmpleados",
    "version": "1.0.0",
    "description": "The employee directory and its e-mails, through the public door. Errors are RFC 9457 problem "
    "documents, in Spanish or English by Accept-Language.",
    "license": MIT,
}
#: What the door may answer by itself, also to requests that it would pass on.
PROBLEMS = {
    400: "A cookie of the session is malformed, too long or there twice.",
    401: "There is no token, or it is not accepted any more.",
    403: "The cookie came with a request of another site's page.",
    404: "This is a demonstration, which has no sign-in.",
    413: "The body is longer than the public door takes.",
    422: "The address to return to leads away from this site, or the code of the app is wrong.",
    431: "The address and the headers are longer than the service behind takes. Nothing was passed on.",
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


class Description(NamedTuple):
    """Composes the document from what the upstreams say, or said a minute ago."""

    send: Send
    upstreams: Mapping[str, Upstream]
    is_demo: bool
    recent: Recent[Schema]

    def compose(self, document: Schema, request: FrontDoorRequest) -> Schema:
        """The door's own ``document``, with the routes and components of the upstreams.

        Raises:
            UpstreamError: an upstream did not describe itself.
        """
        return self.recent.get(lambda: self._compose(document, request))

    def _compose(self, document: Schema, request: FrontDoorRequest) -> Schema:
        deadline = deadline_for(request, TOTAL_SECONDS)
        parts = {name: self._ask(each, request.request_id, deadline) for name, each in self.upstreams.items()}
        for part in parts.values():
            for kind, components in part["components"].items():
                document["components"].setdefault(kind, {}).update(components)
        for path, (upstream, _) in PROXIED_ROUTES.items():
            # An upstream that is a version behind does not have a new route yet.
            if path_item := parts[upstream]["paths"].get(path):
                document["paths"][path] = self._as_of_the_public_door(path_item)
        return document

    def _as_of_the_public_door(self, path_item: Schema) -> Schema:
        """``path_item`` with the proxy's own answers and the cookie as another way in; the roles stay."""
        for operation in path_item.values():
            for status in PROBLEMS.keys() - OF_SIGN_IN:
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
            roles = [role for way in operation["security"] for needed in way.values() for role in needed]
            operation["security"] = [] if self.is_demo else [{way: roles} for way in (TOKEN, SESSION)]
        return path_item

    def _ask(self, upstream: Upstream, request_id: str, deadline: Deadline) -> Schema:
        """The upstream's document with its name before those of its components: two upstreams may use one name."""
        question = upstream.own_request("/openapi.json", request_id)
        answer = self.send(question, deadline)
        if answer.status != _OK:
            raise UpstreamError("failed", question, status=answer.status)
        try:
            text = _COMPONENT_REFERENCE.sub(rf'"#/components/\1/{upstream.name}.', answer.body.decode())
            document: Schema = json.loads(text)
        except ValueError:
            raise UpstreamError("broken", question, reason="no JSON") from None
        document["components"] = {
            kind: {f"{upstream.name}.{name}": component for name, component in components.items()}
            for kind, components in document["components"].items()
            if kind != "securitySchemes"
        }
        return document
