"""What is sent to an upstream, what comes back, and what can go wrong on the way.

    UpstreamError            nobody answered as they should                 -> 502
    +-- UpstreamUnreachable  no connection: DNS, refused, TLS               -> 502
    +-- UpstreamTooSlow      the deadline passed                            -> 504
    +-- UpstreamBroken       reset, half an answer, or no HTTP at all       -> 502
    +-- AnswerTooLarge       more than the front door could pass on         -> 502
    +-- UpstreamBusy         AWS let the request not in                     -> 503, Retry-After
    +-- UnexplainedError     an error, but not from the app: AWS's own page -> 502, 503, 504, or its 4xx

None of these is retried, except that a safe request which met a connection that was being closed is sent once
more (see ``httpx_client``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.web.address import UpstreamAddress
    from chalicelib.web.deadline import Deadline

Headers = tuple[tuple[str, str], ...]
_FIRST_ERROR_STATUS = 400
# RFC 9110, 9.2.1: they change nothing, so that sending one twice does no harm.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Upstream:
    """One of the APIs behind the proxy."""

    name: str
    address: UpstreamAddress


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request, complete to the byte: nothing is added when it is sent."""

    upstream: Upstream
    method: str
    target: str
    headers: Headers
    body: bytes = b""

    @property
    def is_safe(self) -> bool:
        """Whether it changes nothing."""
        return self.method in SAFE_METHODS

    @property
    def head_bytes(self) -> int:
        """Bytes of the request line and the headers on the wire."""
        request_line = len(f"{self.method} {self.target} HTTP/1.1\r\n")
        return request_line + sum(len(f"{name}: {value}\r\n") for name, value in self.headers) + len("\r\n")


def own_request(upstream: Upstream, path: str, query: Iterable[tuple[str, str]], request_id: str) -> UpstreamRequest:
    """A GET that no client sent, for something that this app wants to know."""
    headers = (
        ("Host", upstream.address.authority),
        ("X-Request-Id", request_id),
        ("Accept-Encoding", "identity"),
    )
    return UpstreamRequest(upstream, "GET", upstream.address.target(path, {}, query), headers)


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """An answer, read to its end. Repeated headers are repeated."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The first value of the header ``name`` (in lower case), or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def is_unexplained_error(self) -> bool:
        """Whether it is an error without a problem document: every error of our apps has one, AWS's own have none."""
        media_type = self.header("content-type").partition(";")[0].strip().lower()
        return self.status >= _FIRST_ERROR_STATUS and media_type != "application/problem+json"


class UpstreamError(Exception):
    """``request`` has no usable answer.

    Attributes:
        request_sent: whether any of it had left this process.
        reason: what was noticed, in the words of the network library; for the log.
    """

    def __init__(self, request: UpstreamRequest, *, request_sent: bool, reason: str = "") -> None:
        super().__init__(request.upstream.name, reason)
        self.request = request
        self.request_sent = request_sent
        self.reason = reason

    @property
    def outcome_unknown(self) -> bool:
        """Whether the request may have changed something although nobody said so."""
        return self.request_sent and not self.request.is_safe


class UpstreamUnreachable(UpstreamError):
    """No connection could be made: the name does not resolve, nobody listens, or TLS failed."""


class UpstreamTooSlow(UpstreamError):
    """The deadline passed before the answer's last byte."""


class UpstreamBroken(UpstreamError):
    """The connection ended too early, or what came was not HTTP."""


class AnswerTooLarge(UpstreamError):
    """The answer has more bytes than the front door could pass on; it was not read to its end."""


class UnexplainedError(UpstreamError):
    """An error came from somebody between the proxy and the app: ``answer`` is AWS's page, not a problem document."""

    def __init__(self, request: UpstreamRequest, answer: UpstreamAnswer) -> None:
        super().__init__(request, request_sent=True)
        self.answer = answer


class UpstreamBusy(UpstreamError):
    """AWS let the request not in: the API's throttle is closed, or the function runs as often as it may.

    The app never saw it. ``retry_after`` is the number of seconds after which a repeat is worth while.
    """

    def __init__(self, request: UpstreamRequest, *, retry_after: str) -> None:
        super().__init__(request, request_sent=True)
        self.retry_after = retry_after

    @property
    def outcome_unknown(self) -> bool:
        """Nothing was done."""
        return False


class UpstreamClient(Protocol):
    """Sends requests to upstreams."""

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """Send ``request`` and read the whole answer before ``deadline``.

        Raises:
            UpstreamError: there is no usable answer.
        """

    def close(self) -> None:
        """Close all connections."""
