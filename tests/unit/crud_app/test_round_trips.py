"""One round trip for each request once warm, counted on the wire; `make faults` counts before a pooler, too."""

import pytest

from tests.unit.crud_app.test_problems import READS

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1}
EVA = {**ANA, "email": "b@example.com"}
KEY = {"Idempotency-Key": '"a"'}
LOTE = "/lotes/5a0d1c52-8f1b-4a86-9d5e-3f3b1f0f7a55"
BATCH = {"origen": "importacion", "crear": [{**ANA, "email": f"{number}@example.com"} for number in range(500)]}


@pytest.fixture
def cold_client(far_database, serve):
    """The app with PostgreSQL behind the counting proxy."""
    return serve(far_database)


@pytest.fixture
def warm_client(cold_client):
    """Connected, with one employee."""
    cold_client.post("/empleados", json=ANA)
    cold_client.post("/empleados", json={**ANA, "email": "c@example.com"})
    cold_client.delete("/empleados/2")
    cold_client.get("/health?deep=1")  # the create's mark is read
    return cold_client


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("POST", ANA)])
def test_the_first_request_waits_for_the_greeting_and_for_its_own_trip(cold_client, proxy, method, body):
    """Its own trip is the second: after the greeting, which ends the authentication, nothing else is asked."""
    proxy.withhold_after(2)
    assert cold_client.request(method, "/empleados", json=body).status in {200, 201}


def test_a_read_is_one_trip_or_none(warm_client, proxy):
    for path in (*READS, "/empleados/99"):
        before = proxy.statements, proxy.answers
        assert warm_client.get(path).status in {200, 404}
        assert (proxy.statements, proxy.answers) == (before[0] + 1, before[1] + 1), path
    before = proxy.statements
    for path in ("/health", "/openapi.json", "/empleados?limite=0", "/empleados/x"):
        warm_client.get(path)
    assert proxy.statements == before


@pytest.mark.parametrize(
    "write",
    [
        ("POST", "/empleados", EVA, {}, 201), ("POST", "/empleados", EVA, KEY, 201),
        ("PUT", "/empleados/1", {"nombre": "B"}, {"If-Match": '"1"'}, 200),
        ("POST", LOTE, BATCH, KEY, 200), ("DELETE", "/empleados/1", None, {"If-Match": '"1"'}, 204),
        ("POST", "/bajas/2/restaurar", None, {}, 200),
    ],
)  # fmt: skip
def test_a_write_with_its_event_waits_for_one_trip(warm_client, proxy, write):
    """The answer to the mark is withheld: a request that waits for it never ends."""
    method, path, body, headers, status = write
    proxy.withhold_after(1)
    assert warm_client.request(method, path, json=body, headers=headers).status == status


def test_a_batch_once_more_and_its_closing_are_one_trip_each(warm_client, proxy):
    warm_client.post(LOTE, json=BATCH, headers=KEY)
    for headers in (KEY, {"Idempotency-Key": "b"}):
        before = proxy.statements
        assert warm_client.post(LOTE, json=BATCH, headers=headers).status == 200
        assert proxy.statements == before + 1
    proxy.withhold_after(1)
    assert warm_client.post(f"{LOTE}/cierre", json={"aviso": True}).json()["creados"] == 500


def test_a_write_that_changes_nothing_is_one_trip(warm_client, proxy):
    warm_client.post("/empleados", json=EVA, headers=KEY)
    warm_client.get("/health?deep=1")  # the create's mark is read
    for method, path, body, headers, status in (
        ("POST", "/empleados", EVA, KEY, 201), ("POST", "/empleados", {**EVA, "nombre": "B"}, KEY, 422),
        ("POST", "/empleados", ANA, {}, 409), ("PUT", "/empleados/1", {}, {}, 200),
        ("POST", "/bajas/9/restaurar", None, {}, 404),
        ("PUT", "/empleados/9", {"nombre": "B"}, {}, 404), ("DELETE", "/empleados/9", None, {}, 404),
    ):  # fmt: skip
        before = proxy.statements
        assert warm_client.request(method, path, json=body, headers=headers).status == status
        assert proxy.statements == before + 1
