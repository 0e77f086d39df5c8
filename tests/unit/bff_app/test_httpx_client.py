"""The client reports what upstreams really did, and its deadline holds against each of them."""

import select
import socket
import ssl
import threading
from contextlib import ExitStack

import pytest

from chalicelib.web.httpx_client import HttpxClient
from chalicelib.web.limits import MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import Deadline, Upstream, UpstreamError
from tests.support.servers import Connection, answering, running, sending, silent
from tests.support.tls import make_certificate

# Seconds: no machine is so busy that a test takes as long.
LONG = 3600.0
OK = b"HTTP/1.1 200 OK\r\n"


class Until:
    """A deadline that passes when something has happened, however long that takes."""

    def __init__(self, has_happened):
        self._has_happened = has_happened

    def seconds_left(self):
        return -1.0 if self._has_happened() else LONG


def until_received(server, count):
    """A deadline that passes when ``server`` has read ``count`` requests."""
    return Until(lambda: len(server.received) >= count)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A private key and a certificate for ``localhost`` that no system trusts."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")


@pytest.fixture
def serve(certificate):
    """Starts an upstream that behaves as told, with or without TLS; it is stopped after the test."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with ExitStack() as servers:
        yield lambda behave, *, secure=False: servers.enter_context(running(behave, tls if secure else None))


@pytest.fixture
def client(monkeypatch, closed_port, certificate):
    """A client that trusts ``certificate`` and is patient, where the environment names a proxy that does not work."""
    for name in ("CONNECT_SECONDS", "KEEP_ALIVE_SECONDS"):
        monkeypatch.setattr(f"chalicelib.web.httpx_client.{name}", LONG)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    client = HttpxClient(ssl.create_default_context(cafile=certificate))
    yield client
    client.close()


def request_to(url, method="GET", body=b"", *headers):
    return Upstream.parse("crud", url).request(method, "/empleados", headers, body)


def send(client, request):
    return client.send(request, Deadline(LONG))


def failure(client, request, expected, deadline=None):
    with pytest.raises(UpstreamError) as caught:
        client.send(request, deadline or Deadline(LONG))
    assert caught.value.failure == expected
    return caught.value


def in_turn(*behaviours):
    """The first connection meets the first behaviour, the second the second."""
    remaining = iter(behaviours)

    def behave(connection):
        next(remaining)(connection)

    return behave


def after_an_answer(behave):
    """Answers one request, and then behaves."""

    def behave_later(connection):
        connection.read_request()
        connection.answer(b"first")
        behave(connection)

    return behave_later


def test_the_request_arrives_as_it_was_built_and_measured_and_so_does_the_answer(client, serve):
    """No header is added, the target is left alone, no proxy is asked, and a redirect is not followed."""
    headers = ("Set-Cookie: a=1", "Set-Cookie: b=\xf1", "Content-Encoding: gzip", "Location: /other")
    server = serve(answering(b"\x1f\x8bnot gzip", *headers, status="302 Found"))
    built = request_to(server.url, "POST", b"\x00\xff", ("X-One", "\xf1"))
    request = built._replace(target="/$default/empleados/%2E%2e/a%252Fb;c?q=%C3%B1&q=a+b&url=http://x")
    answer = send(client, request)
    send(client, request_to(server.url, "PUT"))
    assert (answer.status, answer.body) == (302, b"\x1f\x8bnot gzip")
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=\xf1"]
    received, empty = server.received
    assert (received.method, received.target, received.body) == ("POST", request.target, b"\x00\xff")
    assert (received.headers, received.head_bytes) == (list(request.headers), request.head_bytes)
    assert ("Content-Length", "0") in empty.headers
    assert server.connections == 1


BROKEN_ANSWERS = {
    "nothing": b"",
    "half the headers": OK + b"Content-Le",
    "half the body": OK + b"Content-Length: 10\r\n\r\nhalf",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal",
    "no HTTP": b"220 smtp.example.com ESMTP\r\n",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "endless headers": OK + b"X: " + b"x" * 200_000,
}


def resetting(connection):
    connection.read_request()
    connection.reset()


@pytest.mark.parametrize(
    "behave", [resetting, *(sending(data) for data in BROKEN_ANSWERS.values())], ids=["a reset", *BROKEN_ANSWERS]
)
def test_a_broken_answer_is_reported_the_request_sent_once_and_the_next_one_works(client, serve, behave):
    server = serve(in_turn(behave, behave, answering(b"well again")))
    for method in ("GET", "POST"):
        error = failure(client, request_to(server.url, method), "broken")
        assert (error.outcome_unknown, error.reason[-5:]) == (method == "POST", "Error")
    assert send(client, request_to(server.url)).body == b"well again"
    assert [received.method for received in server.received] == ["GET", "POST", "GET"]


# Closes without an answer when the next request has come: the race of keep-alive.
CLOSING = after_an_answer(Connection.read_request)
CLOSED_CONNECTIONS = [
    # The second request on a connection, what it meets, how often it is sent, and whether there is an answer.
    ("GET", CLOSING, 2, True),
    ("GET", in_turn(CLOSING, sending(b""), answering()), 2, False),
    ("GET", after_an_answer(sending(OK + b"Content-Length: 10\r\n\r\nhalf")), 1, False),
    *((method, CLOSING, 1, False) for method in ("POST", "PUT", "DELETE", "PATCH")),
]


def test_only_a_safe_request_is_sent_once_more_on_a_connection_that_closed_before_any_answer(client, serve):
    for method, behave, times, is_answered in CLOSED_CONNECTIONS:
        server = serve(behave)
        send(client, request_to(server.url))
        second = request_to(server.url, method)
        if is_answered:
            assert send(client, second).body == b"first"
        else:
            assert failure(client, second, "broken").outcome_unknown == (method != "GET")
        assert [received.method for received in server.received] == ["GET", *[method] * times]


def test_a_connection_that_the_server_closed_is_not_used_again(client, serve):
    server = serve(after_an_answer(lambda _: None))
    for method in ("GET", "POST"):
        assert send(client, request_to(server.url, method)).status == 200
        (sock,) = client._idle[0]._sockets.values()  # noqa: SLF001 - the FIN must have come
        assert sock.fileno() == -1 or select.select([sock], [], [])
    assert server.connections == 2


def test_an_upstream_that_cannot_be_reached_got_nothing(client, serve, closed_port):
    plain = serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    trusted = serve(answering(), secure=True)
    as_in_production = HttpxClient()
    for sender, url in (
        (client, f"http://127.0.0.1:{closed_port}"),
        # Longer than DNS allows: no resolver is asked.
        (client, "http://" + ".".join(["a" * 60] * 5)),
        (client, f"https://localhost:{plain.port}"),
        # Another name than the certificate's.
        (client, f"https://127.0.0.1:{trusted.port}"),
        (as_in_production, f"https://localhost:{trusted.port}"),
    ):
        assert not failure(sender, request_to(url, "POST"), "unreachable").outcome_unknown, url
    as_in_production.close()
    assert trusted.received == []


def test_a_connection_to_a_trusted_upstream_is_kept(client, serve):
    server = serve(answering(b"private"), secure=True)
    bodies = [send(client, request_to(f"https://localhost:{server.port}")).body for _ in range(2)]
    assert (bodies, server.connections) == ([b"private", b"private"], 1)


def flooding(head):
    def behave(connection):
        connection.read_request()
        connection.send(head)
        while not connection.wait(0):  # without end, unless the client closes
            connection.send(b"x" * 10_000)

    return behave


def test_an_answer_at_the_limit_arrives_and_a_longer_one_is_not_read_to_its_end(client, serve):
    server = serve(answering(b"x" * MAX_ANSWER_BODY_BYTES))
    assert len(send(client, request_to(server.url)).body) == MAX_ANSWER_BODY_BYTES
    for head in (b"Content-Length: 10000000", b"Connection: close"):
        server = serve(flooding(OK + head + b"\r\n\r\n"))
        failure(client, request_to(server.url), "too_large")


def dripping(data, *, after=b""):
    """Sends ``after`` at once, and then a byte of ``data`` now and then, for ever: no single read takes long."""

    def behave(connection):
        connection.read_request()
        connection.send(after)
        sent = 0
        while not connection.wait(0.02):
            connection.send(data[sent % len(data) :][:1])
            sent += 1

    return behave


SLOW = {
    "silent": silent,
    "drips headers": dripping(b"x", after=OK + b"X: "),
    "drips the body": dripping(b"x", after=OK + b"Content-Length: 100000\r\n\r\n"),
    "drips interim answers": dripping(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
def test_the_deadline_holds_for_the_whole_exchange_and_the_next_request_works(client, serve, behave):
    server = serve(in_turn(behave, behave, answering(b"well again")))
    for count, method in enumerate(("GET", "POST"), 1):
        error = failure(client, request_to(server.url, method), "too_slow", until_received(server, count))
        assert error.outcome_unknown == (method == "POST")
    assert send(client, request_to(server.url)).body == b"well again"
    assert len(server.received) == 3


def test_the_deadline_holds_on_a_connection_that_is_used_again(client, serve):
    server = serve(in_turn(after_an_answer(SLOW["drips headers"]), answering()))
    send(client, request_to(server.url))
    failure(client, request_to(server.url), "too_slow", until_received(server, 2))
    assert server.connections == 1


def test_the_deadline_holds_inside_tls_and_during_its_handshake(client, serve):
    server = serve(SLOW["drips headers"], secure=True)
    failure(client, request_to(f"https://localhost:{server.port}"), "too_slow", until_received(server, 1))
    server = serve(Connection.wait_for_client_to_close)
    request = request_to(server.url.replace("http:", "https:"), "POST")
    assert not failure(client, request, "too_slow", Deadline(0.5)).outcome_unknown


def test_the_deadline_holds_while_the_connection_is_not_accepted(client):
    with ExitStack() as sockets:
        address = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0)).getsockname()
        # Linux completes one connection more than the backlog says; the next one's SYN is dropped.
        for _ in range(2):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its only parameter
            waiting.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        assert not failure(client, request_to(url, "POST"), "too_slow", Deadline(0.5)).outcome_unknown


def test_a_deadline_that_passes_during_a_write_leaves_it_open_and_one_that_has_passed_sends_nothing(client, serve):
    is_reached = threading.Event()

    def take_a_byte(connection):
        connection.rfile.read(1)
        is_reached.set()
        connection.wait()  # a large request fills all buffers

    written = request_to(serve(take_a_byte).url, "POST", b"x" * 30_000_000)
    assert failure(client, written, "too_slow", Until(is_reached.is_set)).outcome_unknown
    server = serve(answering())
    assert not failure(client, request_to(server.url, "POST"), "too_slow", Deadline(-1)).outcome_unknown
    assert server.received == []
