"""Recognise the front door that sent an event, and read the HTTP request in it.

The README's table says what each door decodes: after AWS's documentation and published captures of live events.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qs, unquote, unquote_plus

from chalice.app import MultiDict

from chalice_frontdoor.request import FrontDoorRequest
from chalice_frontdoor.routing import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.routing import Match

    Event = dict[str, Any]

#: RFC 9110, section 5.6.3: what may stand around a header's value. Other white space is part of it.
_OWS = " \t"
#: Recognised without the pattern, which takes longer.
_USUAL_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
#: RFC 9110, section 9.1: a method is a token.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Form(NamedTuple):
    """One form of event.

    Args:
        door: the front door that sends it, as an app declares it.
        read: makes the request from it.
        headers: how the answer's headers travel: as ``lists``, by several ``spellings`` of a name, with ``cookies``
            apart, or in ``both`` maps.
    """

    door: str
    read: Callable[[Event], FrontDoorRequest]
    headers: Literal["lists", "spellings", "cookies", "both"]


def recognise(event: object) -> Form | None:
    """The form of the event, or None if it is no HTTP request."""
    context = (event.get("requestContext") or {}) if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(context, dict):
        return None
    if "elb" in context:
        return FORMS["alb_single" if event.get("multiValueHeaders") is None else "alb_multi"]
    if "raw_path" in event or "serviceNetworkArn" in context:
        return FORMS["lattice"]
    if event.get("version") == "2.0" and "http" in context:
        return FORMS["function_url" if ".lambda-url." in str(context.get("domainName")) else "http_api_2"]
    if "httpMethod" in event and "path" in event:
        return FORMS["http_api_1" if event.get("version") == "1.0" else "rest"]
    return FORMS["chalice_local"] if "httpMethod" in context and {"path", "resourcePath"} & context.keys() else None


def read(form: Form, event: Event) -> FrontDoorRequest:
    """The request in the event.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: a value is missing, or no front door sends such a one.
    """
    request = form.read(event)
    if request.method not in _USUAL_METHODS and not _TOKEN.fullmatch(request.method):
        raise ValueError("a method is a token")
    return request


def _read_alb(event: Event) -> FrontDoorRequest:
    request = _read_version_1(event, is_encoded=True)
    request.segments = split(event["path"], encoded=True)
    request.client = _last_forwarded(request)
    return request


def _read_version_1(event: Event, *, is_encoded: bool = False) -> FrontDoorRequest:
    request = _make(event, _read_headers(event.get("multiValueHeaders") or event.get("headers")))
    request.method = event["httpMethod"]
    query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")
    request.query_params = _read_query(query, is_encoded=is_encoded)
    return request


def _read_gateway(event: Event) -> FrontDoorRequest:
    """A REST API's event, and the like of it from an HTTP API."""
    request = _read_version_1(event)
    request.client = _text(request.identity.get("sourceIp"))
    findings = request.door_context.get("authorizer") or {}
    request.trust(findings, findings.get("claims"))
    parameters = event.get("pathParameters")
    if event.get("version") == "1.0":
        request.segments = split(_without_stage(event["path"], request.door_context))
        # Both are there, and null, where the route has no authorizer.
        request.authorized = bool(findings.get("claims") or findings.keys() - {"claims", "scopes"})
    else:
        request.segments = split(event["path"], encoded=True)
        parameters = {name: unquote(value) for name, value in (parameters or {}).items()}
        # API Gateway calls the app only when the authorizer that Chalice gave to the route has agreed.
        request.authorized = True
    request.matched = _match_of(event.get("resource"), parameters)
    return request


def _read_version_2(event: Event) -> FrontDoorRequest:
    headers = _read_headers(event.get("headers"))
    if cookies := event.get("cookies"):
        headers["cookie"] = "; ".join(cookies)
    request = _make(event, headers)
    http = request.door_context["http"]
    request.method, request.client = http["method"], _text(http.get("sourceIp"))
    if raw_query := event.get("rawQueryString"):
        request.query_params = _parse_query(raw_query)
    return request


def _read_http_api_2(event: Event) -> FrontDoorRequest:
    request = _read_version_2(event)
    request.segments = split(_without_stage(event["rawPath"], request.door_context))
    if findings := request.door_context.get("authorizer"):
        # They stand under the kind of the authorizer, which is there even if it found out nothing.
        request.authorized = True
        request.trust({**findings, **(findings.get("lambda") or {})}, (findings.get("jwt") or {}).get("claims"))
    route_key = event.get("routeKey")
    if route_key != "$default":
        request.matched = _match_of(str(route_key).partition(" ")[2], event.get("pathParameters"))
    return request


def _read_function_url(event: Event) -> FrontDoorRequest:
    request = _read_version_2(event)
    request.segments = split(event["rawPath"], encoded=True)
    findings = request.door_context.get("authorizer") or {}
    request.authorized = bool(findings.get("iam"))
    request.authorizer = {**findings, "claims": {}}
    return request


def _read_lattice(event: Event) -> FrontDoorRequest:
    """Both versions of the event: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html."""
    request = _make(event, _read_headers(event.get("headers")))
    path, _, raw_query = (event.get("raw_path") or event["path"]).partition("?")
    request.method = event["method"]
    request.segments = split(path, encoded=True)
    query = event.get("queryStringParameters") or event.get("query_string_parameters")
    request.query_params = _parse_query(raw_query) or _read_query(query, is_encoded=True)
    request.client = _last_forwarded(request)
    request.authorized = request.identity.get("type") == "AWS_IAM"
    return request


def _read_chalice_local(event: Event) -> FrontDoorRequest:
    # As text: events of unit tests have numbers in them.
    headers = {name: str(value) for name, value in (event.get("headers") or {}).items()}
    request = _make(event, _read_headers(headers))
    context, parameters = request.door_context, event.get("pathParameters") or {}
    request.method = context["httpMethod"]
    path = context.get("path")
    if path is None:  # an event as Chalice's own unit tests, and those of its users, make it
        request.segments = split(context["resourcePath"])
        request.matched = _match_of(context["resourcePath"], parameters)
    else:
        request.segments = split(path, encoded=True)
    request.query_params = _read_query(event.get("multiValueQueryStringParameters"))
    request.client = _text(request.identity.get("sourceIp"))
    # It asks the authorizers that it can, and lets the others pass with a warning. It verifies no signature: views see
    # the claims, and `Access` does not.
    request.authorized = True
    findings = context.get("authorizer") or {}
    request.authorizer = {**findings, "claims": {**(findings.get("claims") or {})}}
    # AWS names it "proxy"; Chalice's server, "proxy+".
    request.local_parameters = {name: unquote(value) for name, value in parameters.items() if name.endswith("+")}
    return request


#: Each form of event by its name.
FORMS = {
    "alb_multi": Form("alb", _read_alb, "lists"),
    "alb_single": Form("alb", _read_alb, "spellings"),
    "http_api_2": Form("http_api", _read_http_api_2, "cookies"),
    "http_api_1": Form("http_api", _read_gateway, "both"),
    "function_url": Form("function_url", _read_function_url, "cookies"),
    "lattice": Form("lattice", _read_lattice, "spellings"),
    "rest": Form("rest", _read_gateway, "both"),
    "chalice_local": Form("chalice_local", _read_chalice_local, "both"),
}


def _make(event: Event, headers: dict[str, str]) -> FrontDoorRequest:
    body = event.get("body")
    if body and not isinstance(body, bytes):  # chalice local's are bytes
        if not isinstance(body, str):
            raise TypeError("a body is text")
        is_base64 = event.get("isBase64Encoded") or event.get("is_base64_encoded")
        body = base64.b64decode(body, validate=True) if is_base64 else body.encode()
    return FrontDoorRequest(event, headers, body)


def _read_headers(headers: dict[str, Any] | None) -> dict[str, str]:
    """Each header by its name in lower case; repeated ones are joined (RFC 9110, section 5.3)."""
    found = {}
    for name, value in (headers or {}).items():
        if isinstance(value, list):
            value = ("; " if name.lower() == "cookie" else ",").join(value)  # noqa: PLW2901 - the same value as text
        found[name.lower()] = value.strip(_OWS)
    return found


def _read_query(query: dict[str, Any] | None, *, is_encoded: bool = False) -> MultiDict | None:
    found: dict[str, list[str]] = {}
    for name, values in (query or {}).items():
        for value in [values] if isinstance(values, str) else values:
            if not isinstance(value, str):
                raise TypeError("a parameter is text")
            pair = (unquote_plus(name), unquote_plus(value)) if is_encoded else (name, value)
            found.setdefault(pair[0], []).append(pair[1])
    return MultiDict(found) if found else None


def _parse_query(raw_query: str) -> MultiDict | None:
    found = parse_qs(raw_query, keep_blank_values=True)
    return MultiDict(found) if found else None


def _last_forwarded(request: FrontDoorRequest) -> str:
    """The address that the door saw, and appended; those before it are the client's word."""
    return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()  # type: ignore[no-any-return]


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
