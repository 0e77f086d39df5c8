"""Where an upstream is, and how a request's target is built from parts that the client chose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")
_PARAMETER = re.compile(r"\{(\w+)\}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Who receives one of these resolves it as a relative reference, encoded or not (RFC 3986, 5.2.4): the request
# would reach another route than the one that was matched.
_RELATIVE_SEGMENTS = frozenset({"", ".", ".."})

ADDRESS_RULE = "http(s)://host[:port][/prefix], with neither credentials nor a query"


class ImpossibleSegment(ValueError):
    """A path parameter that no path can carry (empty, ``.`` or ``..``); it becomes a 404."""


@dataclass(frozen=True, slots=True)
class UpstreamAddress:
    """The fixed part of every URL of one upstream: nothing that a client sends changes it."""

    scheme: str
    authority: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> UpstreamAddress:
        """Read ``text``, such as ``https://a1b2.execute-api.us-east-1.amazonaws.com/stage``.

        Raises:
            ValueError: ``text`` breaks ``ADDRESS_RULE``.
        """
        parts = urlsplit(text)
        host, port = _split_port(parts.netloc)
        prefix = parts.path.removesuffix("/")
        acceptable = (
            parts.scheme in _DEFAULT_PORTS
            and _HOST.fullmatch(host)
            and _PREFIX.fullmatch(prefix)
            and not set(text) & set("?#@\\ ")
        )
        if not acceptable:
            raise ValueError(ADDRESS_RULE)
        shown_port = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
        return cls(parts.scheme, host.lower() + shown_port, prefix)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    def target(self, route: str, parameters: Mapping[str, str], query: Iterable[tuple[str, str]]) -> str:
        """The request target for ``route`` (``/empleados/{id}``), each decoded part encoded once.

        Raises:
            ImpossibleSegment: a parameter would not stay one segment.
        """
        path = _PARAMETER.sub(lambda match: _encode_segment(parameters[match[1]]), route)
        encoded_query = urlencode(list(query), safe="", errors="replace", quote_via=quote)
        return f"{self.prefix}{path}" + (f"?{encoded_query}" if encoded_query else "")

    def as_seen_by_client(self, reference: str) -> str:
        """The upstream's ``reference`` (RFC 3986) to something of its own, relative to the front door.

        References to other hosts, and what is no reference, stay as they are.
        """
        try:
            parts = urlsplit(reference)
        except ValueError:
            return reference
        if parts.scheme not in {"", *_DEFAULT_PORTS} or parts.netloc.lower() not in {"", self.authority}:
            return reference
        path = parts.path
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            path = path.removeprefix(self.prefix)
        if not path and (parts.path or parts.netloc):
            path = "/"
        if path.startswith(("/", "\\")):
            # Browsers read //host and /\host as another host.
            path = "/" + path.lstrip("/\\")
        return urlunsplit(("", "", path.replace("\\", "%5C"), parts.query, parts.fragment))


def _split_port(authority: str) -> tuple[str, int | None]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 2**16:
        raise ValueError(ADDRESS_RULE)
    return host, int(port)


def _encode_segment(value: str) -> str:
    if value in _RELATIVE_SEGMENTS:
        raise ImpossibleSegment(value)
    return quote(value, safe="", errors="replace")
