"""Bad requests through the whole system: the documented status, a problem document, and nothing written.

The apps' own tests have every rule; here is one case for each part that can refuse: door, proxy, API, database.
"""

from __future__ import annotations

from typing import Any

JSON = {"Content-Type": "application/json"}
SQL = "'; DROP TABLE empleados; --"
HTML = "<script>alert(1)</script>"

BAD_BODIES: list[tuple[int, bytes, dict[str, str]]] = [
    (400, b'{"salario": NaN}', JSON),
    (422, b'{"nombre": "a", "email": "malo@example.com\\nBcc: x@example.com", "posicion": "b", "salario": 1}', JSON),
    (415, b"nombre=Ana", {"Content-Type": "text/plain"}),
    (413, b"x" * 1_000_001, JSON),
]
BAD_TARGETS = [
    (422, "/empleados?limite=201"),
    (404, "/empleados/%00"),
    (404, "/empleados/1%2F2"),
    (404, "/correos/nadie"),
    (404, "/nadie"),
    (431, "/empleados?q=" + "x" * 10_240),
]


def problem(answer, status):
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def test_a_bad_body_is_refused_and_nothing_is_written(stack):
    for status, body, headers in BAD_BODIES:
        document = problem(stack.http.post("/empleados", content=body, headers=headers), status)

        assert ("errores" in document) == (status == 422), body[:80]
    assert stack.query("SELECT count(*) FROM empleados WHERE email LIKE 'malo@%'") == [[0]]


def test_the_load_balancer_refuses_ten_megabytes(stack):
    assert stack.http.post("/empleados", content=b"x" * 10_000_000, headers=JSON).status_code == 413


def test_a_bad_target_is_refused(stack):
    for status, target in BAD_TARGETS:
        problem(stack.http.get(target), status)


def test_sql_and_html_stay_text(stack):
    employee = {"nombre": SQL, "email": "sql@example.com", "posicion": HTML, "salario": 0}

    created = stack.http.post("/empleados", json=employee)

    assert created.status_code == 201, created.text
    assert stack.http.get(created.headers["location"]).json()["nombre"] == SQL
    stack.wait_for("the mail", lambda: stack.mails_about("sql@example.com"))
    (mail,) = stack.mails_about("sql@example.com")
    assert SQL in mail["BodyText"]
    assert HTML not in mail["BodyHtml"]
