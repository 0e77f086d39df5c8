"""The client reports what upstreams really did, and its deadline holds against each of them."""

import socket
import ssl
import threading

import pytest

from chalicelib.web.httpx_client import HttpxClient
from chalicelib.web.limits import MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import Deadline, Upstream, UpstreamError
from tests.unit.bff_app.servers import (
    Connection,
    after_an_answer,
    answering,
    closing_at_the_next_request,
    deaf,
    dripping,
    in_turn,
    refusing,
    sending,
    silent,
)

# The upstreams that meet it never end by themselves: a request that returns has met its deadline.
SHORT = 0.5
LONG = 60.0


@pytest.fixture
def client():
    # Trusts no certificate: reading a store takes longer than all the rest of a test.
    client = HttpxClient(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    yield client
    client.close()


def request_to(url, method="GET", body=b"", *headers):
    return Upstream.parse("crud", url).request(method, "/empleados", headers, body)


def send(client, request, seconds=LONG):
    return client.send(request, Deadline(seconds))


def failure(client, request, expected, seconds=LONG):
    with pytest.raises(UpstreamError) as caught:
        send(client, request, seconds)
    assert caught.value.failure == expected
    return caught.value


def test_the_request_arrives_as_it_was_built_and_measured_and_so_does_the_answer(client, serve):
    """No header is added, and the target is left alone."""
    server = serve(answering(b"\x1f\x8bnot gzip", "Set-Cookie: a=1", "Set-Cookie: b=\xf1", "Content-Encoding: gzip"))
    built = request_to(server.url, "POST", b"{}", ("X-One", "\xf1"))
    request = built._replace(target="/$default/empleados/%2E%2e/a%252Fb;c?q=%C3%B1&q=a+b&url=http://x")
    answer = send(client, request)
    send(client, request_to(server.url, "PUT"))
    assert (answer.status, answer.body) == (200, b"\x1f\x8bnot gzip")
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=\xf1"]
    received, empty = server.received
    assert (received.method, received.target, received.body) == ("POST", request.target, b"{}")
    assert (received.headers, received.head_bytes) == (list(request.headers), request.head_bytes)
    assert (empty.header("content-length"), empty.body) == ("0", b"")
    assert server.connections == 1


def test_a_proxy_of_the_environment_is_ignored(serve, monkeypatch):
    server = serve(answering())
    with refusing() as nowhere:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, nowhere)
        client = HttpxClient()
        assert send(client, request_to(server.url)).status == 200
    client.close()


OK = b"HTTP/1.1 200 OK\r\n"
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
        assert error.outcome_unknown == (method == "POST")
    assert send(client, request_to(server.url)).body == b"well again"
    assert [received.method for received in server.received] == ["GET", "POST", "GET"]


def test_a_safe_request_is_sent_once_more_only_on_a_connection_that_closed_before_any_answer(client, serve):
    server = serve(closing_at_the_next_request)
    assert [send(client, request_to(server.url)).body for _ in range(2)] == [b"first", b"first"]
    assert (len(server.received), server.connections) == (3, 2)
    half = sending(OK + b"Content-Length: 10\r\n\r\nhalf")
    for behave, sent in ((in_turn(closing_at_the_next_request, sending(b""), answering()), 3),
                         (after_an_answer(half), 2)):  # fmt: skip
        server = serve(behave)
        send(client, request_to(server.url))
        failure(client, request_to(server.url), "broken")
        assert len(server.received) == sent


def test_a_write_on_a_closing_connection_is_not_sent_again_and_its_outcome_is_unknown(client, serve):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        server = serve(closing_at_the_next_request)
        send(client, request_to(server.url))
        assert failure(client, request_to(server.url, method, b"{}"), "broken").outcome_unknown
        assert [received.method for received in server.received] == ["GET", method]


def test_a_connection_that_the_server_closed_is_not_used_again(client, serve):
    closed = threading.Semaphore(0)

    def close(connection):
        connection.shut_down()
        closed.release()

    server = serve(after_an_answer(close))
    for method in ("GET", "POST"):
        assert send(client, request_to(server.url, method)).status == 200
        assert closed.acquire(timeout=LONG)
    assert server.connections == 2


@pytest.fixture
def secure(serve, certificate):
    """Starts an upstream that speaks TLS with ``certificate``, which is not trusted by default."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return lambda behave: serve(behave, tls)


@pytest.fixture
def trusting(certificate):
    """A client that trusts ``certificate``."""
    client = HttpxClient(ssl.create_default_context(cafile=certificate))
    yield client
    client.close()


def test_an_upstream_that_cannot_be_reached_got_nothing(client, serve, secure):
    plain = serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    untrusted = secure(answering())
    # This name is longer than DNS allows: no resolver is asked.
    unresolvable = "http://" + ".".join(["a" * 60] * 5)
    with refusing() as nowhere:
        for url in (nowhere, unresolvable, f"https://localhost:{plain.port}", f"https://localhost:{untrusted.port}"):
            assert not failure(client, request_to(url, "POST"), "unreachable").outcome_unknown, url
    assert untrusted.received == []


def test_a_trusted_certificate_is_accepted_for_its_name_only_and_its_connection_kept(secure, trusting):
    assert HttpxClient()._tls.verify_mode is ssl.CERT_REQUIRED  # noqa: SLF001 - as in production
    server = secure(answering(b"private"))
    failure(trusting, request_to(server.url), "unreachable")
    assert server.received == []
    bodies = [send(trusting, request_to(f"https://localhost:{server.port}")).body for _ in range(2)]
    assert bodies == [b"private", b"private"]
    assert server.connections == 2


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


SLOW = {
    "silent": silent,
    "drips headers": dripping(b"x", after=OK + b"X: "),
    "drips the body": dripping(b"x", after=OK + b"Content-Length: 100000\r\n\r\n"),
    "drips interim answers": dripping(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
def test_the_deadline_holds_for_the_whole_exchange_and_the_next_request_works(client, serve, behave):
    server = serve(in_turn(behave, behave, answering(b"well again")))
    for method in ("GET", "POST"):
        error = failure(client, request_to(server.url, method), "too_slow", SHORT)
        assert error.outcome_unknown == (method == "POST")
    assert send(client, request_to(server.url)).body == b"well again"
    # On a busy machine the deadline may end a request before the server reads it.
    assert len(server.received) <= 3


def test_the_deadline_holds_on_a_connection_that_is_used_again(client, serve):
    server = serve(in_turn(after_an_answer(SLOW["drips headers"]), answering()))
    send(client, request_to(server.url))
    failure(client, request_to(server.url), "too_slow", SHORT)
    assert server.connections == 1


def test_the_deadline_holds_inside_tls_and_during_its_handshake(client, serve, secure, trusting):
    server = secure(dripping(b"x", after=OK + b"X: "))
    failure(trusting, request_to(f"https://localhost:{server.port}"), "too_slow", SHORT)
    server = serve(Connection.wait_for_client_to_close)
    url = server.url.replace("http:", "https:")
    assert not failure(client, request_to(url, "POST"), "too_slow", SHORT).outcome_unknown


def test_the_deadline_holds_while_the_connection_is_not_accepted(client):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # Linux completes one connection more than the backlog says; the next one's SYN is dropped.
        waiting = [socket.socket() for _ in range(2)]
        for sock in waiting:
            sock.setblocking(False)  # noqa: FBT003 - its only parameter
            sock.connect_ex(address)
        error = failure(client, request_to(f"http://127.0.0.1:{address[1]}", "POST"), "too_slow", SHORT)
        for sock in waiting:
            sock.close()
    assert not error.outcome_unknown


def test_a_deadline_that_passes_during_a_write_leaves_it_open_and_one_that_has_passed_sends_nothing(client, serve):
    written = request_to(serve(deaf).url, "POST", b"x" * 30_000_000)
    assert failure(client, written, "too_slow", SHORT).outcome_unknown
    server = serve(answering())
    assert not failure(client, request_to(server.url, "POST"), "too_slow", seconds=-1).outcome_unknown
    assert server.received == []
