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
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice.app import MultiDict

from chalice_frontdoor.problems import reason_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice_frontdoor.events import Form

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

#: Media types whose bytes are characters; they may travel as text.
_TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml")
#: The door's own business (RFC 9110, section 7.6.1, and the length of a body that the door sends).
_HOP_BY_HOP = frozenset(
    ("connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
_BODILESS = frozenset((204, 205, 304))

#: One character becomes at most twelve bytes in the JSON that Lambda sends: a surrogate pair, both escaped.
_WORST_GROWTH = 12


Single = dict[str, str]
Several = dict[str, list[str]]


class ResponseRefused(ValueError):
    """The status, a header or the text of a response cannot be sent. The message quotes nothing of the response."""


class ResponseTooLarge(ResponseRefused):
    """The response, or its headers, are more than the door lets through."""


class Kind(NamedTuple):
    """A content type: without parameters; whether its bytes are UTF-8 text; whether a browser shows it as a page."""

    media_type: str
    is_text: bool
    is_page: bool


class Answer:
    """A response that has passed the checks which are the same for every door.

    ``headers`` has by lower-case name the name to send, and its value or several.

    Raises:
        ResponseRefused: the status is no final HTTP status, or a header is malformed.
        TypeError, ValueError: the body has no JSON form, or lone surrogates.
    """

    def __init__(self, status: object, headers: Mapping[str, object], body: object) -> None:
        if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004
            raise ResponseRefused("the status is no final HTTP status")
        self.status = int(status)
        self.headers, self._has_lists = _check_headers(headers)
        content, content_type = (body, "application/json") if isinstance(body, str) else _encode(body)
        if self.status in _BODILESS:
            content = ""
        if isinstance(content, str) and not content.isascii():
            content.encode()
        if content and "content-type" not in self.headers:
            self.headers["content-type"] = ("Content-Type", content_type)
        self.body = content
        self.kind = _kind_of(self.headers.get("content-type", ("", ""))[1])

    def leave_body_out(self) -> None:
        """Answer HEAD: the headers of GET, its length included, and no body (RFC 9110, section 9.3.2)."""
        if self.status not in _BODILESS:
            length = len(self.body.encode() if isinstance(self.body, str) else self.body)
            self.headers["content-length"] = ("Content-Length", str(length))
        self.body = ""

    def divide_headers(self) -> tuple[Single, Several]:
        """Those with one value, and those with several, by the name to send."""
        single: dict[str, Any] = dict(self.headers.values())
        several = [name for name, value in single.items() if isinstance(value, list)] if self._has_lists else ()
        return single, {name: single.pop(name) for name in several} if several else {}


def write(form: Form, answer: Answer, binary_types: Sequence[str] = ()) -> dict[str, Any]:
    """The response that answers a form of event; in base64 if its type is one of ``binary_types`` (``app.api``).

    Raises:
        ResponseTooLarge: it is more than the door lets through.
    """
    body, is_base64 = _transport(answer, binary_types)
    single, several = answer.divide_headers()
    is_gateway = form.headers in {"cookies", "both"}
    _check_header_bytes(single, several, is_gateway=is_gateway)
    response: dict[str, Any] = {"statusCode": answer.status, "isBase64Encoded": is_base64, "body": body}
    if not is_gateway:
        response["statusDescription"] = f"{answer.status} {reason_phrase(answer.status)}"
    if form.headers == "lists":
        response["multiValueHeaders"] = {name: [value] for name, value in single.items()} | several
    elif form.headers == "both":
        if form.door == "chalice_local":
            single.pop("Content-Length", None)  # its server writes the length itself
        response["headers"], response["multiValueHeaders"] = single, several
    else:
        name, cookies = answer.headers.get("set-cookie", ("", ""))
        if form.headers == "cookies" and name:
            response["cookies"] = several.pop(name) if name in several else [single.pop(name)]
        elif isinstance(cookies, list):
            # They cannot be joined, and the map has one value a name; but names that differ in case are different.
            single |= {_spelling(name, number): value for number, value in enumerate(several.pop(name))}
        if several:
            single |= {name: ", ".join(values) for name, values in several.items()}
        response["headers"] = single
    limit = ALB_RESPONSE_BYTES if form.door == "alb" else LAMBDA_RESPONSE_BYTES
    # Measuring costs as much as sending: only what could be too large is measured.
    if (len(body) + ALB_HEADER_BYTES) * _WORST_GROWTH > limit and len(json.dumps(response)) > limit:
        raise ResponseTooLarge(f"the response is more than {limit} bytes of JSON")
    return response


def _transport(answer: Answer, binary_types: Sequence[str]) -> tuple[str, bool]:
    """The body as the JSON response carries it: text as it is, bytes and whatever is compressed in base64."""
    body = answer.body
    if not body:
        return "", False
    kind = answer.kind
    is_binary = "content-encoding" in answer.headers or kind.media_type in binary_types or "*/*" in binary_types
    if isinstance(body, str):
        return (base64.b64encode(body.encode()).decode(), True) if is_binary else (body, False)
    if kind.is_text and not is_binary:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass  # the view's content type is wrong; its bytes arrive all the same
    return base64.b64encode(body).decode(), True


def _check_headers(headers: Mapping[str, object]) -> tuple[dict[str, tuple[str, Any]], bool]:
    """``Answer.headers``, and whether one has several values. A name given twice keeps the last."""
    checked: dict[str, tuple[str, Any]] = {}
    has_lists = False
    for given, value in headers.items():
        lower, name = _names_of(given)
        if lower in _HOP_BY_HOP:
            continue
        if isinstance(value, str) and value.isascii() and value.isprintable():
            checked[lower] = (name, value)  # most are; to ask costs a third of what the pattern costs
            continue
        values = [_check_value(name, item) for item in (value if isinstance(value, (list, tuple)) else (value,))]
        if len(values) == 1:
            checked[lower] = (name, values[0])
        elif lower == "content-type":
            raise ResponseRefused("Content-Type has not one value")
        elif values:
            checked[lower], has_lists = (name, values), True
    return checked, has_lists


@lru_cache  # views send the same few names again and again
def _names_of(name: object) -> tuple[str, str]:
    """The name in lower case, and as it is sent."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ResponseRefused("a header's name is no token")
    lower = name.lower()
    return lower, "Content-Type" if lower == "content-type" else name


def _check_value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(int(value)) if isinstance(value, int) else value
    if not isinstance(text, str) or not _VALUE.fullmatch(text):
        raise ResponseRefused(f"the value of the header {name} is not printable text of ISO 8859-1")
    return text


def _encode(body: object) -> tuple[str | bytes, str]:
    """The body as text or bytes, and the content type that it has unless the view says another.

    Text was sent as it is, as JSON: views may call ``json.dumps`` themselves. All else but bytes becomes JSON.
    """
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), "application/octet-stream"
    return _ENCODER.encode(body), "application/json"


@lru_cache  # an app has few
def _kind_of(content_type: str) -> Kind:
    media_type, _, parameters = content_type.lower().partition(";")
    media_type = media_type.strip()
    is_text = media_type.startswith(_TEXTUAL) or media_type.endswith(("+json", "+xml"))
    is_utf8 = "charset=" not in parameters or "utf-8" in parameters
    is_page = media_type.startswith(("text/html", "application/xhtml", "image/svg"))
    return Kind(media_type, is_text and is_utf8, is_page)


def _to_json(value: object) -> object:
    """What the JSON encoder does not know. A fraction becomes a double, as with Chalice: JSON's readers have those."""
    if isinstance(value, MultiDict):
        return dict(value)
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return int(value) if value == value.to_integral_value() else float(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json)


def _check_header_bytes(single: Single, several: Several, *, is_gateway: bool) -> None:
    total = sum(map(len, single)) + sum(map(len, single.values()))
    if not several and total <= GATEWAY_HEADER_BYTES:  # the least of the limits
        return
    lines = [len(name) + len(value) for name, values in several.items() for value in values]
    total += sum(lines)
    lines += [len(name) + len(value) for name, value in single.items()]
    limits = (GATEWAY_HEADER_BYTES, GATEWAY_HEADER_BYTES) if is_gateway else (ALB_HEADER_BYTES, ALB_ONE_HEADER_BYTES)
    if total > limits[0] or max(lines) > limits[1]:
        raise ResponseTooLarge("the headers are more than the front door lets through")


def _spelling(name: str, number: int) -> str:
    """The number-th spelling of a name in upper and lower case; the 0th is the name itself."""
    letters = [index for index, letter in enumerate(name) if letter.isalpha()]
    flipped = {index for bit, index in enumerate(letters) if number >> bit & 1}
    return "".join(letter.swapcase() if index in flipped else letter for index, letter in enumerate(name))
