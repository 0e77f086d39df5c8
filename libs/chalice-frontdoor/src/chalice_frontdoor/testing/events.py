"""Events exactly as AWS sends them, made from one HTTP request as it stands on the wire.

After AWS's documentation ("Lambda functions as targets" of the ALB; "Lambda proxy integrations" of HTTP and REST APIs;
"Lambda function URLs") and, for what is decoded and which header stands where, captures of live events of 2026-07-10
that the project hotsock/voker publishes. The emulator is kinder than AWS: these are not.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from chalice_frontdoor.routing import Router, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Event = dict[str, Any]

#: From the range that RFC 5737 keeps for documentation.
CLIENT_ADDRESS = "203.0.113.7"
LAMBDA_REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
REST_REQUEST_ID = "7c2af7db-31f3-42b5-8a6d-9ffc74e3b9e0"
FUNCTION_URL_REQUEST_ID = "d16a6b55-dea9-4b23-8499-eb85c3d2d904"
HTTP_API_REQUEST_ID = "JKJaXmPLvHcESHA="
STAGE = "prod"

_ACCOUNT = "123456789012"
_API_HOST = "id.execute-api.us-west-2.amazonaws.com"
_TARGET_GROUP = (
    f"arn:aws:elasticloadbalancing:us-east-2:{_ACCOUNT}:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a"
)

#: What an ALB hands over as text; anything else is base64.
_ALB_TEXT = ("text/", "application/json", "application/javascript", "application/xml")

#: What a door says itself, whatever the client said of it; only the addresses of ``X-Forwarded-For`` are kept.
_DOORS_OWN = frozenset(("host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"))


@dataclass(frozen=True)
class Wire:
    """A request as it stands on the wire: path and query percent-encoded, header names in any case."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    #: Claims of the token that the door's authorizer verified; None where there is no authorizer.
    claims: dict[str, Any] | None = None
    #: The address of the client.
    client: str = CLIENT_ADDRESS
    #: Scheme and port at which the door listens; None for those of AWS.
    origin: tuple[str, str] | None = None

    def lines(self) -> list[tuple[str, str]]:
        """The headers with their names in lower case, and what the client's HTTP library adds."""
        lines = [(name.lower(), value) for name, value in self.headers]
        is_missing = self.body and not self.header("content-length")
        return [*lines, ("content-length", str(len(self.body)))] if is_missing else lines

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")


def alb_event(wire: Wire, *, is_multiple: bool) -> Event:
    """A load balancer; without ``lambda.multi_value_headers.enabled`` the last of several values is kept."""
    pairs, headers = _raw_pairs(wire.query), _door_headers(wire, "lambda-alb-1.us-east-2.elb.amazonaws.com", "http")
    parts: Event = {"queryStringParameters": dict(pairs), "headers": dict(headers)}
    if is_multiple:
        parts = {"multiValueQueryStringParameters": group(pairs), "multiValueHeaders": group(headers)}
    return {
        "requestContext": {"elb": {"targetGroupArn": _TARGET_GROUP}},
        "httpMethod": wire.method,
        "path": wire.path,
        **parts,
        **_alb_body(wire),
    }


def health_check_event() -> Event:
    """A load balancer's own request: nearly no header, no Host, no client address."""
    headers = {"user-agent": ["ELB-HealthChecker/2.0"]}
    return alb_event(Wire("GET", "/health"), is_multiple=True) | {"multiValueHeaders": headers}


def http_api_2_event(wire: Wire, templates: Sequence[str] = (), *, stage: str = "$default") -> Event:
    """An HTTP API with payload 2.0: the path decoded and after its stage, the query as sent, cookies apart."""
    path = _staged(wire, stage)
    template, parameters = _explicit(wire.path, templates)
    event = _version_2(
        wire,
        raw_path=path,
        decoded_path=path,
        cookie_header=False,
        routeKey=f"{wire.method} {template}" if template else "$default",
        accountId=_ACCOUNT,
        apiId="sjzepsqsu5",
        domainName="sjzepsqsu5.execute-api.us-west-2.amazonaws.com",
        requestId=HTTP_API_REQUEST_ID,
        stage=stage,
    )
    if parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in parameters.items()}
    if wire.claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": wire.claims, "scopes": None}}
    return event


def function_url_event(wire: Wire) -> Event:
    """A function URL: payload 2.0, but with the path as sent, and cookies in both places."""
    return _version_2(
        wire,
        raw_path=wire.path,
        decoded_path=unquote(wire.path),
        cookie_header=True,
        routeKey="$default",
        accountId="anonymous",
        apiId="2cxn22odiwguak4feg4jtt7cwm0ziblr",
        domainName="2cxn22odiwguak4feg4jtt7cwm0ziblr.lambda-url.us-west-2.on.aws",
        requestId=FUNCTION_URL_REQUEST_ID,
        stage="$default",
    )


def lattice_event(wire: Wire) -> Event:
    """A service of VPC Lattice, version 2 of the event: lists of values, and no time or address but the header's."""
    headers = _door_headers(wire, "svc-1.7d67968.vpc-lattice-svcs.us-east-2.on.aws", "https")
    arn = f"arn:aws:vpc-lattice:us-east-2:{_ACCOUNT}"
    return {
        "version": "2.0",
        "path": wire.path,
        "method": wire.method,
        "headers": group(headers),
        "queryStringParameters": group(_raw_pairs(wire.query)),
        **_gateway_body(wire),
        "requestContext": {
            "serviceNetworkArn": f"{arn}:servicenetwork/sn-0bf3f2882e9cc805a",
            "serviceArn": f"{arn}:service/svc-0a40eebed65f8d69c",
            "targetGroupArn": f"{arn}:targetgroup/tg-6d0ecf831eec9f09",
            "identity": {"sourceVpcArn": f"arn:aws:ec2:us-east-2:{_ACCOUNT}:vpc/vpc-0b8276c84697e7339"},
            "region": "us-east-2",
            "timeEpoch": "1696331543569073",
        },
    }


def http_api_1_event(wire: Wire, templates: Sequence[str] = (), *, stage: str = "$default") -> Event:
    """An HTTP API with payload 1.0: like REST, but the path decoded and after its stage."""
    template, parameters = _explicit(wire.path, templates)
    event = _version_1(wire, "id", _staged(wire, stage), template or "$default", stage, requestId=HTTP_API_REQUEST_ID)
    event["requestContext"] |= {"authorizer": {"claims": wire.claims, "scopes": None}, "resourceId": None}
    decoded = {name: unquote(value) for name, value in parameters.items()}
    return event | {"version": "1.0", "pathParameters": decoded or None}


def rest_event(wire: Wire, templates: Sequence[str] = ()) -> Event:
    """A REST API as Chalice deploys it; ``{proxy+}`` for what no resource answers. Path and parameters as sent."""
    template, parameters = _explicit(wire.path, templates)
    if not template:
        template, parameters = "/{proxy+}", {"proxy": wire.path[1:]}
    event = _version_1(wire, "5h7pqvr9u4", wire.path, template, STAGE, requestId=REST_REQUEST_ID, resourceId="al6gqb")
    event["requestContext"]["path"] = f"/{STAGE}{wire.path}"
    if wire.claims is not None:
        event["requestContext"]["authorizer"] = {"claims": wire.claims}
    return event | {"pathParameters": parameters or None}


def chalice_local_event(wire: Wire, templates: Sequence[str] = ()) -> Event:
    """What ``chalice local`` makes of a request (``chalice.local.LambdaEventConverter``); of a path that it knows."""
    template, parameters = _explicit(wire.path, templates)
    event: Event = {
        "requestContext": {
            "httpMethod": wire.method,
            "resourcePath": template or wire.path,
            "identity": {"sourceIp": wire.client},
            "path": wire.path,
        },
        "headers": dict(wire.lines()),
        "pathParameters": parameters,
        "stageVariables": {},
        "multiValueQueryStringParameters": group(_decoded_pairs(wire.query)) or None,
        "body": wire.body or None,
    }
    if wire.claims is not None:
        event["requestContext"]["authorizer"] = {"claims": wire.claims, "principalId": "local"}
    return event


_BUILDERS: dict[str, Callable[[Wire, Sequence[str]], Event]] = {
    "alb_multi": lambda wire, _: alb_event(wire, is_multiple=True),
    "alb_single": lambda wire, _: alb_event(wire, is_multiple=False),
    "http_api_2": lambda wire, _: http_api_2_event(wire),
    "http_api_2_stage": lambda wire, _: http_api_2_event(wire, stage=STAGE),
    "http_api_2_routes": http_api_2_event,
    "http_api_1": lambda wire, _: http_api_1_event(wire),
    "http_api_1_stage": lambda wire, _: http_api_1_event(wire, stage=STAGE),
    "http_api_1_routes": http_api_1_event,
    "function_url": lambda wire, _: function_url_event(wire),
    "lattice": lambda wire, _: lattice_event(wire),
    "rest": rest_event,
    "chalice_local": chalice_local_event,
}

DOORS = tuple(_BUILDERS)


def event_for(door: str, wire: Wire, templates: Sequence[str] = ()) -> Event:
    """The event of one of ``DOORS``; ``templates`` are the routes that API Gateway, or ``chalice local``, knows."""
    return _BUILDERS[door](wire, templates)


def _door_headers(wire: Wire, host: str, scheme: str) -> list[tuple[str, str]]:
    """The client's headers, and what the door says of the connection."""
    scheme, port = wire.origin or (scheme, {"http": "80", "https": "443"}[scheme])
    forwarded = [value for name, value in wire.lines() if name == "x-forwarded-for"]
    return [
        *((name, value) for name, value in wire.lines() if name not in _DOORS_OWN),
        ("host", wire.header("host") or host),
        ("x-amzn-trace-id", wire.header("x-amzn-trace-id") or "Root=1-5c536348-3d683b8b04734faae651f476"),
        ("x-forwarded-for", ", ".join([*forwarded, wire.client])),
        ("x-forwarded-port", port),
        ("x-forwarded-proto", scheme),
    ]


def _alb_body(wire: Wire) -> Event:
    is_text = wire.header("content-type").lower().startswith(_ALB_TEXT) and not wire.header("content-encoding")
    # What AWS makes of bytes that contradict their content type is not documented: base64 loses nothing.
    return _body(wire, may_be_text=is_text or not wire.body)


def _gateway_body(wire: Wire) -> Event:
    return _body(wire) if wire.body else {"isBase64Encoded": False}


def _body(wire: Wire, *, may_be_text: bool = True) -> Event:
    with suppress(UnicodeDecodeError):
        if may_be_text:
            return {"body": wire.body.decode(), "isBase64Encoded": False}
    return {"body": base64.b64encode(wire.body).decode(), "isBase64Encoded": True}


def _version_2(wire: Wire, *, raw_path: str, decoded_path: str, cookie_header: bool, **context: str) -> Event:
    """``context`` holds those members of ``requestContext`` in which the doors differ."""
    headers = {name: ",".join(values) for name, values in group(_door_headers(wire, _API_HOST, "https")).items()}
    event: Event = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": raw_path,
        "rawQueryString": wire.query,
        **_gateway_body(wire),
        "requestContext": {
            **context,
            "domainPrefix": context["apiId"],
            "http": {
                "method": wire.method,
                "path": decoded_path,
                "protocol": "HTTP/1.1",
                "sourceIp": wire.client,
                "userAgent": wire.header("user-agent"),
            },
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
    }
    cookies = [value for name, value in wire.lines() if name == "cookie"]
    if cookies:
        headers["cookie"] = "; ".join(cookies)
        event["cookies"] = headers["cookie"].split("; ")
        if not cookie_header:
            del headers["cookie"]
    pairs = _decoded_pairs(wire.query)
    if pairs:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in group(pairs).items()}
    return event | {"headers": headers}


def _version_1(wire: Wire, api: str, path: str, template: str, stage: str, **context: str) -> Event:
    # API Gateway writes the headers that it adds in capitals, and leaves the client's as HTTP/2 has them.
    headers = [
        (name.title() if name in {"host", "user-agent"} or name.startswith("x-") else name, value)
        for name, value in _door_headers(wire, _API_HOST, "https")
    ]
    pairs = _decoded_pairs(wire.query)
    absent = ("accessKey", "accountId", "caller", "cognitoIdentityId", "user", "userArn")
    return {
        "resource": template,
        "path": path,
        "httpMethod": wire.method,
        "headers": dict(headers),
        "multiValueHeaders": group(headers),
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": group(pairs) or None,
        "stageVariables": None,
        "body": None,
        **_gateway_body(wire),
        "requestContext": {
            **context,
            "accountId": _ACCOUNT,
            "apiId": api,
            "domainName": f"{api}.execute-api.us-west-2.amazonaws.com",
            "domainPrefix": api,
            "extendedRequestId": "ATfSdF7nPHcErRA=",
            "httpMethod": wire.method,
            "identity": {
                **dict.fromkeys(absent),
                "sourceIp": wire.client,
                "userAgent": wire.header("user-agent"),
            },
            "path": path,
            "protocol": "HTTP/1.1",
            "requestTime": "12/Mar/2020:19:03:58 +0000",
            "requestTimeEpoch": 1583348638390,
            "resourcePath": template,
            "stage": stage,
        },
    }


def _staged(wire: Wire, stage: str) -> str:
    path = unquote(wire.path)
    return path if stage == "$default" else f"/{stage}{path}"


def _raw_pairs(query: str) -> list[tuple[str, str]]:
    cut = [pair.partition("=") for pair in query.split("&") if pair]
    return [(name, value) for name, _, value in cut]


def _decoded_pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def group(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of each name, in their order."""
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _explicit(path: str, templates: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The explicit route that API Gateway finds, and its parameters as they stand in the path."""
    return Router(templates).match(split(path)) or ("", {})
