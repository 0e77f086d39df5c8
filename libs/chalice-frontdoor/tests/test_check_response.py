"""The checker that the whole suite trusts refuses what AWS refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chalice_frontdoor.testing.events import DOORS
from chalice_frontdoor.testing.responses import Refused, check_response

TYPE = "application/json"

#: A good response of each form.
GOOD: dict[str, dict[str, Any]] = {
    "alb_multi": {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
        "body": "{}",
        "multiValueHeaders": {"Content-Type": [TYPE], "Set-Cookie": ["a=b", "c=d"]},
    },
    "alb_single": {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
        "body": "{}",
        "headers": {"Content-Type": TYPE, "Set-Cookie": "a=b", "set-cookie": "c=d"},
    },
    "http_api_2": {
        "statusCode": 200,
        "isBase64Encoded": False,
        "body": "{}",
        "headers": {"Content-Type": TYPE},
        "cookies": ["a=b", "c=d"],
    },
    "rest": {
        "statusCode": 200,
        "isBase64Encoded": False,
        "body": "{}",
        "headers": {"Content-Type": TYPE},
        "multiValueHeaders": {"Set-Cookie": ["a=b", "c=d"]},
    },
}
FORM_OF = {
    door: "http_api_2"
    if door.startswith("http_api_2") or door == "function_url"
    else door
    if door.startswith("alb")
    else "rest"
    for door in DOORS
}
FORMS = tuple(GOOD)


def with_header(form: str, name: str, value: Any) -> dict[str, Any]:
    """The good response with one more header, where that form has its headers."""
    response = GOOD[form]
    if form == "alb_multi":
        values = value if isinstance(value, list) else [value]
        return response | {"multiValueHeaders": response["multiValueHeaders"] | {name: values}}
    return response | {"headers": response["headers"] | {name: value}}


def test_a_good_response_is_accepted() -> None:
    for door in DOORS:
        lines = check_response(door, GOOD[FORM_OF[door]])
        assert sorted((name.lower(), value) for name, value in lines) == [
            ("content-type", TYPE),
            ("set-cookie", "a=b"),
            ("set-cookie", "c=d"),
        ]


@pytest.mark.parametrize("missing", ["statusCode", "isBase64Encoded", "body", "headers", "multiValueHeaders"])
def test_a_part_may_not_be_missing_or_null(missing: str) -> None:
    for form in FORMS:
        good = GOOD[form]
        if missing in good:
            for bad in ({key: good[key] for key in good if key != missing}, good | {missing: None}):
                with pytest.raises(Refused):
                    check_response(form, bad)
        else:
            with pytest.raises(Refused):
                check_response(form, good | {missing: {}})


@pytest.mark.parametrize(
    "change",
    [
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 200.0},
        {"statusCode": 102},
        {"statusCode": 600},
        {"isBase64Encoded": 0},
        {"isBase64Encoded": "false"},
        {"isBase64Encoded": True},  # and the body is not
        {"body": b"{}"},
        {"body": {"a": 1}},
        {"body": "\ud800"},
        {"body": float("nan")},
        {"statusCode": 204, "statusDescription": "204 No Content"},  # with a body
        {"statusCode": 304, "statusDescription": "304 Not Modified"},
        {"inventado": 1},
        {"headers": [["Content-Type", TYPE]]},
    ],
)
def test_a_part_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    for form in FORMS:
        with pytest.raises(Refused):
            check_response(form, GOOD[form] | change)


@pytest.mark.parametrize("response", [None, [], "", 200, {}, {"statusCode": 200}])
def test_what_is_no_response_is_refused(response: object) -> None:
    for form in FORMS:
        with pytest.raises(Refused):
            check_response(form, response)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Dato", 7),
        ("X-Dato", True),
        ("X-Dato", None),
        ("X-Dato", "a\r\nb"),
        ("X-Dato", "a\x00"),
        ("X-Dato", "ñ"),
        ("X Dato", "a"),
        ("", "a"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Content-Encoding", "gzip"),  # and the body is no base64
        ("content-type", TYPE),  # twice
        ("Content-Length", "2"),  # beside a body
    ],
)
def test_a_header_that_is_not_sent_so_is_refused(name: str, value: object) -> None:
    for form in FORMS:
        with pytest.raises(Refused):
            check_response(form, with_header(form, name, value))


@pytest.mark.parametrize("values", [[], "a", None, [1], [None]])
def test_repeated_values_are_a_list_of_texts(values: object) -> None:
    for form in ["alb_multi", "rest"]:
        response = GOOD[form]
        with pytest.raises(Refused):
            check_response(form, response | {"multiValueHeaders": response["multiValueHeaders"] | {"X-Dato": values}})


def test_a_body_without_a_type_is_refused() -> None:
    for form in FORMS:
        key = "multiValueHeaders" if form == "alb_multi" else "headers"
        with pytest.raises(Refused, match="octet-stream"):
            check_response(form, GOOD[form] | {key: {}})


def test_a_compressed_body_in_base64_is_accepted() -> None:
    for form in FORMS:
        response = with_header(form, "Content-Encoding", "gzip")
        check_response(form, response | {"body": base64.b64encode(b"\x1f\x8b").decode(), "isBase64Encoded": True})


@pytest.mark.parametrize("description", ["200", "OK", "404 Not Found", "200 ", None, 200])
def test_an_albs_description_is_the_status_and_its_name(description: object) -> None:
    for form in ["alb_multi", "alb_single"]:
        with pytest.raises(Refused):
            check_response(form, GOOD[form] | {"statusDescription": description})


def test_a_description_is_for_the_alb_only() -> None:
    for door in [door for door in DOORS if not door.startswith("alb")]:
        with pytest.raises(Refused, match="for the ALB only"):
            check_response(door, GOOD[FORM_OF[door]] | {"statusDescription": "200 OK"})


@pytest.mark.parametrize(("form", "other"), [("alb_multi", "alb_single"), ("alb_single", "alb_multi")])
def test_an_alb_wants_the_map_that_it_sent(form: str, other: str) -> None:
    with pytest.raises(Refused):
        check_response(form, GOOD[other])


@pytest.mark.parametrize("cookies", ["a=b", [1], None])
def test_cookies_of_payload_2_are_a_list_of_texts(cookies: object) -> None:
    with pytest.raises(Refused):
        check_response("http_api_2", GOOD["http_api_2"] | {"cookies": cookies})


def test_payload_2_has_no_cookies_among_its_headers() -> None:
    with pytest.raises(Refused, match="cookies apart"):
        check_response("http_api_2", with_header("http_api_2", "Set-Cookie", "a=b"))


def test_payload_1_has_each_header_once() -> None:
    with pytest.raises(Refused, match="both maps"):
        check_response("rest", with_header("rest", "set-cookie", "e=f"))


@pytest.mark.parametrize(("name", "value"), [("Content-Length", "0"), ("content-type", TYPE)])
def test_chalice_local_has_wishes_of_its_own(name: str, value: str) -> None:
    response = GOOD["rest"] | {"headers": {name: value}, "body": ""}
    check_response("rest", response)
    with pytest.raises(Refused, match="chalice local"):
        check_response("chalice_local", response)


def test_a_response_may_be_as_large_as_the_door_lets_through() -> None:
    for form in FORMS:
        largest = 1_000_000 if form.startswith("alb") else 6_291_456
        for excess, fits in ((-1_000, True), (0, False)):
            response = GOOD[form] | {"body": "x" * (largest + excess)}
            if fits:
                check_response(form, response)
            else:
                with pytest.raises(Refused, match="larger than"):
                    check_response(form, response)


def test_headers_may_be_as_large_as_the_door_lets_through() -> None:
    for form in FORMS:
        largest = 16_000 if form.startswith("alb") else 10_000
        check_response(form, with_header(form, "X-Dato", "x" * largest))
        with pytest.raises(Refused, match="larger than"):
            check_response(form, with_header(form, "X-Dato", "x" * (largest + 1_000)))


def test_an_albs_headers_together_have_a_limit_too() -> None:
    for form in ["alb_multi"]:
        with pytest.raises(Refused, match="32 K"):
            check_response(form, with_header(form, "Set-Cookie", ["x" * 10_000] * 4))


def test_a_door_that_is_none_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="no such front door: puerta"):
        check_response("puerta", GOOD["rest"])
