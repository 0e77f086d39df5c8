"""Who may do what, and who sees what."""

import hashlib
import json
import re

import pytest

from chalice_frontdoor import ANYBODY
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio.repository import Repository
from contract.roles import ROLES
from crud_app.app import RULES, app
from tests.unit.crud_app.fakes import next_link, pages_of, rules_of

#: The fields that are not for `lector`.
HIDDEN = ("salario", "version", "actualizado_en")
HISTORIES = ("/eventos", "/empleados/1/eventos")


@pytest.fixture
def changed(client, ana):
    """Ana, number 1: made, paid better, promoted, and paid better again with another name."""
    client.post("/empleados", json=ana)
    client.put("/empleados/1", json={"salario": 6100.5})
    client.put("/empleados/1", json={"posicion": "Jefa"})
    client.put("/empleados/1", json={"salario": 5000.0, "nombre": "Ana P. Ruiz"})
    return client


def test_a_route_is_for_its_role_and_those_above(client):
    del client
    assert set(RULES) == {(method, path) for path, methods in app.routes.items() for method in methods}
    assert {rule for rule, needed in RULES.items() if needed == ANYBODY} == {
        ("GET", "/health"),
        ("GET", "/openapi.json"),
    }
    for role in (None, *ROLES):
        for (method, path), needed in RULES.items():
            status = Client(app, role=role).request(method, path.replace("{id}", "1")).status
            if needed == ANYBODY or (role is not None and ROLES.index(role) >= ROLES.index(needed)):
                assert status not in {401, 403}, (role, method, path)
            else:
                assert status == (403 if role else 401), (role, method, path)


def test_a_reader_sees_neither_salaries_nor_that_they_changed(changed, reader):
    for path in ("/empleados", "/empleados?orden=-nombre", "/empleados/1", *HISTORIES, "/resumen"):
        body, everything = reader.get(path).body.decode(), changed.get(path).body.decode()
        assert "Jefa" in body
        assert not [word for word in ("salario", "actualizado_en", "5000", "6100") if word in body]
        assert "salario" in everything
    assert reader.get("/resumen").json() == [{"posicion": "Jefa", "empleados": 1}]
    assert reader.get("/empleados?q=5000").json() == []


def test_a_history_for_a_reader_leaves_out_what_only_changed_a_salary(changed, reader):
    changed.delete("/empleados/1")
    for path in HISTORIES:
        events = {each["id"]: each for each in changed.get(path).json()}
        told = reader.get(path).json()
        first = ["nombre", "email", "posicion", "fecha_contratacion"]
        assert [each["cambios"] for each in told] == [[], ["nombre"], ["posicion"], first]
        for each in told:
            whole = events[each["id"]]
            del whole["empleado"]["version"]
            whole["cambios"] = [name for name in whole["cambios"] if name != "salario"]
            valores = whole["valores"] and {name: each for name, each in whole["valores"].items() if name != "salario"}
            expected = {**whole, "valores": valores}
            assert json.dumps(each) == json.dumps(expected), "in the same order"
        assert pages_of(reader, f"{path}?limite=1") == [[each] for each in told]


def test_a_readers_tag_stays_when_only_the_salary_changes(changed, reader):
    tag = reader.get("/empleados/1").headers["ETag"]
    assert re.fullmatch('"[0-9a-f]{32}"', tag)
    changed.put("/empleados/1", json={"salario": 1})
    assert reader.get("/empleados/1", headers={"If-None-Match": tag}).status == 304
    changed.put("/empleados/1", json={"nombre": "Ana"})
    answer = reader.get("/empleados/1", headers={"If-None-Match": tag})
    assert (answer.status, answer.headers["ETag"] == tag) == (200, False)
    tag = changed.get("/empleados/1").headers["ETag"]
    assert reader.get("/empleados/1", headers={"If-None-Match": tag}).status == 200, "it tells a reader nothing"


def test_a_reader_can_neither_sort_nor_filter_by_what_is_not_shown(client, reader, ana):
    for number in range(2):
        client.post("/empleados", json={**ana, "email": f"{number}@example.com"})
    for order in (sign + name for name in HIDDEN for sign in ("", "-")):
        answer = reader.get(f"/empleados?orden={order}")
        assert (answer.status, rules_of(answer)) == (422, {"orden": "orden"})
        assert order not in answer.json()["errores"][0]["mensaje"]
        link = next_link(client.get(f"/empleados?orden={order}&limite=1"))
        assert client.get(link).status == 200
        assert reader.get(link).status == 422
        assert reader.get(link.replace(f"orden={order}&", "")).status == 422
    for path in ("/empleados", "/empleados/total"):
        for name in ("salario_desde", "salario_hasta"):
            assert rules_of(reader.get(f"{path}?{name}=1")) == {name: "desconocido"}


def test_an_invented_event_gives_nobody_a_role(database, serve, caplog):
    serve(database)
    for door in ("alb_multi", "alb_single", "function_url", "lattice", "rest"):
        assert Client(app, door, role="admin").get("/empleados").status == 403
    assert Client(app, "chalice_local", role="admin").get("/empleados").status == 401
    reasons = [record.refusal for record in caplog.records if hasattr(record, "refusal")]
    assert reasons == ["undeclared_door"] * 5 + ["no_token"]


def test_a_person_who_reads_many_salaries_at_once_is_logged_under_an_id(database, client, reader, ana, caplog):
    for number in range(21):
        Repository(database).create({**ana, "email": f"{number}@example.com"}, "x")
    caplog.set_level("INFO")
    for who, path in ((client, "/empleados"), (client, "/empleados?limite=20"), (reader, "/empleados")):
        assert who.get(path).status == 200
    (record,) = [each for each in caplog.records if hasattr(each, "salarios_leidos")]
    claims = person("rrhh")
    assert (record.salarios_leidos, record.route) == (21, "/empleados")
    assert record.caller_id == hashlib.sha256(claims["sub"].encode()).hexdigest()[:16]
    assert not [name for name in ("username", "sub") if claims[name] in str([vars(each) for each in caplog.records])]


def test_a_demonstration_needs_no_role(database, serve, ana):
    serve(database, is_demo=True)
    anybody = Client(app, "chalice_local")
    assert anybody.post("/empleados", json=ana).status == 201
    assert anybody.get("/empleados/1").json()["salario"] == 5000
    assert anybody.get("/eventos").json()[0]["actor"] == "anonimo"
    for address in ("ana@gmail.com", "ana@example.com.evil.io"):
        answer = anybody.post("/empleados", json={**ana, "email": address, "nombre": ""})
        assert rules_of(answer) == {"nombre": "longitud", "email": "demo"}
        assert anybody.put("/empleados/1", json={"email": address}).status == 422
    assert anybody.put("/empleados/1", json={"email": "b@ventas.example.com"}).status == 200
