"""Shape an answer for the front door that asked.

Each door refuses a response that is not exactly as it wants it, and then sends an error page of its own: the ALB a 502,
API Gateway a 500 or 502. So everything is checked here, where a problem document can still be sent instead.

::

    ValueError
    └── ResponseRefused         what a view returned cannot be sent; answered by 500 and logged
        └── ResponseTooLarge    it is more than the door lets through
"""

from __future__ import annotations

import base64
import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice.app import MultiDict

from chalice_frontdoor import events
from chalice_frontdoor.problems import reason_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: An ALB refuses a response whose JSON is larger (its documentation: "1 MB").
ALB_RESPONSE_BYTES = 1_000_000
#: Lambda's limit for a synchronous response; API Gateway's own 10 MB are never reached.
LAMBDA_RESPONSE_BYTES = 6_291_456
#: API Gateway: names and values of all headers together.
GATEWAY_HEADER_BYTES = 10_240
#: ALB: the whole response header, and one header.
ALB_HEADER_BYTES = 32_768
ALB_ONE_HEADER_BYTES = 16_384

#: RFC 9110: a field name is a token; a value has no control character. Beyond ISO 8859-1 a door may cut a character to
#: its last byte, which could be a line break.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_MALFORMED_NAME = "a header's name is no token"

#: Media types whose bytes are characters; they may travel as text.
_TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml")
#: The door's own business (RFC 9110, section 7.6.1, and the length of a body that the door sends).
_HOP_BY_HOP = frozenset(
    ("connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
_ALB = frozenset((events.ALB_MULTI, events.ALB_SINGLE))
_WITHOUT_GATEWAY = _ALB | {events.LATTICE}
_BODILESS = frozenset((204, 205, 304))

#: One character becomes at most twelve bytes in the JSON that Lambda sends: a surrogate pair, both escaped.
_WORST_GROWTH = 12


class ResponseRefused(ValueError):
    """The status, a header or the text of a response cannot be sent. The message quotes nothing of the response."""


class ResponseTooLarge(ResponseRefused):
    """The response, or its headers, are more than the door lets through."""


class Answer:
    """A response that has passed the checks which are the same for every door.

    ``headers`` has by lower-case name the name to send and its values.

    Raises:
        ResponseRefused: the status is no final HTTP status, a header is malformed, or text has lone surrogates.
        TypeError, ValueError: the body has no JSON form.
    """

    def __init__(self, status: object, headers: Mapping[str, object], body: object) -> None:
        self.status = _check_status(status)
        self.headers = _check_headers(headers)
        content, content_type = _encode(body)
        if self.status in _BODILESS:
            content = ""
        if isinstance(content, str) and not content.isascii():
            _check_encodable(content)
        if content and "content-type" not in self.headers:
            self.set("Content-Type", content_type)
        self.body = content

    @property
    def is_page(self) -> bool:
        """Whether a browser would show it as a document that loads others."""
        types = self.headers.get("content-type")
        return types is not None and types[1][0].lower().startswith(("text/html", "application/xhtml", "image/svg"))

    def set(self, name: str, value: str) -> None:
        """Replace a header."""
        self.headers[name.lower()] = (name, [value])

    def leave_body_out(self) -> None:
        """Answer HEAD: the headers of GET, its length included, and no body (RFC 9110, section 9.3.2)."""
        if self.status not in _BODILESS:
            length = len(self.body.encode() if isinstance(self.body, str) else self.body)
            self.set("Content-Length", str(length))
        self.body = ""


def write(door: str, answer: Answer, binary_types: Sequence[str] = ()) -> dict[str, Any]:
    """The response in the form that the door wants; in base64 if its type is one of ``binary_types`` (``app.api``).

    Raises:
        ResponseTooLarge: it is more than the door lets through.
    """
    body, is_base64 = _transport(answer, binary_types)
    response = {"statusCode": answer.status, "isBase64Encoded": is_base64, "body": body, **_WRITERS[door](answer)}
    _check_header_bytes(door, answer)
    limit = ALB_RESPONSE_BYTES if door in _ALB else LAMBDA_RESPONSE_BYTES
    # Measuring costs as much as sending: only what could be too large is measured.
    if (len(body) + ALB_HEADER_BYTES) * _WORST_GROWTH > limit and len(json.dumps(response)) > limit:
        raise ResponseTooLarge(f"the response is more than {limit} bytes of JSON")
    return response


def _alb_multi(answer: Answer) -> dict[str, Any]:
    return {
        "statusDescription": f"{answer.status} {reason_phrase(answer.status)}",
        "multiValueHeaders": dict(answer.headers.values()),
    }


def _alb_single(answer: Answer) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for lower, (name, values) in answer.headers.items():
        if lower == "set-cookie":
            # Cookies cannot be joined, and the map has one value a name; but names that differ in case are different.
            headers.update((_spelling(name, number), value) for number, value in enumerate(values))
        else:
            headers[name] = ", ".join(values)
    return {"statusDescription": f"{answer.status} {reason_phrase(answer.status)}", "headers": headers}


def _version_2(answer: Answer) -> dict[str, Any]:
    headers = {name: ", ".join(values) for lower, (name, values) in answer.headers.items() if lower != "set-cookie"}
    cookies = answer.headers.get("set-cookie")
    return {"headers": headers, "cookies": cookies[1]} if cookies else {"headers": headers}


def _version_1(answer: Answer) -> dict[str, Any]:
    single: dict[str, str] = {}
    multiple: dict[str, list[str]] = {}
    for name, values in answer.headers.values():
        if len(values) == 1:
            single[name] = values[0]
        else:
            multiple[name] = values
    return {"headers": single, "multiValueHeaders": multiple}


def _chalice_local(answer: Answer) -> dict[str, Any]:
    # Its server writes the length itself; ours would be a second one.
    answer.headers.pop("content-length", None)
    return _version_1(answer)


_WRITERS = {
    events.ALB_MULTI: _alb_multi,
    events.ALB_SINGLE: _alb_single,
    events.HTTP_API_2: _version_2,
    events.HTTP_API_1: _version_1,
    events.FUNCTION_URL: _version_2,
    events.LATTICE: _alb_single,
    events.REST: _version_1,
    events.CHALICE_LOCAL: _chalice_local,
}


def _transport(answer: Answer, binary_types: Sequence[str]) -> tuple[str, bool]:
    """The body as the JSON response carries it: text as it is, bytes and whatever is compressed in base64."""
    body = answer.body
    if not body:
        return "", False
    content_type = answer.headers["content-type"][1][0]
    is_binary = "content-encoding" in answer.headers or _is_one_of(content_type, binary_types)
    if isinstance(body, str):
        return (base64.b64encode(body.encode()).decode(), True) if is_binary else (body, False)
    if not is_binary and _is_textual(content_type):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass  # the view's content type is wrong; its bytes arrive all the same
    return base64.b64encode(body).decode(), True


def _check_status(status: object) -> int:
    if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004
        raise ResponseRefused("the status is no final HTTP status")
    return int(status)


def _check_headers(headers: Mapping[str, object]) -> dict[str, tuple[str, list[str]]]:
    """By lower-case name, the name to send and its values. A name given twice keeps the last."""
    checked: dict[str, tuple[str, list[str]]] = {}
    for name, value in headers.items():
        if not isinstance(name, str):
            raise ResponseRefused(_MALFORMED_NAME)
        lower = _lower_name(name)
        if lower in _HOP_BY_HOP:
            continue
        if isinstance(value, str) and value.isascii() and value.isprintable():
            values = [value]  # most are; to ask costs a third of what the pattern costs
        else:
            values = [_check_value(name, item) for item in (value if isinstance(value, (list, tuple)) else (value,))]
        if values:
            checked[lower] = ("Content-Type" if lower == "content-type" else name, values)
    return checked


@lru_cache  # views send the same few names again and again
def _lower_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ResponseRefused(_MALFORMED_NAME)
    return name.lower()


def _check_value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(int(value)) if isinstance(value, int) else value
    if not isinstance(text, str) or not _VALUE.fullmatch(text):
        raise ResponseRefused(f"the value of the header {name} is not printable text of ISO 8859-1")
    return text


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ResponseRefused("the body holds a lone surrogate") from None


def _encode(body: object) -> tuple[str | bytes, str]:
    """The body as text or bytes, and the content type that it has unless the view says another.

    Text is sent as it is, as JSON: views may call ``json.dumps`` themselves. All but text and bytes becomes JSON.

    Raises:
        TypeError: the value, or one inside it, has no JSON form.
        ValueError: the value holds NaN, Infinity, or itself.
    """
    if isinstance(body, str):
        return body, "application/json"
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), "application/octet-stream"
    return _ENCODER.encode(body), "application/json"


def _is_one_of(content_type: str, media_types: Sequence[str]) -> bool:
    return "*/*" in media_types or _media_type(content_type) in media_types


@lru_cache  # an app has few
def _media_type(content_type: str) -> str:
    """Without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _is_textual(content_type: str) -> bool:
    """Whether bytes of this type are UTF-8 text."""
    media_type, _, parameters = content_type.lower().partition(";")
    textual = media_type.startswith(_TEXTUAL) or media_type.strip().endswith(("+json", "+xml"))
    return textual and ("charset=" not in parameters or "utf-8" in parameters)


def _to_json(value: object) -> object:
    """What the JSON encoder does not know. A fraction becomes a double, as with Chalice: JSON's readers have those."""
    if isinstance(value, MultiDict):
        return dict(value)
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return int(value) if value == value.to_integral_value() else float(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json)


def _check_header_bytes(door: str, answer: Answer) -> None:
    sizes = [len(name) + len(value) for name, values in answer.headers.values() for value in values]
    if door in _WITHOUT_GATEWAY:
        too_large = sum(sizes) > ALB_HEADER_BYTES or max(sizes, default=0) > ALB_ONE_HEADER_BYTES
    else:
        too_large = sum(sizes) > GATEWAY_HEADER_BYTES
    if too_large:
        raise ResponseTooLarge("the headers are more than the front door lets through")


def _spelling(name: str, number: int) -> str:
    """The number-th spelling of a name in upper and lower case; the 0th is the name itself."""
    letters = [index for index, letter in enumerate(name) if letter.isalpha()]
    flipped = {index for bit, index in enumerate(letters) if number >> bit & 1}
    return "".join(letter.swapcase() if index in flipped else letter for index, letter in enumerate(name))
