"""Requests become the events of AWS; answers are taken or refused as AWS does."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from chalice import Chalice, IAMAuthorizer
from fake_issuer import CLIENT, ISSUER, FakeKeys, access_claims, sign

from chalice_devserver.authorizer import JwtAuthorizer
from chalice_devserver.doors import Door, DoorClosed, HttpApi, LoadBalancer, ResponseRefused, RestApi
from chalice_devserver.http import HttpRequest, HttpResponse
from chalice_frontdoor.testing.events import CLIENT_ADDRESS, Wire, event_for

ALB, HTTP_API = LoadBalancer(), HttpApi()
DOORS: dict[str, Door] = {"alb": ALB, "http-api": HTTP_API}
# What each request has of its own, and what the sample events have instead of this machine's.
FOREIGN_HEADERS = {"content-length", "host", "x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto"}
FOREIGN_CONTEXT = {"accountId", "apiId", "domainName", "domainPrefix", "requestId", "time", "timeEpoch", "elb"}

JSON = ("Content-Type", "application/json")
WIRES = [
    Wire("GET", "/"),
    Wire("HEAD", "//empleados/7/", query="q=ana&q=%C3%A9&vacio=&solo&a=b%26c&filtro%5B%5D=a"),
    Wire("DELETE", "/%C3%B1/a%2Fb/a+b/%25", headers=(("X-A", "1"), ("x-a", "2"), ("X-Empty", ""))),
    Wire(
        "BREW", "/empleados", headers=(("Cookie", "a=1; b=2"), ("X-Forwarded-For", "1.2.3.4"), ("User-Agent", "curl/8"))
    ),
    *(
        Wire("POST", "/empleados", headers=headers, body=body)
        for headers in (
            (),
            (JSON,),
            (("Content-Type", "text/csv; charset=utf-8"),),
            (("Content-Type", "application/octet-stream"),),
            (JSON, ("Content-Encoding", "gzip")),
        )
        for body in (b"", '{"a": "ñ"}'.encode(), b"\x00\xff")
    ),
]


def on_the_wire(wire):
    return HttpRequest(
        wire.method, wire.path, wire.query, [*wire.headers, ("Host", "here:1")], wire.body, CLIENT_ADDRESS
    )


def without(mapping, names):
    return {name: value for name, value in mapping.items() if name not in names}


@pytest.mark.parametrize("wire", WIRES, ids=repr)
def test_the_load_balancers_event_is_that_of_aws(wire):
    """Compared with the events that the whole test suite is built on."""
    ours, expected = ALB.event(on_the_wire(wire)), event_for("alb_multi", wire)
    for event in (ours, expected):
        event["multiValueHeaders"] = without(event["multiValueHeaders"], FOREIGN_HEADERS)
        assert event.pop("requestContext").keys() == {"elb"}
    assert ours == expected


@pytest.mark.parametrize("wire", WIRES, ids=repr)
def test_the_http_apis_event_is_that_of_aws(wire):
    ours, expected = HTTP_API.event(on_the_wire(wire)), event_for("http_api_2", wire)
    assert ours["requestContext"].keys() == expected["requestContext"].keys()
    for event in (ours, expected):
        event["headers"] = without(event["headers"], FOREIGN_HEADERS)
        event["requestContext"] = without(event["requestContext"], FOREIGN_CONTEXT)
    assert ours == expected


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_door_says_where_the_request_came_in(door):
    event = door.event(HttpRequest("GET", "/", "", [("Host", "localhost:8001")], b"", "127.0.0.1"))
    given = {name: value for name, [value] in event["multiValueHeaders"].items()} if door is ALB else event["headers"]
    assert given["host"] == "localhost:8001"
    assert given["x-forwarded-port"] == "8001"
    assert given["x-forwarded-for"] == "127.0.0.1"
    assert given["x-amzn-trace-id"].startswith("Root=1-")


ALB_RESPONSE = {
    "statusCode": 200,
    "statusDescription": "200 OK",
    "isBase64Encoded": False,
    "multiValueHeaders": {"Content-Type": ["text/plain"]},
    "body": "hola",
}
HTTP_API_RESPONSE = {
    "statusCode": 200,
    "isBase64Encoded": False,
    "headers": {"Content-Type": "text/plain"},
    "body": "x",
}


def test_headers_and_cookies_stay_repeated_and_a_body_has_a_type():
    cookies = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    several = {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "X": ["y"]}}
    assert ALB.answer(ALB_RESPONSE | several) == HttpResponse(
        200, [*cookies, ("X", "y"), ("Content-Type", "application/octet-stream")], b"hola"
    )
    body = base64.b64encode(b"\x00\xff").decode()
    several = {"headers": {"X": "y"}, "cookies": ["a=1", "b=2"], "body": body, "isBase64Encoded": True}
    assert HTTP_API.answer(HTTP_API_RESPONSE | several) == HttpResponse(
        200,
        [("X", "y"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("Content-Type", "text/plain;charset=UTF-8")],
        b"\x00\xff",
    )
    assert HTTP_API.answer({"statusCode": 204}) == HttpResponse(204, [], b"")


BROKEN_ALIKE: list[dict[str, Any]] = [
    *({"statusCode": status} for status in ("200", None, 99, 600)),
    *({"body": body} for body in (None, {"a": 1}, "\ud800")),
    {"body": "no base64", "isBase64Encoded": True},
]
BROKEN_FOR_ALB: list[dict[str, Any]] = [
    *({"multiValueHeaders": headers} for headers in (None, {"X": "y"}, {"X": [1]})),
    {"body": "x" * 1_000_000},
]
BROKEN_FOR_HTTP_API: list[dict[str, Any]] = [{"headers": headers} for headers in (["X"], {"X": 1}, {"X": ["y"]})]


@pytest.mark.parametrize(
    "response",
    [
        *((ALB, ALB_RESPONSE | changes) for changes in BROKEN_ALIKE + BROKEN_FOR_ALB),
        *((HTTP_API, HTTP_API_RESPONSE | changes) for changes in BROKEN_ALIKE + BROKEN_FOR_HTTP_API),
        *((door, response) for door in DOORS.values() for response in (None, "hola", [], 200)),
    ],
    ids=lambda case: f"{type(case[0]).__name__} {ascii(case[1])[-60:]}",
)
def test_what_aws_would_refuse_is_refused(response):
    door, fields = response
    with pytest.raises(ResponseRefused):
        door.answer(fields)


# ---- a REST API


def rest_app():
    app = Chalice("plain")
    app.route("/", methods=["GET"], name="root")(dict)
    app.route("/books/{book_id}", methods=["GET", "PUT"], cors=True, name="book")(lambda book_id: {"id": book_id})
    app.route("/books/new", name="new")(dict)
    app.route("/files/{proxy+}", name="file")(dict)
    app.route("/closed", authorizer=IAMAuthorizer(), name="closed")(dict)
    return app


TEMPLATES = ("/", "/books/{book_id}", "/books/new", "/files/{proxy+}")


@pytest.mark.parametrize(
    "wire",
    [
        Wire("GET", "/"), Wire("GET", "/books/new"), Wire("GET", "/books/7/", query="q=%C3%A9&q=b+c&empty="),
        Wire("GET", "/files/a/b"), Wire("PUT", "/books/a%20b", headers=(("X-A", "1"), ("x-a", "2"), JSON), body=b"{}"),
        Wire("PUT", "/books/7", headers=(("Content-Type", "image/png"),), body=b"ascii"),
    ],
    ids=repr,
)  # fmt: skip
def test_the_rest_apis_event_is_that_of_aws(wire):
    ours, expected = RestApi(rest_app()).event(on_the_wire(wire)), event_for("rest", wire, TEMPLATES)
    for event in (ours, expected):
        for name in ("headers", "multiValueHeaders"):
            lower = {key.lower(): value for key, value in event[name].items()}
            event[name] = without(lower, FOREIGN_HEADERS)
    for name in ("resourcePath", "httpMethod", "requestId", "stage"):
        assert ours["requestContext"].pop(name)
    assert ours.pop("requestContext")["identity"]["sourceIp"] == CLIENT_ADDRESS
    del expected["requestContext"]
    if wire.body == b"ascii":  # a binary type of the app
        assert (ours.pop("body"), ours.pop("isBase64Encoded")) == (base64.b64encode(b"ascii").decode(), True)
        del expected["body"], expected["isBase64Encoded"]
    assert ours == expected


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/books/7"), ("GET", "/closed")])
def test_a_rest_api_answers_itself_what_it_does_not_know(method, path):
    with pytest.raises(DoorClosed) as closed:
        RestApi(rest_app()).event(on_the_wire(Wire(method, path)))
    assert closed.value.response.status == 403


def test_a_rest_api_answers_a_preflight_and_takes_both_maps_of_headers():
    door = RestApi(rest_app())
    with pytest.raises(DoorClosed) as closed:
        door.event(on_the_wire(Wire("OPTIONS", "/books/7")))
    assert closed.value.response.status == 200
    assert ("Access-Control-Allow-Methods", "GET,OPTIONS,PUT") in closed.value.response.headers
    response = HTTP_API_RESPONSE | {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}
    headers = [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert door.answer(response) == HttpResponse(200, headers, b"x")
    with pytest.raises(ResponseRefused):
        door.answer(HTTP_API_RESPONSE | {"multiValueHeaders": ["a"]})


# ---- the authorizer


def asked(method, path, *authorizations):
    """The event of a request to a guarded API."""
    headers = [("Authorization", value) for value in authorizations]
    guarded = HttpApi(JwtAuthorizer(ISSUER, [CLIENT], FakeKeys()), open_routes=["GET /health"])
    return guarded.event(HttpRequest(method, path, "", headers, b"", CLIENT_ADDRESS))


def test_the_claims_of_a_valid_token_stand_where_aws_puts_them():
    context = asked("GET", "/empleados", f"Bearer {sign(access_claims())}")["requestContext"]
    claims = context["authorizer"]["jwt"]["claims"]
    assert (claims["username"], claims["cognito:groups"]) == ("ana@example.com", "[rrhh admin]")
    assert all(isinstance(value, str) for value in claims.values())
    assert context["routeKey"] == "$default"


def test_open_routes_need_no_token():
    event = asked("GET", "/health")
    assert event["routeKey"] == "GET /health"
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize(
    ("method", "path", "authorizations"),
    [
        ("GET", "/empleados", []),
        ("HEAD", "/health", []),
        ("GET", "/health/", []),
        ("GET", "/Health", []),
        ("OPTIONS", "/empleados", []),
        ("GET", "/empleados", ["Bearer a.b.c"]),
        ("GET", "/empleados", [f"Bearer {sign(access_claims())}"] * 2),
    ],
)
def test_without_a_valid_token_the_function_is_never_called(method, path, authorizations, caplog):
    with pytest.raises(DoorClosed) as closed:
        asked(method, path, *authorizations)
    assert (closed.value.response.status, closed.value.response.body) == (401, b'{"message":"Unauthorized"}')
    assert ("WWW-Authenticate", "Bearer") in closed.value.response.headers
    assert "authorizer" in caplog.text
