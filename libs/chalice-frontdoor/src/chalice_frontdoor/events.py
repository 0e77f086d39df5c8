"""Recognise the front door that sent an event, and read the HTTP request in it.

What each door hands over decoded was taken from AWS's documentation and from published captures of live events:

=============  ===============  ==============================  =====================
door           path             path parameters                 query
=============  ===============  ==============================  =====================
ALB            as sent          none                            as sent, cut in pairs
HTTP API 2.0   decoded          decoded                         as sent
HTTP API 1.0   decoded          decoded                         decoded
function URL   as sent          none                            as sent
VPC Lattice    as sent          none                            as sent
REST API       as sent          as sent                         decoded
chalice local  as sent          as sent, with Chalice's match   decoded
=============  ===============  ==============================  =====================
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from chalice_frontdoor.routing import split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_frontdoor.routing import Match

ALB_MULTI = "alb_multi"
ALB_SINGLE = "alb_single"
HTTP_API_2 = "http_api_2"
HTTP_API_1 = "http_api_1"
FUNCTION_URL = "function_url"
LATTICE = "lattice"
REST = "rest"
CHALICE_LOCAL = "chalice_local"

#: What an app may declare, by the name of each form of event. Of these only API Gateway verifies claims.
DECLARABLE = {
    ALB_MULTI: "alb",
    ALB_SINGLE: "alb",
    HTTP_API_2: "http_api",
    HTTP_API_1: "http_api",
    FUNCTION_URL: "function_url",
    LATTICE: "lattice",
    REST: "rest",
    CHALICE_LOCAL: "chalice_local",
}

Event = dict[str, Any]

#: RFC 9110, section 5.6.3: what may stand around a header's value. Other white space is part of it.
_OWS = " \t"
#: Recognised without the pattern, which takes longer.
_USUAL_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
#: RFC 9110, section 9.1: a method is a token.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class MalformedEvent(ValueError):
    """The event has the form of a front door's, but no front door sends such values. Answered by 400."""


class HttpRequest:
    """What the doors agree upon."""

    method: str  # as sent
    segments: list[str]  # of the path, decoded once
    matched: Match | None = None  # the route and parameters that API Gateway itself found, where it tells
    query: dict[str, list[str]] | None  # each name's values, decoded once; None when there is no query
    headers: dict[str, str]  # by lower-case name; repeated ones are joined (RFC 9110, section 5.3)
    body: bytes | None = None  # None when there are no bytes
    client: str  # the address that the door talked to; empty when it does not tell
    identity: dict[str, Any] = {}  # noqa: RUF012 - of ``requestContext``; never written to
    authorizer: dict[str, Any]  # what the authorizer found out; ``claims`` is always a dict
    claims: dict[str, Any]  # of a token that the door has verified
    authorized = False  # whether an authorizer let the request in
    local_parameters: dict[str, str] = {}  # noqa: RUF012 - never written to; see _read_chalice_local
    request_id: object  # API Gateway's or the function URL's
    context: dict[str, Any]  # ``requestContext`` as it came
    event: Event  # all of it as it came
    stage_variables: dict[str, str] | None  # API Gateway's


def recognise(event: object) -> str | None:
    """The name of the door that the event comes from, or None if it is no HTTP request."""
    context = (event.get("requestContext") or {}) if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(context, dict):
        return None
    if "elb" in context:
        return ALB_SINGLE if event.get("multiValueHeaders") is None else ALB_MULTI
    if "raw_path" in event or "serviceNetworkArn" in context:
        return LATTICE
    if event.get("version") == "2.0" and "http" in context:
        return FUNCTION_URL if ".lambda-url." in str(context.get("domainName")) else HTTP_API_2
    if "httpMethod" in event and "path" in event:
        return HTTP_API_1 if event.get("version") == "1.0" else REST
    return CHALICE_LOCAL if "httpMethod" in context and {"path", "resourcePath"} & context.keys() else None


def read(door: str, event: Event) -> HttpRequest:
    """The request in the event.

    Raises:
        MalformedEvent: a value is missing, or of another type than that door sends.
    """
    try:
        request = _READERS[door](event)
        is_token = request.method in _USUAL_METHODS or _TOKEN.fullmatch(request.method)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(door) from error
    if not is_token:
        raise MalformedEvent(door)
    return request


def _read_alb(event: Event) -> HttpRequest:
    multiple = event.get("multiValueHeaders")
    if multiple is None:
        request = _read_common(event, _lower(event.get("headers")))
        request.query = _decode((event.get("queryStringParameters") or {}).items())
    else:
        request = _read_common(event, _join(multiple))
        request.query = _decode(_flatten(event.get("multiValueQueryStringParameters")))
    request.method = event["httpMethod"]
    request.segments = split(event["path"], encoded=True)
    # The ALB appends the address that it saw: only the last one is the ALB's, those before are the client's.
    request.client = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return request


def _read_http_api_2(event: Event) -> HttpRequest:
    request = _read_version_2(event)
    request.segments = split(_without_stage(event["rawPath"], request.context))
    if findings := request.context.get("authorizer"):
        # They stand under the kind of the authorizer, which is there even if it found out nothing.
        request.authorized = True
        _trust(request, {**findings, **(findings.get("lambda") or {})}, (findings.get("jwt") or {}).get("claims"))
    route_key = event.get("routeKey")
    if route_key != "$default":
        request.matched = _match_of(str(route_key).partition(" ")[2], event.get("pathParameters"))
    return request


def _read_function_url(event: Event) -> HttpRequest:
    request = _read_version_2(event)
    request.segments = split(event["rawPath"], encoded=True)
    findings = request.context.get("authorizer") or {}
    request.authorized = bool(findings.get("iam"))
    request.authorizer = {**findings, "claims": {}}
    return request


def _read_lattice(event: Event) -> HttpRequest:
    """Both versions of the event: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html."""
    lists = {name: [value] if isinstance(value, str) else value for name, value in (event.get("headers") or {}).items()}
    is_base64 = event.get("isBase64Encoded") or event.get("is_base64_encoded")
    request = _read_common({**event, "isBase64Encoded": is_base64}, _join(lists))
    request.event = event
    path, _, raw_query = (event.get("raw_path") or event["path"]).partition("?")
    request.method = event["method"]
    request.segments = split(path, encoded=True)
    query = event.get("queryStringParameters") or event.get("query_string_parameters") or {}
    several = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    request.query = _gather(parse_qsl(raw_query, keep_blank_values=True)) or _decode(_flatten(several))
    request.client = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    request.authorized = request.identity.get("type") == "AWS_IAM"
    return request


def _read_version_2(event: Event) -> HttpRequest:
    request = _read_common(event, _lower(event.get("headers")))
    http = request.context["http"]
    request.method = http["method"]
    request.client = _text(http.get("sourceIp"))
    cookies = event.get("cookies")
    if cookies:
        request.headers["cookie"] = "; ".join(cookies)
    raw_query = event.get("rawQueryString")
    request.query = _gather(parse_qsl(raw_query, keep_blank_values=True)) if raw_query else None
    return request


def _read_http_api_1(event: Event) -> HttpRequest:
    request = _read_version_1(event)
    request.segments = split(_without_stage(event["path"], request.context))
    request.matched = _match_of(event.get("resource"), event.get("pathParameters"))
    findings = request.context.get("authorizer") or {}
    # Both are there, and null, where the route has no authorizer.
    request.authorized = bool(findings.get("claims") or findings.keys() - {"claims", "scopes"})
    _trust(request, findings, findings.get("claims"))
    return request


def _read_rest(event: Event) -> HttpRequest:
    request = _read_version_1(event)
    request.segments = split(event["path"], encoded=True)
    parameters = {name: unquote(value) for name, value in (event.get("pathParameters") or {}).items()}
    request.matched = _match_of(event.get("resource"), parameters)
    # API Gateway calls the app only when the authorizer that Chalice gave to the route has agreed.
    request.authorized = True
    findings = request.context.get("authorizer") or {}
    _trust(request, findings, findings.get("claims"))
    return request


def _read_version_1(event: Event) -> HttpRequest:
    multiple = event.get("multiValueHeaders")
    request = _read_common(event, _join(multiple) if multiple else _lower(event.get("headers")))
    request.method = event["httpMethod"]
    request.client = _text(request.identity.get("sourceIp"))
    multiple = event.get("multiValueQueryStringParameters")
    request.query = _gather(_flatten(multiple) if multiple else (event.get("queryStringParameters") or {}).items())
    return request


def _read_chalice_local(event: Event) -> HttpRequest:
    # As text: events of unit tests have numbers in them.
    request = _read_common(event, _lower({name: str(value) for name, value in (event.get("headers") or {}).items()}))
    request.method = request.context["httpMethod"]
    path = request.context.get("path")
    if path is None:  # an event as Chalice's own unit tests, and those of its users, make it
        request.segments = split(request.context["resourcePath"])
        request.matched = _match_of(request.context["resourcePath"], event.get("pathParameters"))
    else:
        request.segments = split(path, encoded=True)
    request.query = _gather(_flatten(event.get("multiValueQueryStringParameters")))
    request.client = _text(request.identity.get("sourceIp"))
    # It asks the authorizers that it can, and lets the others pass with a warning. It verifies no signature: views see
    # the claims, and `Access` does not.
    request.authorized = True
    findings = request.context.get("authorizer") or {}
    request.authorizer = {**findings, "claims": {**(findings.get("claims") or {})}}
    # AWS names it "proxy"; Chalice's server, "proxy+".
    parameters = event.get("pathParameters") or {}
    request.local_parameters = {name: unquote(value) for name, value in parameters.items() if name.endswith("+")}
    return request


_READERS = {
    ALB_MULTI: _read_alb,
    ALB_SINGLE: _read_alb,
    HTTP_API_2: _read_http_api_2,
    HTTP_API_1: _read_http_api_1,
    FUNCTION_URL: _read_function_url,
    LATTICE: _read_lattice,
    REST: _read_rest,
    CHALICE_LOCAL: _read_chalice_local,
}


def _read_common(event: Event, headers: dict[str, str]) -> HttpRequest:
    request = HttpRequest()
    request.event = event
    request.context = event.get("requestContext") or {}
    request.headers = headers
    if body := event.get("body"):
        request.body = _read_body(body, is_base64=event.get("isBase64Encoded"))
    if identity := request.context.get("identity"):
        request.identity = {**identity}
    request.request_id = request.context.get("requestId")
    request.stage_variables = event.get("stageVariables")
    request.authorizer, request.claims = {"claims": {}}, {}
    return request


def _trust(request: HttpRequest, findings: dict[str, Any], claims: dict[str, Any] | None) -> None:
    """Take over what the door's authorizer has verified."""
    request.claims = {**(claims or {})}
    request.authorizer = {**findings, "claims": request.claims}


def _read_body(body: object, *, is_base64: object) -> bytes:
    if isinstance(body, bytes):  # chalice local's
        return body
    if not isinstance(body, str):
        raise TypeError("a body is text")
    return base64.b64decode(body, validate=True) if is_base64 else body.encode()


def _lower(headers: dict[str, str] | None) -> dict[str, str]:
    return {name.lower(): value.strip(_OWS) for name, value in (headers or {}).items()}


def _join(headers: dict[str, list[str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, values in headers.items():
        if not isinstance(values, list):
            raise TypeError("a header's values are a list")
        lower = name.lower()
        separator = "; " if lower == "cookie" else ","
        joined[lower] = separator.join(values).strip(_OWS)
    return joined


def _flatten(parameters: dict[str, list[str]] | None) -> list[tuple[str, str]]:
    return [(name, value) for name, values in (parameters or {}).items() for value in values]


def _decode(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    return _gather([(unquote_plus(name), unquote_plus(value)) for name, value in pairs])


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        if not isinstance(value, str):
            raise TypeError("a parameter is text")
        query.setdefault(name, []).append(value)
    return query or None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _without_stage(path: str, context: dict[str, Any]) -> str:
    """An HTTP API puts the name of a stage before the path; the stage ``$default`` has none."""
    stage = context.get("stage")
    if stage == "$default":
        return path
    prefix = f"/{stage}"
    return path[len(prefix) :] if path == prefix or path.startswith(f"{prefix}/") else path


def _match_of(template: object, parameters: object) -> Match | None:
    if not isinstance(template, str) or not template.startswith("/"):
        return None  # "$default": no explicit route
    if not isinstance(parameters, dict):
        return template, {}
    return template, {name: value for name, value in parameters.items() if isinstance(value, str)}
