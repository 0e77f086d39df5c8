"""The checker that the whole suite trusts refuses what AWS refuses."""

import pytest

from chalice_frontdoor.events import FORMS
from chalice_frontdoor.testing.events import DOORS
from chalice_frontdoor.testing.responses import Refused, check_response

TYPE = "application/json"
COMMON = {"statusCode": 200, "isBase64Encoded": False, "body": "{}"}
ALB = {**COMMON, "statusDescription": "200 OK"}
#: A good response of each form.
GOOD = {
    "alb_multi": {**ALB, "multiValueHeaders": {"Content-Type": [TYPE], "Set-Cookie": ["a=b", "c=d"]}},
    "alb_single": {**ALB, "headers": {"Content-Type": TYPE, "Set-Cookie": "a=b", "set-cookie": "c=d"}},
    "http_api_2": {**COMMON, "headers": {"Content-Type": TYPE}, "cookies": ["a=b", "c=d"]},
    "rest": {**COMMON, "headers": {"Content-Type": TYPE}, "multiValueHeaders": {"Set-Cookie": ["a=b", "c=d"]}},
}


def form_of(door):
    by_headers = {"lists": "alb_multi", "spellings": "alb_single", "cookies": "http_api_2", "both": "rest"}
    return by_headers[FORMS[door.removesuffix("_stage").removesuffix("_routes")].headers]


def with_header(form, name, value):
    """The good response with one more header, where that form has its headers."""
    key = "multiValueHeaders" if form == "alb_multi" else "headers"
    value = [value] if form == "alb_multi" and not isinstance(value, list) else value
    return GOOD[form] | {key: GOOD[form][key] | {name: value}}


def test_a_good_response_is_accepted():
    expected = [("content-type", TYPE), ("set-cookie", "a=b"), ("set-cookie", "c=d")]
    for door in DOORS:
        lines = check_response(door, GOOD[form_of(door)])
        assert sorted((name.lower(), value) for name, value in lines) == expected


@pytest.mark.parametrize(
    "change",
    [
        *({"statusCode": status} for status in ("200", True, 200.0, 102, 600, None)),
        {"isBase64Encoded": 0}, {"isBase64Encoded": True},
        *({"body": body} for body in (b"{}", {"a": 1}, "\ud800", float("nan"), None)),
        {"statusCode": 204, "statusDescription": "204 No Content"},  # with a body
        {"inventado": 1}, {"headers": [["Content-Type", TYPE]]}, {"headers": {}, "multiValueHeaders": {}},
    ],
)  # fmt: skip
def test_a_part_of_another_kind_is_refused(change):
    for form, good in GOOD.items():
        with pytest.raises(Refused):
            check_response(form, good | change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Dato", 7), ("X-Dato", None), ("X-Dato", "a\r\nb"), ("X-Dato", "\u010a"), ("X Dato", "a"), ("", "a"),
        ("Connection", "close"), ("content-type", TYPE), ("Content-Length", "2"),
        ("Content-Encoding", "gzip"),  # and the body is no base64
        ("X-Dato", "x" * 17_000),
    ],
)  # fmt: skip
def test_a_header_that_no_door_sends_is_refused(name, value):
    for form in GOOD:
        with pytest.raises(Refused):
            check_response(form, with_header(form, name, value))


@pytest.mark.parametrize(
    ("door", "response"),
    [
        ("alb_multi", GOOD["alb_single"]), ("alb_single", GOOD["alb_multi"]),
        ("alb_multi", with_header("alb_multi", "Set-Cookie", ["x" * 10_000] * 4)),
        ("alb_multi", with_header("alb_multi", "X-Dato", [])),
        ("alb_single", GOOD["alb_single"] | {"statusDescription": "404 Not Found"}),
        ("alb_multi", GOOD["alb_multi"] | {"body": "x" * 1_000_000}),
        ("http_api_2", GOOD["http_api_2"] | {"statusDescription": "200 OK"}),
        ("rest", GOOD["rest"] | {"body": "x" * 6_291_456}),
        ("http_api_2", GOOD["http_api_2"] | {"cookies": [1]}),
        ("http_api_2", with_header("http_api_2", "Set-Cookie", "a=b")),
        ("http_api_2", with_header("http_api_2", "X-Dato", "x" * 10_240)),
        ("rest", with_header("rest", "set-cookie", "e=f")),  # in both maps
        ("chalice_local", with_header("rest", "Content-Length", "0") | {"body": ""}),
        ("chalice_local", GOOD["rest"] | {"headers": {"content-type": TYPE}}),
    ],
)  # fmt: skip
def test_what_one_door_does_not_send_is_refused(door, response):
    with pytest.raises(Refused):
        check_response(door, response)
