"""Read a JSON request body strictly (RFC 8259), so that what a service stores is what the client meant."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest

#: No form needs deeper nesting, and code that walks deeper values may reach Python's recursion limit.
MAX_DEPTH = 64


def read_json(request: FrontDoorRequest) -> Any:  # noqa: ANN401 - JSON is any of six types: the caller checks
    """The body as Python values. Numbers with a fraction or an exponent become ``decimal.Decimal``, never float.

    A Decimal may be as large as ``1e999999``: compare it with your bounds before you convert it.

    Raises:
        Problem: 415 unless the content type is ``application/json`` or ends in ``+json``; 400 if the body is not UTF-8
            or not JSON, repeats a name in one object, holds NaN, Infinity or a lone surrogate, or nests deeper than 64.
    """
    if not _is_json(request.headers.get("content-type", "")):
        raise Problem(
            415,
            detail={"es": "El cuerpo debe ser application/json.", "en": "The body must be application/json."},
            headers={"Accept": "application/json"},
        )
    try:
        return _parse(request.raw_body.decode())
    except (ValueError, ArithmeticError, RecursionError):
        raise Problem(
            400,
            detail={"es": "El cuerpo no es JSON válido en UTF-8.", "en": "The body is not valid JSON in UTF-8."},
        ) from None


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _parse(text: str) -> object:
    value = _DECODER.decode(text)
    # Only an escape can bring a lone surrogate into text that was UTF-8.
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    # A text with few brackets cannot be deep: most bodies are spared the walk.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ValueError("nested too deep")


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_names, parse_float=Decimal, parse_constant=_refuse)
