"""Whatever is sent to the public door, the answer is the documented one, and a problem document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.stack import Stack

GOOD = {"nombre": "Malo", "email": "malo@example.com", "posicion": "Prueba", "salario": 1}
JSON = {"Content-Type": "application/json"}
SQL = "'; DROP TABLE empleados; --"
HTML = "<script>alert(1)</script>"

BAD_BODIES: dict[str, tuple[int, bytes | str | dict[str, Any] | list[Any]]] = {
    "nothing": (400, b""),
    "not JSON": (400, b"{"),
    "not UTF-8": (400, b'{"nombre": "\xff"}'),
    "NaN": (400, b'{"salario": NaN}'),
    "Infinity": (400, b'{"salario": -Infinity}'),
    "a lone surrogate": (400, b'{"nombre": "\\ud800"}'),
    "a name twice": (400, b'{"nombre": "a", "nombre": "b"}'),
    "deep": (400, b"[" * 5000 + b"]" * 5000),
    "1e400": (422, b'{"nombre": "a", "email": "a@example.com", "posicion": "b", "salario": 1e400}'),
    "a list": (422, [GOOD]),
    "a text": (422, b'"Ana"'),
    "null": (422, b"null"),
    "no field": (422, {}),
    "an unknown field": (422, {**GOOD, "jefe": 1}),
    "an id": (422, {**GOOD, "id": 1}),
    "a wrong type": (422, {**GOOD, "nombre": 7}),
    "salary as text": (422, {**GOOD, "salario": "5000"}),
    "salary true": (422, {**GOOD, "salario": True}),
    "salary below zero": (422, {**GOOD, "salario": -1}),
    "salary too large": (422, {**GOOD, "salario": 10_000_000}),
    "three decimals": (422, {**GOOD, "salario": 1.005}),
    "control characters": (422, {**GOOD, "nombre": "A\x00na"}),
    "blank": (422, {**GOOD, "nombre": "   "}),
    "a name too long": (422, {**GOOD, "nombre": "a" * 121}),
    "SQL as e-mail": (422, {**GOOD, "email": SQL}),
    "HTML as e-mail": (422, {**GOOD, "email": HTML}),
    "a line break in the e-mail": (422, {**GOOD, "email": "malo@example.com\nBcc: otro@example.com"}),
    "no date": (422, {**GOOD, "fecha_contratacion": "2026-02-30"}),
}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


@pytest.mark.parametrize(("status", "body"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused(stack: Stack, status: int, body: object) -> None:
    answer = (
        stack.http.post("/empleados", content=body, headers=JSON)
        if isinstance(body, bytes)
        else stack.http.post("/empleados", json=body)
    )

    document = problem(answer, status)

    assert ("errores" in document) == (status == 422)
    assert stack.query("SELECT count(*) FROM empleados WHERE email = 'malo@example.com'") == [[0]]


def test_all_field_errors_come_at_once(stack: Stack) -> None:
    answer = stack.http.post("/empleados", json={"nombre": "", "email": "x", "salario": "x", "jefe": 1})

    fields = {error["campo"] for error in problem(answer, 422)["errores"]}

    assert fields == {"nombre", "email", "posicion", "salario", "jefe"}


def test_sql_and_html_are_only_text(stack: Stack) -> None:
    employee = {"nombre": SQL, "email": "sql@example.com", "posicion": HTML, "salario": 0}

    created = stack.http.post("/empleados", json=employee)

    assert created.status_code == 201, created.text
    assert stack.http.get(created.headers["location"]).json()["nombre"] == SQL
    stack.wait_for("the mail", lambda: stack.mails_about("sql@example.com"))
    (mail,) = stack.mails_about("sql@example.com")
    assert SQL in mail["BodyText"]
    assert HTML not in mail["BodyHtml"]


def test_a_body_of_a_wrong_type_is_415(stack: Stack) -> None:
    problem(stack.http.post("/empleados", content=b"nombre=Ana", headers={"Content-Type": "text/plain"}), 415)


def test_a_body_over_the_limit_is_413(stack: Stack) -> None:
    problem(stack.http.post("/empleados", content=b"x" * 1_000_001, headers=JSON), 413)


def test_ten_megabytes_are_413(stack: Stack) -> None:
    """The load balancer itself refuses them."""
    assert stack.http.post("/empleados", content=b"x" * 10_000_000, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("status", "target"),
    [
        (422, "/empleados?limite=0"),
        (422, "/empleados?limite=201"),
        (422, "/empleados?limite=x"),
        (422, "/empleados?orden=nadie"),
        (422, "/empleados?cursor=forged"),
        (422, "/empleados?cursor=%00"),
        (422, "/eventos?cursor=forged"),
        (404, "/empleados/0"),
        (404, "/empleados/-1"),
        (404, "/empleados/abc"),
        (404, "/empleados/%00"),
        (404, "/empleados/9223372036854775807"),
        (404, "/empleados/9223372036854775808"),
        (404, "/empleados/99999999999999999999999999"),
        (404, "/empleados/1%2F2"),
        (404, "/empleados/%2e%2e"),
        (404, "/empleados/999999/eventos"),
        (404, "/nadie"),
        (404, "/correos/nadie"),
        (431, "/empleados?q=" + "x" * 10_240),
    ],
)
def test_a_bad_address_is_refused(stack: Stack, status: int, target: str) -> None:
    problem(stack.http.get(target), status)


@pytest.fixture(scope="module")
def employee(stack: Stack) -> Iterator[str]:
    """The address of an employee whom nobody else changes."""
    place = stack.http.post("/empleados", json={**GOOD, "email": "cambio@example.com"}).headers["location"]
    yield place
    stack.http.delete(place)


@pytest.mark.parametrize("tag", ['"99"', '"garbage"', 'W/"1"', "garbage", '"1', ",,"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_version_that_is_not_the_current_one_changes_nothing(
    stack: Stack, employee: str, method: str, tag: str
) -> None:
    answer = stack.http.request(method, employee, json={"posicion": "Otra"}, headers={"If-Match": tag})

    assert answer.status_code in {400, 412}
    problem(answer, answer.status_code)
    assert stack.http.get(employee).json()["posicion"] == "Prueba"


def test_any_version_will_do_with_an_asterisk(stack: Stack, employee: str) -> None:
    answer = stack.http.put(employee, json={"posicion": "Prueba"}, headers={"If-Match": "*"})

    assert answer.status_code == 200


ROUTES = ["/", "/health", "/openapi.json", "/empleados", "/eventos", "/resumen", "/correos", "/cola"]


@pytest.mark.parametrize("path", ROUTES)
def test_head_is_get_without_a_body(stack: Stack, path: str) -> None:
    head = stack.http.head(path)

    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", [*ROUTES, "/notify/email", "/cola/reenviar", "/empleados/1", "/empleados/1/eventos"])
def test_options_tells_the_methods(stack: Stack, path: str) -> None:
    answer = stack.http.options(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "OPTIONS" in answer.headers["allow"]


@pytest.mark.parametrize("path", [*ROUTES, "/notify/email"])
def test_an_unknown_method_is_405(stack: Stack, path: str) -> None:
    answer = stack.http.request("PATCH", path)

    assert "OPTIONS" in answer.headers["allow"]
    problem(answer, 405)
