"""How a view's response travels, case by case; test_every_door.py generates the cases that are not listed."""

import gzip
import json
from decimal import Decimal
from http import HTTPStatus

import pytest
from chalice import Response
from chalice.app import MultiDict

from chalice_frontdoor.testing.client import Client, LambdaContext
from chalice_frontdoor.testing.events import DOORS, Wire, event_for
from sample_app import app_that_answers, app_with

PNG = b"\x89PNG\r\n\x1a\n\x00"


def respond(app, door):
    """The response as Lambda hands it over."""
    return app(event_for(door, Wire("GET", "/vista"), ("/vista",)), LambdaContext())


def test_repeated_headers_stay_apart_and_are_one_line_only_where_the_door_has_one():
    cookies = [f"c{number}=v" for number in range(40)]
    app = app_that_answers({}, {"Set-Cookie": cookies, "Link": ["a", "b"]})
    for door in DOORS:
        headers = Client(app, door).get("/vista").headers
        assert headers.getlist("Set-Cookie") == cookies
        has_one_line = door in {"alb_single", "lattice", "function_url"} or door.startswith("http_api_2")
        assert headers.getlist("Link") == (["a, b"] if has_one_line else ["a", "b"])


@pytest.mark.parametrize(
    ("value", "sent"),
    [(True, "true"), (False, "false"), (7, "7"), (HTTPStatus.OK, "200"), ("", ""), ([True, 1], "true, 1"), ("ñ", "ñ")],
)
def test_a_header_value_becomes_text(value, sent):
    """lambda-go-api-proxy#79, lambda-api#117."""
    for door in DOORS:
        assert Client(app_that_answers({}, {"X-Dato": value}), door).get("/vista").headers["X-Dato"] == sent


SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
CLOSED = {**SAFE, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, CLOSED),
        (
            {"cache-control": "a", "Content-Security-Policy": "b"},
            SAFE | {"cache-control": "a", "content-security-policy": "b"},
        ),
        ({"Content-Type": "text/html; charset=utf-8"}, SAFE),
    ],
)
def test_an_answer_is_safe_in_a_browser_unless_the_view_says_otherwise(headers, sent):
    app = app_with(lambda: Response("{}", headers), safe_headers=True)
    app.route("/error")(lambda: 1 / 0)
    for door in DOORS:
        for path, expected in (("/vista", sent), ("/error", CLOSED), ("/nada", CLOSED)):
            found = Client(app, door).get(path).headers
            assert {name: found[name] for name in CLOSED if name in found} == expected


@pytest.mark.parametrize(
    "headers",
    [
        *({"X-Dato": value} for value in ("a\r\nSet-Cookie: b=c", "\x00", "\x85", "\u010a", None, 1.5, b"a", [["a"]])),
        {"X-Dato": ["a", "b\n"]},
        {"X Dato": "a"}, {"": "a"}, {7: "a"}, ["X-Dato"], {"Content-Type": ["text/html", "text/css"]},
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_sent_is_a_500_and_never_sent(headers):
    for door in DOORS:
        answer = Client(app_that_answers({"secreto": 1}, headers), door).get("/vista")
        assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
        assert not {"x-dato", "set-cookie"} & set(answer.headers)
        assert b"secreto" not in answer.body


def test_headers_are_sent_once_and_those_of_the_connection_are_left_to_the_door():
    headers = {"content-type": "text/plain", "Content-Type": "text/html", "x-dato": "a", "X-DATO": "b", "X-Nada": []}
    connection = dict.fromkeys(("Connection", "Content-Length", "transfer-encoding", "Keep-Alive", "Upgrade"), "1")
    answer = Client(app_that_answers("hola", headers | connection)).get("/vista")
    assert sorted(answer.headers) == ["content-type", "x-dato", "x-request-id"]
    assert answer.headers.getlist("Content-Type") == ["text/html"]
    assert answer.headers.getlist("X-Dato") == ["b"]


def test_a_status_without_body_has_none():
    for door in DOORS:
        for status in (204, 205, 304):
            client = Client(app_that_answers("hola", {"ETag": '"1"'}, status), door)
            answer = client.get("/vista")
            assert (answer.status, answer.body, answer.headers["ETag"]) == (status, b"", '"1"')
            assert "Content-Length" not in client.head("/vista").headers


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        (None, "application/json", b"null"), ("", None, b""), (b"", None, b""),
        ({"ñ": [1, True, None]}, "application/json", '{"ñ":[1,true,null]}'.encode()),
        ([], "application/json", b"[]"), (0, "application/json", b"0"), (False, "application/json", b"false"),
        ('{"a":"ñ"}', "application/json", '{"a":"ñ"}'.encode()),  # a view's json.dumps
        (b"\x00\xff", "application/octet-stream", b"\x00\xff"), (bytearray(b"ab"), "application/octet-stream", b"ab"),
        (MultiDict({"a": ["1", "2"]}), "application/json", b'{"a":"2"}'),
        ({"total": Decimal("5000.00")}, "application/json", b'{"total":5000}'),
        ({"total": Decimal("9999999.99")}, "application/json", b'{"total":9999999.99}'),
        ({"total": Decimal("0.12345678901234567890")}, "application/json", b'{"total":0.12345678901234568}'),
    ],
)  # fmt: skip
def test_a_body_has_a_content_type(body, content_type, sent):
    for door in DOORS:
        for view in (lambda: body, lambda: Response(body)):
            answer = Client(app_with(view), door).get("/vista")
            assert (answer.status, answer.headers.get("Content-Type"), answer.body) == (200, content_type, sent)


@pytest.mark.parametrize(
    ("body", "headers", "is_base64"),
    [
        (PNG, {"Content-Type": "image/png"}, True), (b"text", {"Content-Type": "image/png"}, True), (b"text", {}, True),
        ("ñ".encode(), {"Content-Type": "text/css"}, False), (b"{}", {"Content-Type": "application/json"}, False),
        (b"<svg/>", {"Content-Type": "image/svg+xml"}, False),
        ("ñ".encode("latin-1"), {"Content-Type": "text/css"}, True),
        (b"a", {"Content-Type": "text/css; charset=iso-8859-1"}, True),
        (b"a", {"Content-Type": "text/css; Charset=UTF-8"}, False),
        (gzip.compress(b"{}", mtime=0), {"Content-Type": "application/json", "Content-Encoding": "gzip"}, True),
        ("br?", {"Content-Type": "text/css", "content-encoding": "br"}, True),
        ("ñ", {"Content-Type": "text/html; charset=utf-8"}, False),
        (b"{}", {"Content-Type": "application/vnd.api+json"}, False), (b"", {"Content-Encoding": "gzip"}, False),
    ],
)  # fmt: skip
def test_what_is_not_text_travels_in_base64_and_needs_no_accept_header(body, headers, is_base64):
    app = app_that_answers(body, {name.lower(): value for name, value in headers.items()})
    for door in DOORS:
        assert respond(app, door)["isBase64Encoded"] is is_base64
        answer = Client(app, door).get("/vista", headers={"Accept": "text/html"})
        assert (answer.status, answer.body) == (200, body.encode() if isinstance(body, str) else body)
        content_type = headers.get("Content-Type", "application/octet-stream" if body else None)
        assert answer.headers.get("Content-Type") == content_type


def test_the_types_that_the_app_calls_binary_travel_in_base64():
    for types in (["application/json"], ["*/*"]):
        app = app_that_answers({"a": 1})
        app.api.binary_types = types
        assert respond(app, "rest")["isBase64Encoded"]


def test_head_is_get_without_its_body():
    for door in DOORS:
        for body in ({"ñ": 1}, b"\x00\x01", None):
            client = Client(app_that_answers(body, {"ETag": '"1"'}), door)
            head, get = client.head("/vista"), client.get("/vista")
            assert (head.status, head.body, head.headers["ETag"]) == (200, b"", '"1"')
            assert head.headers.get("Content-Type") == get.headers.get("Content-Type")
            length = None if door == "chalice_local" else str(len(get.body))
            assert head.headers.get("Content-Length") == length
    too_large = Client(app_that_answers("x" * 2_000_000), "alb_multi").head("/vista")
    assert (too_large.status, too_large.headers["Content-Length"]) == (200, "2000000")


@pytest.mark.parametrize("letter", ["x", '"', "ñ", "😀"])
def test_the_largest_response_is_sent_and_the_next_is_a_problem(letter):
    """The limit is on Lambda's JSON, in which a letter may be up to twelve bytes."""
    for door in ["alb_multi", "alb_single", "http_api_2", "rest"]:
        limit = 1_000_000 if door.startswith("alb") else 6_291_456
        empty = len(json.dumps(respond(app_that_answers("", {"Content-Type": "text/plain"}), door)))
        most = (limit - empty) // (len(json.dumps(letter)) - 2)
        for size, status in ((most, 200), (most + 1, 500)):
            app = app_that_answers(letter * size, {"Content-Type": "text/plain"})
            answer = Client(app, door).get("/vista")
            assert answer.status == status
            assert status == 200 or "demasiado grande" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "fits_alb", "fits_gateway"),
    [
        ({"X-A": "x" * 10_000}, True, True), ({"X-A": "x" * 10_240}, True, False),
        ({"Set-Cookie": ["x" * 3_500] * 3}, True, False),
        ({"X-A": "x" * 16_382}, False, False), ({"Set-Cookie": ["x" * 3_500] * 10}, False, False),
    ],
)  # fmt: skip
def test_headers_beyond_the_doors_limit_are_a_problem(headers, fits_alb, fits_gateway):
    for door in DOORS:
        fits = fits_alb if door.startswith(("alb", "lattice")) else fits_gateway
        assert Client(app_that_answers({}, headers), door).get("/vista").status == (200 if fits else 500)
