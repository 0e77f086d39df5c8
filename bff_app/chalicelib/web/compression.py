"""What travels compressed, for who takes it so (RFC 9110, 8.4.1.3 and 12.5.3).

CloudFront compresses only what it may keep, and answers about people it may not: a list of 200 employees has 50 kB, and
compressed 6.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Headers = Mapping[str, str | list[str]]

# Bytes: what is shorter fits into one packet in any case.
MIN_BYTES = 1400
_OK = 200
# An ETag names these very bytes: the compressed ones would need another, which no upstream knows (RFC 9110, 8.8.3.3).
_AS_IT_IS = frozenset({"etag", "content-encoding"})


def compress(content: bytes) -> bytes:
    """Equal bytes become equal bytes."""
    return gzip.compress(content, mtime=0)


def is_worth_it(status: int, headers: Headers, body: bytes) -> bool:
    """Whether an answer gains from it, and may be changed."""
    return status == _OK and len(body) >= MIN_BYTES and not any(name.lower() in _AS_IT_IS for name in headers)


def is_asked_for(request_headers: Mapping[str, str]) -> bool:
    """Whether who asks takes it, and is nobody that another site made ask.

    The length of a compressed answer tells something of its content to who can have requests made and can watch them
    (BREACH): a program with its own token, or our own page, does not ask for somebody else.
    """
    is_own = request_headers.get("Sec-Fetch-Site") == "same-origin" or "Authorization" in request_headers
    return is_own and accepts_gzip(request_headers.get("Accept-Encoding", ""))


def compressed_headers(headers: Headers) -> dict[str, str | list[str]]:
    """The headers of an answer whose body is compressed."""
    varies = next((value for name, value in headers.items() if name.lower() == "vary"), [])
    others = {name: value for name, value in headers.items() if name.lower() != "vary"}
    known = [varies] if isinstance(varies, str) else varies
    return {**others, "Content-Encoding": "gzip", "Vary": ", ".join([*known, "Accept-Encoding"])}


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the header names gzip without ``q=0`` (RFC 9110, section 12.5.3)."""
    codings = (coding.replace(" ", "").lower().partition(";q=") for coding in accept_encoding.split(","))
    return any(name == "gzip" and (not quality or quality.strip("0.")) for name, _, quality in codings)
