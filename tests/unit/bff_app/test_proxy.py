"""A request through any front door reaches its upstream unchanged, and the answer comes back unchanged."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bff_app import app as bff_app
from chalice_frontdoor.testing.events import DOORS, Wire, event_for
from chalice_frontdoor.testing.responses import check_response
from chalicelib.web.limits import (
    LAMBDA_MARGIN_SECONDS,
    MAX_ANSWER_BODY_BYTES,
    MAX_REQUEST_BODY_BYTES,
    MAX_REQUEST_HEAD_BYTES,
    TOTAL_SECONDS,
)
from chalicelib.web.proxy import PROXIED_ROUTES, ProxiedRoute
from local.emulator import free_port
from tests.unit.bff_app.composition import composed, through
from tests.unit.bff_app.servers import Connection, Server, answering, in_turn, running, sending, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_frontdoor.testing.client import Answer, Client

    Serve = Callable[..., Server]
    Bff = Callable[..., Client]

PROBLEM = "Content-Type: application/problem+json"
# These doors hand the path over decoded: a slash inside a segment cannot be told from one between two.
DECODING_DOORS = tuple(door for door in DOORS if door.startswith("http_api"))
# AWS keeps the last value of a repeated name only, unless multi-value headers are on.
LAST_VALUE_DOORS = ("alb_single",)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SEGMENT = TEXT.filter(lambda value: value not in {"", ".", ".."} and not set(value) & set("/\\?#"))
TRICKY = st.sampled_from(["a%2Fb", "%25", "a+b", "a b", "ñ", "日本", "a=b&c", ";", "evil.example"])
QUERY = st.lists(st.tuples(TEXT.filter(bool) | TRICKY, TEXT | TRICKY), max_size=4)


@pytest.fixture(scope="module")
def echo() -> Iterator[Server]:
    """An upstream that answers everything with 200; what it received is in ``received``."""
    with running(answering(b"[]", "Content-Type: application/json")) as server:
        yield server


def grouped(pairs: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Values by name: AWS's events are maps, so the order between names that are repeated is lost before us."""
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return list(groups.items())


def example_path(route: ProxiedRoute) -> str:
    return route.path.replace("{id}", "7")


@pytest.mark.parametrize("door", DOORS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=25
)
@given(segment=SEGMENT | TRICKY, query=QUERY, encode=st.sampled_from([quote, quote_plus]))
def test_the_upstream_receives_what_the_client_sent(
    echo: Server, door: str, segment: str, query: list[tuple[str, str]], encode: Callable[..., str]
) -> None:
    encoded_query = urlencode(query, quote_via=encode)
    with composed(echo.url, echo.url):
        answer = through(door).send(Wire("GET", f"/empleados/{quote(segment, safe='')}/eventos", encoded_query))

    assert answer.status == 200
    target = urlsplit(echo.received[-1].target)
    start, middle, end = target.path.removeprefix("/").split("/")
    assert (start, unquote(middle), end) == ("empleados", segment, "eventos")
    received = parse_qsl(target.query, keep_blank_values=True)
    expected = list(dict(query).items()) if door in LAST_VALUE_DOORS else query
    assert grouped(received) == grouped(expected)


@pytest.mark.parametrize("door", DOORS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=25
)
@given(body=st.binary(max_size=50) | st.just("ñ".encode()))
def test_a_body_arrives_to_the_byte(echo: Server, door: str, body: bytes) -> None:
    with composed(echo.url, echo.url):
        through(door).post("/empleados", body=body, content_type="application/json")

    received = echo.received[-1]
    assert received.body == body
    assert received.header("content-type") == "application/json"
    assert received.header("content-length") == str(len(body))


HOSTILE_PATHS = [
    "//evil.example/empleados",
    "/\\evil.example/empleados",
    "/%5Cevil.example/empleados",
    "/%2F%2Fevil.example",
    "http://evil.example/empleados",
    "//evil.example",
    "@evil.example/empleados",
    "/@evil.example",
    "/empleados/%2F%2Fevil.example",
    "/empleados/http%3A%2F%2Fevil.example%2F",
    "/empleados/..%2F..%2Fhealth",
    "/empleados/%5C%5Cevil.example",
    "/empleados/7%0D%0AHost%3A%20evil.example",
    "/empleados/7%20HTTP%2F1.1%0D%0AX%3A",
    "/empleados/%00",
    "/empleados/../health",
    "/empleados/%2e%2e/eventos",
    "/empleados/./eventos",
    "/empleados//eventos",
    "/empleados/%2e",
    "/empleados#@evil.example",
    "/empleados/..;/health",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
@pytest.mark.parametrize("door", DOORS)
def test_no_path_changes_the_upstream_or_leaves_its_routes(serve: Serve, bff: Bff, door: str, path: str) -> None:
    server = serve(answering())

    answer = bff(server, door=door).send(Wire("GET", path, "q=//evil.example&url=http://evil.example"))

    assert answer.status in {200, 404}
    assert len(server.received) == (answer.status == 200)
    for received in server.received:
        assert received.header("host") == f"127.0.0.1:{server.port}"
        assert received.target.startswith(("/empleados?", "/empleados/"))
        assert "evil.example" not in [value for name, value in received.headers if name.lower() != "host"]
        assert "/.." not in unquote(received.target.partition("?")[0]).replace("/..%2F", "").replace("/../..", "")


@pytest.mark.parametrize("door", [door for door in DOORS if door not in DECODING_DOORS])
def test_an_encoded_delimiter_is_a_404_and_reaches_no_other_route(echo: Server, door: str) -> None:
    """API Gateway decodes it: `PUT /empleados/1%2F` would change employee 1, and `1%2Feventos` is another route."""
    before = len(echo.received)
    with composed(echo.url, echo.url):
        client = through(door)
        answers = [
            client.send(Wire(method, f"/{path}", ""))
            for method, path in [
                ("GET", "empleados/1%2Feventos"),
                ("PUT", "empleados/1%2F"),
                ("DELETE", "empleados/%2F1"),
                ("GET", "empleados/1%5Ceventos"),
                ("GET", "empleados/1%3Fq=x"),
                ("PUT", "empleados/1%23"),
                ("GET", "empleados/%2E%2E/eventos"),
                ("GET", "empleados/..%2Fresumen"),
                ("GET", "correos/1%2F"),
            ]
        ]

    assert [answer.status for answer in answers] == [404] * 9
    assert len(echo.received) == before


@pytest.mark.parametrize("route", PROXIED_ROUTES, ids=lambda route: route.path)
def test_each_route_goes_to_its_upstream_with_each_of_its_methods(serve: Serve, bff: Bff, route: ProxiedRoute) -> None:
    crud, email = serve(answering()), serve(answering())
    client = bff(crud, email)

    for method in route.methods:
        assert client.request(method, example_path(route)).status == 200

    expected = [(method, example_path(route)) for method in route.methods]
    asked, idle = (crud, email) if route.upstream == "crud" else (email, crud)
    assert [(received.method, received.target) for received in asked.received] == expected
    assert idle.received == []


def test_a_path_prefix_of_the_upstream_is_kept(echo: Server) -> None:
    prefix = "/_aws/execute-api/a1b2/$default"
    with composed(echo.url + prefix, echo.url):
        through("alb_multi").get("/empleados/7")

    assert echo.received[-1].target == f"{prefix}/empleados/7"


@pytest.mark.parametrize("path", ["/nadie", "/empleados/7/otros", "/notify", "/notify/email/7", "/health/x"])
def test_an_unknown_path_is_a_404_without_a_call(serve: Serve, bff: Bff, path: str) -> None:
    server = serve(answering())

    assert bff(server).get(path).status == 404
    assert server.connections == 0


def test_a_method_that_the_route_lacks_is_a_405_without_a_call(serve: Serve, bff: Bff) -> None:
    server = serve(answering())

    answer = bff(server).delete("/empleados")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert server.connections == 0


def test_options_is_answered_without_a_call(serve: Serve, bff: Bff) -> None:
    server = serve(answering())

    answer = bff(server).options("/empleados/7")

    assert (answer.status, answer.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PUT")
    assert server.connections == 0


def test_head_is_answered_like_get_without_the_body(serve: Serve, bff: Bff) -> None:
    client = bff(serve(answering(b'{"id":7}', "Content-Type: application/json", 'ETag: "3"')))

    head, get = client.head("/empleados/7"), client.get("/empleados/7")

    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))
    assert (head.headers["etag"], head.headers["content-type"]) == ('"3"', "application/json")


@pytest.mark.parametrize("door", DOORS)
def test_the_identity_of_the_request_is_forwarded_and_what_could_be_spoofed_is_not(echo: Server, door: str) -> None:
    headers = {
        "Authorization": "Bearer abc",
        "X-Request-Id": "call-1",
        "X-Forwarded-For": "198.51.100.1",
        "X-Real-IP": "198.51.100.1",
        "Forwarded": "for=198.51.100.1",
        "Connection": "close, X-Amzn-Trace-Id",
        "Cookie": "session=1",
        "If-Match": '"3"',
        "Accept-Language": "en",
    }
    with composed(echo.url, echo.url):
        answer = through(door).get("/empleados/7", headers=headers)

    assert {name.lower(): value for name, value in echo.received[-1].headers} == {
        "host": f"127.0.0.1:{echo.port}",
        "accept-encoding": "identity",
        "authorization": "Bearer abc",
        "x-request-id": "call-1",
        "if-match": '"3"',
        "accept-language": "en",
    }
    assert answer.headers["x-request-id"] == "call-1"


def test_the_trace_id_of_the_load_balancer_is_forwarded(echo: Server) -> None:
    with composed(echo.url, echo.url):
        through("alb_multi").get("/empleados")

    assert echo.received[-1].header("x-amzn-trace-id") == "Root=1-5c536348-3d683b8b04734faae651f476"


def test_an_answer_comes_back_as_it_was(serve: Serve, bff: Bff) -> None:
    server = serve(
        answering(
            '{"nombre":"Peña"}'.encode(),
            "Content-Type: application/json",
            'ETag: "3"',
            "Location: /empleados/7",
            'Link: </empleados?cursor=a>; rel="next"',
            'Link: </empleados>; rel="first"',
            "Set-Cookie: a=1",
            "Set-Cookie: b=2",
            "Connection: X-Internal",
            "X-Internal: 1",
            "Server: BaseHTTP",
            "Date: Tue, 24 Nov 2026 00:00:00 GMT",
            status="201 Created",
        )
    )

    answer = bff(server).post("/empleados", json={})

    assert (answer.status, answer.json()) == (201, {"nombre": "Peña"})
    assert answer.headers.getlist("link") == ['</empleados?cursor=a>; rel="next"', '</empleados>; rel="first"']
    assert answer.headers.getlist("set-cookie") == ["a=1", "b=2"]
    assert (answer.headers["etag"], answer.headers["location"]) == ('"3"', "/empleados/7")
    assert not {"x-internal", "server", "date", "connection"} & set(answer.headers)


def test_references_to_the_upstream_become_references_to_the_front_door(serve: Serve, bff: Bff) -> None:
    def behave(connection: Connection) -> None:
        while received := connection.read_request():
            host = received.header("host")
            connection.answer(b"", f"Location: http://{host}/empleados/7", f'Link: <http://{host}/empleados>; rel="x"')

    answer = bff(serve(behave)).post("/empleados", json={})

    assert (answer.headers["location"], answer.headers["link"]) == ("/empleados/7", '</empleados>; rel="x"')


def test_a_redirect_is_passed_on(serve: Serve, bff: Bff) -> None:
    server = serve(answering(b"", "Location: https://elsewhere.example/a", status="302 Found"))

    answer = bff(server).get("/empleados")

    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/a")
    assert len(server.received) == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_none(serve: Serve, bff: Bff, status: str) -> None:
    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.send(f'HTTP/1.1 {status}\r\nETag: "3"\r\n\r\n'.encode())

    answer = bff(serve(behave)).get("/empleados/7")

    assert (answer.status, answer.body, answer.headers["etag"]) == (int(status[:3]), b"", '"3"')


def test_a_compressed_answer_is_passed_on_compressed(serve: Serve, bff: Bff) -> None:
    server = serve(answering(b"\x1f\x8b\xff", "Content-Encoding: gzip", "Content-Type: application/json"))

    answer = bff(server).get("/resumen")

    assert (answer.body, answer.headers["content-encoding"]) == (b"\x1f\x8b\xff", "gzip")


def test_a_problem_of_the_upstream_passes_unchanged(serve: Serve, bff: Bff) -> None:
    document = json.dumps({"title": "Conflicto", "status": 409, "request_id": "abc"}).encode()
    server = serve(answering(document, PROBLEM, "Content-Language: es", status="409 Conflict"))

    answer = bff(server).post("/empleados", json={})

    assert (answer.status, answer.body) == (409, document)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
def test_a_server_problem_of_the_upstream_passes_unchanged(serve: Serve, bff: Bff, status: str) -> None:
    server = serve(answering(b'{"title":"x"}', PROBLEM + "; charset=utf-8", "Retry-After: 5", status=status))

    answer = bff(server).get("/empleados")

    assert (answer.status, answer.json(), answer.headers["retry-after"]) == (int(status[:3]), {"title": "x"}, "5")


def problem(answer: Answer, status: int) -> dict[str, object]:
    """The answer's problem document, once it is known to be one."""
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = answer.json()
    assert (answer.status, document["status"]) == (status, status)
    return document


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("500 Internal Server Error", 502),
        ("502 Bad Gateway", 502),
        ("504 Gateway Timeout", 504),
        ("599 Odd", 502),
    ],
)
def test_a_page_of_aws_becomes_our_problem(serve: Serve, bff: Bff, status: str, told: int) -> None:
    page = b"<html><h1>Internal</h1></html>"
    server = serve(answering(page, "Content-Type: text/html", "Retry-After: 7", status=status))

    answer = bff(server).post("/empleados", json={})

    document = problem(answer, told)
    assert document["resultado_desconocido"] is True
    assert answer.headers["retry-after"] == "7"
    assert b"Internal" not in answer.body


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("401 Unauthorized", "WWW-Authenticate: Bearer"),
        ("403 Forbidden", "X-Other: 1"),
        ("413 Payload Too Large", "X-Other: 1"),
    ],
)
def test_a_refusal_by_the_http_api_itself_becomes_a_problem_of_the_same_status(
    serve: Serve, bff: Bff, status: str, header: str
) -> None:
    server = serve(answering(b'{"message":"Refused"}', "Content-Type: application/json", header, status=status))

    answer = bff(server).post("/empleados", json={})

    assert "resultado_desconocido" not in problem(answer, int(status[:3]))
    name, _, value = header.partition(": ")
    assert answer.headers.get(name) == (None if name == "X-Other" else value)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(("headers", "seconds"), [(["Retry-After: 3"], "3"), ([], "1")])
def test_what_aws_does_not_let_in_is_shed_with_the_time_to_ask_again(
    serve: Serve, bff: Bff, status: str, headers: list[str], seconds: str
) -> None:
    server = serve(answering(b'{"message":"x"}', "Content-Type: application/json", *headers, status=status))

    answer = bff(server).post("/empleados", json={})

    document = problem(answer, 503)
    assert document["detail"] == "El servicio de empleados recibe demasiadas peticiones. El cambio no se hizo."
    assert document["resultado_desconocido"] is False
    assert answer.headers["retry-after"] == seconds


def test_a_503_that_came_late_is_no_refusal(serve: Serve, bff: Bff, monkeypatch: pytest.MonkeyPatch) -> None:
    """The HTTP API says so, too, when the function did not answer: then the change may have been made."""
    monkeypatch.setattr("chalicelib.web.proxy.SHED_SECONDS", 0)
    server = serve(answering(b'{"message":"x"}', "Content-Type: application/json", status="503 Service Unavailable"))

    answer = bff(server).post("/empleados", json={})

    assert problem(answer, 503)["resultado_desconocido"] is True
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_slow_upstream_is_a_504_in_the_clients_language(serve: Serve, bff: Bff, method: str, language: str) -> None:
    client = bff(serve(silent), total_seconds=0.2)

    answer = client.request(method, "/empleados/7", headers={"Accept-Language": language})

    document = problem(answer, 504)
    assert document["resultado_desconocido"] is (method == "PUT")
    assert answer.headers["content-language"] == language
    sentences = {
        ("GET", "es"): "El servicio de empleados no respondió a tiempo.",
        ("GET", "en"): "The employee service did not answer in time.",
        ("PUT", "es"): "El servicio de empleados no respondió a tiempo. "
        "No se sabe si el cambio se hizo: compruébelo antes de repetirlo.",
        ("PUT", "en"): "The employee service did not answer in time. "
        "It is unknown whether the change was made: check before repeating it.",
    }
    assert document["detail"] == sentences[method, language]


class ShortContext:
    """A Lambda with little time left: 200 ms beyond what the proxy keeps for itself."""

    aws_request_id = "short"

    def get_remaining_time_in_millis(self) -> float:
        return (LAMBDA_MARGIN_SECONDS + 0.2) * 1000


def test_what_the_lambda_has_left_shortens_the_deadline(serve: Serve, bff: Bff) -> None:
    bff(serve(silent))
    started = time.monotonic()

    response = bff_app.app(event_for("alb_multi", Wire("GET", "/empleados")), ShortContext())

    check_response("alb_multi", response)
    assert response["statusCode"] == 504
    assert time.monotonic() - started < TOTAL_SECONDS / 5


def test_an_unreachable_upstream_is_a_502_and_the_change_was_not_made(serve: Serve) -> None:
    with composed(f"http://127.0.0.1:{free_port()}", serve(answering()).url):
        document = problem(through("alb_multi").post("/empleados", json={}), 502)

    assert document["resultado_desconocido"] is False
    assert document["detail"] == "El servicio de empleados no está disponible. El cambio no se hizo."


def test_half_an_answer_is_a_502_and_the_next_request_works(serve: Serve, bff: Bff) -> None:
    client = bff(serve(in_turn(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{"), answering(b"[]"))))

    problem(client.post("/cola/reenviar"), 502)

    assert client.get("/correos").status == 200


def test_a_body_at_the_limit_arrives_and_one_byte_more_is_a_413_without_a_call(serve: Serve, bff: Bff) -> None:
    server = serve(answering())
    client = bff(server)

    assert client.post("/empleados", body=b"x" * MAX_REQUEST_BODY_BYTES, content_type="text/plain").status == 200
    problem(client.post("/empleados", body=b"x" * (MAX_REQUEST_BODY_BYTES + 1), content_type="text/plain"), 413)

    assert [len(received.body) for received in server.received] == [MAX_REQUEST_BODY_BYTES]


def test_headers_at_the_limit_arrive_and_one_byte_more_is_a_431_without_a_call(serve: Serve, bff: Bff) -> None:
    server = serve(answering())
    client = bff(server, door="function_url")
    assert client.get("/empleados", headers={"User-Agent": "x"}).status == 200
    room = MAX_REQUEST_HEAD_BYTES - server.received[-1].head_bytes + 1

    assert client.get("/empleados", headers={"User-Agent": "x" * room}).status == 200
    problem(client.get("/empleados", headers={"User-Agent": "x" * (room + 1)}), 431)
    problem(client.get("/empleados?q=" + "x" * MAX_REQUEST_HEAD_BYTES), 431)

    assert [received.head_bytes for received in server.received][1:] == [MAX_REQUEST_HEAD_BYTES]


def test_headers_that_are_not_forwarded_do_not_count(serve: Serve, bff: Bff) -> None:
    client = bff(serve(answering()))

    assert client.get("/empleados", headers={"Cookie": "x" * MAX_REQUEST_HEAD_BYTES}).status == 200


def test_a_header_that_http_does_not_allow_is_a_400_without_a_call(serve: Serve, bff: Bff) -> None:
    server = serve(answering())

    document = problem(bff(server).get("/empleados/7", headers={"If-Match": '"1"\r\nHost: evil.example'}), 400)

    assert "If-Match" in str(document["detail"])
    assert server.connections == 0


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * (MAX_ANSWER_BODY_BYTES + 1), ["Content-Type: text/plain"]),
        (b"{}", ["X-Other: \xf1", "Content-Type: application/json"]),
    ],
    ids=["over the limit", "a header beyond ASCII"],
)
def test_an_answer_that_no_front_door_takes_is_our_502(
    serve: Serve, bff: Bff, door: str, body: bytes, headers: list[str]
) -> None:
    problem(bff(serve(answering(body, *headers)), door=door).get("/empleados"), 502)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_answer_that_cannot_be_passed_on_says_whether_a_change_may_have_been_made(
    serve: Serve, bff: Bff, method: str
) -> None:
    server = serve(answering(b"{}", "X-Other: \xf1"))

    document = problem(bff(server).request(method, "/empleados/7"), 502)

    assert document["resultado_desconocido"] is (method == "PUT")
    assert ("compruébelo" in str(document["detail"])) is (method == "PUT")


def test_an_answer_that_only_its_wrapping_makes_too_large_is_our_502(serve: Serve, bff: Bff) -> None:
    """Each quotation mark becomes two characters in the JSON that the load balancer measures."""
    body = b'"' * (MAX_ANSWER_BODY_BYTES - 1)

    problem(bff(serve(answering(body, "Content-Type: application/json"))).get("/empleados"), 502)


def test_each_request_leaves_one_line_without_what_was_asked(
    serve: Serve, bff: Bff, caplog: pytest.LogCaptureFixture
) -> None:
    client = bff(serve(answering()))

    with caplog.at_level(logging.DEBUG, logger="chalicelib"):
        client.get("/empleados/marker-id?q=marker-query", headers={"Authorization": "Bearer marker-token"})

    (record,) = [record for record in caplog.records if record.name.startswith("chalicelib")]
    assert record.levelno == logging.INFO
    assert (record.route, record.upstream, record.outcome) == ("/empleados/{id}", "crud", 200)
    assert "marker" not in caplog.text


def test_a_failed_request_leaves_one_warning(serve: Serve, bff: Bff, caplog: pytest.LogCaptureFixture) -> None:
    client = bff(serve(sending(b"")))

    with caplog.at_level(logging.DEBUG, logger="chalicelib"):
        client.get("/empleados?q=marker")

    (record,) = [record for record in caplog.records if record.name.startswith("chalicelib")]
    assert (record.levelno, record.outcome) == (logging.WARNING, "UpstreamBroken (RemoteProtocolError)")
    assert "marker" not in caplog.text
