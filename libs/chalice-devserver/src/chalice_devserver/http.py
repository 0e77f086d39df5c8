"""HTTP/1.1 on the loopback interface: one request in, one response out. uvicorn parses, a thread serves each request.

A port of this machine is open to every page in its browser and, by DNS rebinding, to every web site: `check_source`
refuses both.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from chalice_frontdoor.testing.events import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = "127.0.0.1"
# Browsers resolve `localhost` and the names below it to the loopback interface only: no DNS server can rebind them.
LOOPBACK_NAME = re.compile(r"localhost|127\.0\.0\.1|[a-z0-9.-]+\.localhost")
BACKLOG = 128
UVICORN_OPTIONS: dict[str, Any] = {
    "loop": "asyncio",
    "ws": "none",
    "lifespan": "off",
    "interface": "asgi3",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    # Longer than clients usually keep a connection, so that none is closed while a request is on its way.
    "timeout_keep_alive": 75,
    # How long `stop` waits for the requests that are being answered.
    "timeout_graceful_shutdown": 5,
    "h11_max_incomplete_event_size": 64 * 1024,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HttpResponse:
    """What goes back to the client."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Refusal(Exception):
    """The request never reaches the application; ``response`` is what the client gets."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


def refuse(status: HTTPStatus, detail: str) -> Refusal:
    """A refusal with a problem document (RFC 9457)."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
    return Refusal(HttpResponse(status, headers, json.dumps(problem).encode()))


def check_source(request: Wire, *, allow_cross_site: bool = False) -> None:
    """Refuse what another web site can make a browser send to this machine, except links (top-level navigation by GET).

    ``allow_cross_site`` checks ``Host`` only. The `Refusal` is a 403, or a 400 if ``Host`` is missing or occurs twice.
    """
    hosts = [value.lower() for name, value in request.headers if name.lower() == "host"]
    if len(hosts) != 1:
        raise refuse(HTTPStatus.BAD_REQUEST, "A request has one Host header.")
    name = re.sub(r":[0-9]+$", "", hosts[0])
    if not LOOPBACK_NAME.fullmatch(name):
        raise refuse(HTTPStatus.FORBIDDEN, "The Host is not a name of this machine.")
    if allow_cross_site:
        return
    if (request.header("origin") or f"http://{hosts[0]}").lower() != f"http://{hosts[0]}":
        raise refuse(HTTPStatus.FORBIDDEN, "Requests of another origin are refused.")
    is_link = (
        request.method in {"GET", "HEAD"}
        and request.header("sec-fetch-mode") == "navigate"
        and request.header("sec-fetch-dest") == "document"
    )
    if (request.header("sec-fetch-site") or "none") not in {"none", "same-origin"} and not is_link:
        raise refuse(HTTPStatus.FORBIDDEN, "Requests of another site are refused.")


def _path_and_query(target: str) -> tuple[str, str]:
    """Both parts of ``target``, whatever form it has (RFC 9112, section 3.2), as they were sent."""
    target = re.sub(r"^https?://[^/?]*", "", target.partition("#")[0], flags=re.IGNORECASE)
    if not target.startswith("/"):
        raise refuse(HTTPStatus.BAD_REQUEST, "The target of the request is not a path.")
    path, _, query = target.partition("?")
    return path, query


class LoopbackServer:
    """Listens on 127.0.0.1; subclasses define `answer`."""

    allow_cross_site = False
    """Whether `answer` judges ``Origin`` and ``Sec-Fetch-Site`` itself."""

    def __init__(self, reserved: socket.socket | int = 0, *, max_request_bytes: int) -> None:
        """Listen on a port (0: any free one) or on a bound socket; a body over ``max_request_bytes`` is a 413."""
        self.max_request_bytes = max_request_bytes
        self._socket = socket.create_server((HOST, reserved)) if isinstance(reserved, int) else reserved
        self._socket.listen(BACKLOG)  # from now on, clients wait instead of being refused
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(self._serve, http=_Protocol, **UVICORN_OPTIONS))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)

    def answer(self, request: Wire) -> HttpResponse:
        """The response to ``request``, or `Refusal`."""
        raise NotImplementedError

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections, and let the requests that are being answered end."""
        self._server.should_exit = True
        if self._thread.ident:
            self._thread.join()
        self._socket.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        body, message = bytearray(), {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if len(body) <= self.max_request_bytes:  # more is refused, once the client has sent it all and reads
                body += message["body"]
        try:
            request = self._read_request(scope, bytes(body))
            check_source(request, allow_cross_site=self.allow_cross_site)
            response = await _in_thread(lambda: self.answer(request))
        except Refusal as refusal:
            response = refusal.response
        await _send(scope, send, response)

    def _read_request(self, scope: Any, body: bytes) -> Wire:  # noqa: ANN401 - ASGI
        if len(body) > self.max_request_bytes:
            raise refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body is larger than the {self.max_request_bytes} bytes that are accepted.",
            )
        target = (scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")).decode("ascii")
        path, query = _path_and_query(target)
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        request = Wire(scope["method"], path, query, headers, body, client=scope["client"][0])
        _, colon, port = request.header("host").rpartition(":")
        return replace(request, origin=("http", port if colon else "80"))


class _Protocol(H11Protocol):
    def data_received(self, data: bytes) -> None:
        """Encode a target that the client left plain (curl): browsers encode it, and AWS sees it encoded."""
        if self.conn.their_state is h11.IDLE:
            line, newline, rest = data.partition(b"\n")
            data = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % byte[0][0], line) + newline + rest
        super().data_received(data)


async def _send(scope: Any, send: Any, response: HttpResponse) -> None:  # noqa: ANN401 - ASGI
    # The length of the body that a HEAD leaves out is the application's to state, any other is ours.
    is_head = scope["method"] == "HEAD"
    headers = [(name, value) for name, value in response.headers if is_head or name.lower() != "content-length"]
    has_body = not is_head and response.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    if has_body:
        headers.append(("Content-Length", str(len(response.body))))
    encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(response.status), "headers": encoded})
    await send({"type": "http.response.body", "body": response.body if has_body else b""})


async def _in_thread(function: Callable[[], HttpResponse]) -> HttpResponse:
    """Run ``function`` in a thread of its own, which does not keep the process from ending."""
    response: Future[HttpResponse] = Future()

    def run() -> None:
        try:
            response.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            response.set_exception(error)

    threading.Thread(target=run, name="request", daemon=True).start()
    return await asyncio.wrap_future(response)
