"""Requests become the events of AWS; answers are taken or refused as AWS does."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from chalice import Chalice, IAMAuthorizer

from chalice_devserver.doors import Door, HttpApi, LoadBalancer, RestApi
from chalice_devserver.http import HttpResponse, Refusal
from chalice_devserver.project import InvocationFailed
from chalice_frontdoor.testing.events import CLIENT_ADDRESS, Wire

ALB, HTTP_API = LoadBalancer(), HttpApi()
DOORS: dict[str, Door] = {"alb": ALB, "http-api": HTTP_API}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_an_event_is_that_of_aws_for_this_request_on_this_machine(door):
    """The events themselves are tested with chalice-frontdoor."""
    headers = [("Host", "localhost:8001"), ("Content-Length", "2"), ("X-Forwarded-For", "1.2.3.4"), ("X-A", "é")]
    request = Wire("POST", "/a%2Fb", "q=1", tuple(headers), b"\xc3\xa9", client="127.0.0.1", origin=("http", "8001"))
    began = int(time.time() * 1000)
    event, other = door.event(request), door.event(request)
    given = {name: value for name, [value] in event["multiValueHeaders"].items()} if door is ALB else event["headers"]
    assert (given["host"], given["x-forwarded-port"], given["x-forwarded-proto"]) == ("localhost:8001", "8001", "http")
    assert (given["x-forwarded-for"], given["content-length"], given["x-a"]) == ("1.2.3.4, 127.0.0.1", "2", "é")
    assert given["x-amzn-trace-id"] != (other.get("multiValueHeaders") or other["headers"])["x-amzn-trace-id"]
    if door is HTTP_API:
        context = event["requestContext"]
        assert (event["rawPath"], context["domainName"], event["body"]) == ("/a/b", "localhost:8001", "é")
        assert context["requestId"] != other["requestContext"]["requestId"]
        assert began <= context["timeEpoch"] <= time.time() * 1000
    else:
        assert event["path"] == "/a%2Fb"


RESPONSE = {"statusCode": 200, "isBase64Encoded": False, "body": "hola"}
ALB_RESPONSE = RESPONSE | {"statusDescription": "200 OK", "multiValueHeaders": {"Content-Type": ["text/plain"]}}
HTTP_API_RESPONSE = RESPONSE | {"headers": {"Content-Type": "text/plain"}}


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
    with pytest.raises(InvocationFailed):
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


@pytest.mark.parametrize(("content_type", "is_base64"), [("text/plain", False), ("image/png", True)])
def test_a_rest_apis_event_has_the_route_and_binary_types_of_the_app_in_base64(content_type, is_base64):
    wire = Wire("PUT", "/books/a%20b", "q=%C3%A9", (("Content-Type", content_type),), b"ascii")
    event = RestApi(rest_app()).event(wire)
    assert (event["resource"], event["pathParameters"]) == ("/books/{book_id}", {"book_id": "a%20b"})
    assert event["queryStringParameters"] == {"q": "é"}
    assert event["requestContext"]["identity"]["sourceIp"] == CLIENT_ADDRESS
    body = base64.b64encode(b"ascii").decode() if is_base64 else "ascii"
    assert (event["body"], event["isBase64Encoded"]) == (body, is_base64)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/books/7"), ("GET", "/closed")])
def test_a_rest_api_answers_itself_what_it_does_not_know(method, path):
    with pytest.raises(Refusal) as closed:
        RestApi(rest_app()).event(Wire(method, path))
    assert closed.value.response.status == 403


def test_a_rest_api_answers_a_preflight_and_takes_both_maps_of_headers():
    door = RestApi(rest_app())
    with pytest.raises(Refusal) as closed:
        door.event(Wire("OPTIONS", "/books/7"))
    assert closed.value.response.status == 200
    assert ("Access-Control-Allow-Methods", "GET,OPTIONS,PUT") in closed.value.response.headers
    response = HTTP_API_RESPONSE | {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}
    headers = [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert door.answer(response) == HttpResponse(200, headers, b"hola")
    with pytest.raises(InvocationFailed):
        door.answer(HTTP_API_RESPONSE | {"multiValueHeaders": ["a"]})
