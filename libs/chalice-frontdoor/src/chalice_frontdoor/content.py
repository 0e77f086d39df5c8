"""Turn what a view returned into a body and its content type."""

from __future__ import annotations

import json
from decimal import Decimal

from chalice.app import MultiDict

#: Media types whose bytes are characters; they may travel as text.
_TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml")


def encode(body: object) -> tuple[str | bytes, str]:
    """The body as text or bytes, and the content type that it has unless the view says another.

    None is an empty body. Everything but text and bytes is JSON.

    Raises:
        TypeError: the value, or one inside it, has no JSON form.
        ValueError: the value holds NaN, Infinity, a number too exact for JSON's readers, or itself.
    """
    if body is None:
        return "", ""
    if isinstance(body, str):
        return body, "text/plain; charset=utf-8"
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), "application/octet-stream"
    return _ENCODER.encode(body), "application/json"


def is_textual(content_type: str) -> bool:
    """Whether bytes of this type are UTF-8 text."""
    media_type, _, parameters = content_type.lower().partition(";")
    textual = media_type.startswith(_TEXTUAL) or media_type.strip().endswith(("+json", "+xml"))
    return textual and ("charset=" not in parameters or "utf-8" in parameters)


def _to_json(value: object) -> object:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, MultiDict):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _number(value: Decimal) -> float | int:
    """The number that reads as exactly this decimal: JSON's readers have doubles (RFC 8259, section 6)."""
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError("a Decimal has more digits than a JSON number can carry: send it as text")
    return number


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json)
