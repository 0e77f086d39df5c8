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

import httpx

from chalicelib.web.limits import CONNECT_SECONDS, KEEP_ALIVE_SECONDS, MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import Deadline, UpstreamAnswer, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.web.upstream import UpstreamRequest

# How often deadlines are looked at. It also cuts a connection that was made just after its line was cut.
_LOOK_SECONDS = 0.1
_url = lru_cache(httpx.URL)  # parsing one takes longer than a system call


class HttpxClient:
    """Sends each request over a line that no other request uses meanwhile. Threads may share it.

    httpx limits each read and each write: an upstream that sends a byte now and then would keep a request waiting for
    ever. So one thread looks at all exchanges now and then, and cuts those that are not over at their deadline.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls or ssl.create_default_context()
        self._idle: list[_Line] = []
        self._busy: dict[_Line, Deadline] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """Send ``request`` and read the whole answer before ``deadline``.

        A server may close an idle connection at the moment it is used again. A safe request that meets this is sent
        once more; any other is not, because the server may have acted on it.

        Raises:
            UpstreamError: there is no usable answer.
        """
        with self._lock:
            line = self._idle.pop() if self._idle else _Line(self._tls)
            self._busy[line] = deadline
        try:
            with contextlib.closing(_start(line, request, deadline)) as response:
                return _read(request, response)
        except httpx.TransportError as error:
            raise _failure(request, error, deadline) from None
        finally:
            with self._lock:  # else the line could be cut in the next exchange
                del self._busy[line]
                self._idle.append(line)

    def close(self) -> None:
        """Close all connections."""
        self._closed.set()
        while self._idle:
            self._idle.pop().transport.close()

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            with self._lock:
                for line, deadline in self._busy.items():
                    if deadline.seconds_left() <= 0:
                        line.cut()


def _start(line: _Line, request: UpstreamRequest, deadline: Deadline) -> httpx.Response:
    try:
        return line.start(request, deadline)
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        if line.has_connected or not request.is_safe or deadline.seconds_left() <= 0:
            raise
        return line.start(request, deadline)


def _read(request: UpstreamRequest, response: httpx.Response) -> UpstreamAnswer:
    body = bytearray()
    # Raw: a content coding that the upstream chose is passed on, not undone.
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BODY_BYTES:
            raise UpstreamError("too_large", request, reason=f"more than {MAX_ANSWER_BODY_BYTES} bytes")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    return UpstreamAnswer(response.status_code, headers, bytes(body))


def _failure(request: UpstreamRequest, error: httpx.TransportError, deadline: Deadline) -> UpstreamError:
    """What ``error`` means. The watching thread's cut looks as if the server had closed the connection."""
    is_sent, failure = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)), "broken"
    if isinstance(error, httpx.TimeoutException) or deadline.seconds_left() <= 0:
        failure = "too_slow"
    elif not is_sent:
        failure = "unreachable"
    return UpstreamError(failure, request, request_sent=is_sent, reason=type(error).__name__)


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
        origin = request.upstream.origin

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
