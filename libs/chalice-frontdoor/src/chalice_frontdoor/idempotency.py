"""The request header ``Idempotency-Key``: a client's name for what it wants done once, however often it asks.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ (07). Here is what a key may look like, and
the draft's three refusals. Keeping a key with what was done under it is the app's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
#: A String of RFC 8941 (section 3.3.3); its quotes may be left out around what has nothing to be quoted, as in a UUID.
PATTERN = r'^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[A-Za-z0-9._~+/=:-]{1,255})$'

MALFORMED = "urn:frontdoor:idempotency-key-malformed"
IN_FLIGHT = "urn:frontdoor:idempotency-key-in-flight"
REUSED = "urn:frontdoor:idempotency-key-reused"

#: Seconds until the first request will have ended, usually.
RETRY_AFTER = "1"

_KEY = re.compile(PATTERN)
_ESCAPED = re.compile(r'\\(["\\])')


def read_key(headers: Mapping[str, str]) -> str | None:
    """The key of a request, without its quotes; None when it has none.

    Args:
        headers: the request's, found by name in any case.

    Raises:
        Problem: 400, it cannot be read. Doing the request without it could do it twice.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    text = text.strip(" \t")
    if not _KEY.fullmatch(text):
        raise Problem(
            400,
            title={"es": "La cabecera Idempotency-Key no es válida", "en": "The header Idempotency-Key is not valid"},
            detail={
                "es": f"Debe estar una sola vez y ser un texto ASCII entre comillas, de 1 a {MAX_LENGTH} caracteres.",
                "en": f"It must be there once, and be ASCII text in quotes, of 1 to {MAX_LENGTH} characters.",
            },
            type=MALFORMED,
        )
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text


def key_in_flight() -> Problem:
    """409: another request with this key has not ended."""
    return Problem(
        409,
        title={"es": "La petición ya está en curso", "en": "The request is under way already"},
        detail={
            "es": "Otra petición con la misma Idempotency-Key no ha terminado. Repítala dentro de un momento.",
            "en": "Another request with the same Idempotency-Key has not ended. Repeat it in a moment.",
        },
        type=IN_FLIGHT,
        headers={"Retry-After": RETRY_AFTER},
    )


def key_reused() -> Problem:
    """422: something else was done under this key."""
    return Problem(
        422,
        title={"es": "La Idempotency-Key ya se usó", "en": "The Idempotency-Key was used already"},
        detail={
            "es": "Con esta clave se hizo otra petición, con otros datos. Use una clave nueva.",
            "en": "Another request was made with this key, with other data. Use a new key.",
        },
        type=REUSED,
    )
