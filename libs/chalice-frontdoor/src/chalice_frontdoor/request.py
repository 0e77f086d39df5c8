"""Chalice's request, and what the front door found out about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice.app import CaseInsensitiveMapping, MultiDict, Request

from chalice_frontdoor.language import negotiate

if TYPE_CHECKING:
    from chalice.app import RouteEntry

    from chalice_frontdoor.caller import Caller
    from chalice_frontdoor.events import HttpRequest
    from chalice_frontdoor.routing import Match

#: What may be a request's id: printable, without spaces, short enough for every log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}")

#: ``path`` of a request that no route answers: API Gateway's own word for it.
NO_ROUTE = "$default"
#: The id of a request without one, as in a test that calls the app without a context.
NO_ID = "-"


class _ReadHeaders(CaseInsensitiveMapping):
    """Headers whose names are in lower case already: Chalice would copy them to make them so.

    Most that are asked for are not there, and Chalice's ``get`` would raise and catch an exception for each.
    """

    def __init__(self, headers: dict[str, str]) -> None:
        self._dict = headers

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - the mapping's own signature
        """As of any mapping."""
        return self._dict.get(key.lower(), default)


class FrontDoorRequest(Request):
    """Chalice's request.

    ``path`` is the route's template, as in Chalice; ``to_original_event()`` is the event as the door sent it.

    Attributes:
        request_id: the caller's ``X-Request-Id`` if it is well-formed, else API Gateway's id, else Lambda's.
        authorized: whether the front door says that an authorizer accepted the request.
        routes: Chalice's entries for this path, by method; empty when no route has the path.
        caller: the one that ``chalice_frontdoor.Access`` admitted; None on open routes.
    """

    # What ``to_dict()`` leaves out, for it is made into JSON; Chalice's own list has the first.
    _NON_SERIALIZED_ATTRS = ["lambda_context", "caller", "routes"]  # noqa: RUF012 - as Chalice declares it

    def __init__(
        self,
        http: HttpRequest,
        context: Any,  # noqa: ANN401 - a class of the Lambda runtime
        match: Match | None,
        routes: dict[str, RouteEntry],
        languages: tuple[str, ...],
    ) -> None:
        # Chalice's own constructor reads all this out of a REST API's event, which would have to be made first.
        self.method = http.method
        self.path = match.template if match else NO_ROUTE
        self.uri_params = match.parameters if match else {}
        self.query_params = None if http.query is None else MultiDict(http.query)
        self.headers = _ReadHeaders(http.headers)
        self.stage_vars = http.stage_variables
        self.lambda_context = context
        self._body = http.body
        self._json_body = None
        self._event_dict = http.event
        self._http = http
        self._context: dict[str, Any] | None = None
        self.routes = routes
        self._languages = languages
        lambdas = getattr(context, "aws_request_id", None)
        self.request_id = _first_id(http.headers.get("x-request-id"), http.request_id, lambdas)
        self.authorized = http.authorized
        self.caller: Caller | None = None

    @property
    def context(self) -> dict[str, Any]:
        """What a REST API's ``requestContext`` would hold. Few ask for it, so it is made at the first time."""
        if self._context is None:
            http = self._http
            self._context = {
                **http.context,
                "httpMethod": http.method,
                "resourcePath": self.path,
                "identity": {**http.identity, "sourceIp": http.client},
                "authorizer": http.authorizer,
            }
        return self._context

    @context.setter
    def context(self, context: dict[str, Any]) -> None:
        self._context = context

    @property
    def claims(self) -> dict[str, Any]:
        """What the front door's authorizer read in the caller's token; nothing where it has none."""
        authorizer = self._http.authorizer if self._context is None else self._context["authorizer"]
        claims: dict[str, Any] = authorizer["claims"]
        return claims

    def to_dict(self) -> dict[str, Any]:
        """As in Chalice: what the request holds, fit for JSON."""
        return {**super().to_dict(), "context": self.context}

    @property
    def raw_body(self) -> bytes:
        """The bytes of the body; none when there is no body."""
        body: bytes | None = self._body
        return body or b""

    @property
    def language(self) -> str:
        """The one of the app's languages that the client wants most."""
        return negotiate(self.headers.get("accept-language", ""), self._languages)


def request_id_of(context: object) -> str:
    """Lambda's id of this invocation."""
    return _first_id(getattr(context, "aws_request_id", None))


def _first_id(*candidates: object) -> str:
    for candidate in candidates:
        if isinstance(candidate, str) and _REQUEST_ID.fullmatch(candidate):
            return candidate
    return NO_ID
