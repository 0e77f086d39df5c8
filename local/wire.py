"""HTTP on the loopback interface: one request in, one answer out, and clear words for what is neither.

The standard library's server has gaps that show on a laptop: it answers with HTML pages, waits for bodies of any
length, knows no chunked ones, and writes a response in two pieces (which costs 40 ms on a kept connection).
"""

from __future__ import annotations

import json
import logging
import re
import socketserver
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
# Seconds; longer than the clients of this project keep a connection, so that none is closed under their hands.
IDLE_SECONDS = 75
# What the requests that are being answered get when the server stops.
STOP_SECONDS = 5.0
# How soon a stop is noticed.
POLL_SECONDS = 0.1
# What a client may still send, and for how long, after it got a 413. Cut off at once it would not see the answer.
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
MAX_CHUNK_LINE = 1024
# Every character of a target that may stay as it is: the client has percent-encoded already.
PRINTABLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WireRequest:
    """A request as it came: nothing decoded, names of headers in any case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    client: str
    """The address of the peer."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class WireAnswer:
    """What goes back to the client."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class BadRequest(Exception):
    """A request that the app never sees; answered by a problem document."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class RequestHandler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # so that nonsense gets an answer with a status line
    disable_nagle_algorithm = True
    wbufsize = -1  # one write a response, not two: between two, a client's delayed ACK costs 40 ms
    timeout = IDLE_SECONDS
    server: LoopbackServer

    def __getattr__(self, name: str) -> Callable[[], None]:
        """The base class looks for ``do_<METHOD>``; here every method, whatever its name, is the app's to answer."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        with self.server.busy:
            try:
                request = self._read_request()
            except BadRequest as refusal:
                self.send_error(refusal.status, str(refusal))
                self._drain()
                return
            self._send(self.server.answer(request))
            self.wfile.flush()

    # ---- the request

    def _read_request(self) -> WireRequest:
        path, _, query = self._target().partition("?")
        return WireRequest(
            method=self.command,
            path=path,
            query=query,
            headers=list(self.headers.items()),
            body=self._read_body(self.server.max_request_bytes),
            client=self.client_address[0],
        )

    def _target(self) -> str:
        """The target as it was sent (in ``self.path``, two slashes at the beginning have become one).

        Raises:
            BadRequest: it is no path.
        """
        target = self.requestline.split()[1].partition("#")[0]
        target = re.sub(r"^https?://[^/?]*", "", target, flags=re.IGNORECASE)  # absolute form, RFC 9112 section 3.2.2
        if not target.startswith("/"):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "The target of the request is no path.")
        # What a client sends beyond ASCII (curl sends what was typed) is encoded, as browsers do.
        return quote(target.encode("latin-1"), safe=PRINTABLE_ASCII)

    def _read_body(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            BadRequest: its length is not stated clearly, or is above ``limit`` bytes.
        """
        lengths = set(self.headers.get_all("content-length", []))
        if encoding := self.headers.get("transfer-encoding"):
            if lengths or encoding.lower() != "chunked":
                raise BadRequest(HTTPStatus.BAD_REQUEST, "A body is either chunked or has one Content-Length.")
            self._invite_body()
            return self._read_chunks(limit)
        if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "Content-Length is not one whole number.")
        length = int(lengths.pop()) if lengths else 0
        if length > limit:
            raise _too_large(limit)
        self._invite_body()
        return self._read_exactly(length)

    def handle_expect_100(self) -> bool:
        """Nothing yet: whether the body is wanted is known once its length is."""
        return True

    def _invite_body(self) -> None:
        if self.headers.get("expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()

    def _read_chunks(self, limit: int) -> bytes:
        body = b""
        while size := self._read_chunk_size():
            if len(body) + size > limit:
                raise _too_large(limit)
            body += self._read_exactly(size)
            self.rfile.readline(MAX_CHUNK_LINE)
        while self.rfile.readline(MAX_CHUNK_LINE).strip():
            pass  # trailers; nobody here wants any
        return body

    def _read_chunk_size(self) -> int:
        line = self.rfile.readline(MAX_CHUNK_LINE).partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", line):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "A chunk of the body does not begin with its size.")
        return int(line, 16)

    def _read_exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError("the client went away in the middle of its request")
        return body

    # ---- the answer

    def _send(self, answer: WireAnswer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string())
        is_head = self.command == "HEAD"
        for name, value in answer.headers:
            # The length of what HEAD leaves out is the app's to say, any other ours.
            if is_head or name.lower() != "content-length":
                self.send_header(name, value)
        if not is_head and answer.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not is_head:
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A problem document, also where the base class would send a page; then the connection ends."""
        del explain
        status = HTTPStatus(code)
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": code,
            "detail": message or status.description,
        }
        self.close_connection = True
        headers = [("Content-Type", "application/problem+json")]
        self._send(WireAnswer(code, headers, json.dumps(problem).encode()))
        self.wfile.flush()

    def _drain(self) -> None:
        """Read what the client still sends, within bounds, so that it comes to read our answer."""
        deadline = time.monotonic() + DRAIN_SECONDS
        self.connection.settimeout(DRAIN_SECONDS)
        left = DRAIN_BYTES
        while left > 0 and time.monotonic() < deadline and (piece := self.rfile.read1(65536)):
            left -= len(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: the app writes the access log."""


def _too_large(limit: int) -> BadRequest:
    return BadRequest(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than the {limit} bytes that are taken here."
    )


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
    """Listens on 127.0.0.1, with a thread for each connection; `answer` is what makes it one server or another."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128  # connections that wait to be taken; with the default of 5, bursts wait for a second

    def __init__(self, port: int, *, max_request_bytes: int) -> None:
        """Listen on ``port`` (0: any that is free); a body of more than ``max_request_bytes`` is 413.

        Raises:
            OSError: the port cannot be had.
        """
        self.max_request_bytes = max_request_bytes
        self.busy = Busy()
        super().__init__((HOST, port), RequestHandler)

    def answer(self, request: WireRequest) -> WireAnswer:
        """The answer to ``request``."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self.server_address[1]
        return port

    def start(self) -> None:
        """Serve in a thread of its own until `stop`."""
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="accept", daemon=True).start()

    def stop(self) -> None:
        """Take no more connections, and let the requests that are being answered end."""
        self.shutdown()
        self.busy.wait_until_idle(STOP_SECONDS)
        self.server_close()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:  # noqa: ANN401
        """A client that goes away is no error; anything else is one of this server."""
        del request, client_address
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            logger.exception("a request broke the server")  # noqa: LOG004 - called while the error is handled


def pass_on_to(endpoint: str, request: WireRequest, seconds: float) -> WireAnswer:
    """What the server at ``endpoint`` (``http://host:port``) answers to ``request`` as it came.

    Args:
        endpoint: whom to ask.
        request: what to ask.
        seconds: for how long each step may take.
    """
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=seconds)
    try:
        target = f"{request.path}?{request.query}" if request.query else request.path
        connection.request(request.method, target, request.body, dict(request.headers))
        response = connection.getresponse()
        headers = [(name, value) for name, value in response.getheaders() if name.lower() != "transfer-encoding"]
        return WireAnswer(response.status, headers, response.read())
    finally:
        connection.close()
