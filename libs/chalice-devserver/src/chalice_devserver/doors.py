"""Front doors of AWS: from an HTTP request to the event, and from the function's response back to HTTP.

What each sends and refuses:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import logging
import re
import secrets
import time
import uuid
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, unquote

from chalice_devserver.http import HttpRequest, HttpResponse
from chalice_devserver.project import LOCAL_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice.app import Chalice

    from chalice_devserver.authorizer import JwtAuthorizer

# Bodies that a load balancer passes as text; all others are base64.
_ALB_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
_TARGET_GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{LOCAL_ACCOUNT}:targetgroup/local/0000000000000000"

logger = logging.getLogger(__name__)


class ResponseRefused(Exception):
    """The front door does not accept the function's response. AWS sends an error page of its own instead."""


class DoorClosed(Exception):
    """The front door refuses the request: the function never sees it. ``response`` is what the client gets."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


class Unauthorized(Exception):
    """The authorizer refuses a token; the message is for the log, and contains nothing of the token."""


class Door(Protocol):
    """One kind of front door: its limit, what it answers instead of the function, and both translations."""

    max_request_bytes: int
    failure: HttpResponse
    """Sent when the function fails or AWS refuses its response."""
    overload: HttpResponse
    """Sent when the function's concurrency is used up."""

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """The event that the function gets; raises `DoorClosed` if the request is refused."""

    def answer(self, response: object) -> HttpResponse:
        """What the client gets for the function's ``response``; raises `ResponseRefused` if AWS would not accept it."""


class LoadBalancer:
    """An Application Load Balancer whose target group has multi-value headers on."""

    max_request_bytes = 1024 * 1024
    max_response_bytes = 1_000_000
    failure = HttpResponse(502, [("Content-Type", "text/html")], b"<html><body><h1>502 Bad Gateway</h1></body></html>")
    overload = HttpResponse(
        503,
        [("Content-Type", "text/html"), ("Retry-After", "1")],
        b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>",
    )

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """See `Door`. Path and query are handed over as they came: an ALB decodes nothing."""
        headers = _headers(request)
        is_text = headers.get("content-type", [""])[0].lower().startswith(_ALB_TEXT_TYPES)
        is_text = (is_text and "content-encoding" not in headers) or not request.body
        body, is_base64 = _as_text(request.body, allowed=is_text)
        query = [pair.partition("=") for pair in request.query.split("&") if pair]
        return {
            "requestContext": {"elb": {"targetGroupArn": _TARGET_GROUP}},
            "httpMethod": request.method,
            "path": request.path,
            "multiValueQueryStringParameters": _grouped((name, value) for name, _, value in query),
            "multiValueHeaders": headers,
            "body": body,
            "isBase64Encoded": is_base64,
        }

    def answer(self, response: object) -> HttpResponse:
        """See `Door`."""
        fields = _fields(response)
        if len(json.dumps(response)) > self.max_response_bytes:
            raise ResponseRefused("the response is larger than 1 MB")
        headers = fields.get("multiValueHeaders")
        if not isinstance(headers, dict):
            raise ResponseRefused("multiValueHeaders is no object")
        if not all(isinstance(values, list) for values in headers.values()):
            raise ResponseRefused("a header of multiValueHeaders is no list")
        pairs = [(name, value) for name, values in headers.items() for value in values]
        return _answer(fields, pairs, default_type="application/octet-stream")


class HttpApi:
    """An API Gateway HTTP API with payload format 2.0 on the route ``$default`` of the stage ``$default``.

    Args:
        authorizer: guards all routes but the open ones; None leaves the API open.
        open_routes: such as ``GET /health``.
    """

    # What Lambda takes. The API's own limit of 10 MB is never reached.
    max_request_bytes = 6 * 1024 * 1024
    failure = HttpResponse(500, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
    overload = HttpResponse(503, [("Content-Type", "application/json")], b'{"message":"Service Unavailable"}')

    def __init__(self, authorizer: JwtAuthorizer | None = None, *, open_routes: Iterable[str] = ()) -> None:
        self._authorizer = authorizer
        self._open_routes = frozenset(open_routes)

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """See `Door`. The path is decoded, the raw query is not; repeated headers are joined; cookies stand apart."""
        headers = {name: ",".join(values) for name, values in _headers(request).items() if name != "cookie"}
        cookies = [
            cookie.strip() for name, value in request.headers if name.lower() == "cookie" for cookie in value.split(";")
        ]
        query = _grouped(parse_qsl(request.query, keep_blank_values=True))
        body, is_base64 = _as_text(request.body, allowed=True)
        path, host, now = unquote(request.path), headers.get("host", ""), time.time()
        route, authorizer = self._route_of(request.method, path, headers.get("authorization"))
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": request.query,
            "headers": headers,
            "requestContext": {
                "accountId": LOCAL_ACCOUNT,
                "apiId": "local",
                "domainName": host,
                "domainPrefix": host.partition(".")[0],
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.client,
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": route,
                "stage": "$default",
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
                "timeEpoch": int(now * 1000),
                **authorizer,
            },
            "isBase64Encoded": is_base64,
        }
        if body:
            event["body"] = body
        if cookies:
            event["cookies"] = cookies
        if query:
            event["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
        return event

    def _route_of(self, method: str, path: str, authorization: str | None) -> tuple[str, dict[str, Any]]:
        """The key of the route, and what its authorizer adds to the event's context."""
        route = f"{method} {path}"
        if self._authorizer is None:
            return "$default", {}
        if route in self._open_routes:
            return route, {}
        try:
            claims = self._authorizer.claims_of(authorization)
        except Unauthorized as refusal:
            logger.warning("the authorizer refused a request: %s", refusal)
            headers = [("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")]
            raise DoorClosed(HttpResponse(401, headers, b'{"message":"Unauthorized"}')) from None
        return "$default", {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}

    def answer(self, response: object) -> HttpResponse:
        """See `Door`. Without ``statusCode`` it is refused: AWS would turn it into a 200, which no app intends."""
        fields = _fields(response)
        headers = fields.get("headers") or {}
        if not isinstance(headers, dict):
            raise ResponseRefused("headers is no object")
        pairs = list(headers.items()) + [("set-cookie", cookie) for cookie in fields.get("cookies") or []]
        return _answer(fields, pairs, default_type="text/plain;charset=UTF-8")


class RestApi:
    """The REST API that Chalice deploys: a resource for each route of ``app``, and ``OPTIONS`` where it has ``cors=``.

    It runs no authorizers: a route that has one is closed.
    """

    max_request_bytes = HttpApi.max_request_bytes
    failure = HttpResponse(502, [("Content-Type", "application/json")], b'{"message": "Internal server error"}')
    overload = HttpResponse(500, [("Content-Type", "application/json")], b'{"message": "Internal server error"}')

    def __init__(self, app: Chalice) -> None:
        self._app = app

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """See `Door`. Path parameters are handed over as they came, query parameters decoded."""
        resource, parameters = self._resource_of(request.path)
        entries = self._app.routes.get(resource, {})
        if request.method == "OPTIONS" and "OPTIONS" not in entries and any(each.cors for each in entries.values()):
            raise DoorClosed(_preflight(entries))
        if request.method not in entries:
            raise _closed("MissingAuthenticationTokenException", "Missing Authentication Token")
        if entries[request.method].authorizer is not None:
            logger.warning("%s has an authorizer, which the REST API of this server does not run", resource)
            raise _closed("AccessDeniedException", "User is not authorized to access this resource")
        headers, query = _headers(request), _grouped(parse_qsl(request.query, keep_blank_values=True))
        media_type = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
        is_text = media_type not in self._app.api.binary_types or not request.body
        body, is_base64 = _as_text(request.body, allowed=is_text)
        return {
            "resource": resource,
            "path": request.path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": parameters or None,
            "stageVariables": None,
            "requestContext": {
                "accountId": LOCAL_ACCOUNT,
                "apiId": "local",
                "httpMethod": request.method,
                "identity": {"sourceIp": request.client, "userAgent": headers.get("user-agent", [""])[0]},
                "path": f"/api{request.path}",
                "protocol": "HTTP/1.1",
                "requestId": str(uuid.uuid4()),
                "requestTimeEpoch": int(time.time() * 1000),
                "resourcePath": resource,
                "stage": "api",
            },
            "body": body or None,
            "isBase64Encoded": is_base64,
        }

    def _resource_of(self, path: str) -> tuple[str, dict[str, str]]:
        """The route of a path, literals before parameters, and its parameters as they stand there."""
        for template in sorted(self._app.routes, key=lambda each: each.replace("{", "\uffff")):
            pattern = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(template))
            found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern), path.rstrip("/") or "/")
            if found:
                return template, found.groupdict()
        return "", {}

    def answer(self, response: object) -> HttpResponse:
        """See `Door`. Bodies in base64 are decoded whatever the client accepts."""
        fields = _fields(response)
        single, several = fields.get("headers") or {}, fields.get("multiValueHeaders") or {}
        if not isinstance(single, dict) or not isinstance(several, dict):
            raise ResponseRefused("headers or multiValueHeaders is no object")
        pairs = [*single.items(), *((name, value) for name, values in several.items() for value in values)]
        return _answer(fields, pairs, default_type="application/json")


def _closed(kind: str, message: str) -> DoorClosed:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)]
    return DoorClosed(HttpResponse(403, headers, json.dumps({"message": message}).encode()))


def _preflight(entries: dict[str, Any]) -> HttpResponse:
    methods = ",".join(sorted({*(method for method, entry in entries.items() if entry.cors), "OPTIONS"}))
    cors = next(entry.cors for entry in entries.values() if entry.cors).get_access_control_headers()
    return HttpResponse(200, [*cors.items(), ("Access-Control-Allow-Methods", methods)], b"")


def _headers(request: HttpRequest) -> dict[str, list[str]]:
    """The headers that the function sees: names in lower case, and what both doors add.

    The client's address is appended to what it claims itself in ``X-Forwarded-For``.
    """
    headers = _grouped((name.lower(), value) for name, value in request.headers)
    headers["x-forwarded-for"] = [", ".join([*headers.get("x-forwarded-for", []), request.client])]
    _, colon, port = headers.get("host", [""])[0].rpartition(":")
    headers["x-forwarded-port"] = [port if colon else "80"]
    headers["x-forwarded-proto"] = ["http"]
    headers.setdefault("x-amzn-trace-id", [f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"])
    return headers


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _as_text(body: bytes, *, allowed: bool) -> tuple[str, bool]:
    """The body as an event carries it, and whether that is base64."""
    if allowed:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode("ascii"), True


def _fields(response: object) -> dict[str, Any]:
    if not isinstance(response, dict):
        raise ResponseRefused(f"the response is a {type(response).__name__}, not an object")
    return response


def _answer(fields: dict[str, Any], headers: list[tuple[str, Any]], *, default_type: str) -> HttpResponse:
    status, body = fields.get("statusCode"), fields.get("body", "")
    if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004 - the final statuses of HTTP
        raise ResponseRefused(f"statusCode is {status!r}")
    if not isinstance(body, str) or not all(isinstance(value, str) for _, value in headers):
        raise ResponseRefused("the body or a header is no string")
    try:
        content = base64.b64decode(body, validate=True) if fields.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise ResponseRefused("body is no base64, or no Unicode text") from None
    if content and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", default_type))
    return HttpResponse(status, headers, content)
