"""A service behind the proxy: where it is, what is sent to it, what comes back, and what can go wrong on the way."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from chalice_frontdoor import Problem
from chalicelib.web.limits import LAMBDA_MARGIN_SECONDS, MAX_ANSWER_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalice_frontdoor.request import FrontDoorRequest

Headers = tuple[tuple[str, str], ...]
Text = tuple[str, str]  # in Spanish and in English

IDENTITY = "identity"
_SERVICES: dict[str, Text] = {
    "crud": ("El servicio de empleados", "The employee service"),
    "email": ("El servicio de correos", "The e-mail service"),
    IDENTITY: ("El servicio de identidad", "The identity service"),
}
# What can go wrong: the status for the client, and what the text says about the service. None of it is retried,
# except that a safe request that met a closing connection is sent once more (see ``httpx_client``).
_FAILURES: dict[str, tuple[int, Text]] = {
    # No connection: DNS, refused, TLS.
    "unreachable": (502, ("no está disponible.", "cannot be reached.")),
    # The deadline passed before the answer's last byte.
    "too_slow": (504, ("no respondió a tiempo.", "did not answer in time.")),
    # Reset, half an answer, or not HTTP.
    "broken": (502, ("cortó la respuesta o dio una ilegible.", "broke off its answer or gave an unreadable one.")),
    # More than the front door could pass on; not read to its end.
    "too_large": (
        502,
        (
            f"respondió con más de {MAX_ANSWER_BODY_BYTES} bytes. Pida menos de una vez.",
            f"answered with more than {MAX_ANSWER_BODY_BYTES} bytes. Ask for less at once.",
        ),
    ),
    # AWS throttled the request: nothing was done.
    "busy": (503, ("recibe demasiadas peticiones.", "gets too many requests.")),
    # An error, but AWS's page instead of the app's problem document.
    "failed": (502, ("falló.", "failed.")),
}
UNKNOWN_OUTCOME = (
    "No se sabe si el cambio se hizo: compruébelo antes de repetirlo.",
    "It is unknown whether the change was made: check before repeating it.",
)
_NOT_DONE = ("El cambio no se hizo.", "The change was not made.")
_SIGN_IN_LATER = ("Inténtelo otra vez dentro de un momento.", "Try again in a moment.")

ADDRESS_RULE = "http(s)://host[:port][/prefix], with neither credentials nor a query"
# RFC 9110, 9.2.1: they change nothing, so sending one twice does no harm.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ADDRESS = re.compile(
    r"(https?://)((?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[1-9][0-9]{0,4})?)"
    r"((?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*)/?"
)
_PARAMETER = re.compile(r"\{(\w+)\}")
# An HTTP API decodes the path before it chooses a route. These characters would end the segment there, and the request
# would reach another route than the one that was matched here. No id of ours contains one.
_DELIMITER = re.compile(r"[/\\?#]")
# Relative references, encoded or not (RFC 3986, 5.2.4).
_RELATIVE_SEGMENTS = frozenset({"", ".", ".."})
_FIRST_ERROR_STATUS = 400
# Of AWS's own errors these two are passed on: they tell the client what to do next.
_KEPT_SERVER_ERRORS = frozenset({503, 504})


def bilingual(*sentences: Text) -> dict[str, str]:
    """The sentences one after the other, in each language."""
    return {"es": " ".join(es for es, _ in sentences), "en": " ".join(en for _, en in sentences)}


class Deadline:
    """Counts down from ``seconds`` on a clock that never jumps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Seconds until the deadline; negative once it has passed."""
        return self._end - time.monotonic()


def deadline_for(request: FrontDoorRequest, seconds: float) -> Deadline:
    """``seconds`` from now, or earlier, so that the Lambda can still answer ``request``."""
    context: Any = request.lambda_context
    return Deadline(min(seconds, context.get_remaining_time_in_millis() / 1000 - LAMBDA_MARGIN_SECONDS))


class Upstream(NamedTuple):
    """A service and the fixed part of its URLs: nothing that a client sends changes it."""

    name: str
    scheme: str  # with ``://``
    authority: str
    prefix: str

    @classmethod
    def parse(cls, name: str, address: str) -> Upstream:
        """Read ``address``, such as ``https://a1b2.execute-api.us-east-1.amazonaws.com/stage``.

        Raises:
            ValueError: it breaks ``ADDRESS_RULE``.
        """
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise ValueError(ADDRESS_RULE)
        scheme, authority, prefix = match.groups()
        return cls(name, scheme, authority.lower(), prefix)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}{self.authority}"

    def target(
        self, route: str, parameters: Mapping[str, str] | None = None, query: Iterable[tuple[str, str]] = ()
    ) -> str:
        """The request target for ``route`` (``/empleados/{id}``), each decoded part encoded once.

        Raises:
            Problem: 404, a parameter would not stay one segment.
        """
        path = _PARAMETER.sub(lambda match: _encode_segment((parameters or {})[match[1]]), route)
        encoded_query = urlencode(list(query), safe="", errors="replace", quote_via=quote)
        return f"{self.prefix}{path}" + (f"?{encoded_query}" if encoded_query else "")

    def request(self, method: str, target: str, headers: Headers, body: bytes = b"") -> UpstreamRequest:
        """A request with ``headers`` and those that say where it goes and how long it is."""
        length = (("Content-Length", str(len(body))),) if body or method != "GET" else ()
        # An uncompressed answer can be measured against the front door's limit.
        own = ("Host", self.authority), ("Accept-Encoding", "identity"), *length
        return UpstreamRequest(self, method, target, (*own, *headers), body)

    def own_request(self, path: str, request_id: str, query: Iterable[tuple[str, str]] = ()) -> UpstreamRequest:
        """A GET of this app's own."""
        return self.request("GET", self.target(path, query=query), (("X-Request-Id", request_id),))


def _encode_segment(value: str) -> str:
    if value in _RELATIVE_SEGMENTS or _DELIMITER.search(value):
        raise Problem(404)
    return quote(value, safe="", errors="replace")


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


class UpstreamError(Problem):
    """``request`` has no usable answer. For a write the client learns whether its outcome is known.

    Args:
        failure: one of ``_FAILURES``.
        request: what was asked.
        request_sent: whether any of it may have left this process.
        reason: what was noticed, in the words of the network library; for the log.
        status: of AWS's error, if there is one.
        retry_after: seconds.
    """

    def __init__(  # noqa: PLR0913 - most are known in one case each
        self,
        failure: str,
        request: UpstreamRequest,
        *,
        request_sent: bool = True,
        reason: str = "",
        status: int = 0,
        retry_after: str | int = "",
    ) -> None:
        own_status, says = _FAILURES[failure]
        self.failure, self.request_sent, self.reason = failure, request_sent, reason
        self.outcome_unknown = request_sent and not request.is_safe
        is_directory = request.upstream.name != IDENTITY
        sentences = [_SERVICES[request.upstream.name], says]
        # Signing in changes nothing in the directory, so its problem does not mention an outcome.
        if not is_directory:
            sentences.append(_SIGN_IN_LATER)
        elif not request.is_safe:
            sentences.append(UNKNOWN_OUTCOME if self.outcome_unknown else _NOT_DONE)
        headers = {"Retry-After": retry_after} if retry_after else {}
        kept = status if status in _KEPT_SERVER_ERRORS else own_status
        super().__init__(kept, detail=bilingual(*sentences), headers=headers)
        if is_directory:
            self.extensions["resultado_desconocido"] = self.outcome_unknown


if TYPE_CHECKING:
    # Sends a request and reads the whole answer before the deadline, or raises ``UpstreamError``.
    Send = Callable[[UpstreamRequest, Deadline], UpstreamAnswer]
