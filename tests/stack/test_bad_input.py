"""Bad requests through the whole system: the documented status, a problem document, and nothing written.

The apps' own tests have every rule; here is one case for each part that can refuse: door, proxy, API, database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from tests.support.stack import Stack

GOOD = {"nombre": "Malo", "email": "malo@example.com", "posicion": "Prueba", "salario": 1}
JSON = {"Content-Type": "application/json"}
SQL = "'; DROP TABLE empleados; --"
HTML = "<script>alert(1)</script>"

BAD_BODIES: list[tuple[int, bytes, dict[str, str]]] = [
    (400, b"", JSON),
    (400, b'{"nombre": "\xff"}', JSON),
    (400, b'{"salario": NaN}', JSON),
    (400, b"[" * 5000 + b"]" * 5000, JSON),
    (422, b"null", JSON),
    (422, b'{"nombre": "a", "email": "malo@example.com", "posicion": "b", "salario": 1e400}', JSON),
    (422, b'{"nombre": "a", "email": "malo@example.com\\nBcc: x@example.com", "posicion": "b", "salario": 1}', JSON),
    (415, b"nombre=Ana", {"Content-Type": "text/plain"}),
    (413, b"x" * 1_000_001, JSON),
]
BAD_TARGETS = [
    (422, "/empleados?limite=201"),
    (422, "/empleados?orden=nadie"),
    (422, "/empleados?cursor=%00"),
    (422, "/eventos?cursor=forged"),
    (404, "/empleados/0"),
    (404, "/empleados/%00"),
    (404, "/empleados/9223372036854775808"),
    (404, "/empleados/1%2F2"),
    (404, "/empleados/%2e%2e"),
    (404, "/empleados/999999/eventos"),
    (404, "/correos/nadie"),
    (404, "/nadie"),
    (431, "/empleados?q=" + "x" * 10_240),
]
ROUTES = ["/", "/health", "/openapi.json", "/empleados", "/eventos", "/resumen", "/correos", "/cola"]


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def test_a_bad_body_is_refused_and_nothing_is_written(stack: Stack) -> None:
    for status, body, headers in BAD_BODIES:
        document = problem(stack.http.post("/empleados", content=body, headers=headers), status)

        assert ("errores" in document) == (status == 422), body[:80]
    assert stack.query("SELECT count(*) FROM empleados WHERE email LIKE 'malo@%'") == [[0]]


def test_all_field_errors_come_at_once(stack: Stack) -> None:
    answer = stack.http.post("/empleados", json={"nombre": "", "email": "x", "salario": "x", "jefe": 1})

    assert {error["campo"] for error in problem(answer, 422)["errores"]} == {
        "nombre",
        "email",
        "posicion",
        "salario",
        "jefe",
    }


def test_the_load_balancer_refuses_ten_megabytes(stack: Stack) -> None:
    assert stack.http.post("/empleados", content=b"x" * 10_000_000, headers=JSON).status_code == 413


def test_a_bad_target_is_refused(stack: Stack) -> None:
    for status, target in BAD_TARGETS:
        problem(stack.http.get(target), status)


def test_sql_and_html_stay_text(stack: Stack) -> None:
    employee = {"nombre": SQL, "email": "sql@example.com", "posicion": HTML, "salario": 0}

    created = stack.http.post("/empleados", json=employee)

    assert created.status_code == 201, created.text
    assert stack.http.get(created.headers["location"]).json()["nombre"] == SQL
    stack.wait_for("the mail", lambda: stack.mails_about("sql@example.com"))
    (mail,) = stack.mails_about("sql@example.com")
    assert SQL in mail["BodyText"]
    assert HTML not in mail["BodyHtml"]


def test_only_the_current_version_can_be_changed_or_deleted(stack: Stack) -> None:
    place = stack.http.post("/empleados", json={**GOOD, "email": "cambio@example.com"}).headers["location"]

    for method in ("PUT", "DELETE"):
        for status, tag in ((412, '"99"'), (412, '"garbage"'), (412, 'W/"1"'), (400, "garbage"), (400, ",,")):
            body = {"posicion": "Otra"} if method == "PUT" else None
            problem(stack.http.request(method, place, json=body, headers={"If-Match": tag}), status)
    assert stack.http.get(place).json()["posicion"] == "Prueba"
    assert stack.http.put(place, json={"posicion": "Otra"}, headers={"If-Match": "*"}).status_code == 200
    stack.http.delete(place)


def test_every_route_answers_head_and_options_and_refuses_unknown_methods(stack: Stack) -> None:
    for path in ROUTES:
        head, options, patch = (stack.http.request(method, path) for method in ("HEAD", "OPTIONS", "PATCH"))

        assert (head.status_code, head.content) == (200, b""), path
        assert (options.status_code, options.content) == (204, b""), path
        problem(patch, 405)
        assert "GET" in options.headers["allow"] == patch.headers["allow"], path
