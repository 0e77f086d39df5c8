"""HTTP as it comes over a socket: well-formed or not, from this machine's programs or another site's page."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing

import pytest

from chalice_devserver.http import HttpResponse, LoopbackServer, Refusal, check_source
from chalice_frontdoor.testing.events import Wire
from tests.support.waiting import PATIENCE_SECONDS

LIMIT = 1000
HOST = b"Host: localhost\r\n"


class Echo(LoopbackServer):
    """Answers with what it understood."""

    def __init__(self):
        self.requests: list[Wire] = []
        self.status = 200
        self.headers: list[tuple[str, str]] = [("Content-Type", "text/plain")]
        super().__init__(0, max_request_bytes=LIMIT)

    def answer(self, request):
        self.requests.append(request)
        return HttpResponse(self.status, self.headers, request.body or b"hola")


@pytest.fixture
def server():
    echo = Echo()
    echo.start()
    yield echo
    echo.stop()


def exchange(server, request, ending=None):
    """All that comes back for raw bytes, until the server closes; ``ending`` shuts the connection down after them."""
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)) as connection:
        connection.sendall(request)
        if ending is not None:
            connection.shutdown(ending)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def ask(server, line, rest=b""):
    return exchange(server, f"{line} HTTP/1.1\r\n".encode() + HOST + b"Connection: close\r\n" + rest + b"\r\n")


def test_every_method_reaches_the_app(server):
    methods = ["GET", "POST", "DELETE", "TRACE", "BREW", "x-y"]
    for method in methods:
        response = ask(server, f"{method} /a", b"A: 1\r\nA: 2\r\n")
        assert response.startswith(b"HTTP/1.1 200 OK\r\n")
        assert response.endswith(b"\r\n\r\nhola")
    assert [request.method for request in server.requests] == methods
    for request in server.requests:
        sent = [(name.title(), value) for name, value in request.headers]
        assert sent == [("Host", "localhost"), ("Connection", "close"), ("A", "1"), ("A", "2")]
        assert request.client == "127.0.0.1"


def test_only_a_head_has_the_length_that_the_app_gives(server):
    server.headers = [("content-length", "4711")]
    head = ask(server, "HEAD /")
    assert b"\r\ncontent-length: 4711\r\n" in head
    assert head.endswith(b"\r\n\r\n")
    get = ask(server, "GET /")
    assert b"4711" not in get
    assert b"\r\ncontent-length: 4\r\n" in get.lower()
    server.status = 204
    assert b"ength" not in ask(server, "GET /")


def test_the_target_arrives_as_it_was_sent(server):
    targets = {
        "//evil.example/x": ("//evil.example/x", ""),
        "/a%2Fb?q=%20": ("/a%2Fb", "q=%20"),
        "http://other.example/a?b": ("/a", "b"),
        "/ñ?q=Pérez": ("/%C3%B1", "q=P%C3%A9rez"),
        "/a?b=c?d": ("/a", "b=c?d"),
        "/a#part": ("/a", ""),
    }
    for target in targets:
        ask(server, f"GET {target}")
    assert [(request.path, request.query) for request in server.requests] == list(targets.values())


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"host: evil.example\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 403),
        (b"POST / HTTP/1.1\r\n" + HOST + CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n", 413),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_is_not_http_or_too_much_never_reaches_the_app(server, request_bytes, status):
    assert exchange(server, request_bytes).startswith(f"HTTP/1.1 {status} ".encode())
    assert server.requests == []


def test_a_client_that_sends_ten_megabytes_reads_its_413(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("POST", "/", b"x" * 10_000_000)
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (413, "application/problem+json")
        assert json.load(response)["detail"] == "The body is larger than the 1000 bytes that are accepted."
    assert server.requests == []


def test_a_client_that_goes_away_leaves_no_trace(server, caplog):
    for half in (b"Content-Length: 10\r\n\r\nhalf", CHUNKED + b"a\r\nhalf"):
        assert exchange(server, b"POST / HTTP/1.1\r\n" + HOST + half, socket.SHUT_WR) == b""
    assert (server.requests, caplog.records) == ([], [])


# ---- other sites


def a_request(method="GET", **headers):
    pairs = [(name.replace("_", "-").title(), value) for name, value in ({"host": "localhost:8000"} | headers).items()]
    return Wire(method, "/", headers=tuple(pairs))


NAVIGATION = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
CROSS_SITE, SAME_SITE = {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}
REFUSED = [
    a_request(host="evil.example:8000"),
    a_request(host="localhost.evil.example"),
    a_request(host="127.0.0.1.evil.example:8000"),
    *(a_request("POST", origin=f"http://{host}") for host in ("evil.example", "localhost:9000")),
    a_request("POST", origin="null"),
    a_request("POST", origin="https://localhost:8000"),
    a_request(**CROSS_SITE, sec_fetch_mode="no-cors", sec_fetch_dest="image"),
    a_request(**SAME_SITE, sec_fetch_mode="cors"),
    a_request(**CROSS_SITE, sec_fetch_mode="navigate", sec_fetch_dest="iframe"),
    a_request("POST", **CROSS_SITE, **NAVIGATION),
]
SERVED = [
    *(a_request(host=host) for host in ("localhost:8000", "LOCALHOST", "127.0.0.1:8000", "api.localhost:8000")),
    a_request("POST", origin="http://localhost:8000", sec_fetch_site="same-origin"),
    a_request(sec_fetch_site="none", **NAVIGATION),
    a_request(**CROSS_SITE, **NAVIGATION),
]


def test_what_another_site_can_make_a_browser_send_is_refused_and_all_else_is_served():
    for request in SERVED:
        check_source(request)
    for request in REFUSED:
        with pytest.raises(Refusal) as refusal:
            pytest.fail(f"served: {check_source(request)} {request}")
        assert refusal.value.response.status == 403


def test_an_application_may_judge_origins_itself_but_not_the_host():
    check_source(a_request("POST", origin="http://evil.example", sec_fetch_site="cross-site"), allow_cross_site=True)
    with pytest.raises(Refusal):
        check_source(a_request(host="evil.example"), allow_cross_site=True)
