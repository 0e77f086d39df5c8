"""Upstreams that misbehave: real sockets on the loopback interface, each with one behaviour."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.ports import port_of, reserve

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

READ_BYTES = 64 * 1024
# Seconds after which a server's blocked read fails: long after every test has ended.
SOCKET_SECONDS = 60


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    head_bytes: int

    def header(self, name: str) -> str | None:
        """The header ``name`` in any case; a test that sends one twice looks at ``headers``."""
        return {key.lower(): value for key, value in self.headers}.get(name.lower())


class Connection:
    """One accepted connection."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self._server = server
        self._socket = sock
        self._buffer = b""

    def read_request(self) -> Received | None:
        """The next request, recorded; None once the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._read_more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        request_line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        length = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
        while len(self._buffer) < length:
            if not self._read_more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        received = Received(method, target, headers, body, len(head) + len(b"\r\n\r\n"))
        self._server.received.append(received)
        return received

    def _read_more(self) -> bool:
        data = self._socket.recv(READ_BYTES)
        self._buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, body: bytes = b"", *headers: str, status: str = "200 OK") -> None:
        """Send a complete answer and keep the connection open."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def reset(self) -> None:
        """Close with a RST instead of a FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    def shut_down(self) -> None:
        """Send a FIN now."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server is stopped, at most for ``seconds``; whether it was."""
        return self._server.stopping.wait(seconds)

    def wait_for_client_to_close(self) -> None:
        while self._read_more():
            self._buffer = b""


@dataclass
class Server:
    """A listener; each connection is handed to ``behave`` in a thread of its own, then closed."""

    behave: Callable[[Connection], None]
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list, repr=False)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(SOCKET_SECONDS)
        # The client may leave at any moment; that is what the tests are about.
        with contextlib.suppress(OSError), sock:
            if self.tls is None:
                self.behave(Connection(self, sock))
                return
            with self.tls.wrap_socket(sock, server_side=True) as secured:
                self._open.add(secured)
                self.behave(Connection(self, secured))

    def stop(self) -> None:
        """Stop listening, cut every connection and wait for the threads."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def running(behave: Callable[[Connection], None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server for the length of a ``with`` block."""
    server = Server(behave, tls)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """The address of a port that refuses connections: it is bound, so that no other program gets it."""
    with reserve() as bound:
        yield f"http://127.0.0.1:{port_of(bound)}"


def answering(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> Callable[[Connection], None]:
    """Gives the same answer to every request of a connection."""

    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(body, *headers, status=status)

    return behave


def answering_json(body: bytes = b"[]", *headers: str, status: str = "200 OK") -> Callable[[Connection], None]:
    """``answering`` with JSON."""
    return answering(body, "Content-Type: application/json", *headers, status=status)


def sending(data: bytes) -> Callable[[Connection], None]:
    """Sends ``data`` after the first request, whatever it is, and closes."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return behave


def dripping(data: bytes, *, after: bytes = b"") -> Callable[[Connection], None]:
    """Sends ``after`` at once, and then a byte of ``data`` now and then, for ever: no single read takes long."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(after)
        sent = 0
        while not connection.wait(0.02):
            connection.send(data[sent % len(data) :][:1])
            sent += 1

    return behave


def in_turn(*behaviours: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """The first connection meets the first behaviour, the second the second."""
    remaining = iter(behaviours)

    def behave(connection: Connection) -> None:
        next(remaining)(connection)

    return behave


def silent(connection: Connection) -> None:
    """Takes a request and never answers."""
    connection.read_request()
    connection.wait_for_client_to_close()


def deaf(connection: Connection) -> None:
    """Reads nothing, so that a large request fills all buffers."""
    connection.wait()


def closing_at_the_next_request(connection: Connection) -> None:
    """Answers one request, and closes without an answer when the next has come: the race of keep-alive."""
    connection.read_request()
    connection.answer(b"first")
    connection.read_request()
