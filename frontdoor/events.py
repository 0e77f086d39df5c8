"""Recognise the front door that sent an event, and read the HTTP request in it.

What each door decodes was taken from AWS's documentation and from published captures of live events:

=============  ==========  =======================================
door           path        query
=============  ==========  =======================================
ALB            as sent     as sent, cut into keys and values
HTTP API 2.0   decoded     ``rawQueryString`` as sent
HTTP API 1.0   decoded     decoded
function URL   as sent     ``rawQueryString`` as sent
REST API       as sent     decoded
chalice local  as sent     decoded
=============  ==========  =======================================
"""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from frontdoor.routing import Match, split

ALB_MULTI = "alb_multi"
ALB_SINGLE = "alb_single"
HTTP_API_2 = "http_api_2"
HTTP_API_1 = "http_api_1"
FUNCTION_URL = "function_url"
REST = "rest"
CHALICE_LOCAL = "chalice_local"

Event = dict[str, Any]

#: RFC 9110, section 9.1: a method is a token.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class MalformedEvent(ValueError):
    """The event has the form of a front door, but what it holds no front door can have sent. Answered by 400."""


class HttpRequest:
    """What the doors agree upon.

    Attributes:
        segments: the path's segments, decoded once.
        matched: the route that API Gateway itself found and the parameters it read, where it tells.
        query: each name's values, decoded once; None when there is no query.
        headers: by lower-case name; repeated ones are joined as RFC 9110, section 5.3, says.
        body: the bytes, or None when there are none.
        peer: the address that the door saw; empty when it does not tell.
        authorizer: what the authorizer found out; ``claims`` is always a dict.
        request_id: API Gateway's or the function URL's; empty when the door has none.
    """

    __slots__ = (
        "authorizer",
        "body",
        "context",
        "headers",
        "matched",
        "method",
        "peer",
        "query",
        "request_id",
        "segments",
        "stage_variables",
    )

    method: str
    segments: list[str]
    matched: Match | None
    query: dict[str, list[str]] | None
    headers: dict[str, str]
    body: bytes | None
    peer: str
    authorizer: dict[str, Any]
    request_id: str
    context: dict[str, Any]
    stage_variables: dict[str, str] | None


def recognise(event: object) -> str | None:
    """The name of the door that the event comes from, or None if it is no HTTP request."""
    if not isinstance(event, dict):
        return None
    context = event.get("requestContext") or {}
    if not isinstance(context, dict):
        return None
    if "elb" in context:
        return ALB_MULTI if "multiValueHeaders" in event else ALB_SINGLE
    if event.get("version") == "2.0" and "http" in context:
        return FUNCTION_URL if ".lambda-url." in str(context.get("domainName")) else HTTP_API_2
    if "httpMethod" in event and "path" in event:
        return HTTP_API_1 if event.get("version") == "1.0" else REST
    return CHALICE_LOCAL if "httpMethod" in context and "path" in context else None


def read(door: str, event: Event) -> HttpRequest:
    """The request in the event.

    Raises:
        MalformedEvent: a value is missing or of another type than that door sends.
    """
    try:
        request = _READERS[door](event)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(door) from error
    if not _TOKEN.fullmatch(request.method):
        raise MalformedEvent(door)
    return request


def _read_alb(event: Event) -> HttpRequest:
    request = _common(event)
    request.method = event["httpMethod"]
    request.segments = split(event["path"], encoded=True)
    if "multiValueHeaders" in event:
        request.headers = _join(event["multiValueHeaders"])
        request.query = _decode(_pairs(event.get("multiValueQueryStringParameters")))
    else:
        request.headers = _lower(event.get("headers"))
        request.query = _decode((event.get("queryStringParameters") or {}).items())
    # The ALB appends the address that it saw: the last one is its word, those before are the client's.
    request.peer = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return request


def _read_version_2(event: Event) -> HttpRequest:
    request = _common(event)
    context = request.context
    path = _without_stage(event["rawPath"], context)
    request.method = context["http"]["method"]
    request.segments = split(path, encoded=".lambda-url." in str(context.get("domainName")))
    request.headers = _lower(event.get("headers"))
    cookies = event.get("cookies")
    if cookies:
        request.headers["cookie"] = "; ".join(cookies)
    raw_query = event.get("rawQueryString")
    request.query = _gather(parse_qsl(raw_query, keep_blank_values=True)) if raw_query else None
    request.peer = _text(context["http"].get("sourceIp"))
    request.matched = _match_of(str(event.get("routeKey")).partition(" ")[2], event.get("pathParameters"))
    authorizer = context.get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims")
    # A Lambda authorizer's findings lie one level deeper than with payload 1.0.
    request.authorizer = {**authorizer, **(authorizer.get("lambda") or {}), "claims": dict(claims or {})}
    return request


def _read_version_1(event: Event) -> HttpRequest:
    request = _read_rest_like(event)
    request.segments = split(_without_stage(event["path"], request.context))
    return request


def _read_rest(event: Event) -> HttpRequest:
    request = _read_rest_like(event)
    request.segments = split(event["path"], encoded=True)
    return request


def _read_rest_like(event: Event) -> HttpRequest:
    request = _common(event)
    request.method = event["httpMethod"]
    multiple = event.get("multiValueHeaders")
    request.headers = _join(multiple) if multiple else _lower(event.get("headers"))
    request.query = _gather(_pairs(event.get("multiValueQueryStringParameters"))) or _gather(
        (event.get("queryStringParameters") or {}).items(),
    )
    request.peer = _text((request.context.get("identity") or {}).get("sourceIp"))
    request.matched = _match_of(event.get("resource"), event.get("pathParameters"))
    return request


def _read_chalice_local(event: Event) -> HttpRequest:
    request = _common(event)
    context = request.context
    request.method = context["httpMethod"]
    request.segments = split(context["path"], encoded=True)
    request.headers = _lower(event.get("headers"))
    request.query = _gather(_pairs(event.get("multiValueQueryStringParameters")))
    request.peer = _text((context.get("identity") or {}).get("sourceIp"))
    return request


_READERS = {
    ALB_MULTI: _read_alb,
    ALB_SINGLE: _read_alb,
    HTTP_API_2: _read_version_2,
    HTTP_API_1: _read_version_1,
    FUNCTION_URL: _read_version_2,
    REST: _read_rest,
    CHALICE_LOCAL: _read_chalice_local,
}


def _common(event: Event) -> HttpRequest:
    request = HttpRequest()
    context = event.get("requestContext") or {}
    request.context = context
    request.body = _body(event.get("body"), is_base64=event.get("isBase64Encoded"))
    request.request_id = _text(context.get("requestId"))
    request.stage_variables = event.get("stageVariables")
    request.matched = None
    authorizer = context.get("authorizer") or {}
    request.authorizer = {**authorizer, "claims": dict(authorizer.get("claims") or {})}
    return request


def _body(body: object, *, is_base64: object) -> bytes | None:
    if not body:
        return None
    if isinstance(body, bytes):  # only chalice local hands over bytes
        return body
    if not isinstance(body, str):
        raise TypeError("body")
    return base64.b64decode(body, validate=True) if is_base64 else body.encode()


def _lower(headers: dict[str, str] | None) -> dict[str, str]:
    """Header names in lower case. The methods of ``str`` are named so that another type is an error, not a surprise."""
    return {str.lower(name): str.strip(value) for name, value in (headers or {}).items()}


def _join(headers: dict[str, list[str]] | None) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, values in (headers or {}).items():
        lower = str.lower(name)
        if isinstance(values, str):
            raise TypeError(name)
        joined[lower] = ("; " if lower == "cookie" else ",").join(values)
    return joined


def _pairs(parameters: dict[str, list[str]] | None) -> list[tuple[str, str]]:
    return [(name, value) for name, values in (parameters or {}).items() for value in list.copy(values)]


def _decode(pairs: Any) -> dict[str, list[str]] | None:  # noqa: ANN401
    return _gather([(unquote_plus(name), unquote_plus(value)) for name, value in pairs])


def _gather(pairs: Any) -> dict[str, list[str]] | None:  # noqa: ANN401
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        query.setdefault(name, []).append(str.__str__(value))
    return query or None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _without_stage(path: str, context: dict[str, Any]) -> str:
    """An HTTP API puts the name of a stage before the path; the stage ``$default`` has none."""
    stage = context.get("stage")
    prefix = f"/{stage}"
    if stage != "$default" and (path == prefix or path.startswith(f"{prefix}/")):
        return path[len(prefix) :]
    return path


def _match_of(template: object, parameters: object) -> Match | None:
    if isinstance(template, str) and isinstance(parameters, dict):
        return Match(template, parameters)
    return None
