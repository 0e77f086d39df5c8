"""The public door's OpenAPI document: its own part, and those of the APIs behind with what the proxy may answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.web.limits import TOTAL_SECONDS
from chalicelib.web.openapi import PROBLEMS, SESSION, TOKEN
from chalicelib.web.proxy import PROXIED_ROUTES
from chalicelib.web.upstream import UpstreamBroken, UpstreamFailed, deadline_within, own_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.web.proxy import UpstreamName
    from chalicelib.web.recent import Recent
    from chalicelib.web.upstream import Deadline, InvocationContext, Send, Upstream

Document = dict[str, Any]

_OK = 200
_COMPONENT_REFERENCE = re.compile(r'"#/components/(\w+)/')


class Description(NamedTuple):
    """Composes the document from what the upstreams say, or said a minute ago."""

    send: Send
    upstreams: Mapping[UpstreamName, Upstream]
    is_demo: bool
    recent: Recent[Document]

    def compose(self, document: Document, request_id: str, context: InvocationContext) -> Document:
        """The door's own ``document``, with the routes and components of the upstreams.

        Raises:
            UpstreamError: an upstream did not describe itself.
        """
        return self.recent.get(lambda: self._compose(document, request_id, context))

    def _compose(self, document: Document, request_id: str, context: InvocationContext) -> Document:
        deadline = deadline_within(context, TOTAL_SECONDS)
        parts = {name: self._ask(upstream, request_id, deadline) for name, upstream in self.upstreams.items()}
        for part in parts.values():
            for kind, components in part["components"].items():
                document["components"].setdefault(kind, {}).update(components)
        for route in PROXIED_ROUTES:
            path_item = parts[route.upstream]["paths"].get(route.path)
            # An upstream that is a version behind does not have a new route yet.
            if path_item is not None:
                document["paths"][route.path] = self._as_of_the_public_door(path_item)
        return document

    def _as_of_the_public_door(self, path_item: Document) -> Document:
        """``path_item`` with the proxy's own answers and the cookie as another way in; the roles stay."""
        for operation in path_item.values():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            for status in PROBLEMS.keys() - {404}:  # that is the session's routes' alone
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
            needs = [roles for way in operation.get("security", []) for roles in way.values()]
            roles = needs[0] if needs else []
            operation["security"] = [] if self.is_demo else [{way: roles} for way in (TOKEN, SESSION)]
        return path_item

    def _ask(self, upstream: Upstream, request_id: str, deadline: Deadline) -> Document:
        question = own_request(upstream, "/openapi.json", [], request_id)
        answer = self.send(question, deadline)
        if answer.status != _OK:
            raise UpstreamFailed(question, answer)
        try:
            return _with_prefixed_components(answer.body.decode(), upstream.name)
        except ValueError:
            raise UpstreamBroken(question, reason="no JSON") from None


def _with_prefixed_components(text: str, prefix: str) -> Document:
    """The document in ``text`` with ``prefix.`` before the names of its components: two upstreams may use one name."""
    document: Document = json.loads(_COMPONENT_REFERENCE.sub(rf'"#/components/\1/{prefix}.', text))
    document["components"] = {
        kind: {f"{prefix}.{name}": component for name, component in components.items()}
        for kind, components in document.get("components", {}).items()
        if kind != "securitySchemes"
    }
    return document
