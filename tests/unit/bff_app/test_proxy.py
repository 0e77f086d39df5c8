"""A request through any front door reaches its upstream unchanged, and the answer comes back unchanged."""

import json
import logging
import re
from itertools import product
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

import pytest

from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import Wire
from chalicelib.web.limits import MAX_ANSWER_BODY_BYTES, MAX_REQUEST_HEAD_BYTES
from chalicelib.web.proxy import PROXIED_ROUTES
from tests.unit.bff_app.composition import DOORS, composed, through
from tests.unit.bff_app.servers import answering, answering_json, in_turn, refusing, running, sending, silent

TRICKY = ("a%2Fb", "%25", "a+b", "a b", "ñ", "日本", "a=b&c", ";", "evil.example", "\x00", "..a")


@pytest.fixture(scope="module")
def echo():
    """An upstream that answers everything with 200; what it received is in ``received``."""
    with running(answering_json()) as server:
        yield server


def problem(answer, status):
    """The problem document of ``answer``."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status, document["status"]) == (status, status)
    return document


def test_path_and_query_arrive_as_the_client_sent_them_behind_every_door(echo):
    with composed(echo.url, echo.url):
        for door, text, encode in product(DOORS, TRICKY, (quote, quote_plus)):
            query = [("q", text), (text, "x"), ("empty", ""), ("empty", "")]
            sent = Wire("GET", f"/empleados/{quote(text, safe='')}/eventos", urlencode(query, quote_via=encode))
            assert through(door).send(sent).status == 200
            target = urlsplit(echo.received[-1].target)
            assert [unquote(part) for part in target.path.split("/")] == ["", "empleados", text, "eventos"], door
            # AWS keeps the last value of a repeated name only, unless multi-value headers are on.
            expected = query[:3] if door == "alb_single" else query
            assert sorted(parse_qsl(target.query, keep_blank_values=True)) == sorted(expected), door


def test_a_body_arrives_to_the_byte_behind_every_door(echo):
    with composed(echo.url, echo.url):
        for door in DOORS:
            for body in (b"", b"\x00\xff", "ñ".encode()):
                through(door).post("/empleados", body=body, content_type="application/json")
                received = echo.received[-1]
                assert (received.body, received.header("content-type")) == (body, "application/json"), door
                assert received.header("content-length") == str(len(body))


# Decoded, each target is a path of a route that the request could mean.
OWN_PATH = re.compile(r"/empleados(/(?!\.{1,2}(/|$))[^/\\?#]+(/eventos)?)?")
HOSTILE_PATHS = [
    "//evil.example/empleados", "/\\evil.example/empleados", "/%5Cevil.example/empleados", "/%2F%2Fevil.example",
    "http://evil.example/empleados", "@evil.example/empleados", "/@evil.example", "/empleados/%2F%2Fevil.example",
    "/empleados/http%3A%2F%2Fevil.example%2F", "/empleados/..%2F..%2Fhealth", "/empleados/%5C%5Cevil.example",
    "/empleados/7%0D%0AHost%3A%20evil.example", "/empleados/7%20HTTP%2F1.1%0D%0AX%3A", "/empleados/%00",
    "/empleados/../health", "/empleados/%2e%2e/eventos", "/empleados/./eventos", "/empleados//eventos",
    "/empleados/%2e", "/empleados#@evil.example", "/empleados/..;/health", "/empleados/1%2Feventos", "/empleados/1%2F",
    "/empleados/%2F1", "/empleados/1%5Ceventos", "/empleados/1%3Fq=x", "/empleados/1%23",
]  # fmt: skip


def test_no_path_changes_the_upstream_or_leaves_its_routes(echo):
    """API Gateway decodes it: `PUT /empleados/1%2F` would change employee 1, and `1%2Feventos` is another route."""
    with composed(echo.url, echo.url):
        for door in DOORS:
            for path in HOSTILE_PATHS:
                before = len(echo.received)
                answer = through(door).send(Wire("GET", path, "q=//evil.example&url=http://evil.example"))
                received = echo.received[before:]
                assert answer.status in {200, 404}, (door, path)
                assert len(received) == (answer.status == 200), (door, path)
                for request in received:
                    assert request.header("host") == f"127.0.0.1:{echo.port}"
                    assert OWN_PATH.fullmatch(unquote(request.target.partition("?")[0])), (door, path)


def test_each_route_goes_to_its_upstream_with_each_of_its_methods(serve, bff):
    servers = {"crud": serve(answering()), "email": serve(answering())}
    client = bff(servers["crud"], servers["email"])
    expected = {"crud": [], "email": []}
    for route, (upstream, methods) in PROXIED_ROUTES.items():
        path = route.replace("{id}", "7")
        for method in methods:
            assert client.request(method, path).status == 200
            expected[upstream].append((method, path))
    for name, server in servers.items():
        assert [(received.method, received.target) for received in server.received] == expected[name]


def test_head_is_answered_like_get_without_the_body(serve, bff):
    server = serve(answering_json(b'{"id":7}', 'ETag: "3"'))
    head = bff(server).head("/empleados/7")
    assert (head.status, head.body, head.headers["content-length"], head.headers["etag"]) == (200, b"", "8", '"3"')
    assert [received.method for received in server.received] == ["GET"]


def test_the_headers_that_identify_a_request_are_forwarded_and_no_others(echo):
    headers = {
        "Authorization": "Bearer abc",
        "X-Request-Id": "call-1",
        "X-Forwarded-For": "198.51.100.1",
        **dict.fromkeys(("Forwarded", "X-Real-IP", "X-HTTP-Method-Override", "TE", "Upgrade", "Expect"), "x"),
        "Connection": "close, X-Amzn-Trace-Id",
        "Cookie": "session=1",
        "If-Match": '"3"',
        "Accept-Language": "en",
    }
    for door in DOORS:
        with composed(echo.url, echo.url):
            answer = through(door).get("/empleados/7", headers=headers)

        assert {name.lower(): value for name, value in echo.received[-1].headers} == {
            "host": f"127.0.0.1:{echo.port}",
            "accept-encoding": "identity",
            "authorization": "Bearer abc",
            "x-request-id": LambdaContext.aws_request_id,
            "if-match": '"3"',
            "accept-language": "en",
        }, door
        assert answer.headers["x-request-id"] == LambdaContext.aws_request_id


def test_an_answer_comes_back_as_it_was(serve, bff):
    kept = ['ETag: "3"', "Location: /empleados/7", 'Link: </empleados?cursor=a>; rel="next"',
            'Link: </empleados>; rel="first"', "Set-Cookie: a=1", "Set-Cookie: b=2"]  # fmt: skip
    dropped = ["Connection: X-Internal", "X-Internal: 1", "Server: BaseHTTP", "Date: Tue, 24 Nov 2026 00:00:00 GMT"]
    server = serve(answering_json('{"nombre":"Peña"}'.encode(), *kept, *dropped, status="201 Created"))
    answer = bff(server).post("/empleados", json={})
    assert (answer.status, answer.json()) == (201, {"nombre": "Peña"})
    for line in kept:
        name, _, value = line.partition(": ")
        assert value in answer.headers.getlist(name.lower()), line
    assert not {"x-internal", "server", "date", "connection"} & set(answer.headers)


def test_an_answer_without_a_body_and_a_redirect_pass(serve, bff):
    for status, length in (("204 No Content", ""), ("304 Not Modified", ""), ("302 Found", "Content-Length: 0\r\n")):
        sent = f"HTTP/1.1 {status}\r\n{length}Location: https://elsewhere.example/a\r\n\r\n"
        answer = bff(serve(sending(sent.encode()))).get("/empleados/7")
        assert (answer.status, answer.body) == (int(status[:3]), b"")
        assert answer.headers["location"] == "https://elsewhere.example/a"


# Status and headers of an answer to a POST; the status that the client sees, whether the answer says that the outcome
# is unknown, and the headers that it keeps. An error without a problem document comes from AWS, not from the app.
AWS_ANSWERS = [
    ("500 Internal Server Error", "Retry-After: 7", 502, True, {"retry-after": "7"}),
    ("502 Bad Gateway", "X: 1", 502, True, {"retry-after": None}),
    ("504 Gateway Timeout", "X: 1", 504, True, {}),
    ("599 Odd", "X: 1", 502, True, {}),
    ("401 Unauthorized", "X: 1", 401, None, {"www-authenticate": "Bearer"}),
    ("403 Forbidden", "X: 1", 403, None, {"x": None}),
    ("413 Payload Too Large", "X: 1", 413, None, {}),
    # Shed before it reached the app.
    ("429 Too Many Requests", "Retry-After: 3", 503, False, {"retry-after": "3"}),
    ("429 Too Many Requests", "X: 1", 503, False, {"retry-after": "1"}),
    ("503 Service Unavailable", "Retry-After: 3", 503, False, {"retry-after": "3"}),
    ("503 Service Unavailable", "X: 1", 503, False, {"retry-after": "1"}),
]


def test_an_error_of_aws_becomes_our_problem(serve, bff):
    for status, header, shown, unknown, kept in AWS_ANSWERS:
        page = b"<html><h1>Internal</h1></html>"
        server = serve(answering(page, "Content-Type: text/html", header, status=status))
        answer = bff(server).post("/empleados", json={})
        document = problem(answer, shown)
        assert document.get("resultado_desconocido") is unknown, status
        assert {name: answer.headers.get(name) for name in kept} == kept, status
        assert b"Internal" not in answer.body
        if unknown is False:
            assert document["detail"] == "El servicio de empleados recibe demasiadas peticiones. El cambio no se hizo."


def test_a_problem_of_the_upstream_passes_unchanged(serve, bff):
    for status in ("401 Unauthorized", "409 Conflict", "500 Internal Server Error", "503 Service Unavailable"):
        document = json.dumps({"title": "Conflicto", "status": int(status[:3]), "request_id": "abc"}).encode()
        server = serve(
            answering(
                document, "Content-Type: application/problem+json; charset=utf-8", "Retry-After: 5", status=status
            )
        )
        answer = bff(server).post("/empleados", json={})
        assert (answer.status, answer.body, answer.headers["retry-after"]) == (int(status[:3]), document, "5")
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_503_that_came_late_leaves_the_outcome_open(serve, bff, monkeypatch):
    """The HTTP API also sends one when the function did not answer: then the change may have been made."""
    monkeypatch.setattr("chalicelib.web.proxy.SHED_SECONDS", 0)
    server = serve(answering_json(b'{"message":"x"}', status="503 Service Unavailable"))
    answer = bff(server).post("/empleados", json={})
    assert problem(answer, 503)["resultado_desconocido"] is True
    assert "retry-after" not in answer.headers


@pytest.mark.usefixtures("hurried")
def test_a_slow_upstream_is_a_504_in_the_clients_language_before_the_lambda_ends(serve, bff):
    client = bff(serve(silent))
    unknown = "It is unknown whether the change was made: check before repeating it."
    for language, method, detail in (
        ("es", "GET", "El servicio de empleados no respondió a tiempo."),
        ("en", "PUT", f"The employee service did not answer in time. {unknown}"),
    ):
        answer = client.request(method, "/empleados/7", headers={"Accept-Language": language})
        document = problem(answer, 504)
        assert document["resultado_desconocido"] is (method == "PUT")
        assert (answer.headers["content-language"], document["detail"]) == (language, detail)


def test_an_unreachable_upstream_is_a_502_and_the_change_was_not_made(serve):
    with refusing() as nowhere, composed(nowhere, serve(answering()).url):
        document = problem(through("alb_multi").post("/empleados", json={}), 502)
    assert document["resultado_desconocido"] is False
    assert document["detail"] == "El servicio de empleados no está disponible. El cambio no se hizo."


def test_headers_at_the_limit_arrive_and_one_byte_more_is_a_431_without_a_call(serve, bff):
    server = serve(answering())
    client = bff(server)
    assert client.get("/empleados", headers={"User-Agent": "x"}).status == 200
    room = MAX_REQUEST_HEAD_BYTES - server.received[-1].head_bytes + 1
    assert client.get("/empleados", headers={"User-Agent": "x" * room}).status == 200
    problem(client.get("/empleados", headers={"User-Agent": "x" * (room + 1)}), 431)
    problem(client.get("/empleados?q=" + "x" * MAX_REQUEST_HEAD_BYTES), 431)
    # A header that is not forwarded does not count.
    assert client.get("/empleados", headers={"Cookie": "x" * MAX_REQUEST_HEAD_BYTES}).status == 200
    assert [received.head_bytes for received in server.received][1:-1] == [MAX_REQUEST_HEAD_BYTES]


def test_a_header_that_http_does_not_allow_is_a_400_without_a_call(serve, bff):
    server = serve(answering())
    client = bff(server)
    for value in ('"1"\r\nHost: evil.example', "a\nb", "a\0b", "\x7f", "a\x1bb"):
        assert "If-Match" in problem(client.get("/empleados/7", headers={"If-Match": value}), 400)["detail"], value
    assert server.connections == 0


def test_an_answer_that_no_front_door_takes_is_our_502(serve, bff):
    too_large = serve(answering(b"x" * (MAX_ANSWER_BODY_BYTES + 1), "Content-Type: text/plain"))
    unprintable, unknown = serve(answering_json(b"{}", "X-Other: \x85")), serve(answering(status="999 What"))
    for server in (too_large, unprintable, unknown):
        for door in DOORS:
            client = bff(server, door=door)
            for method in ("GET", "PUT"):
                document = problem(client.request(method, "/empleados/7"), 502)
                assert document["resultado_desconocido"] is (method == "PUT"), door


def test_each_request_leaves_one_line_without_ids_searches_or_tokens(serve, bff, caplog):
    client = bff(serve(in_turn(sending(b""), answering())))
    headers = {"Authorization": "Bearer marker-token"}
    with caplog.at_level(logging.DEBUG, logger="chalicelib"):
        answers = [client.get("/empleados/marker-id?q=marker-query", headers=headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [502, 200]
    failed, succeeded = [record for record in caplog.records if record.name == "chalicelib.web.proxy"]
    assert (failed.levelno, failed.outcome) == (logging.WARNING, "broken (RemoteProtocolError)")
    assert (succeeded.levelno, succeeded.outcome) == (logging.INFO, 200)
    assert (succeeded.route, succeeded.upstream) == ("/empleados/{id}", "crud")
    assert "marker" not in caplog.text
