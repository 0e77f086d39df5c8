"""Which headers pass the proxy, in each direction (docs/adr/0008)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalicelib.web.upstream import Headers

# A request's headers pass by an allow list. What is not in it cannot spoof the client's address (X-Forwarded-For,
# Forwarded, X-Real-IP and whatever comes next), cannot break the framing (Connection, Transfer-Encoding, TE), and
# takes none of the few bytes that an HTTP API accepts (cookies, Sec-*). Accept-Encoding is not in it: an answer that
# comes uncompressed can be measured against the front door's limit. X-Request-Id is the app's, already checked.
FORWARDED = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "User-Agent",
    "X-Amzn-Trace-Id",
    "traceparent",
    "tracestate",
)

# An answer's headers pass by a deny list: the upstream is ours. These belong to the one connection (RFC 9110, 7.6.1),
# or are set by whoever sends the answer on.
NOT_RETURNED = frozenset(
    {
        "cache-control",
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)

# RFC 9110, 5.5: visible characters, spaces and tabs, and bytes above 127. An empty value is one too: an empty If-Match
# must not become an unconditional write.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LINK_TARGET = re.compile(r"<([^>]*)>")


class MalformedHeader(ValueError):
    """A header holds what HTTP does not allow in one; it becomes a 400."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def forwarded_headers(headers: Mapping[str, str]) -> Headers:
    """The headers of a client's request that the upstream gets too.

    Args:
        headers: the client's, found by name in any case.

    Raises:
        MalformedHeader: a value could not be sent.
    """
    for_this_hop = _names_in_connection([headers.get("Connection", "")])
    return tuple(
        (name, _wire_value(name, headers[name]))
        for name in FORWARDED
        if name in headers and name.lower() not in for_this_hop
    )


def returned_headers(headers: Headers, as_seen_by_client: Callable[[str], str]) -> dict[str, str | list[str]]:
    """The headers of an upstream's answer that the client gets too, with repeated ones as several values.

    Args:
        headers: the upstream's.
        as_seen_by_client: turns a reference of the upstream into one that the client can follow.
    """
    for_this_hop = _names_in_connection(value for name, value in headers if name.lower() == "connection")
    spellings: dict[str, str] = {}
    returned: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in NOT_RETURNED | for_this_hop:
            spelling = spellings.setdefault(name.lower(), name)
            returned.setdefault(spelling, []).append(_translate(name.lower(), value, as_seen_by_client))
    return dict(returned)


def _names_in_connection(values: Iterable[str]) -> set[str]:
    return {name.strip().lower() for value in values for name in value.split(",")}


def _wire_value(name: str, value: str) -> str:
    """``value`` as it goes over the wire in Latin-1; other characters are sent as UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode("latin-1")
    if not _VALUE.fullmatch(value):
        raise MalformedHeader(name)
    return value.strip("\t ")


def _translate(name: str, value: str, as_seen_by_client: Callable[[str], str]) -> str:
    match name:
        case "location" | "content-location":
            return as_seen_by_client(value)
        case "link":
            return _LINK_TARGET.sub(lambda match: f"<{as_seen_by_client(match[1])}>", value)
        case _:
            return value
