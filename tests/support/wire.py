"""A TCP proxy in front of PostgreSQL that counts round trips and breaks connections in the ways that networks do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

SYNC, READY_FOR_QUERY, QUERY = b"S", b"Z", b"Q"
#: The first message has no type.
STARTUP = b"startup"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
#: close() with it sends RST instead of FIN.
LINGER_NONE = struct.pack("ii", 1, 0)


class Messages:
    """Splits one direction of the protocol into messages: a byte of type (not in a start-up), a length, a body."""

    def __init__(self, *, has_startup: bool) -> None:
        self._buffer = b""
        self._starting = has_startup

    def feed(self, data: bytes) -> list[bytes]:
        """The types of the messages that ``data`` completes."""
        self._buffer += data
        types = []
        while len(self._buffer) >= (prefix := 0 if self._starting else 1) + 4:
            (length,) = struct.unpack_from("!i", self._buffer, prefix)
            if len(self._buffer) < prefix + length:
                break
            types.append(STARTUP if self._starting else self._buffer[:1])
            self._starting = False
            self._buffer = self._buffer[prefix + length :]
        return types


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: WireProxy, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self._proxy = proxy
        self._requests = Messages(has_startup=True)
        self._answers = Messages(has_startup=False)
        #: Requests that are executed at once (a Sync or a simple query), and complete answers. Each is one thread's.
        self.statements = self.answers = 0
        #: Requests and answers that have passed; opening the connection is one.
        self._asked = self._answered = 0
        self._is_over = False
        self._threads = [
            threading.Thread(target=self._pump, args=(client, server, self._see_request)),
            threading.Thread(target=self._pump, args=(server, client, self._see_answer)),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def is_answered(self) -> bool:
        """Whether nothing is under way through it."""
        return self._is_over or self._asked == self._answered

    def _pump(self, source: socket.socket, sink: socket.socket, see: Callable[[bytes], bool]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if see(data):
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        self._is_over = True

    def _see_request(self, data: bytes) -> bool:
        types = self._requests.feed(data)
        statements = sum(kind in {SYNC, QUERY} for kind in types)
        self.statements += statements
        self._asked += statements + types.count(STARTUP)
        if self._proxy.cut_before_request:
            self._proxy.cut_before_request = False
            self.reset()
            return False
        return self._proxy.flowing.wait()

    def _see_answer(self, data: bytes) -> bool:
        answers = self._answers.feed(data).count(READY_FOR_QUERY)
        if answers:
            self.answers += 1
            is_greeting = self._answered == 0
            if self._proxy.cut_before_answer or (self._proxy.cut_every_answer and not is_greeting):
                self._proxy.cut_before_answer = False
                self.reset()
                return False
        if self._proxy.cut_in_answer:
            self._proxy.cut_in_answer = False
            self.client.sendall(data[: len(data) // 2])
            self.close()
            return False
        self._answered += answers  # only now: a test that waits for it may break the next one
        return self._proxy.may_answer()

    def reset(self) -> None:
        """RST to the client, unless the connection is closed already."""
        with contextlib.suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        self.close()

    def close(self) -> None:
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


class WireProxy:
    """Listens on a loopback port and passes everything on to the server's Unix socket."""

    def __init__(self, target: str, *, tls: ssl.SSLContext | None = None, refuses_tls: bool = False) -> None:
        self.target = target
        self._tls = tls
        self._refuses_tls = refuses_tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.links: list[Link] = []
        #: Cleared, nothing passes to the server: a black hole.
        self.flowing = threading.Event()
        self.flowing.set()
        #: Cleared, nothing passes to the client.
        self.answering = threading.Event()
        self.answering.set()
        self.cut_before_request = False
        self.cut_before_answer = False
        #: Every answer but a greeting is cut.
        self.cut_every_answer = False
        #: The next answer is passed on by half, followed by a FIN.
        self.cut_in_answer = False
        self._allowed: int | None = None
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.flowing.set()
        self.answering.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for link in self.links:
            link.close()
            link.join()

    def url(self, database_url: str) -> str:
        """The same database through this proxy."""
        path = database_url.partition("?")[0].replace("@/", f"@127.0.0.1:{self.port}/")
        assert str(self.port) in path
        return f"{path}?pgbouncer=true" if "pgbouncer=true" in database_url else path

    @property
    def statements(self) -> int:
        """Of all links."""
        return sum(link.statements for link in self.links)

    @property
    def answers(self) -> int:
        """Of all links."""
        return sum(link.answers for link in self.links)

    def withhold_after(self, answers: int) -> None:
        """Pass this many more answers to the clients, and hold back the others until ``release``."""
        self._allowed = self.answers + answers

    def release(self) -> None:
        """Pass everything on."""
        self._allowed = None
        self.answering.set()

    @property
    def is_answered(self) -> bool:
        """Whether everything sent so far was answered, or never will be."""
        return all(link.is_answered for link in self.links)

    def may_answer(self) -> bool:
        """Wait until the server's data may pass to the client."""
        if self._allowed is not None and self.answers > self._allowed:
            self.answering.clear()
        return self.answering.wait()

    def close_all(self) -> None:
        """FIN to every client."""
        for link in self.links:
            link.close()

    def reset_all(self) -> None:
        """RST to every client."""
        for link in self.links:
            link.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                link = self._open(client)
                # Known before anything passes: a test may close it as soon as it has an answer.
                self.links.append(link)
                link.start()

    def _open(self, client: socket.socket) -> Link:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        try:
            if self._tls or self._refuses_tls:
                client = self._answer_ssl_request(client)
            server.connect(self.target)
        except OSError:
            client.close()
            server.close()
            raise
        return Link(self, client, server)

    def _answer_ssl_request(self, client: socket.socket) -> socket.socket:
        request = client.recv(len(SSL_REQUEST))
        assert request == SSL_REQUEST
        if self._tls is None:
            client.sendall(b"N")
            client.recv(1)  # until the client sends or closes
            raise OSError
        client.sendall(b"S")
        return self._tls.wrap_socket(client, server_side=True)
