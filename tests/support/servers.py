"""Upstreams that misbehave: real sockets on the loopback interface, each with one behaviour."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


class Received(NamedTuple):
    """A request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    head_bytes: int


class Connection(socketserver.StreamRequestHandler):
    """One accepted connection."""

    server: Server

    def handle(self) -> None:
        self.server.behave(self)

    def read_request(self) -> Received | None:
        """The next request, recorded; None once the client has closed."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b"\r\n":
            if not line:
                return None
            lines.append(line)
        request_line, *fields = (line.decode("latin-1").removesuffix("\r\n") for line in lines)
        method, target, _ = request_line.split(" ")
        headers = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
        length = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            return None
        received = Received(method, target, headers, body, sum(map(len, lines)) + len(b"\r\n"))
        self.server.received.append(received)
        return received

    def send(self, data: bytes) -> None:
        self.wfile.write(data)

    def answer(self, body: bytes = b"", *headers: str, status: str = "200 OK") -> None:
        """Send a complete answer and keep the connection open."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def reset(self) -> None:
        """Close with a RST instead of a FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server is stopped, at most for ``seconds``; whether it was."""
        return self.server.stopping.wait(seconds)

    def wait_for_client_to_close(self) -> None:
        self.rfile.read()


class Server(socketserver.ThreadingTCPServer):
    """A listener; each connection is handed to ``behave`` in a thread of its own, then closed."""

    request_queue_size = 128

    def __init__(self, behave: Callable[[Connection], object], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.behave = behave
        self.tls = tls
        self.received: list[Received] = []
        self.stopping = threading.Event()
        self.port: int = self.socket.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._accepted: list[socket.socket] = []

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        if self.tls:
            # The handshake comes with the first read, in the connection's own thread.
            sock = self.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._accepted.append(sock)
        return sock, address

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # without the FIN that the base class sends first

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as in the base class
        error = sys.exc_info()[1]
        # The client may leave at any moment: that is what the tests are about.
        if error is not None and not isinstance(error, OSError):
            raise error

    def stop(self) -> None:
        """Accept no more and cut every connection, so that the threads end."""
        self.stopping.set()
        self.shutdown()
        for sock in self._accepted:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running(behave: Callable[[Connection], object], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server for the length of a ``with`` block, which waits for its threads at the end."""
    with Server(behave, tls) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield server
        finally:
            server.stop()


def answering(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> Callable[[Connection], None]:
    """Gives the same answer to every request of a connection."""

    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(body, *headers, status=status)

    return behave


def sending(data: bytes) -> Callable[[Connection], None]:
    """Sends ``data`` after the first request, whatever it is, and closes."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return behave


def silent(connection: Connection) -> None:
    """Takes a request and never answers."""
    connection.read_request()
    connection.wait_for_client_to_close()
