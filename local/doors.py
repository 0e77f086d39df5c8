"""The two front doors of AWS that the apps stand behind, on the wire's side: request to event, answer to response.

What each sends and refuses:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, unquote

from local.authorizer import JwtAuthorizer, Unauthorized
from local.project import LOCAL_ACCOUNT
from local.wire import WireAnswer, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a load balancer hands over as text; everything else is base64.
_ALB_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
_TARGET_GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{LOCAL_ACCOUNT}:targetgroup/local/0000000000000000"
# The routes of an HTTP API that its authorizer does not guard, as in infra/http_api.tf.
_OPEN_ROUTES = ("GET /health", "GET /openapi.json")

logger = logging.getLogger(__name__)


class AnswerRefused(Exception):
    """The function's answer is none that the front door takes. AWS sends a page of its own instead."""


class DoorClosed(Exception):
    """The front door lets the request not in: the function never sees it. ``answer`` is what the client gets."""

    def __init__(self, answer: WireAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Door(Protocol):
    """One kind of front door."""

    max_request_bytes: int
    """Of the body; a larger one is 413 and never reaches the function."""
    failure: WireAnswer
    """What the client gets when the function fails, or answers what AWS refuses."""
    overload: WireAnswer
    """What the client gets when the function runs as often as it may."""

    def event(self, request: WireRequest) -> dict[str, Any]:
        """The event that the function gets.

        Raises:
            DoorClosed: the request is not let in.
        """

    def answer(self, response: object) -> WireAnswer:
        """What the client gets for the function's ``response``.

        Raises:
            AnswerRefused: AWS would not take it.
        """


class LoadBalancer:
    """An Application Load Balancer whose target group has multi-value headers on."""

    max_request_bytes = 1024 * 1024
    max_response_bytes = 1_000_000
    failure = WireAnswer(502, [("Content-Type", "text/html")], b"<html><body><h1>502 Bad Gateway</h1></body></html>")
    # AWS's page has no Retry-After: nothing of ours has a say in it.
    overload = WireAnswer(
        503,
        [("Content-Type", "text/html"), ("Retry-After", "1")],
        b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>",
    )

    def event(self, request: WireRequest) -> dict[str, Any]:
        """See `Door`. Path and query are handed over as they came: an ALB decodes nothing."""
        headers = _headers(request)
        is_text = headers.get("content-type", [""])[0].lower().startswith(_ALB_TEXT_TYPES)
        is_text = is_text and "content-encoding" not in headers
        body, is_base64 = _as_text(request.body, allowed=is_text or not request.body)
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

    def answer(self, response: object) -> WireAnswer:
        """See `Door`."""
        fields = _fields(response)
        if len(json.dumps(response)) > self.max_response_bytes:
            raise AnswerRefused("the response is larger than 1 MB")
        headers = fields.get("multiValueHeaders")
        if not isinstance(headers, dict):
            raise AnswerRefused("multiValueHeaders is no object")
        pairs = []
        for name, values in headers.items():
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise AnswerRefused(f"the header {name} is no list of strings")
            pairs += [(name, value) for value in values]
        return _answer(fields, pairs, default_type="application/octet-stream")


class HttpApi:
    """An API Gateway HTTP API with payload format 2.0 on the route ``$default`` of the stage ``$default``.

    Args:
        authorizer: who guards it, but for the open routes; None leaves it open.
    """

    # What Lambda takes. The API's own limit of 10 MB is never reached.
    max_request_bytes = 6 * 1024 * 1024
    failure = WireAnswer(500, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
    overload = WireAnswer(503, [("Content-Type", "application/json")], b'{"message":"Service Unavailable"}')

    def __init__(self, authorizer: JwtAuthorizer | None = None) -> None:
        self._authorizer = authorizer

    def event(self, request: WireRequest) -> dict[str, Any]:
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
                "requestId": request.request_id,
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
        if route in _OPEN_ROUTES:
            return route, {}
        try:
            claims = self._authorizer.claims_of(authorization)
        except Unauthorized as refusal:
            logger.warning("the authorizer let a request not in: %s", refusal)
            headers = [("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")]
            raise DoorClosed(WireAnswer(401, headers, b'{"message":"Unauthorized"}')) from None
        return "$default", {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}

    def answer(self, response: object) -> WireAnswer:
        """See `Door`. Without ``statusCode`` it is refused, although AWS makes a 200 of that: no app means it."""
        fields = _fields(response)
        headers = fields.get("headers") or {}
        if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
            raise AnswerRefused("headers is no object of strings")
        pairs = list(headers.items()) + [("set-cookie", cookie) for cookie in fields.get("cookies") or []]
        return _answer(fields, pairs, default_type="text/plain;charset=UTF-8")


# ---- request ---------------------------------------------------------------------------------------------------------


def _headers(request: WireRequest) -> dict[str, list[str]]:
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


# ---- response --------------------------------------------------------------------------------------------------------


def _fields(response: object) -> dict[str, Any]:
    if not isinstance(response, dict):
        raise AnswerRefused(f"the response is a {type(response).__name__}, not an object")
    return response


def _answer(fields: dict[str, Any], headers: list[tuple[str, str]], *, default_type: str) -> WireAnswer:
    status = fields.get("statusCode")
    if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004 - the final statuses of HTTP
        raise AnswerRefused(f"statusCode is {status!r}")
    body = _body_bytes(fields)
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", default_type))
    return WireAnswer(status, headers, body)


def _body_bytes(fields: dict[str, Any]) -> bytes:
    body = fields.get("body", "")
    if not isinstance(body, str):
        raise AnswerRefused(f"body is a {type(body).__name__}, not a string")
    try:
        return base64.b64decode(body, validate=True) if fields.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise AnswerRefused("body is no base64, or no Unicode text") from None
