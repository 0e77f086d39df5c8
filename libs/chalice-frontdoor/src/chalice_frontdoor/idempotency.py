"""The request header ``Idempotency-Key``: a request with a key takes effect once, however often it is repeated.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ (07). This module has the syntax of a key
and the draft's errors. The app stores each key with the result of its request.

::

    Problem
    ├── KeyMalformed    400: the header cannot be read
    ├── KeyMissing      400: the request needs one
    ├── KeyInFlight     409: the first request with the key has not ended; nothing was done
    └── KeyReused       422: the key belongs to another request; nothing was done
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
#: A String of RFC 8941 (section 3.3.3); its quotes may be left out around what has nothing to be quoted, as in a UUID.
PATTERN = r'^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[A-Za-z0-9._~+/=:-]{1,255})$'
#: The types of the problems.
MALFORMED, MISSING, IN_FLIGHT, REUSED = (
    f"urn:frontdoor:idempotency-key-{kind}" for kind in ("malformed", "missing", "in-flight", "reused")
)

#: Seconds in which the first request usually ends.
RETRY_AFTER = "1"

_KEY = re.compile(PATTERN)
_ESCAPED = re.compile(r'\\(["\\])')


def read_key(headers: Mapping[str, str]) -> str | None:
    """The key of a request, without its quotes, or None.

    Args:
        headers: a mapping that ignores the case of names.

    Raises:
        KeyMalformed: carrying out the request without its key could carry it out twice.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    text = text.strip(" \t")
    if not _KEY.fullmatch(text):
        raise KeyMalformed
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text


class KeyMalformed(Problem):
    def __init__(self) -> None:
        es = f"Debe estar una sola vez y ser un texto ASCII entre comillas, de 1 a {MAX_LENGTH} caracteres."
        en = f"It must be there once, and be ASCII text in quotes, of 1 to {MAX_LENGTH} characters."
        title = {"es": "La cabecera Idempotency-Key no es válida", "en": "The header Idempotency-Key is not valid"}
        super().__init__(400, type=MALFORMED, title=title, detail={"es": es, "en": en})


class KeyMissing(Problem):
    def __init__(self) -> None:
        es = "Esta petición necesita una clave propia, para que se pueda repetir sin peligro."
        en = "This request needs a key of its own, so that it may be repeated safely."
        title = {"es": "Falta la cabecera Idempotency-Key", "en": "The header Idempotency-Key is missing"}
        super().__init__(400, type=MISSING, title=title, detail={"es": es, "en": en})


class KeyInFlight(Problem):
    def __init__(self) -> None:
        es = "Otra petición con la misma Idempotency-Key no ha terminado. Repítala dentro de un momento."
        en = "Another request with the same Idempotency-Key has not ended. Repeat it in a moment."
        title = {"es": "La petición ya está en curso", "en": "The request is under way already"}
        retry = {"Retry-After": RETRY_AFTER}
        super().__init__(409, type=IN_FLIGHT, title=title, detail={"es": es, "en": en}, headers=retry)


class KeyReused(Problem):
    def __init__(self) -> None:
        es = "Con esta clave se hizo otra petición, con otros datos. Use una clave nueva."
        en = "Another request was made with this key, with other data. Use a new key."
        title = {"es": "La Idempotency-Key ya se usó", "en": "The Idempotency-Key was used already"}
        super().__init__(422, type=REUSED, title=title, detail={"es": es, "en": en})


def describe_header(kept_hours: int) -> dict[str, Any]:
    """The header as a parameter in OpenAPI; the app remembers a key for ``kept_hours``."""
    return {
        "name": HEADER,
        "in": "header",
        "description": "A name of the client's own for this request, such as a UUID in quotes "
        "(draft-ietf-httpapi-idempotency-key-header). Repeated with the same key within "
        f"{kept_hours} hours, it is done once and answered alike; what failed is done anew. Keys of others are other "
        "keys.",
        "schema": {"type": "string", "pattern": PATTERN, "examples": ['"8e03978e-40d5-43dd-bc93-6894a57f9324"']},
    }
