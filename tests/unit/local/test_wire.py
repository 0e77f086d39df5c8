"""HTTP as it comes over a socket, well-formed or not."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from local.wire import LoopbackServer, WireAnswer, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1000


class Echo(LoopbackServer):
    """Answers with what it understood."""

    def __init__(self) -> None:
        self.requests: list[WireRequest] = []
        self.status = 200
        self.headers: list[tuple[str, str]] = [("Content-Type", "text/plain")]
        self.hold: threading.Event | None = None
        super().__init__(0, max_request_bytes=LIMIT)

    def answer(self, request: WireRequest) -> WireAnswer:
        self.requests.append(request)
        if self.hold:
            assert self.hold.wait(10)
        return WireAnswer(self.status, self.headers, request.body or b"hola")


@pytest.fixture
def server() -> Iterator[Echo]:
    echo = Echo()
    echo.start()
    yield echo
    echo.stop()


def exchange(server: Echo, request: bytes) -> bytes:
    """All that comes back for raw bytes, until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def problem(response: bytes) -> dict[str, Any]:
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert b"Connection: close" in head
    document: dict[str, Any] = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {document['status']} ".encode())
    return document


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "x-y"])
def test_every_method_reaches_the_app(server: Echo, method: str) -> None:
    response = exchange(server, f"{method} /a?b=c HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\n\r\n".encode())
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert response.endswith(b"\r\n\r\nhola")
    [request] = server.requests
    assert (request.method, request.path, request.query) == (method, "/a", "b=c")
    assert list(request.headers) == [("Host", "x"), ("A", "1"), ("A", "2")]
    assert request.client == "127.0.0.1"


def test_head_has_no_body_and_the_length_that_the_app_gives(server: Echo) -> None:
    server.headers = [("Content-Length", "4711")]
    response = exchange(server, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"\r\nContent-Length: 4711\r\n" in response
    assert response.endswith(b"\r\n\r\n")


def test_any_other_length_is_the_servers(server: Echo) -> None:
    server.headers = [("content-length", "4711")]
    response = exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"4711" not in response
    assert b"\r\nContent-Length: 4\r\n" in response


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_length(server: Echo, status: int) -> None:
    server.status = status
    response = exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length" not in response


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("//evil.example/x", "//evil.example/x", ""),
        ("/a%2Fb?q=%20", "/a%2Fb", "q=%20"),
        ("http://other.example/a?b", "/a", "b"),
        ("/ñ?q=Pérez", "/%C3%B1", "q=P%C3%A9rez"),
        ("/a?b=c?d", "/a", "b=c?d"),
        ("/a#part", "/a", ""),
    ],
)
def test_the_target_arrives_as_it_was_sent(server: Echo, target: str, path: str, query: str) -> None:
    exchange(server, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (server.requests[0].path, server.requests[0].query) == (path, query)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
    ids=ascii,
)
def test_nonsense_is_a_400_and_never_reaches_the_app(server: Echo, request_bytes: bytes) -> None:
    assert problem(exchange(server, request_bytes))["status"] == 400
    assert server.requests == []


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001, 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_too_much_has_a_status_of_its_own(server: Echo, request_bytes: bytes, status: int) -> None:
    assert problem(exchange(server, request_bytes))["status"] == status
    assert server.requests == []


def test_a_client_that_sends_ten_megabytes_reads_its_413(server: Echo) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with closing(connection):
        connection.request("POST", "/", b"x" * 10_000_000)
        assert connection.getresponse().status == 413


def test_chunks_are_put_together(server: Echo) -> None:
    body = b"4;name=value\r\nhola\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    response = exchange(server, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    assert server.requests[0].body == b"hola 0123456789"
    assert response.endswith(b"hola 0123456789")


def test_who_asks_first_is_invited_to_send(server: Echo) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(1000).endswith(b"\r\n\r\nhello")


def test_who_asks_first_for_too_much_is_not_invited(server: Echo) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
        assert problem(connection.recv(1000))["status"] == 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
    ],
)
def test_a_client_that_goes_away_in_the_middle_leaves_no_trace(
    server: Echo, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert exchange(server, request_bytes) == b""
    assert server.requests == []
    assert caplog.records == []


def test_a_connection_serves_many_requests_without_delay(server: Echo) -> None:
    """With two writes a response and Nagle's algorithm, each request but the first would take 40 ms."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with closing(connection):
        begin = time.monotonic()
        for _ in range(50):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"hola"
        assert time.monotonic() - begin < 1
    assert len(server.requests) == 50


def test_a_bug_of_the_server_is_logged_and_does_not_end_it(server: Echo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server.headers = [("X", "ñ\u2603")]
    assert exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert "a request broke the server" in caplog.text
    server.headers = []
    assert exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"hola")


def test_a_request_that_is_being_answered_may_end_when_the_server_stops() -> None:
    server = Echo()
    server.hold = threading.Event()
    server.start()
    answers: list[bytes] = []
    client = threading.Thread(target=lambda: answers.append(exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")))
    client.start()
    while not server.requests:
        time.sleep(0.01)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    stopper.join(0.3)
    assert stopper.is_alive()
    server.hold.set()
    for thread in (stopper, client):
        thread.join(10)
    assert answers[0].endswith(b"hola")


def test_it_listens_on_the_loopback_interface_only(server: Echo) -> None:
    assert server.server_address[0] == "127.0.0.1"
