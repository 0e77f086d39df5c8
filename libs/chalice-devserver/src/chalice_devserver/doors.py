"""Front doors of AWS: from an HTTP request to the event, and from the function's response back to HTTP.

The events are those of ``chalice_frontdoor.testing.events``. What the doors refuse:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chalice_devserver.http import HttpResponse, Refusal
from chalice_devserver.project import InvocationFailed
from chalice_frontdoor.testing.events import Wire, alb_event, http_api_2_event, rest_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice.app import Chalice

    from chalice_devserver.authorizer import JwtAuthorizer

logger = logging.getLogger(__name__)


class Unauthorized(Exception):
    """The authorizer refuses a token; the message is for the log, and contains nothing of the token."""


class Door:
    """One kind of front door: its limits, what it answers instead of the function, and both translations."""

    max_request_bytes = 6 * 1024 * 1024  # what Lambda takes; the 10 MB of API Gateway are never reached
    max_response_bytes: int | None = None
    failure: HttpResponse
    """Sent when the function fails or AWS refuses its response."""
    overload: HttpResponse
    """Sent when the function's concurrency is used up."""
    default_type: str
    """The content type of a body that has none."""

    def event(self, request: Wire) -> dict[str, Any]:
        """The event that the function gets, or `Refusal`."""
        raise NotImplementedError

    def headers(self, response: dict[str, Any]) -> list[tuple[str, Any]]:
        """The headers in the function's response, one pair a line; any exception if they have another form."""
        raise NotImplementedError

    def answer(self, response: object) -> HttpResponse:
        """What the client gets for the function's ``response``, or `InvocationFailed` where AWS would not accept it."""
        if not isinstance(response, dict):
            raise InvocationFailed(f"the response is a {type(response).__name__}, not an object")
        if self.max_response_bytes is not None and len(json.dumps(response)) > self.max_response_bytes:
            raise InvocationFailed(f"the response is larger than {self.max_response_bytes} bytes")
        status, body = response.get("statusCode"), response.get("body", "")
        # HTTP APIs would turn a response without a status into a 200, which no app intends.
        if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004 - the final statuses of HTTP
            raise InvocationFailed(f"statusCode is {status!r}")
        try:
            headers = self.headers(response)
        except (AttributeError, KeyError, TypeError):
            raise InvocationFailed("the headers have another form") from None
        if not isinstance(body, str) or not all(isinstance(value, str) for _, value in headers):
            raise InvocationFailed("the body or a header is no string")
        try:
            content = base64.b64decode(body, validate=True) if response.get("isBase64Encoded") else body.encode()
        except ValueError:
            raise InvocationFailed("body is no base64, or no Unicode text") from None
        if content and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", self.default_type))
        return HttpResponse(status, headers, content)


class LoadBalancer(Door):
    """An Application Load Balancer whose target group has multi-value headers on."""

    max_request_bytes = 1024 * 1024
    max_response_bytes = 1_000_000
    failure = HttpResponse(502, [("Content-Type", "text/html")], b"<html><body><h1>502 Bad Gateway</h1></body></html>")
    overload = HttpResponse(
        503,
        [("Content-Type", "text/html"), ("Retry-After", "1")],
        b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>",
    )
    default_type = "application/octet-stream"

    def event(self, request: Wire) -> dict[str, Any]:
        return alb_event(_traced(request), is_multiple=True)

    def headers(self, response: dict[str, Any]) -> list[tuple[str, Any]]:
        return _lines(response["multiValueHeaders"])


class HttpApi(Door):
    """An API Gateway HTTP API with payload format 2.0 on the route ``$default`` of the stage ``$default``.

    Args:
        authorizer: guards all routes but the open ones; None leaves the API open.
        open_routes: such as ``GET /health``.
    """

    failure = HttpResponse(500, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
    overload = HttpResponse(503, [("Content-Type", "application/json")], b'{"message":"Service Unavailable"}')
    default_type = "text/plain;charset=UTF-8"

    def __init__(self, authorizer: JwtAuthorizer | None = None, *, open_routes: Iterable[str] = ()) -> None:
        self._authorizer = authorizer
        self._open_routes = frozenset(open_routes)

    def event(self, request: Wire) -> dict[str, Any]:
        wire, path = _traced(request), unquote(request.path)
        if self._authorizer is None:
            return _with_context(http_api_2_event(wire), request)
        if f"{request.method} {path}" in self._open_routes:
            return _with_context(http_api_2_event(wire, [path]), request)
        values = [value for name, value in wire.headers if name.lower() == "authorization"]
        try:
            claims = self._authorizer.claims_of(",".join(values) if values else None)
        except Unauthorized as refusal:
            logger.warning("the authorizer refused a request: %s", refusal)
            headers = [("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")]
            raise Refusal(HttpResponse(401, headers, b'{"message":"Unauthorized"}')) from None
        return _with_context(http_api_2_event(replace(wire, claims=claims)), request)

    def headers(self, response: dict[str, Any]) -> list[tuple[str, Any]]:
        cookies = [("set-cookie", cookie) for cookie in response.get("cookies") or []]
        return [*(response.get("headers") or {}).items(), *cookies]


class RestApi(Door):
    """The REST API that Chalice deploys: a resource for each route of ``app``, and ``OPTIONS`` where it has ``cors=``.

    It runs no authorizers: a route that has one is closed.
    """

    failure = HttpResponse(502, [("Content-Type", "application/json")], b'{"message": "Internal server error"}')
    overload = HttpResponse(500, [("Content-Type", "application/json")], b'{"message": "Internal server error"}')
    default_type = "application/json"

    def __init__(self, app: Chalice) -> None:
        self._app = app

    def event(self, request: Wire) -> dict[str, Any]:
        event = rest_event(_traced(request), tuple(self._app.routes))
        entries = self._app.routes.get(event["resource"], {})
        if request.method == "OPTIONS" and "OPTIONS" not in entries and any(each.cors for each in entries.values()):
            raise Refusal(_preflight(entries))
        if request.method not in entries:
            raise _closed("MissingAuthenticationTokenException", "Missing Authentication Token")
        if entries[request.method].authorizer is not None:
            logger.warning("%s has an authorizer, which the REST API of this server does not run", event["resource"])
            raise _closed("AccessDeniedException", "User is not authorized to access this resource")
        media_type = request.header("content-type").partition(";")[0].strip().lower()
        if request.body and media_type in self._app.api.binary_types:
            event |= {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
        return _with_context(event, request)

    def headers(self, response: dict[str, Any]) -> list[tuple[str, Any]]:
        return [*(response.get("headers") or {}).items(), *_lines(response.get("multiValueHeaders") or {})]


def _lines(headers: dict[str, list[str]]) -> list[tuple[str, Any]]:
    """Whatever is no list of texts becomes None, which is refused."""
    return [
        (name, value) for name, values in headers.items() for value in (values if isinstance(values, list) else [None])
    ]


def _closed(kind: str, message: str) -> Refusal:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)]
    return Refusal(HttpResponse(403, headers, json.dumps({"message": message}).encode()))


def _preflight(entries: dict[str, Any]) -> HttpResponse:
    methods = ",".join(sorted({*(method for method, entry in entries.items() if entry.cors), "OPTIONS"}))
    cors = next(entry.cors for entry in entries.values() if entry.cors).get_access_control_headers()
    return HttpResponse(200, [*cors.items(), ("Access-Control-Allow-Methods", methods)], b"")


def _traced(request: Wire) -> Wire:
    if request.header("x-amzn-trace-id"):
        return request
    trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return replace(request, headers=(*request.headers, ("X-Amzn-Trace-Id", trace)))


def _with_context(event: dict[str, Any], request: Wire) -> dict[str, Any]:
    """Give the event the id, time and host of this request."""
    now = time.time()
    moment = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
    is_rest, milliseconds = "resource" in event, int(now * 1000)
    times = (
        {"requestTime": moment, "requestTimeEpoch": milliseconds}
        if is_rest
        else {"time": moment, "timeEpoch": milliseconds}
    )
    event["requestContext"] |= {"requestId": str(uuid.uuid4()), "domainName": request.header("host"), **times}
    return event
