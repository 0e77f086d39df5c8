"""A request through any front door reaches its upstream unchanged, and the answer comes back unchanged."""

import json
import logging
import re
from itertools import product
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import Wire
from chalicelib.web.limits import MAX_REQUEST_HEAD_BYTES
from chalicelib.web.proxy import PROXIED_ROUTES
from tests.unit.bff_app.composition import DOORS, Answers, Fails, compose

TRICKY = ("a%2Fb", "%25", "a+b", "a b", "ñ", "日本", "a=b&c", ";", "evil.example", "\x00", "..a")


def problem(answer, status):
    """The problem document of ``answer``."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status, document["status"]) == (status, status)
    return document


def test_path_and_query_arrive_as_the_client_sent_them_behind_every_door():
    for door in DOORS:
        client = compose(crud := Answers(), door=door)
        for text, encode in product(TRICKY, (quote, quote_plus)):
            query = [("q", text), (text, "x"), ("empty", ""), ("empty", "")]
            sent = Wire("GET", f"/empleados/{quote(text, safe='')}/eventos", urlencode(query, quote_via=encode))
            assert client.send(sent).status == 200
            target = urlsplit(crud.received[-1].target)
            assert [unquote(part) for part in target.path.split("/")] == ["", "empleados", text, "eventos"], door
            # AWS keeps the last value of a repeated name only, unless multi-value headers are on.
            expected = query[:3] if door == "alb_single" else query
            assert sorted(parse_qsl(target.query, keep_blank_values=True)) == sorted(expected), door


def test_a_body_arrives_to_the_byte_behind_every_door():
    for door, body in product(DOORS, (b"", b"\x00\xff", "ñ".encode())):
        compose(crud := Answers(), door=door).post("/empleados", body=body, content_type="application/json")
        (received,) = crud.received
        assert received.body == body, door
        described = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        assert described.items() <= dict(received.headers).items(), door


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


def test_no_path_changes_the_upstream_or_leaves_its_routes():
    """API Gateway decodes it: `PUT /empleados/1%2F` would change employee 1, and `1%2Feventos` is another route."""
    for door, path in product(DOORS, HOSTILE_PATHS):
        client = compose(crud := Answers(), door=door)
        answer = client.send(Wire("GET", path, "q=//evil.example&url=http://evil.example"))
        assert answer.status in {200, 404}, (door, path)
        assert len(crud.received) == (answer.status == 200), (door, path)
        for request in crud.received:
            assert (request.upstream.name, dict(request.headers)["Host"]) == ("crud", "crud.example.com")
            assert OWN_PATH.fullmatch(unquote(request.target.partition("?")[0])), (door, path)


def test_each_route_goes_to_its_upstream_with_each_of_its_methods():
    upstreams = {"crud": Answers(), "email": Answers()}
    client = compose(*upstreams.values())
    expected = {"crud": [], "email": []}
    for route, (upstream, methods) in PROXIED_ROUTES.items():
        path = route.replace("{id}", "7")
        for method in methods:
            assert client.request(method, path).status == 200
            expected[upstream].append((method, path))
    for name, upstream in upstreams.items():
        assert [(received.method, received.target) for received in upstream.received] == expected[name]


def test_head_is_answered_like_get_without_the_body():
    head = compose(crud := Answers(b'{"id":7}', 'ETag: "3"')).head("/empleados/7")
    assert (head.status, head.body, head.headers["content-length"], head.headers["etag"]) == (200, b"", "8", '"3"')
    assert [received.method for received in crud.received] == ["GET"]


def test_the_headers_that_identify_a_request_are_forwarded_and_no_others():
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
        answer = compose(crud := Answers(), door=door).get("/empleados/7", headers=headers)
        assert sorted(crud.received[0].headers) == [
            ("Accept-Encoding", "identity"),
            ("Accept-Language", "en"),
            ("Authorization", "Bearer abc"),
            ("Host", "crud.example.com"),
            ("If-Match", '"3"'),
            ("X-Request-Id", LambdaContext.aws_request_id),
        ], door
        assert answer.headers["x-request-id"] == LambdaContext.aws_request_id


def test_an_answer_comes_back_as_it_was():
    kept = ['ETag: "3"', "Location: /empleados/7", 'Link: </empleados?cursor=a>; rel="next"',
            'Link: </empleados>; rel="first"', "Set-Cookie: a=1", "Set-Cookie: b=2"]  # fmt: skip
    dropped = ["Connection: X-Internal", "X-Internal: 1", "Server: BaseHTTP", "Date: Tue, 24 Nov 2026 00:00:00 GMT"]
    crud = Answers('{"nombre":"Peña"}'.encode(), *kept, *dropped, status=201)
    answer = compose(crud).post("/empleados", json={})
    assert (answer.status, answer.json()) == (201, {"nombre": "Peña"})
    for line in kept:
        name, _, value = line.partition(": ")
        assert value in answer.headers.getlist(name.lower()), line
    assert not {"x-internal", "server", "date", "connection"} & set(answer.headers)


def test_an_answer_without_a_body_and_a_redirect_pass():
    for status in (204, 304, 302):
        answer = compose(Answers(b"", "Location: https://elsewhere.example/a", status=status)).get("/empleados/7")
        assert (answer.status, answer.body) == (status, b"")
        assert answer.headers["location"] == "https://elsewhere.example/a"


# Status and header of an answer to a POST; the status that the client sees, whether the answer says that the outcome
# is unknown, and the headers that it keeps. An error without a problem document comes from AWS, not from the app.
AWS_ANSWERS = [
    (500, "Retry-After: 7", 502, True, {"retry-after": "7"}),
    (502, "X: 1", 502, True, {"retry-after": None}),
    (504, "X: 1", 504, True, {}),
    (599, "X: 1", 502, True, {}),
    (401, "X: 1", 401, None, {"www-authenticate": "Bearer"}),
    (403, "X: 1", 403, None, {"x": None}),
    (413, "X: 1", 413, None, {}),
    # Shed before it reached the app.
    (429, "Retry-After: 3", 503, False, {"retry-after": "3"}),
    (429, "X: 1", 503, False, {"retry-after": "1"}),
    (503, "Retry-After: 3", 503, False, {"retry-after": "3"}),
    (503, "X: 1", 503, False, {"retry-after": "1"}),
]


def test_an_error_of_aws_becomes_our_problem():
    for status, header, shown, unknown, kept in AWS_ANSWERS:
        crud = Answers(b"<html><h1>Internal</h1></html>", header, status=status, content_type="text/html")
        answer = compose(crud).post("/empleados", json={})
        document = problem(answer, shown)
        assert document.get("resultado_desconocido") is unknown, status
        assert {name: answer.headers.get(name) for name in kept} == kept, status
        assert b"Internal" not in answer.body
        if unknown is False:
            assert document["detail"] == "El servicio de empleados recibe demasiadas peticiones. El cambio no se hizo."


def test_a_problem_of_the_upstream_passes_unchanged():
    for status in (401, 409, 500, 503):
        document = json.dumps({"title": "Conflicto", "status": status, "request_id": "abc"}).encode()
        kind = "application/problem+json; charset=utf-8"
        crud = Answers(document, "Retry-After: 5", status=status, content_type=kind)
        answer = compose(crud).post("/empleados", json={})
        assert (answer.status, answer.body, answer.headers["retry-after"]) == (status, document, "5")
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_503_that_came_late_leaves_the_outcome_open(monkeypatch):
    """The HTTP API also sends one when the function did not answer: then the change may have been made."""
    monkeypatch.setattr("chalicelib.web.proxy.SHED_SECONDS", 0)
    answer = compose(Answers(b'{"message":"x"}', status=503)).post("/empleados", json={})
    assert problem(answer, 503)["resultado_desconocido"] is True
    assert "retry-after" not in answer.headers


UNKNOWN = "It is unknown whether the change was made: check before repeating it."
FAILURES = [
    # What fails, the request and its language; the status, whether the outcome is unknown, and the detail.
    ("too_slow", "GET", "es", 504, False, "El servicio de empleados no respondió a tiempo."),
    ("too_slow", "PUT", "en", 504, True, f"The employee service did not answer in time. {UNKNOWN}"),
    ("unreachable", "PUT", "es", 502, False, "El servicio de empleados no está disponible. El cambio no se hizo."),
]


def test_an_upstream_that_gives_no_answer_is_a_problem_in_the_clients_language_before_the_lambda_ends(hurried):
    for failure, method, language, status, unknown, detail in FAILURES:
        client = compose(crud := Fails(failure))
        answer = client.request(method, "/empleados/7", headers={"Accept-Language": language})
        document = problem(answer, status)
        assert document["resultado_desconocido"] is unknown
        assert (answer.headers["content-language"], document["detail"]) == (language, detail)
        assert crud.seconds[0] <= hurried


def test_headers_at_the_limit_arrive_and_one_byte_more_is_a_431_without_a_call():
    client = compose(crud := Answers())
    assert client.get("/empleados", headers={"User-Agent": "x"}).status == 200
    room = MAX_REQUEST_HEAD_BYTES - crud.received[-1].head_bytes + 1
    assert client.get("/empleados", headers={"User-Agent": "x" * room}).status == 200
    problem(client.get("/empleados", headers={"User-Agent": "x" * (room + 1)}), 431)
    problem(client.get("/empleados?q=" + "x" * MAX_REQUEST_HEAD_BYTES), 431)
    # A header that is not forwarded does not count.
    assert client.get("/empleados", headers={"Cookie": "x" * MAX_REQUEST_HEAD_BYTES}).status == 200
    assert [received.head_bytes for received in crud.received][1:-1] == [MAX_REQUEST_HEAD_BYTES]


def test_a_header_that_http_does_not_allow_is_a_400_without_a_call():
    client = compose(crud := Answers())
    for value in ('"1"\r\nHost: evil.example', "a\nb", "a\0b", "\x7f", "a\x1bb"):
        assert "If-Match" in problem(client.get("/empleados/7", headers={"If-Match": value}), 400)["detail"], value
    assert crud.received == []


def test_an_answer_that_no_front_door_takes_is_our_502():
    unprintable, unknown = Answers(b"{}", "X-Other: \x85"), Answers(b"{}", status=999)
    for crud, door, method in product((Fails("too_large"), unprintable, unknown), DOORS, ("GET", "PUT")):
        document = problem(compose(crud, door=door).request(method, "/empleados/7"), 502)
        assert document["resultado_desconocido"] is (method == "PUT"), door


def test_each_request_leaves_one_line_without_ids_searches_or_tokens(caplog):
    headers = {"Authorization": "Bearer marker-token"}
    with caplog.at_level(logging.DEBUG, logger="chalicelib"):
        for crud in (Fails("broken"), Answers()):
            compose(crud).get("/empleados/marker-id?q=marker-query", headers=headers)
    failed, succeeded = [record for record in caplog.records if record.name == "chalicelib.web.proxy"]
    assert (failed.levelno, failed.outcome) == (logging.WARNING, "broken (Reason)")
    assert (succeeded.levelno, succeeded.outcome) == (logging.INFO, 200)
    assert (succeeded.route, succeeded.upstream) == ("/empleados/{id}", "crud")
    assert "marker" not in caplog.text
