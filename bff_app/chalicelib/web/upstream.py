"""An API behind the proxy: where it is, what is sent to it, what comes back, and what can go wrong on the way.

    UpstreamError            there is no usable answer                               -> 502
    +-- UpstreamUnreachable  no connection: DNS, refused, TLS                        -> 502
    +-- UpstreamTooSlow      the deadline passed before the answer's last byte        -> 504
    +-- UpstreamBroken       reset, half an answer, or not HTTP                      -> 502
    +-- AnswerTooLarge       more than the front door could pass on; not read whole  -> 502
    +-- UpstreamBusy         AWS throttled the request: nothing was done             -> 503, Retry-After
    +-- UpstreamFailed       an error, but AWS's page instead of the app's document  -> 502, 503, 504, or its 4xx

None of these is retried, except that a safe request that met a closing connection is sent once more (see
``httpx_client``).
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote, urlencode

from chalice_frontdoor import Problem
from chalicelib.web.limits import LAMBDA_MARGIN_SECONDS, MAX_ANSWER_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Headers = tuple[tuple[str, str], ...]
Text = tuple[str, str]  # in Spanish and in English

ADDRESS_RULE = "http(s)://host[:port][/prefix], with neither credentials nor a query"
# RFC 9110, 9.2.1: they change nothing, so sending one twice does no harm.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ADDRESS = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
    r"((?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*)/?"
)
_PARAMETER = re.compile(r"\{(\w+)\}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# An HTTP API decodes the path before it chooses a route. These characters would end the segment there, and the request
# would reach another route than the one that was matched here. No id of ours contains one.
_DELIMITER = re.compile(r"[/\\?#]")
# Relative references, encoded or not (RFC 3986, 5.2.4).
_RELATIVE_SEGMENTS = frozenset({"", ".", ".."})
_FIRST_ERROR_STATUS = 400


def bilingual(*sentences: Text) -> dict[str, str]:
    """The sentences one after the other, in each language."""
    return {
        language: " ".join(texts) for language, texts in zip(("es", "en"), zip(*sentences, strict=True), strict=True)
    }


class Deadline:
    """Counts down from ``seconds`` on a clock that never jumps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Seconds until the deadline; negative once it has passed."""
        return self._end - time.monotonic()


class InvocationContext(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> float:
        """Milliseconds until the process is killed."""


def deadline_within(context: InvocationContext, seconds: float) -> Deadline:
    """``seconds`` from now, or earlier, so that the Lambda can still answer."""
    lambda_seconds = context.get_remaining_time_in_millis() / 1000 - LAMBDA_MARGIN_SECONDS
    return Deadline(min(seconds, lambda_seconds))


class UpstreamAddress(NamedTuple):
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
        match = _ADDRESS.fullmatch(text)
        port = int(match[3]) if match and match[3] else None
        if match is None or port == 0 or (port or 0) >= 2**16:
            raise ValueError(ADDRESS_RULE)
        scheme, host, _, prefix = match.groups()
        shown_port = "" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}"
        return cls(scheme, host.lower() + shown_port, prefix)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    def target(self, route: str, parameters: Mapping[str, str], query: Iterable[tuple[str, str]]) -> str:
        """The request target for ``route`` (``/empleados/{id}``), each decoded part encoded once.

        Raises:
            Problem: 404, a parameter would not stay one segment.
        """
        path = _PARAMETER.sub(lambda match: _encode_segment(parameters[match[1]]), route)
        encoded_query = urlencode(list(query), safe="", errors="replace", quote_via=quote)
        return f"{self.prefix}{path}" + (f"?{encoded_query}" if encoded_query else "")


def _encode_segment(value: str) -> str:
    if value in _RELATIVE_SEGMENTS or _DELIMITER.search(value):
        raise Problem(404)
    return quote(value, safe="", errors="replace")


class Upstream(NamedTuple):
    """One of the APIs behind the proxy."""

    name: str
    address: UpstreamAddress

    def request(self, method: str, target: str, headers: Headers, body: bytes = b"") -> UpstreamRequest:
        """A request with ``headers`` and those that say where it goes and how long it is."""
        length = (("Content-Length", str(len(body))),) if body or method != "GET" else ()
        # An uncompressed answer can be measured against the front door's limit.
        own = ("Host", self.address.authority), ("Accept-Encoding", "identity"), *length
        return UpstreamRequest(self, method, target, (*own, *headers), body)


class UpstreamRequest(NamedTuple):
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
    """A GET of this app's own."""
    return upstream.request("GET", upstream.address.target(path, {}, query), (("X-Request-Id", request_id),))


class UpstreamAnswer(NamedTuple):
    """An answer, read to its end. Repeated headers are repeated."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The first value of the header ``name`` (in lower case), or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def is_unexplained_error(self) -> bool:
        """Whether it is an error without a problem document: our apps send one with every error, AWS never does."""
        media_type = self.header("content-type").partition(";")[0].strip().lower()
        return self.status >= _FIRST_ERROR_STATUS and media_type != "application/problem+json"


class UpstreamError(Exception):
    """``request`` has no usable answer.

    Attributes:
        request_sent: whether any of it may have left this process.
        reason: what was noticed, in the words of the network library; for the log.
    """

    status = 502
    says = ("falló.", "failed.")  # of the service
    retry_after = ""  # seconds

    def __init__(self, request: UpstreamRequest, *, request_sent: bool = True, reason: str = "") -> None:
        super().__init__(request.upstream.name, reason)
        self.request = request
        self.request_sent = request_sent
        self.reason = reason

    @property
    def outcome_unknown(self) -> bool:
        """Whether the request may have changed something without saying so."""
        return self.request_sent and not self.request.is_safe


class UpstreamUnreachable(UpstreamError):
    says = ("no está disponible.", "cannot be reached.")


class UpstreamTooSlow(UpstreamError):
    status = 504
    says = ("no respondió a tiempo.", "did not answer in time.")


class UpstreamBroken(UpstreamError):
    says = ("cortó la respuesta o dio una ilegible.", "broke off its answer or gave an unreadable one.")


class AnswerTooLarge(UpstreamError):
    says = (
        f"respondió con más de {MAX_ANSWER_BODY_BYTES} bytes. Pida menos de una vez.",
        f"answered with more than {MAX_ANSWER_BODY_BYTES} bytes. Ask for less at once.",
    )


class UpstreamFailed(UpstreamError):
    def __init__(self, request: UpstreamRequest, answer: UpstreamAnswer) -> None:
        super().__init__(request)
        self.answer = answer


class UpstreamBusy(UpstreamError):
    status = 503
    says = ("recibe demasiadas peticiones.", "gets too many requests.")

    def __init__(self, request: UpstreamRequest, *, retry_after: str, reason: str = "") -> None:
        super().__init__(request, request_sent=False, reason=reason)
        self.retry_after = retry_after


if TYPE_CHECKING:
    # Sends a request and reads the whole answer before the deadline, or raises ``UpstreamError``.
    Send = Callable[[UpstreamRequest, Deadline], UpstreamAnswer]
