"""Sends requests over httpcore's long-lived connections. Only this module imports it: it takes longer than Chalice.

httpx, which is made upon it, would add what a proxy must not have (cookies, redirections, decoding), and take as long
again to import and to pass an answer on.

httpcore limits each read and each write; a peer that sends a byte now and then keeps it waiting for ever. So the limits
are set in its network backend: every operation on the socket gets what is left until the deadline. The same place knows
how far a request came, which decides whether it may be sent again and whether the outcome of a write is unknown.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import certifi
import httpcore

from chalicelib.web.limits import CONNECT_SECONDS, KEEP_ALIVE_SECONDS, MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import (
    AnswerTooLarge,
    UpstreamAnswer,
    UpstreamBroken,
    UpstreamRequest,
    UpstreamTooSlow,
    UpstreamUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from chalicelib.web.deadline import Deadline

    Resolve = Callable[[str, int], list[str]]

# Bytes handed to the socket at once, so that a peer that reads slowly meets the deadline between two of them.
_WRITE_BYTES = 64 * 1024
_FINAL_STATUSES = range(200, 600)
# RFC 9110, 8.6: they say that they have no body, if they have none.
_METHODS_WITH_BODY = ("PATCH", "POST", "PUT")


def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of ``host``. The system's resolver limits itself: it has no time-out that could be given.

    Raises:
        httpcore.ConnectError: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError from error
    return [str(address[0]) for *_, address in found]


def trusting_context() -> ssl.SSLContext:
    """TLS that trusts the system's certificate authorities, and certifi's only where the system has none.

    httpcore would read both; each takes a sixth of what this app does before its first answer.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    return context


class HttpcoreUpstreamClient:
    """An ``UpstreamClient`` for the life of the process. Threads may share it."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        max_answer_bytes: int = MAX_ANSWER_BODY_BYTES,
        resolve: Resolve = resolve_name,
    ) -> None:
        """Make the client.

        Args:
            tls: what decides which certificates are trusted; default: ``trusting_context``. Making one is slow.
            max_answer_bytes: the longest body that is read.
            resolve: turns a host and a port into IP addresses.
        """
        self._max_answer_bytes = max_answer_bytes
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or trusting_context(),
            # Whoever calls limits how many requests run at once (a Lambda: to one), so that none waits here.
            max_connections=None,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=_DeadlineBackend(resolve),
        )

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """Send ``request`` and read the whole answer before ``deadline``.

        A server may close an idle connection at the moment when it is used again. A safe request that met this is
        sent once more; anything else never is, because the server may have acted on it.

        Raises:
            UpstreamError: there is no usable answer.
        """
        attempt = _Attempt(deadline)
        try:
            return self._exchange(request, attempt)
        except UpstreamBroken:
            if not (request.is_safe and attempt.found_connection_closed):
                raise
        return self._exchange(request, _Attempt(deadline))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _exchange(self, request: UpstreamRequest, attempt: _Attempt) -> UpstreamAnswer:
        try:
            with _current(attempt), self._sent(request) as response:
                return self._read(request, response)
        except httpcore.TimeoutException as error:
            raise UpstreamTooSlow(request, request_sent=attempt.sent, reason=type(error).__name__) from None
        except httpcore.ConnectError as error:
            raise UpstreamUnreachable(request, request_sent=attempt.sent, reason=type(error).__name__) from None
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise UpstreamBroken(request, request_sent=attempt.sent, reason=type(error).__name__) from None

    def _sent(self, request: UpstreamRequest) -> AbstractContextManager[httpcore.Response]:
        has_body = request.body or request.method in _METHODS_WITH_BODY
        return self._pool.stream(
            request.method,
            request.upstream.address.origin,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
            content=request.body if has_body else None,
            # The target goes out as it was built and measured.
            extensions={"target": request.target.encode("ascii")},
        )

    def _read(self, request: UpstreamRequest, response: httpcore.Response) -> UpstreamAnswer:
        if response.status not in _FINAL_STATUSES:
            raise UpstreamBroken(request, request_sent=True, reason=f"status {response.status}")
        body = bytearray()
        # A content coding that the upstream chose against our wish is passed on, not undone.
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self._max_answer_bytes:
                raise AnswerTooLarge(request, request_sent=True, reason=f"more than {self._max_answer_bytes} bytes")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        return UpstreamAnswer(response.status, headers, bytes(body))


@dataclass(slots=True)
class _Attempt:
    """How far one attempt to send a request came."""

    deadline: Deadline
    connected: bool = False
    sent: bool = False
    received: bool = False

    @property
    def found_connection_closed(self) -> bool:
        """Whether it used an idle connection again, and not a byte came back."""
        return not self.connected and not self.received

    def seconds_left(self) -> float:
        """Seconds for the next operation on the socket.

        Raises:
            httpcore.TimeoutException: there are none.
        """
        seconds = self.deadline.seconds_left()
        if seconds <= 0:
            raise httpcore.TimeoutException
        return seconds


# httpcore has no way to hand a request's own data to the network backend; one thread serves one request at a time.
_attempt: ContextVar[_Attempt] = ContextVar("attempt")


@contextmanager
def _current(attempt: _Attempt) -> Iterator[None]:
    token = _attempt.set(attempt)
    try:
        yield
    finally:
        _attempt.reset(token)


class _DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections that obey the deadline of the attempt that uses them."""

    def __init__(self, resolve: Resolve) -> None:
        self._backend = httpcore.SyncBackend()
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
        local_address: str | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's signature
    ) -> httpcore.NetworkStream:
        """Connect to the first address of ``host`` that answers, within ``CONNECT_SECONDS`` for all of them."""
        attempt = _attempt.get()
        attempt.connected = True
        *addresses, last = self._resolve(host, port)
        share = min(CONNECT_SECONDS, attempt.seconds_left()) / (len(addresses) + 1)
        for address in addresses:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, share)
        return self._connect(last, port, share)

    def _connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        return _DeadlineStream(self._backend.connect_tcp(address, port, seconds))


class _DeadlineStream(httpcore.NetworkStream):
    """A connection each of whose operations gets what is left until the deadline; httpcore's own limits are ignored."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline decides
        attempt = _attempt.get()
        data = self._stream.read(max_bytes, attempt.seconds_left())
        attempt.received = attempt.received or bool(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the deadline decides
        attempt = _attempt.get()
        for start in range(0, len(buffer), _WRITE_BYTES):
            seconds = attempt.seconds_left()
            attempt.sent = True
            self._stream.write(buffer[start : start + _WRITE_BYTES], seconds)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
    ) -> httpcore.NetworkStream:
        seconds = min(CONNECT_SECONDS, _attempt.get().seconds_left())
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._stream.get_extra_info(info)
