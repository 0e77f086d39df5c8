"""How a view's response travels, case by case; test_any_view.py has what nobody listed."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from chalice import Response
from chalice.app import MultiDict

from chalice_frontdoor import FrontDoor, ResponseRefused, ResponseTooLarge, responses
from chalice_frontdoor.testing.client import Client, LambdaContext
from chalice_frontdoor.testing.events import DOORS, Wire, event_for
from sample_app import app_that_answers, app_with

GATEWAYS = [door for door in DOORS if not door.startswith("alb")]
VERSION_1 = ["http_api_1", "rest", "chalice_local"]
PNG = b"\x89PNG\r\n\x1a\n\x00"


def respond(app: FrontDoor, door: str, method: str = "GET") -> dict[str, Any]:
    """The response as Lambda hands it over."""
    return app(event_for(door, Wire(method, "/vista"), ("/vista",)), LambdaContext())


def test_an_alb_with_multiple_values_gets_only_those() -> None:
    """powertools#1450, lambda-web-adapter#462."""
    response = respond(app_that_answers({"a": 1}, {"X-Dato": "b", "Link": ["c", "d"]}), "alb_multi")
    assert response == {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
        "body": '{"a":1}',
        "multiValueHeaders": {
            "X-Dato": ["b"],
            "Link": ["c", "d"],
            "X-Request-Id": [LambdaContext.aws_request_id],
            "Content-Type": ["application/json"],
        },
    }


def test_an_alb_with_single_values_gets_only_those() -> None:
    response = respond(app_that_answers({"a": 1}, {"Link": ["c", "d"]}), "alb_single")
    assert "multiValueHeaders" not in response
    assert response["headers"]["Link"] == "c, d"


def test_cookies_through_an_alb_with_single_values_are_spelt_differently() -> None:
    cookies = [f"c{number}=v" for number in range(40)]
    response = respond(app_that_answers(None, {"Set-Cookie": cookies}), "alb_single")
    sent = [value for name, value in response["headers"].items() if name.lower() == "set-cookie"]
    assert sent == cookies


def test_payload_2_has_cookies_apart() -> None:
    response = respond(app_that_answers(None, {"Set-Cookie": ["a=b", "c=d"], "X-Dato": "e"}), "http_api_2")
    assert response["cookies"] == ["a=b", "c=d"]
    assert set(response["headers"]) == {"X-Dato", "X-Request-Id"}


def test_payload_1_has_single_and_repeated_headers_apart() -> None:
    for door in VERSION_1:
        response = respond(app_that_answers(None, {"Set-Cookie": ["a=b", "c=d"], "X-Dato": ["e"]}), door)
        assert response["multiValueHeaders"] == {"Set-Cookie": ["a=b", "c=d"]}
        assert response["headers"]["X-Dato"] == "e"


def test_only_the_alb_gets_a_description() -> None:
    """apig-wsgi 2.1.1: API Gateway answers 500 to it."""
    for door in GATEWAYS:
        assert "statusDescription" not in respond(app_that_answers({}), door)


@pytest.mark.parametrize(
    ("value", "sent"),
    [(True, "true"), (False, "false"), (7, "7"), (HTTPStatus.OK, "200"), ("", ""), ([True, 1], "true, 1")],
)
def test_a_header_value_becomes_text(value: object, sent: str) -> None:
    """lambda-go-api-proxy#79, lambda-api#117."""
    for door in DOORS:
        assert Client(app_that_answers({}, {"X-Dato": value}), door).get("/vista").headers["X-Dato"] == sent


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Dato": "a\r\nSet-Cookie: b=c"},
        {"X-Dato": "a\n"},
        {"X-Dato": "a\x00"},
        {"X-Dato": "ñ"},
        {"X-Dato": None},
        {"X-Dato": 1.5},
        {"X-Dato": b"a"},
        {"X-Dato": ["a", "b\r\n"]},
        {"X-Dato": [["a"]]},
        {"X Dato": "a"},
        {"": "a"},
        {7: "a"},
        ["X-Dato"],
    ],
)
def test_a_header_that_cannot_be_sent_is_a_500_and_never_sent(headers: Any) -> None:
    for door in DOORS:
        answer = Client(app_that_answers({"secreto": 1}, headers), door).get("/vista")
        assert answer.status == 500
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert not {"x-dato", "set-cookie"} & set(answer.headers)
        assert b"secreto" not in answer.body


def test_a_header_without_values_is_not_sent() -> None:
    for door in DOORS:
        assert "X-Dato" not in Client(app_that_answers({}, {"X-Dato": []}), door).get("/vista").headers


def test_a_header_that_is_given_in_two_spellings_is_sent_once() -> None:
    headers = {"content-type": "text/plain", "Content-Type": "text/html", "x-dato": "a", "X-DATO": "b"}
    answer = Client(app_that_answers("hola", headers)).get("/vista")
    assert answer.headers.getlist("Content-Type") == ["text/html"]
    assert answer.headers.getlist("X-Dato") == ["b"]


@pytest.mark.parametrize("name", ["Connection", "Content-Length", "transfer-encoding", "Keep-Alive", "Upgrade"])
def test_what_belongs_to_the_connection_is_left_to_the_door(name: str) -> None:
    assert name not in Client(app_that_answers({}, {name: "1"})).get("/vista").headers


@pytest.mark.parametrize("status", ["200", 200.0, None, True, 99, 101, 199, 600, -1, 2**70])
def test_a_status_that_is_none_is_a_500(status: object) -> None:
    for door in DOORS:
        assert Client(app_that_answers({}, status=status), door).get("/vista").status == 500


def test_a_status_may_come_from_an_enumeration() -> None:
    response = respond(app_that_answers({}, status=HTTPStatus.CREATED), "alb_multi")
    assert type(response["statusCode"]) is int
    assert response["statusDescription"] == "201 Created"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_body_has_none(status: int) -> None:
    for door in DOORS:
        for body in (None, {"a": 1}, "hola", b"\xff"):
            answer = Client(app_that_answers(body, {"ETag": '"1"'}, status), door).get("/vista")
            assert (answer.status, answer.body, answer.headers["ETag"]) == (status, b"", '"1"')


@pytest.mark.parametrize("body", [None, "", b""])
def test_an_empty_body_is_empty_text_without_a_type(body: object) -> None:
    """powertools#1248; Chalice would send "null"."""
    for door in DOORS:
        answer = Client(app_that_answers(body), door).get("/vista")
        assert (answer.status, answer.body) == (200, b"")
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"ñ": [1, True, None]}, "application/json", '{"ñ":[1,true,null]}'.encode()),
        ([], "application/json", b"[]"),
        ({}, "application/json", b"{}"),
        (0, "application/json", b"0"),
        (False, "application/json", b"false"),
        ("hola ñ", "text/plain; charset=utf-8", "hola ñ".encode()),
        (b"\x00\xff", "application/octet-stream", b"\x00\xff"),
        (bytearray(b"ab"), "application/octet-stream", b"ab"),
        (MultiDict({"a": ["1", "2"]}), "application/json", b'{"a":"2"}'),
        ({"total": Decimal("5000.00")}, "application/json", b'{"total":5000}'),
        ({"total": Decimal("0.10")}, "application/json", b'{"total":0.1}'),
        ({"total": Decimal("9999999.99")}, "application/json", b'{"total":9999999.99}'),
    ],
)
def test_a_body_has_a_content_type(body: object, content_type: str, sent: bytes) -> None:
    for door in DOORS:
        for view in (lambda: body, lambda: Response(body)):
            answer = Client(app_with(view), door).get("/vista")
            assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, content_type, sent)


def test_a_decimal_that_json_readers_would_round_is_refused() -> None:
    assert Client(app_that_answers({"total": Decimal("0.12345678901234567890")})).get("/vista").status == 500


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/html", "application/vnd.api+json"])
def test_the_views_content_type_is_kept(content_type: str) -> None:
    for body in ("ñ", "ñ".encode()):
        answer = Client(app_that_answers(body, {"content-type": content_type})).get("/vista")
        assert answer.headers["Content-Type"] == content_type
        assert answer.body.decode() == "ñ"


@pytest.mark.parametrize(
    ("body", "headers", "is_base64"),
    [
        (PNG, {"Content-Type": "image/png"}, True),
        (b"text", {"Content-Type": "image/png"}, True),
        (b"text", {}, True),
        ("ñ".encode(), {"Content-Type": "text/css"}, False),
        (b"{}", {"Content-Type": "application/json"}, False),
        (b"<svg/>", {"Content-Type": "image/svg+xml"}, False),
        ("ñ".encode("latin-1"), {"Content-Type": "text/css"}, True),
        ("ñ".encode("latin-1"), {"Content-Type": "text/css; charset=iso-8859-1"}, True),
        (b"a", {"Content-Type": "text/css; charset=iso-8859-1"}, True),
        (b"a", {"Content-Type": "text/css; Charset=UTF-8"}, False),
        (gzip.compress(b"{}", mtime=0), {"Content-Type": "application/json", "Content-Encoding": "gzip"}, True),
        ("br?", {"Content-Type": "text/css", "content-encoding": "br"}, True),
        (b"", {"Content-Encoding": "gzip"}, False),
    ],
)
def test_what_is_no_text_travels_in_base64(body: Any, headers: dict[str, str], is_base64: bool) -> None:  # noqa: FBT001
    for door in DOORS:
        app = app_that_answers(body, headers)
        assert respond(app, door)["isBase64Encoded"] is is_base64
        assert Client(app, door).get("/vista").body == (body.encode() if isinstance(body, str) else body)


def test_binary_needs_no_accept_header() -> None:
    """Chalice answers 400 to a binary type that the client did not name."""
    answer = Client(app_that_answers(PNG, {"Content-Type": "image/png"})).get("/vista", headers={"Accept": "*/*"})
    assert (answer.status, answer.body) == (200, PNG)


def test_head_is_get_without_its_body() -> None:
    for door in DOORS:
        client = Client(app_that_answers({"ñ": 1}, {"ETag": '"1"'}), door)
        head, get = client.head("/vista"), client.get("/vista")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["ETag"] == get.headers["ETag"]
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        length = None if door == "chalice_local" else str(len(get.body))
        assert head.headers.get("Content-Length") == length


@pytest.mark.parametrize("body", [b"\x00\x01", None])
def test_head_has_the_length_in_bytes(body: object) -> None:
    assert Client(app_that_answers(body)).head("/vista").headers["Content-Length"] == str(len(body or b""))  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [204, 304])
def test_head_of_a_status_without_body_has_no_length(status: int) -> None:
    assert "Content-Length" not in Client(app_that_answers(None, status=status)).head("/vista").headers


def test_head_of_a_body_that_is_too_large_is_answered() -> None:
    answer = Client(app_that_answers("x" * 2_000_000), "alb_multi").head("/vista")
    assert (answer.status, answer.headers["Content-Length"]) == (200, "2000000")


LIMITS = {door: 1_000_000 if door.startswith("alb") else 6_291_456 for door in DOORS}


@pytest.mark.parametrize("letter", ["x", '"', "ñ", "😀"])
def test_the_largest_response_is_sent_and_the_next_is_a_problem(letter: str) -> None:
    """The limit is on Lambda's JSON, in which a letter may be up to twelve bytes."""
    for door in ["alb_multi", "alb_single", "http_api_2", "rest"]:
        empty = len(json.dumps(respond(app_that_answers("", {"Content-Type": "text/plain"}), door)))
        most = (LIMITS[door] - empty) // (len(json.dumps(letter)) - 2)
        for size, status in ((most, 200), (most + 1, 500)):
            app = app_that_answers(letter * size, {"Content-Type": "text/plain"})
            assert Client(app, door).get("/vista").status == status


@pytest.mark.parametrize(
    ("headers", "fits_alb", "fits_gateway"),
    [
        ({"X-A": "x" * 10_000}, True, True),
        ({"X-A": "x" * 10_240}, True, False),
        ({"Set-Cookie": ["x" * 3_500] * 3}, True, False),
        ({"X-A": "x" * 16_382}, False, False),
        ({"Set-Cookie": ["x" * 3_500] * 10}, False, False),
    ],
)
def test_headers_beyond_the_doors_limit_are_a_problem(
    headers: dict[str, Any],
    fits_alb: bool,  # noqa: FBT001
    fits_gateway: bool,  # noqa: FBT001
) -> None:
    for door in DOORS:
        fits = fits_alb if door.startswith("alb") else fits_gateway
        assert Client(app_that_answers({}, headers), door).get("/vista").status == (200 if fits else 500)


def test_a_refusal_can_be_told_from_another_error() -> None:
    answer = responses.Answer(200, {"X-A": "x" * 20_000}, None)
    with pytest.raises(ResponseTooLarge, match="the headers are more than the front door lets through"):
        responses.write("rest", answer)
    assert issubclass(ResponseTooLarge, ResponseRefused)
