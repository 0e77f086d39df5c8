"""Which headers pass the proxy, in each direction, and which answers are compressed."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

from chalice_frontdoor import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.web.upstream import Headers

ReturnedHeaders = dict[str, list[str]]

# A request's headers pass by an allow list. All others cannot spoof the client's address (X-Forwarded-For, Forwarded,
# X-Real-IP), break the framing (Connection, Transfer-Encoding, TE), or use up the few bytes that an HTTP API accepts
# (cookies, Sec-*). Accept-Encoding is not in it: an uncompressed answer can be measured against the front door's limit.
# X-Request-Id is the app's, already checked.
FORWARDED = (
    "Accept", "Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
    "User-Agent", "X-Amzn-Trace-Id", "traceparent", "tracestate",
)  # fmt: skip

# An answer's headers pass by a deny list: the upstream is ours. These belong to the one connection (RFC 9110, 7.6.1),
# or are set anew for the client: the front door adds `no-store`, because the next person may use the same browser.
NOT_RETURNED = frozenset({
    "cache-control", "connection", "content-length", "date", "keep-alive", "proxy-authenticate", "proxy-connection",
    "server", "te", "trailer", "transfer-encoding", "upgrade", "x-request-id",
})  # fmt: skip

# RFC 9110, 5.5: visible characters, spaces and tabs, and bytes above 127. An empty value is allowed too: an empty
# If-Match must not become an unconditional write.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# Bytes: a shorter answer fits into one packet in any case.
MIN_COMPRESSED_BYTES = 1400
_OK = 200
# An ETag names these very bytes: the compressed ones would need another, which no upstream knows (RFC 9110, 8.8.3.3).
_UNCHANGEABLE = frozenset({"etag", "content-encoding"})


def forwarded_headers(headers: Mapping[str, str]) -> Headers:
    """The headers of a client's request that the upstream gets too.

    Raises:
        Problem: 400, a value contains characters that HTTP does not allow.
    """
    for_this_hop = _names_in_connection([headers.get("Connection", "")])
    return tuple(
        (name, _wire_value(name, headers[name]))
        for name in FORWARDED
        if name in headers and name.lower() not in for_this_hop
    )


def returned_headers(headers: Headers) -> ReturnedHeaders:
    """The headers of an upstream's answer that the client gets too: the values of each name, in lower case."""
    for_this_hop = _names_in_connection(value for name, value in headers if name.lower() == "connection")
    returned: ReturnedHeaders = {}
    for name, value in headers:
        if name.lower() not in NOT_RETURNED | for_this_hop:
            returned.setdefault(name.lower(), []).append(value)
    return returned


def compress_for(request_headers: Mapping[str, str], status: int, headers: ReturnedHeaders, body: bytes) -> bytes:
    """The ``body`` of an answer for the client, compressed if that may be; then ``headers`` are changed to say so.

    CloudFront does not: it compresses only what it may keep. The length of a compressed answer reveals something of its
    content to a site that can trigger requests and observe them (BREACH). A program with its own token, or our own
    page, does not ask for another site.
    """
    is_own = request_headers.get("Sec-Fetch-Site") == "same-origin" or "Authorization" in request_headers
    is_worth_it = status == _OK and len(body) >= MIN_COMPRESSED_BYTES
    if not (is_own and is_worth_it and accepts_gzip(request_headers)) or _UNCHANGEABLE & headers.keys():
        return body
    headers["content-encoding"] = ["gzip"]
    headers["vary"] = [", ".join([*headers.get("vary", []), "Accept-Encoding"])]
    return compress(body)


def compress(content: bytes) -> bytes:
    """``content`` with gzip; equal bytes become equal bytes."""
    return gzip.compress(content, mtime=0)


def accepts_gzip(request_headers: Mapping[str, str]) -> bool:
    """Whether ``Accept-Encoding`` names gzip without ``q=0`` (RFC 9110, 12.5.3)."""
    accepted = request_headers.get("Accept-Encoding", "").split(",")
    codings = (coding.replace(" ", "").lower().partition(";q=") for coding in accepted)
    return any(name == "gzip" and (not quality or quality.strip("0.")) for name, _, quality in codings)


def _names_in_connection(values: Iterable[str]) -> set[str]:
    return {name.strip().lower() for value in values for name in value.split(",")}


def _wire_value(name: str, value: str) -> str:
    """``value`` as it goes over the wire in Latin-1; other characters are sent as UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode("latin-1")
    if not _VALUE.fullmatch(value):
        detail = {
            "es": f"La cabecera {name} contiene caracteres que HTTP no permite.",
            "en": f"The header {name} contains characters that HTTP does not allow.",
        }
        raise Problem(400, detail=detail)
    return value.strip("\t ")
