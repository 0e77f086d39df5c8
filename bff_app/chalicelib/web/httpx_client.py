"""Sends requests with httpx over long-lived connections.

Only this module imports httpx: importing it takes longer than everything else before the first answer.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import certifi
import httpx

from chalicelib.web.limits import CONNECT_SECONDS, KEEP_ALIVE_SECONDS, MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import (
    AnswerTooLarge,
    Deadline,
    UpstreamAnswer,
    UpstreamBroken,
    UpstreamError,
    UpstreamTooSlow,
    UpstreamUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.web.upstream import UpstreamRequest

_FINAL_STATUSES = range(200, 600)
# What is raised before any of the request may have left this process.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
# How often deadlines are looked at. It also cuts a connection that was made just after its line was cut.
_LOOK_SECONDS = 0.1
_url = lru_cache(httpx.URL)  # parsing one takes longer than a system call


def make_tls_context() -> ssl.SSLContext:
    """TLS that trusts the system's authorities, or certifi's where it has none: reading a store is slow."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    return context


class HttpxClient:
    """Sends each request over a line that no other request uses meanwhile. Threads may share it."""

    def __init__(self, tls: ssl.SSLContext | None = None, max_answer_bytes: int = MAX_ANSWER_BODY_BYTES) -> None:
        self._tls = tls or make_tls_context()
        self._max_answer_bytes = max_answer_bytes
        self._idle: list[_Line] = []
        self._watchdog = _Watchdog()

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """Send ``request`` and read the whole answer before ``deadline``.

        A server may close an idle connection at the moment it is used again. A safe request that meets this is sent
        once more; any other is not, because the server may have acted on it.

        Raises:
            UpstreamError: there is no usable answer.
        """
        try:
            line = self._idle.pop()
        except IndexError:
            line = _Line(self._tls)
        self._watchdog.watch(line, deadline)
        try:
            return self._send(line, request, deadline)
        except httpx.TransportError as error:
            raise _failure(request, error, deadline) from None
        finally:
            self._watchdog.leave(line)
            self._idle.append(line)

    def close(self) -> None:
        """Close all connections."""
        self._watchdog.stop()
        while self._idle:
            self._idle.pop().transport.close()

    def _send(self, line: _Line, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        try:
            response = line.start(request, deadline)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if line.has_connected or not request.is_safe or deadline.seconds_left() <= 0:
                raise
            response = line.start(request, deadline)
        with contextlib.closing(response):
            return self._read(request, response)

    def _read(self, request: UpstreamRequest, response: httpx.Response) -> UpstreamAnswer:
        if response.status_code not in _FINAL_STATUSES:
            raise UpstreamBroken(request, request_sent=True, reason=f"status {response.status_code}")
        body = bytearray()
        # Raw: a content coding that the upstream chose is passed on, not undone.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._max_answer_bytes:
                raise AnswerTooLarge(request, request_sent=True, reason=f"more than {self._max_answer_bytes} bytes")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return UpstreamAnswer(response.status_code, headers, bytes(body))


def _failure(request: UpstreamRequest, error: httpx.TransportError, deadline: Deadline) -> UpstreamError:
    """What ``error`` means. The watchdog's cut looks as if the server had closed the connection."""
    kind: type[UpstreamError] = UpstreamBroken
    if isinstance(error, httpx.TimeoutException) or deadline.seconds_left() <= 0:
        kind = UpstreamTooSlow
    elif isinstance(error, httpx.ConnectError):
        kind = UpstreamUnreachable
    return kind(request, request_sent=not isinstance(error, _NOT_SENT), reason=type(error).__name__)


class _Line:
    """One transport of httpx: unlike ``httpx.Client`` it follows no redirect, keeps no cookie and asks no proxy."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.transport = httpx.HTTPTransport(
            verify=tls, trust_env=False, limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS)
        )
        self.has_connected = False
        self._sockets: dict[str, socket.socket] = {}

    def start(self, request: UpstreamRequest, deadline: Deadline) -> httpx.Response:
        """Send ``request``, and return the answer as soon as its headers are there."""
        self.has_connected = False
        origin = request.upstream.address.origin

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
                self.has_connected = True
                self._sockets[origin] = info["return_value"].get_extra_info("socket")
            elif event == "http11.send_request_headers.started" and deadline.seconds_left() <= 0:
                raise httpx.ConnectTimeout("deadline")

        seconds = max(deadline.seconds_left(), 0.001)
        message = httpx.Request(
            request.method,
            _url(origin),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
            content=request.body,
            extensions={
                # The target is sent as it was built and measured: httpx would normalize a URL's path.
                "target": request.target.encode("ascii"),
                "timeout": {"connect": min(CONNECT_SECONDS, seconds), "read": seconds, "write": seconds},
                "trace": trace,
            },
        )
        return self.transport.handle_request(message)

    def cut(self) -> None:
        """Shut down the sockets, so that the thread that waits for one of them goes on."""
        for each in list(self._sockets.values()):
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # of the TCP connection, below TLS


class _Watchdog:
    """Cuts each line whose exchange is not over at its deadline.

    httpx limits each read and each write: an upstream that sends a byte now and then would keep a request waiting for
    ever. One thread looks at all exchanges now and then: no request has to wake it.
    """

    def __init__(self) -> None:
        self._watched: dict[_Line, Deadline] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def watch(self, line: _Line, deadline: Deadline) -> None:
        with self._lock:
            self._watched[line] = deadline

    def leave(self, line: _Line) -> None:
        with self._lock:  # else the line could be cut in the next exchange
            del self._watched[line]

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            with self._lock:
                for line, deadline in list(self._watched.items()):
                    if deadline.seconds_left() <= 0:
                        line.cut()
