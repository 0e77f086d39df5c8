"""The client reports what upstreams really did, and its deadline holds against each of them."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from http.cookiejar import Cookie

import certifi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.web.httpx_client import HttpxClient, make_tls_context
from chalicelib.web.upstream import (
    AnswerTooLarge,
    Deadline,
    Upstream,
    UpstreamAddress,
    UpstreamBroken,
    UpstreamError,
    UpstreamRequest,
    UpstreamTooSlow,
    UpstreamUnreachable,
)
from tests.unit.bff_app.servers import (
    Connection,
    answering,
    closing_at_the_next_request,
    deaf,
    dripping,
    in_turn,
    refusing,
    running,
    sending,
    silent,
)

MAX_ANSWER_BYTES = 1000
# The upstreams that meet it never end by themselves: a request that returns has met its deadline.
SHORT = 0.3
LONG = 60.0


@pytest.fixture
def client():
    # Trusts no certificate: reading a store takes longer than all the rest of a test.
    client = HttpxClient(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), max_answer_bytes=MAX_ANSWER_BYTES)
    yield client
    client.close()


def request_to(url, method="GET", body=b"", *headers):
    address = UpstreamAddress.parse(url)
    framing = (("Content-Length", str(len(body))),) if body or method != "GET" else ()
    return UpstreamRequest(
        Upstream("crud", address), method, "/empleados", (("Host", address.authority), *framing, *headers), body
    )


def send(client, request, seconds=LONG):
    return client.send(request, Deadline(seconds))


def failure(client, request, expected, seconds=LONG):
    with pytest.raises(expected) as caught:
        send(client, request, seconds)
    assert caught.value.request is request
    return caught.value


def test_an_answer_arrives_with_repeated_headers_and_its_raw_body(client, serve):
    server = serve(answering(b"\x1f\x8bnot gzip", "Set-Cookie: a=1", "Set-Cookie: b=\xf1", "Content-Encoding: gzip"))

    answer = send(client, request_to(server.url))

    assert (answer.status, answer.body) == (200, b"\x1f\x8bnot gzip")
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=\xf1"]


def test_the_request_arrives_as_it_was_built_and_measured(client, serve):
    """No header is added, and the target is left alone."""
    server = serve(answering())
    built = request_to(server.url, "POST", b"{}", ("X-One", "\xf1"))
    request = built._replace(target="/$default/empleados/%2E%2e/a%252Fb;c?q=%C3%B1&q=a+b&url=http://x")

    send(client, request)
    send(client, request_to(server.url, "PUT"))

    received, empty = server.received
    assert (received.method, received.target, received.body) == ("POST", request.target, b"{}")
    assert received.headers == list(request.headers)
    assert received.head_bytes == request.head_bytes
    assert (empty.header("content-length"), empty.body) == ("0", b"")


def test_threads_do_not_wait_for_each_other(client, serve):
    all_here = threading.Barrier(20)

    def behave(connection):
        connection.read_request()
        all_here.wait(LONG)
        connection.answer()

    server = serve(behave)
    threads = [threading.Thread(target=send, args=(client, request_to(server.url))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.received) == 20
    assert not all_here.broken


def test_a_cookie_is_neither_sent_with_the_next_request_nor_kept(client, serve):
    server = serve(answering(b"", "Set-Cookie: session=someone; Path=/"))

    for _ in range(2):
        send(client, request_to(server.url))

    assert [received.header("cookie") for received in server.received] == [None, None]
    assert not any(isinstance(kept, Cookie) for kept in gc.get_objects())


def test_a_proxy_of_the_environment_is_ignored(serve, monkeypatch):
    server = serve(answering())
    with refusing() as nowhere:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, nowhere)
        client = HttpxClient()

        assert send(client, request_to(server.url)).status == 200
    client.close()


BROKEN_ANSWERS = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half the body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    "no HTTP": b"220 smtp.example.com ESMTP\r\n",
    "a TLS alert": b"\x15\x03\x03\x00\x02\x02\x50",
    "an unknown status": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a zero byte in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
}


@pytest.mark.parametrize("data", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS)
def test_a_broken_answer_is_reported_the_request_sent_once_and_the_next_one_works(client, serve, data):
    server = serve(in_turn(sending(data), sending(data), answering(b"well again")))

    for method in ("GET", "POST"):
        error = failure(client, request_to(server.url, method), UpstreamBroken)
        assert error.request_sent
        assert error.outcome_unknown == (method == "POST")

    assert send(client, request_to(server.url)).body == b"well again"
    assert [received.method for received in server.received] == ["GET", "POST", "GET"]


def test_a_reset_is_reported(client, serve):
    def behave(connection):
        connection.read_request()
        connection.reset()

    server = serve(behave)

    for method in ("GET", "PUT"):
        error = failure(client, request_to(server.url, method), UpstreamBroken)
        assert error.outcome_unknown == (method == "PUT")


def test_a_safe_request_on_a_closing_connection_is_sent_once_more(client, serve):
    server = serve(closing_at_the_next_request)

    bodies = [send(client, request_to(server.url)).body for _ in range(2)]

    assert bodies == [b"first", b"first"]
    assert (len(server.received), server.connections) == (3, 2)


def test_a_safe_request_is_sent_at_most_twice(client, serve):
    server = serve(in_turn(closing_at_the_next_request, sending(b""), answering()))
    send(client, request_to(server.url))

    failure(client, request_to(server.url), UpstreamBroken)

    assert len(server.received) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_on_a_closing_connection_is_not_sent_again_and_its_outcome_is_unknown(client, serve, method):
    server = serve(closing_at_the_next_request)
    send(client, request_to(server.url))

    error = failure(client, request_to(server.url, method, b"{}"), UpstreamBroken)

    assert error.outcome_unknown
    assert [received.method for received in server.received] == ["GET", method]


def test_a_safe_request_is_not_sent_again_after_half_an_answer(client, serve):
    def behave(connection):
        connection.read_request()
        connection.answer()
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    server = serve(behave)
    send(client, request_to(server.url))

    failure(client, request_to(server.url), UpstreamBroken)

    assert len(server.received) == 2


def test_a_connection_that_the_server_closed_is_not_used_again(client, serve):
    closed = threading.Semaphore(0)

    def behave(connection):
        connection.read_request()
        connection.answer()
        connection.shut_down()
        closed.release()

    server = serve(behave)
    for method in ("GET", "POST", "POST"):
        assert send(client, request_to(server.url, method)).status == 200
        assert closed.acquire(timeout=LONG)

    assert server.connections == 3


def test_an_upstream_that_cannot_be_reached_got_nothing(client):
    # This name is longer than DNS allows: no resolver is asked.
    unresolvable = "http://" + ".".join(["a" * 60] * 5)
    with refusing() as nowhere:
        for url in (nowhere, unresolvable):
            for method in ("GET", "POST"):
                error = failure(client, request_to(url, method), UpstreamUnreachable)
                assert not error.request_sent
                assert not error.outcome_unknown


def test_plain_http_from_a_tls_upstream_is_unreachable(client, serve):
    server = serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    error = failure(client, request_to(server.url.replace("http:", "https:"), "POST"), UpstreamUnreachable)

    assert not error.outcome_unknown


@pytest.fixture
def secure(serve, certificate):
    """Starts an upstream that speaks TLS with ``certificate``."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return lambda behave: serve(behave, tls)


@pytest.fixture
def trusting(certificate):
    """A client that trusts ``certificate``."""
    client = HttpxClient(ssl.create_default_context(cafile=certificate))
    yield client
    client.close()


def test_a_trusted_certificate_is_accepted_and_its_connection_kept(secure, trusting):
    server = secure(answering(b"private"))

    bodies = [send(trusting, request_to(f"https://localhost:{server.port}")).body for _ in range(2)]

    assert bodies == [b"private", b"private"]
    assert server.connections == 1


def test_a_certificate_for_another_name_is_refused(secure, trusting):
    server = secure(answering())

    failure(trusting, request_to(server.url), UpstreamUnreachable)

    assert server.received == []


def test_an_untrusted_certificate_is_refused_before_anything_is_sent(client, secure):
    server = secure(answering())

    error = failure(client, request_to(f"https://localhost:{server.port}", "POST"), UpstreamUnreachable)

    assert not error.request_sent
    assert server.received == []


def test_the_systems_authorities_are_trusted_and_no_others(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")

    context = make_tls_context()

    assert [dict(*each["subject"]) for each in context.get_ca_certs()] == [{"commonName": "localhost"}]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certifis_are_trusted_where_the_system_has_none(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")

    context = make_tls_context()

    assert context.get_ca_certs() == ssl.create_default_context(cafile=certifi.where()).get_ca_certs()
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_an_answer_at_the_limit_arrives(client, serve):
    server = serve(answering(b"x" * MAX_ANSWER_BYTES))

    assert len(send(client, request_to(server.url)).body) == MAX_ANSWER_BYTES


@pytest.mark.parametrize("head", [b"Content-Length: 10000000", b"Connection: close"], ids=["length", "no length"])
def test_an_answer_over_the_limit_is_not_read_to_its_end(client, serve, head):
    def behave(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        while not connection.wait(0):  # without end, unless the client closes
            connection.send(b"x" * 10_000)

    error = failure(client, request_to(serve(behave).url), AnswerTooLarge)

    assert error.request_sent


SLOW = {
    "silent": silent,
    "drips headers": dripping(b"x", after=b"HTTP/1.1 200 OK\r\nX: "),
    "drips the body": dripping(b"x", after=b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    "drips interim answers": dripping(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "stops in the body": lambda connection: (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")(connection),
        deaf(connection),
    ),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
def test_the_deadline_holds_for_the_whole_exchange_and_the_next_request_works(client, serve, behave):
    server = serve(in_turn(behave, behave, answering(b"well again")))

    for method in ("GET", "POST"):
        error = failure(client, request_to(server.url, method), UpstreamTooSlow, SHORT)
        assert error.outcome_unknown == (method == "POST")

    assert send(client, request_to(server.url)).body == b"well again"
    assert [received.method for received in server.received] == ["GET", "POST", "GET"]


def test_the_deadline_holds_inside_tls(secure, trusting):
    server = secure(dripping(b"x", after=b"HTTP/1.1 200 OK\r\nX: "))

    failure(trusting, request_to(f"https://localhost:{server.port}"), UpstreamTooSlow, SHORT)


def test_the_deadline_holds_while_the_request_is_written(client, serve):
    error = failure(client, request_to(serve(deaf).url, "POST", b"x" * 30_000_000), UpstreamTooSlow, SHORT)

    assert error.outcome_unknown


def test_the_deadline_holds_during_the_tls_handshake(client, serve):
    server = serve(Connection.wait_for_client_to_close)

    error = failure(client, request_to(server.url.replace("http:", "https:"), "POST"), UpstreamTooSlow, SHORT)

    assert not error.outcome_unknown


def test_the_deadline_holds_while_the_connection_is_not_accepted(client):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # Linux completes one connection more than the backlog says; the next one's SYN is dropped.
        waiting = [socket.socket() for _ in range(2)]
        for sock in waiting:
            sock.setblocking(False)  # noqa: FBT003 - its only parameter
            sock.connect_ex(address)

        error = failure(client, request_to(f"http://127.0.0.1:{address[1]}"), UpstreamTooSlow, SHORT)

        for sock in waiting:
            sock.close()
    assert not error.request_sent


def test_a_deadline_that_has_passed_sends_nothing(client, serve):
    server = serve(answering())

    error = failure(client, request_to(server.url, "POST"), UpstreamTooSlow, seconds=-1)

    assert not error.outcome_unknown
    assert server.received == []


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(data=st.binary(max_size=200))
def test_every_answer_is_passed_on_or_a_reported_failure(client, data):
    with running(sending(b"HTTP/1.1 " + data)) as server:
        try:
            answer = send(client, request_to(server.url))
        except UpstreamError as error:
            assert error.request_sent  # noqa: PT017 - either outcome is right, each with its own promise
        else:
            assert 200 <= answer.status <= 599


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(location=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60))
def test_no_redirect_makes_the_client_ask_elsewhere(client, location):
    with running(answering(b"", f"Location: {location}", status="302 Found")) as server:
        try:
            answer = send(client, request_to(server.url))
        except UpstreamError:
            pass
        else:
            assert answer.status == 302
        assert len(server.received) == 1
