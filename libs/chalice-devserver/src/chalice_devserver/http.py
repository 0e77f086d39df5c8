"""HTTP/1.1 on the loopback interface: one request in, one response out. h11 parses, a thread serves each connection.

A port of this machine is open to every page in its browser and, by DNS rebinding, to every web site: `check_source`
refuses both.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import socketserver
import sys
import threading
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import h11

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
# Browsers resolve `localhost` and the names below it to the loopback interface only: no DNS server can rebind them.
LOOPBACK_NAME = re.compile(r"localhost|127\.0\.0\.1|[a-z0-9.-]+\.localhost")
# Longer than clients usually keep a connection, so that none is closed while a request is on its way.
IDLE_SECONDS = 75
# How long `stop` waits for the requests that are being answered.
STOP_SECONDS = 5.0
POLL_SECONDS = 0.1
MAX_HEAD_BYTES = 64 * 1024
# What a client may still send, and for how long, after it got a 413: cut off at once, it would not read the response.
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
PIECE_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came: nothing decoded, names of headers in any case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    client: str
    """The address of the peer."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def header(self, name: str) -> str | None:
        """The first value of a header; ``name`` is in lower case."""
        return next((value for each, value in self.headers if each.lower() == name), None)


@dataclass(frozen=True)
class HttpResponse:
    """What goes back to the client."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class BadRequest(Exception):
    """A request that never reaches the application; answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)

    def response(self) -> HttpResponse:
        """The problem document."""
        problem = {"type": "about:blank", "title": self.status.phrase, "status": self.status, "detail": str(self)}
        headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
        return HttpResponse(self.status, headers, json.dumps(problem).encode())


def check_source(request: HttpRequest, allowed_hosts: Collection[str] = (), *, allow_cross_site: bool = False) -> None:
    """Refuse what another web site can make a browser send to this machine.

    Pages may link to this server (top-level navigation by GET); everything else must come from the server's own pages
    or from a client that is no browser.

    Args:
        request: with the headers ``Host``, ``Origin`` and ``Sec-Fetch-*`` as the client sent them.
        allowed_hosts: names without a port that are accepted beside those of the loopback interface.
        allow_cross_site: check ``Host`` only; the application judges the other headers itself.

    Raises:
        BadRequest: 403, or 400 if ``Host`` is missing or occurs twice.
    """
    hosts = [value.lower() for name, value in request.headers if name.lower() == "host"]
    if len(hosts) != 1:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "A request has one Host header.")
    name = re.sub(r":[0-9]+$", "", hosts[0])
    if not LOOPBACK_NAME.fullmatch(name) and name not in allowed_hosts:
        raise BadRequest(HTTPStatus.FORBIDDEN, "The Host is not a name of this machine.")
    if allow_cross_site:
        return
    if (request.header("origin") or f"http://{hosts[0]}").lower() != f"http://{hosts[0]}":
        raise BadRequest(HTTPStatus.FORBIDDEN, "Requests of another origin are refused.")
    is_link = (
        request.method in {"GET", "HEAD"}
        and request.header("sec-fetch-mode") == "navigate"
        and request.header("sec-fetch-dest") == "document"
    )
    if (request.header("sec-fetch-site") or "none") not in {"none", "same-origin"} and not is_link:
        raise BadRequest(HTTPStatus.FORBIDDEN, "Requests of another site are refused.")


class Connection(socketserver.BaseRequestHandler):
    """One connection of a client."""

    server: LoopbackServer
    request: socket.socket

    def handle(self) -> None:
        """Answer requests until either side closes the connection."""
        self.request.settimeout(IDLE_SECONDS)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        while isinstance(event := self._next_event_or_refusal(), h11.Request):
            if not self._serve(event):
                return
            self._http.start_next_cycle()

    def _next_event_or_refusal(self) -> object:
        try:
            return self._next_event()
        except h11.RemoteProtocolError as error:
            self._send(BadRequest(error.error_status_hint, f"The request is not HTTP: {error}.").response())
            self._drain()
            return None

    def _serve(self, event: h11.Request) -> bool:
        """Answer one request; false if the connection ends with it."""
        self._is_head = event.method == b"HEAD"
        with self.server.busy:
            try:
                request = self._read_request(event)
                self.server.check(request)
            except (BadRequest, h11.RemoteProtocolError) as error:
                refusal = error if isinstance(error, BadRequest) else BadRequest(400, f"The body is not HTTP: {error}.")
                self._send(refusal.response())
                self._drain()
                return False
            self._send(self.server.answer(request))
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    _is_head = False

    # ---- the request

    def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            data = self.request.recv(PIECE_BYTES)
            if not data and self._http.their_state is h11.SEND_BODY:
                raise ConnectionAbortedError("the client closed the connection within its request")
            if self._http.their_state is h11.IDLE:
                # A target as somebody typed it (curl): browsers encode it, and AWS sees it encoded.
                line, newline, rest = data.partition(b"\n")
                data = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % byte[0][0], line) + newline + rest
            self._http.receive_data(data)
        return event

    def _read_request(self, event: h11.Request) -> HttpRequest:
        path, query = _path_and_query(event.target.decode("ascii"))
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()]
        return HttpRequest(
            event.method.decode("ascii"), path, query, headers, self._read_body(event), self.client_address[0]
        )

    def _read_body(self, event: h11.Request) -> bytes:
        """The whole body.

        Raises:
            BadRequest: it is larger than the server takes; a stated length is refused before the client sends.
        """
        limit = self.server.max_request_bytes
        too_large = BadRequest(413, f"The body is larger than the {limit} bytes that are accepted.")
        if int(dict(event.headers).get(b"content-length", b"0")) > limit:
            raise too_large
        body = bytearray()
        while isinstance(data := self._next_event(), h11.Data):
            body += data.data
            if len(body) > limit:
                raise too_large
        return bytes(body)

    # ---- the response

    def _send(self, response: HttpResponse) -> None:
        headers = [("Date", formatdate(usegmt=True))]
        # The length of the body that a HEAD leaves out is the application's to state, any other is ours.
        headers += [
            (name, value) for name, value in response.headers if self._is_head or name.lower() != "content-length"
        ]
        has_body = not self._is_head and response.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        if has_body:
            headers.append(("Content-Length", str(len(response.body))))
        encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        reason = next((status.phrase for status in HTTPStatus if status == response.status), "")
        head = h11.Response(status_code=response.status, reason=reason.encode("ascii"), headers=encoded)
        self._write(head, *([h11.Data(data=response.body)] if has_body else []), h11.EndOfMessage())

    def _write(self, *events: h11.Event) -> None:
        self.request.sendall(b"".join(self._http.send(event) or b"" for event in events))

    def _drain(self) -> None:
        """Read what the client still sends, within bounds, so that it comes to read the response."""
        self.request.settimeout(DRAIN_SECONDS)
        left = DRAIN_BYTES
        while left > 0 and (piece := self.request.recv(PIECE_BYTES)):
            left -= len(piece)


def _path_and_query(target: str) -> tuple[str, str]:
    """Both parts of ``target``, whatever form it has (RFC 9112, section 3.2), as they were sent.

    Raises:
        BadRequest: it has no path.
    """
    target = re.sub(r"^https?://[^/?]*", "", target.partition("#")[0], flags=re.IGNORECASE)
    if not target.startswith("/"):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "The target of the request is not a path.")
    path, _, query = target.partition("?")
    return path, query


class Busy:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_until_idle(self, seconds: float) -> None:
        """Wait until there are none, ``seconds`` at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout=seconds)


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1; subclasses define `answer`."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128  # with the default of 5, bursts of connections wait for a second
    allowed_hosts: Collection[str] = ()
    """Names that ``Host`` may have beside those of the loopback interface."""
    allow_cross_site = False
    """Whether `answer` judges ``Origin`` and ``Sec-Fetch-Site`` itself."""

    def __init__(self, reserved: socket.socket | int = 0, *, max_request_bytes: int) -> None:
        """Listen on a port (0: any free one) or on a bound socket; a body over ``max_request_bytes`` is a 413.

        Raises:
            OSError: the port cannot be had.
        """
        self.max_request_bytes = max_request_bytes
        self.busy = Busy()
        if isinstance(reserved, int):
            super().__init__((HOST, reserved), Connection)
        else:
            super().__init__((HOST, 0), Connection, bind_and_activate=False)
            self.socket.close()
            self.socket = reserved
            self.server_address = reserved.getsockname()
            self.server_activate()

    def check(self, request: HttpRequest) -> None:
        """Refuse ``request`` unless it comes from this machine's own programs and pages; see `check_source`.

        Raises:
            BadRequest: it is refused.
        """
        check_source(request, self.allowed_hosts, allow_cross_site=self.allow_cross_site)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The response to ``request``."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self.server_address[1]
        return port

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="accept", daemon=True).start()

    def stop(self) -> None:
        """Accept no more connections, and let the requests that are being answered end."""
        self.shutdown()
        self.busy.wait_until_idle(STOP_SECONDS)
        self.server_close()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:  # noqa: ANN401
        """Log errors of this server; a client that closes its connection is none."""
        del request, client_address
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            logger.exception("the server failed on a request")  # noqa: LOG004 - called while the error is handled


def forward(endpoint: str, request: HttpRequest, seconds: float) -> HttpResponse:
    """What the server at ``endpoint`` (``http://host:port``) answers to ``request`` as it came.

    Args:
        endpoint: where to send it.
        request: what to send.
        seconds: the time-out of each step.
    """
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=seconds)
    try:
        target = f"{request.path}?{request.query}" if request.query else request.path
        connection.request(request.method, target, request.body, dict(request.headers))
        response = connection.getresponse()
        headers = [(name, value) for name, value in response.getheaders() if name.lower() != "transfer-encoding"]
        return HttpResponse(response.status, headers, response.read())
    finally:
        connection.close()
