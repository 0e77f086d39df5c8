"""What each front door refuses: every response of the test suite goes through here."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from chalice_frontdoor.testing.events import DOORS

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

ALB_RESPONSE_BYTES = 1_000_000
ALB_HEADER_BYTES = 32_768
ALB_ONE_HEADER_BYTES = 16_384
LAMBDA_RESPONSE_BYTES = 6_291_456
GATEWAY_HEADER_BYTES = 10_240

Headers = list[tuple[str, str]]


class Refused(AssertionError):
    """The front door would send an error page of its own instead of this response."""


def check_response(door: str, response: Any) -> Headers:
    """The headers of the response, one pair a line on the wire.

    Raises:
        Refused: the door would not send it as it is.
        ValueError: there is no such door.
    """
    if door not in DOORS:
        raise ValueError(f"no such front door: {door}")
    _require(isinstance(response, dict), "it is no JSON object")
    try:
        size = len(json.dumps(response, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Refused(f"Lambda cannot write it as JSON: {error}") from None
    headers = _check_shape(door, response)
    status, is_base64, body = response["statusCode"], response["isBase64Encoded"], response["body"]
    _require(type(status) is int and 200 <= status <= 599, "statusCode is no final status")
    _require(isinstance(is_base64, bool), "isBase64Encoded is no boolean")
    _require(isinstance(body, str), "the body is no string")
    try:
        _ = base64.b64decode(body, validate=True) if is_base64 else body.encode()
    except ValueError:
        raise Refused("the body is no base64, or no Unicode text") from None
    _check_headers(status, headers, body, is_base64=is_base64)
    is_alb, has_gateway = door in {"alb_multi", "alb_single"}, door not in {"alb_multi", "alb_single", "lattice"}
    lines = [len(name) + len(value) for name, value in headers]
    largest = ALB_RESPONSE_BYTES if is_alb else LAMBDA_RESPONSE_BYTES
    _require(size <= largest, f"its JSON is larger than {largest} bytes")
    largest = GATEWAY_HEADER_BYTES if has_gateway else ALB_HEADER_BYTES
    _require(sum(lines) <= largest, f"its headers are larger than {largest} bytes")
    _require(has_gateway or max(lines, default=0) <= ALB_ONE_HEADER_BYTES, "one header is larger than 16 K")
    return headers


def _check_shape(door: str, response: dict[str, Any]) -> Headers:
    keys = {"statusCode", "body", "isBase64Encoded"}
    if door in {"alb_multi", "alb_single", "lattice"}:
        given = "multiValueHeaders" if door == "alb_multi" else "headers"
        _require_keys(response, keys | {"statusDescription", given})
        pattern = rf"{response['statusCode']} [ -~]+"
        _require(re.fullmatch(pattern, str(response["statusDescription"])) is not None, "it is not like '200 OK'")
        return _read_headers(response, given)
    if door in {"http_api_2", "http_api_2_stage", "http_api_2_routes", "function_url"}:
        _require_keys(response, keys | {"headers"}, {"cookies"})
        headers = _read_headers(response, "headers")
        _require("set-cookie" not in _names(headers), "payload 2.0 has cookies apart")
        cookies = response.get("cookies", [])
        _require(isinstance(cookies, list) and all(isinstance(item, str) for item in cookies), "cookies are no strings")
        return headers + [("set-cookie", cookie) for cookie in cookies]
    _require_keys(response, keys | {"headers", "multiValueHeaders"})
    single, multiple = _read_headers(response, "headers"), _read_headers(response, "multiValueHeaders")
    _require(not {*_names(single)} & {*_names(multiple)}, "a header stands in both maps")
    if door == "chalice_local":
        _require("content-length" not in _names(single + multiple), "chalice local writes the length itself")
        spelt = {name for name, _ in single + multiple if name.lower() == "content-type"}
        _require(spelt <= {"Content-Type"}, "chalice local looks for Content-Type in that spelling")
    return single + multiple


def _read_headers(response: dict[str, Any], key: str) -> Headers:
    headers = response.get(key)
    if not isinstance(headers, dict):
        raise Refused(f"{key} is no map")
    if key == "headers":
        headers = {name: [value] for name, value in headers.items()}
    _require(all(isinstance(values, list) and values for values in headers.values()), f"a value in {key} is no list")
    lines = [(name, value) for name, values in headers.items() for value in values]
    _require(all(isinstance(value, str) for _, value in lines), f"a value in {key} is no string")
    return lines


def _check_headers(status: int, headers: Headers, body: str, *, is_base64: bool) -> None:
    for name, value in headers:
        _require(_TOKEN.fullmatch(name) is not None, f"{name!r} is no header name")
        _require(_VALUE.fullmatch(value) is not None, f"the value of {name} has a character that no header has")
        _require(name.lower() not in _HOP_BY_HOP, f"{name} belongs to the connection")
    names = _names(headers)
    _require(status not in {204, 205, 304} or not body, f"{status} has no body")
    _require(not body or "content-type" in names, "a body without Content-Type becomes application/octet-stream")
    _require("content-encoding" not in names or is_base64 or not body, "a compressed body is base64")
    _require(names.count("content-type") <= 1, "Content-Type stands twice")
    _require("content-length" not in names or not body, "the length of a body is the front door's to say")


def _names(headers: Headers) -> list[str]:
    return [name.lower() for name, _ in headers]


def _require_keys(response: dict[str, Any], keys: set[str], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    missing, unknown = keys - response.keys(), response.keys() - keys - optional
    _require(not missing, f"{sorted(missing)} is missing")
    _require(not unknown, f"{sorted(unknown)} is unknown to that door")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001
    if not condition:
        raise Refused(message)
