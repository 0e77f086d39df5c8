"""The client tells the truth about upstreams that do not, and is never kept waiting."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import time
from http.cookiejar import Cookie
from typing import TYPE_CHECKING

import certifi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.web.httpx_client import HttpxClient, make_tls_context
from chalicelib.web.limits import Deadline
from chalicelib.web.upstream import (
    AnswerTooLarge,
    Upstream,
    UpstreamAddress,
    UpstreamAnswer,
    UpstreamBroken,
    UpstreamError,
    UpstreamRequest,
    UpstreamTooSlow,
    UpstreamUnreachable,
)
from local.emulator import free_port
from tests.unit.bff_app.servers import Connection, Server, answering, in_turn, running, sending, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Serve = Callable[..., Server]

SMALL = 1000
# Long enough to be told apart from "at once" on a busy machine, short enough for a test.
DEADLINE_SECONDS = 0.5
# What a request may take beyond its deadline on a busy machine; the slow upstreams here take longer by far.
GRACE_SECONDS = 3.0


@pytest.fixture
def client() -> Iterator[HttpxClient]:
    # No certificate store, which takes longer to read than all the rest of a test: it trusts nobody.
    client = HttpxClient(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), max_answer_bytes=SMALL)
    yield client
    client.close()


def request_to(url: str, method: str = "GET", body: bytes = b"", *headers: tuple[str, str]) -> UpstreamRequest:
    address = UpstreamAddress.parse(url)
    framing = (("Content-Length", str(len(body))),) if body else ()
    return UpstreamRequest(
        Upstream("crud", address), method, "/empleados", (("Host", address.authority), *framing, *headers), body
    )


def send(client: HttpxClient, request: UpstreamRequest, seconds: float = 10) -> UpstreamAnswer:
    return client.send(request, Deadline(seconds))


def failure(
    client: HttpxClient, request: UpstreamRequest, expected: type[UpstreamError], seconds: float = 10
) -> UpstreamError:
    with pytest.raises(expected) as caught:
        send(client, request, seconds)
    assert caught.value.request is request
    return caught.value


def test_an_answer_arrives_with_repeated_headers_and_its_raw_body(client: HttpxClient, serve: Serve) -> None:
    server = serve(answering(b"\x1f\x8bnot gzip", "Set-Cookie: a=1", "Set-Cookie: b=\xf1", "Content-Encoding: gzip"))

    answer = send(client, request_to(server.url))

    assert answer.status == 200
    assert answer.body == b"\x1f\x8bnot gzip"
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=\xf1"]


def test_the_request_arrives_as_it_was_built_and_measured(client: HttpxClient, serve: Serve) -> None:
    """The client adds no header of its own and leaves the target alone."""
    server = serve(answering())
    request = request_to(server.url, "POST", b"{}", ("X-One", "\xf1"))

    send(client, request)

    (received,) = server.received
    assert (received.method, received.target, received.body) == ("POST", "/empleados", b"{}")
    assert received.headers == list(request.headers)
    assert received.head_bytes == request.head_bytes


def test_one_connection_serves_many_requests(client: HttpxClient, serve: Serve) -> None:
    server = serve(answering())

    for _ in range(3):
        send(client, request_to(server.url))

    assert (len(server.received), server.connections) == (3, 1)


def test_threads_do_not_wait_for_each_other(client: HttpxClient, serve: Serve) -> None:
    all_here = threading.Barrier(20)

    def behave(connection: Connection) -> None:
        connection.read_request()
        all_here.wait(timeout=10)
        connection.answer()

    server = serve(behave)
    threads = [threading.Thread(target=send, args=(client, request_to(server.url))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.received) == 20
    assert not all_here.broken


def test_a_cookie_of_one_answer_is_neither_sent_with_the_next_request_nor_kept(
    client: HttpxClient, serve: Serve
) -> None:
    server = serve(answering(b"", "Set-Cookie: session=someone; Path=/"))

    for _ in range(2):
        send(client, request_to(server.url))

    assert [received.header("cookie") for received in server.received] == [None, None]
    assert not any(isinstance(kept, Cookie) for kept in gc.get_objects())


def test_a_proxy_of_the_environment_is_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(answering())
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
    client = HttpxClient()

    assert send(client, request_to(server.url)).status == 200
    client.close()


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_is_not_followed(client: HttpxClient, serve: Serve, status: str) -> None:
    server = serve(answering(b"", "Location: /elsewhere", status=status))

    answer = send(client, request_to(server.url))

    assert (answer.status, answer.header("location")) == (int(status[:3]), "/elsewhere")
    assert len(server.received) == 1


BROKEN_ANSWERS = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half the body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    "no HTTP": b"220 smtp.example.com ESMTP\r\n",
    "a TLS alert": b"\x15\x03\x03\x00\x02\x02\x50",
    "a status that is none": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a zero byte in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    "headers without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("data", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS)
def test_a_broken_answer_is_told_and_the_request_sent_once(
    client: HttpxClient, serve: Serve, method: str, data: bytes
) -> None:
    server = serve(sending(data))

    error = failure(client, request_to(server.url, method), UpstreamBroken)

    assert error.request_sent
    assert error.outcome_unknown == (method == "POST")
    assert len(server.received) == 1


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_reset_is_told(client: HttpxClient, serve: Serve, method: str) -> None:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.reset()

    error = failure(client, request_to(serve(behave).url, method), UpstreamBroken)

    assert error.outcome_unknown == (method == "PUT")


@pytest.mark.parametrize("data", [*BROKEN_ANSWERS.values()][:4], ids=[*BROKEN_ANSWERS][:4])
def test_the_request_after_a_broken_answer_works(client: HttpxClient, serve: Serve, data: bytes) -> None:
    server = serve(in_turn(sending(data), answering(b"well again")))

    failure(client, request_to(server.url), UpstreamBroken)

    assert send(client, request_to(server.url)).body == b"well again"


def closing_after_each_answer_without_saying_so(connection: Connection) -> None:
    """Keeps the connection open until the next request has come, and then closes it: the race of keep-alive."""
    connection.read_request()
    connection.answer(b"first")
    connection.read_request()


def test_a_safe_request_that_met_a_closing_connection_is_sent_once_more(client: HttpxClient, serve: Serve) -> None:
    server = serve(closing_after_each_answer_without_saying_so)

    bodies = [send(client, request_to(server.url)).body for _ in range(2)]

    assert bodies == [b"first", b"first"]
    assert (len(server.received), server.connections) == (3, 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_that_met_a_closing_connection_is_not_sent_again_and_its_outcome_unknown(
    client: HttpxClient, serve: Serve, method: str
) -> None:
    server = serve(closing_after_each_answer_without_saying_so)
    send(client, request_to(server.url))

    error = failure(client, request_to(server.url, method, b"{}"), UpstreamBroken)

    assert error.outcome_unknown
    assert [received.method for received in server.received] == ["GET", method]


def test_a_safe_request_is_not_sent_again_when_half_an_answer_came_over_a_used_connection(
    client: HttpxClient, serve: Serve
) -> None:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.answer()
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    server = serve(behave)
    send(client, request_to(server.url))

    failure(client, request_to(server.url), UpstreamBroken)

    assert len(server.received) == 2


def test_a_connection_that_the_server_closed_in_peace_is_not_used_again(client: HttpxClient, serve: Serve) -> None:
    closed = threading.Semaphore(0)

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.answer()
        connection.shut_down()
        closed.release()

    server = serve(behave)
    for method in ("GET", "POST", "POST"):
        assert send(client, request_to(server.url, method)).status == 200
        assert closed.acquire(timeout=10)

    assert server.connections == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_unreachable_and_nothing_was_sent(client: HttpxClient, method: str) -> None:
    error = failure(client, request_to(f"http://127.0.0.1:{free_port()}", method), UpstreamUnreachable)

    assert not error.request_sent
    assert not error.outcome_unknown


def test_a_name_that_does_not_resolve_is_unreachable(client: HttpxClient) -> None:
    """The name is longer than DNS allows: no resolver is asked."""
    host = ".".join(["a" * 60] * 5)

    assert not failure(client, request_to(f"http://{host}"), UpstreamUnreachable).request_sent


def test_localhost_resolves(client: HttpxClient, serve: Serve) -> None:
    server = serve(answering(b"found"))

    assert send(client, request_to(f"http://localhost:{server.port}")).body == b"found"


def test_plain_http_from_a_tls_upstream_is_unreachable(client: HttpxClient, serve: Serve) -> None:
    server = serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    error = failure(client, request_to(server.url.replace("http:", "https:"), "POST"), UpstreamUnreachable)

    assert not error.outcome_unknown


def over_tls(serve: Serve, certificate: Path, behave: Callable[[Connection], None]) -> Server:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return serve(behave, tls)


def trusting(certificate: Path) -> HttpxClient:
    return HttpxClient(ssl.create_default_context(cafile=certificate))


def test_a_trusted_certificate_is_accepted_and_its_connection_kept(serve: Serve, certificate: Path) -> None:
    server = over_tls(serve, certificate, answering(b"private"))
    client = trusting(certificate)

    bodies = [send(client, request_to(f"https://localhost:{server.port}")).body for _ in range(2)]

    client.close()
    assert bodies == [b"private", b"private"]
    assert server.connections == 1


def test_the_systems_authorities_are_trusted_and_no_others(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")

    context = make_tls_context()

    assert [dict(*each["subject"]) for each in context.get_ca_certs()] == [{"commonName": "localhost"}]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certifis_are_trusted_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")

    context = make_tls_context()

    assert context.get_ca_certs() == ssl.create_default_context(cafile=certifi.where()).get_ca_certs()
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_the_deadline_holds_inside_tls(serve: Serve, certificate: Path) -> None:
    server = over_tls(serve, certificate, drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000))
    client = trusting(certificate)

    failure(client, request_to(f"https://localhost:{server.port}"), UpstreamTooSlow, DEADLINE_SECONDS)

    client.close()


def test_a_certificate_that_nobody_trusts_is_refused_before_anything_is_sent(
    client: HttpxClient, serve: Serve, certificate: Path
) -> None:
    server = over_tls(serve, certificate, answering())

    error = failure(client, request_to(f"https://localhost:{server.port}", "POST"), UpstreamUnreachable)

    assert not error.request_sent
    assert server.received == []


def test_a_certificate_for_another_name_is_refused(serve: Serve, certificate: Path) -> None:
    server = over_tls(serve, certificate, answering())
    client = trusting(certificate)

    failure(client, request_to(server.url), UpstreamUnreachable)

    client.close()
    assert server.received == []


def test_an_answer_at_the_limit_arrives(client: HttpxClient, serve: Serve) -> None:
    assert len(send(client, request_to(serve(answering(b"x" * SMALL)).url)).body) == SMALL


@pytest.mark.parametrize("head", [b"Content-Length: 10000000", b"Connection: close"], ids=["length", "no length"])
def test_an_answer_over_the_limit_is_told_without_being_read(client: HttpxClient, serve: Serve, head: bytes) -> None:
    sent = 0

    def behave(connection: Connection) -> None:
        nonlocal sent
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        while sent < 50_000_000:
            connection.send(b"x" * 10_000)
            sent += 10_000

    error = failure(client, request_to(serve(behave).url), AnswerTooLarge)

    assert error.request_sent
    # What the kernel buffers is sent all the same.
    assert sent < 20_000_000


def drip(data: bytes, *, before: bytes = b"") -> Callable[[Connection], None]:
    """Sends a byte each 50 ms: each single read is quick, the whole is not."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(before)
        for byte in data:
            connection.send(bytes([byte]))
            time.sleep(0.05)

    return behave


def deaf(connection: Connection) -> None:
    """Reads nothing, so that a large request fills all buffers."""
    connection.wait(5)


SLOW = {
    "silent": silent,
    "drips headers": drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000),
    "drips the body": drip(b"x" * 100, before=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
    "drips interim answers": drip(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_deadline_holds_for_the_whole_exchange(
    client: HttpxClient, serve: Serve, behave: Callable[[Connection], None], method: str
) -> None:
    server = serve(behave)
    started = time.monotonic()

    error = failure(client, request_to(server.url, method), UpstreamTooSlow, DEADLINE_SECONDS)

    assert DEADLINE_SECONDS <= time.monotonic() - started < DEADLINE_SECONDS + GRACE_SECONDS
    assert error.outcome_unknown == (method == "POST")
    assert len(server.received) == 1


def test_the_deadline_holds_while_the_request_is_written(client: HttpxClient, serve: Serve) -> None:
    server = serve(deaf)
    started = time.monotonic()

    error = failure(client, request_to(server.url, "POST", b"x" * 30_000_000), UpstreamTooSlow, DEADLINE_SECONDS)

    assert time.monotonic() - started < DEADLINE_SECONDS + GRACE_SECONDS
    assert error.outcome_unknown


def test_the_deadline_holds_during_the_tls_handshake(client: HttpxClient, serve: Serve) -> None:
    server = serve(Connection.wait_for_client_to_close)

    error = failure(
        client, request_to(server.url.replace("http:", "https:"), "POST"), UpstreamTooSlow, DEADLINE_SECONDS
    )

    assert not error.outcome_unknown


def test_the_deadline_holds_while_nobody_accepts_the_connection(client: HttpxClient) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # Linux completes one connection more than the backlog says; the next one's SYN is dropped.
        waiting = [socket.socket() for _ in range(2)]
        for sock in waiting:
            sock.setblocking(False)  # noqa: FBT003 - its only parameter
            sock.connect_ex(address)

        error = failure(client, request_to(f"http://127.0.0.1:{address[1]}"), UpstreamTooSlow, DEADLINE_SECONDS)

        for sock in waiting:
            sock.close()
    assert not error.request_sent


def test_a_deadline_that_has_passed_sends_nothing(client: HttpxClient, serve: Serve) -> None:
    server = serve(answering())

    error = failure(client, request_to(server.url, "POST"), UpstreamTooSlow, seconds=-1)

    assert not error.outcome_unknown
    assert server.received == []


def test_the_request_after_a_slow_one_works(client: HttpxClient, serve: Serve) -> None:
    server = serve(in_turn(silent, answering(b"well again")))

    failure(client, request_to(server.url), UpstreamTooSlow, DEADLINE_SECONDS)

    assert send(client, request_to(server.url)).body == b"well again"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=50
)
@given(st.binary(max_size=200))
def test_whatever_an_upstream_says_is_an_answer_or_a_told_failure(client: HttpxClient, data: bytes) -> None:
    with running(sending(b"HTTP/1.1 " + data)) as server:
        try:
            answer = send(client, request_to(server.url))
        except UpstreamError as error:
            assert error.request_sent  # noqa: PT017 - either outcome is right, each with its own promise
        else:
            assert 200 <= answer.status <= 599


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=50
)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60))
def test_whatever_a_redirect_points_to_nothing_else_is_asked(client: HttpxClient, location: str) -> None:
    with running(answering(b"", f"Location: {location}", status="302 Found")) as server:
        try:
            answer = send(client, request_to(server.url))
        except UpstreamError:
            pass
        else:
            assert answer.status == 302
        assert len(server.received) == 1
