"""The public door's OpenAPI document: its own part, and those of the APIs behind with what the proxy may answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.web.limits import TOTAL_SECONDS
from chalicelib.web.openapi import OF_SIGN_IN, PROBLEMS, SESSION, TOKEN
from chalicelib.web.proxy import PROXIED_ROUTES
from chalicelib.web.upstream import UpstreamError, deadline_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.proxy import UpstreamName
    from chalicelib.web.recent import Recent
    from chalicelib.web.upstream import Deadline, Send, Upstream

Document = dict[str, Any]

_OK = 200
_COMPONENT_REFERENCE = re.compile(r'"#/components/(\w+)/')


class Description(NamedTuple):
    """Composes the document from what the upstreams say, or said a minute ago."""

    send: Send
    upstreams: Mapping[UpstreamName, Upstream]
    is_demo: bool
    recent: Recent[Document]

    def compose(self, document: Document, request: FrontDoorRequest) -> Document:
        """The door's own ``document``, with the routes and components of the upstreams.

        Raises:
            UpstreamError: an upstream did not describe itself.
        """
        return self.recent.get(lambda: self._compose(document, request))

    def _compose(self, document: Document, request: FrontDoorRequest) -> Document:
        deadline = deadline_for(request, TOTAL_SECONDS)
        parts = {name: self._ask(each, request.request_id, deadline) for name, each in self.upstreams.items()}
        for part in parts.values():
            for kind, components in part["components"].items():
                document["components"].setdefault(kind, {}).update(components)
        for route in PROXIED_ROUTES:
            # An upstream that is a version behind does not have a new route yet.
            if path_item := parts[route.upstream]["paths"].get(route.path):
                document["paths"][route.path] = self._as_of_the_public_door(path_item)
        return document

    def _as_of_the_public_door(self, path_item: Document) -> Document:
        """``path_item`` with the proxy's own answers and the cookie as another way in; the roles stay."""
        for operation in path_item.values():
            for status in PROBLEMS.keys() - OF_SIGN_IN:
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
            roles = [role for way in operation["security"] for needed in way.values() for role in needed]
            operation["security"] = [] if self.is_demo else [{way: roles} for way in (TOKEN, SESSION)]
        return path_item

    def _ask(self, upstream: Upstream, request_id: str, deadline: Deadline) -> Document:
        """The upstream's document with its name before those of its components: two upstreams may use one name."""
        question = upstream.own_request("/openapi.json", request_id)
        answer = self.send(question, deadline)
        if answer.status != _OK:
            raise UpstreamError("failed", question, status=answer.status)
        try:
            text = _COMPONENT_REFERENCE.sub(rf'"#/components/\1/{upstream.name}.', answer.body.decode())
            document: Document = json.loads(text)
        except ValueError:
            raise UpstreamError("broken", question, reason="no JSON") from None
        document["components"] = {
            kind: {f"{upstream.name}.{name}": component for name, component in components.items()}
            for kind, components in document["components"].items()
            if kind != "securitySchemes"
        }
        return document
