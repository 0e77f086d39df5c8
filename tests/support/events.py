"""Events exactly as AWS sends them, made from one HTTP request as it stands on the wire.

After the samples in AWS's documentation: "Lambda functions as targets" (ALB), "Working with AWS Lambda proxy integrations
for HTTP APIs", "Lambda proxy integrations in API Gateway" (REST), "Invoking Lambda function URLs". Which of them hand over
a decoded path is shown by captures of live events that are published in GitHub issues (hotsock/voker#8): the HTTP API does,
the others do not.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

Event = dict[str, Any]

#: From the range that RFC 5737 keeps for documentation.
CLIENT_ADDRESS = "203.0.113.7"
ACCOUNT = "123456789012"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
HTTP_API_REQUEST_ID = "JKJaXmPLvHcESHA="
STAGE = "prod"

_ALB_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True)
class Wire:
    """A request as it stands on the wire: path and query percent-encoded, header names in any case."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    #: Claims of a verified token; None where the door has no authorizer.
    claims: dict[str, Any] | None = None

    def lower_headers(self) -> list[tuple[str, str]]:
        return [(name.lower(), value) for name, value in self.headers]

    def header(self, name: str) -> str:
        return dict(self.lower_headers()).get(name, "")


def event_for(door: str, wire: Wire, templates: Iterable[str] = ()) -> Event:
    """The event of that door. ``templates`` are the routes that an API Gateway with explicit routes knows."""
    match door:
        case "alb_multi":
            return alb_event(wire, multi_value=True)
        case "alb_single":
            return alb_event(wire, multi_value=False)
        case "http_api_2":
            return http_api_2_event(wire)
        case "http_api_2_stage":
            return http_api_2_event(wire, stage=STAGE)
        case "http_api_2_routes":
            return http_api_2_event(wire, templates=templates)
        case "http_api_1":
            return http_api_1_event(wire)
        case "http_api_1_stage":
            return http_api_1_event(wire, stage=STAGE)
        case "http_api_1_routes":
            return http_api_1_event(wire, templates=templates)
        case "function_url":
            return function_url_event(wire)
        case "rest":
            return rest_event(wire, templates=templates)
        case "chalice_local":
            return chalice_local_event(wire, templates)
    raise ValueError(f"no such front door: {door}")


DOORS = (
    "alb_multi",
    "alb_single",
    "http_api_2",
    "http_api_2_stage",
    "http_api_2_routes",
    "http_api_1",
    "http_api_1_stage",
    "http_api_1_routes",
    "function_url",
    "rest",
    "chalice_local",
)


def alb_event(wire: Wire, *, multi_value: bool) -> Event:
    """What a load balancer sends. It adds the headers itself, and hands over the query as it stands."""
    headers = [*wire.lower_headers(), ("host", "lambda-alb-123578498.us-east-2.elb.amazonaws.com")]
    forwarded = [value for name, value in headers if name == "x-forwarded-for"]
    headers = [(name, value) for name, value in headers if name != "x-forwarded-for"]
    headers += [
        ("x-amzn-trace-id", "Root=1-5c536348-3d683b8b04734faae651f476"),
        ("x-forwarded-for", ", ".join([*forwarded, CLIENT_ADDRESS])),
        ("x-forwarded-port", "80"),
        ("x-forwarded-proto", "http"),
    ]
    query = [tuple(pair.partition("=")[::2]) for pair in wire.query.split("&") if pair]
    is_text = wire.header("content-type").startswith(_ALB_TEXT_TYPES)
    encode = bool(wire.body) and not (is_text and not wire.header("content-encoding") and _is_utf8(wire.body))
    event: Event = {
        "requestContext": {
            "elb": {
                "targetGroupArn": f"arn:aws:elasticloadbalancing:us-east-2:{ACCOUNT}:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a",
            },
        },
        "httpMethod": wire.method,
        "path": wire.path,
    }
    if multi_value:
        event["multiValueQueryStringParameters"] = _group(query)
        event["multiValueHeaders"] = _group(headers)
    else:
        # The last one of a repeated name is kept.
        event["queryStringParameters"] = dict(query)
        event["headers"] = dict(headers)
    event["body"] = base64.b64encode(wire.body).decode() if encode else wire.body.decode()
    event["isBase64Encoded"] = encode
    return event


def health_check_event() -> Event:
    """An ALB's health check: nearly no header, no Host, nobody's address."""
    return {
        "requestContext": {
            "elb": {
                "targetGroupArn": f"arn:aws:elasticloadbalancing:us-east-2:{ACCOUNT}:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a",
            },
        },
        "httpMethod": "GET",
        "path": "/health",
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {"user-agent": ["ELB-HealthChecker/2.0"]},
        "body": "",
        "isBase64Encoded": False,
    }


def http_api_2_event(wire: Wire, *, stage: str = "$default", templates: Iterable[str] | None = None) -> Event:
    """An HTTP API with payload 2.0: path decoded once, query as sent, cookies apart, the stage before the path."""
    path = unquote(wire.path) if stage == "$default" else f"/{stage}{unquote(wire.path)}"
    template, parameters = _explicit(wire.path, templates)
    event: Event = {
        "version": "2.0",
        "routeKey": f"{wire.method} {template}" if template else "$default",
        "rawPath": path,
        "rawQueryString": wire.query,
        **_version_2_headers(wire),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": wire.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": CLIENT_ADDRESS,
                "userAgent": wire.header("user-agent"),
            },
            "requestId": HTTP_API_REQUEST_ID,
            "routeKey": f"{wire.method} {template}" if template else "$default",
            "stage": stage,
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        **_body(wire),
    }
    if parameters:
        event["pathParameters"] = parameters
    if wire.claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": wire.claims, "scopes": None}}
    return event


def function_url_event(wire: Wire) -> Event:
    """A function URL: payload 2.0 with the path as it was sent."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": wire.path,
        "rawQueryString": wire.query,
        **_version_2_headers(wire),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "url-id",
            "domainName": "url-id.lambda-url.us-west-2.on.aws",
            "domainPrefix": "url-id",
            "http": {
                "method": wire.method,
                "path": wire.path,
                "protocol": "HTTP/1.1",
                "sourceIp": CLIENT_ADDRESS,
                "userAgent": wire.header("user-agent"),
            },
            "requestId": REQUEST_ID,
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        **_body(wire),
    }


def http_api_1_event(wire: Wire, *, stage: str = "$default", templates: Iterable[str] | None = None) -> Event:
    """An HTTP API with payload 1.0: like REST, but ``$default`` stands in ``resource`` and the path is decoded."""
    path = unquote(wire.path) if stage == "$default" else f"/{stage}{unquote(wire.path)}"
    template, parameters = _explicit(wire.path, templates)
    event: Event = {
        "version": "1.0",
        "resource": template or "$default",
        "path": path,
        "httpMethod": wire.method,
        **_version_1_maps(wire),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "id",
            "authorizer": {"claims": wire.claims, "scopes": None},
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "extendedRequestId": "request-id",
            "httpMethod": wire.method,
            "identity": {"sourceIp": CLIENT_ADDRESS, "userAgent": wire.header("user-agent"), "user": None},
            "path": path,
            "protocol": "HTTP/1.1",
            "requestId": HTTP_API_REQUEST_ID,
            "requestTime": "04/Mar/2020:19:15:17 +0000",
            "requestTimeEpoch": 1583349317135,
            "resourceId": None,
            "resourcePath": template or "$default",
            "stage": stage,
        },
        "pathParameters": parameters or None,
        "stageVariables": None,
        **_body(wire),
    }
    return event


def rest_event(wire: Wire, *, templates: Iterable[str] = ()) -> Event:
    """A REST API: explicit resources where one fits, else ``{proxy+}``; the path as sent, the query decoded."""
    template, parameters = _explicit(wire.path, templates)
    if not template:
        template, parameters = "/{proxy+}", {"proxy": wire.path[1:]}
    event: Event = {
        "resource": template,
        "path": wire.path,
        "httpMethod": wire.method,
        **_version_1_maps(wire),
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "wt6mne2s9k",
            "domainName": "wt6mne2s9k.execute-api.us-west-2.amazonaws.com",
            "extendedRequestId": "XXXXXXXXXXXXXXXX=",
            "httpMethod": wire.method,
            "identity": {
                "accessKey": None,
                "caller": None,
                "cognitoIdentityId": None,
                "sourceIp": CLIENT_ADDRESS,
                "user": None,
                "userAgent": wire.header("user-agent"),
                "userArn": None,
            },
            "path": f"/{STAGE}{wire.path}",
            "protocol": "HTTP/1.1",
            "requestId": REQUEST_ID,
            "requestTime": "17/Mar/2020:19:15:17 +0000",
            "requestTimeEpoch": 1583349317135,
            "resourceId": "us4z18",
            "resourcePath": template,
            "stage": STAGE,
        },
        **_body(wire),
    }
    if wire.claims is not None:
        event["requestContext"]["authorizer"] = {"claims": wire.claims}
    return event


def chalice_local_event(wire: Wire, templates: Iterable[str]) -> Event:
    """What ``chalice local`` makes of a request (chalice.local.LambdaEventConverter): nothing of the path is decoded.

    It answers an unknown path itself; here that is an event for a route that does not exist.
    """
    template, parameters = _explicit(wire.path, templates, decode=False)
    return {
        "requestContext": {
            "httpMethod": wire.method,
            "resourcePath": template or wire.path,
            "identity": {"sourceIp": CLIENT_ADDRESS},
            "path": wire.path,
        },
        "headers": dict(wire.lower_headers()),
        "pathParameters": parameters,
        "stageVariables": {},
        "multiValueQueryStringParameters": parse_qs(wire.query, keep_blank_values=True) or None,
        "body": wire.body or None,
    }


def _version_2_headers(wire: Wire) -> Event:
    cookies = [value for name, value in wire.lower_headers() if name == "cookie"]
    headers = {
        name: ",".join(values)
        for name, values in _group(wire.lower_headers()).items()
        if name != "cookie"
    }
    forwarded = headers.get("x-forwarded-for")
    headers |= {
        "host": "id.execute-api.us-east-1.amazonaws.com",
        "x-forwarded-for": f"{forwarded}, {CLIENT_ADDRESS}" if forwarded else CLIENT_ADDRESS,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
    }
    event: Event = {"headers": headers}
    if cookies:
        event["cookies"] = [f"{key}={morsel.coded_value}" for key, morsel in SimpleCookie("; ".join(cookies)).items()]
    pairs = parse_qsl(wire.query, keep_blank_values=True)
    if pairs:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in _group(pairs).items()}
    return event


def _version_1_maps(wire: Wire) -> Event:
    forwarded = [value for name, value in wire.lower_headers() if name == "x-forwarded-for"]
    headers = [(name, value) for name, value in wire.headers if name.lower() != "x-forwarded-for"]
    headers += [
        ("Host", "id.execute-api.us-east-1.amazonaws.com"),
        ("X-Forwarded-For", ", ".join([*forwarded, CLIENT_ADDRESS])),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
        ("X-Amzn-Trace-Id", "Root=1-5e66d96f-7491f09xmpl79d18acf3d050"),
    ]
    query = parse_qsl(wire.query, keep_blank_values=True)
    return {
        "headers": dict(headers),
        "multiValueHeaders": _group(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _group(query) or None,
    }


def _body(wire: Wire) -> Event:
    """API Gateway decides by content; a body of text stays text."""
    if not wire.body:
        return {"body": None, "isBase64Encoded": False}
    if _is_utf8(wire.body):
        return {"body": wire.body.decode(), "isBase64Encoded": False}
    return {"body": base64.b64encode(wire.body).decode(), "isBase64Encoded": True}


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _group(pairs: Iterable[Any]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _explicit(path: str, templates: Iterable[str] | None, *, decode: bool = True) -> tuple[str, dict[str, str]]:
    """The route that API Gateway finds and the parameters that it reads; literals before parameters."""
    trimmed = path.rstrip("/") or "/"
    for template in sorted(templates or (), key=lambda template: template.replace("{", "\uffff")):
        pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(template))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
        found = re.fullmatch(pattern, trimmed)
        if found:
            return template, {
                name: unquote(value) if decode else value for name, value in found.groupdict().items()
            }
    return "", {}
