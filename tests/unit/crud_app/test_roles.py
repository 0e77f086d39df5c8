"""Who may do what, and who sees what."""

from __future__ import annotations

import json
import re

import pytest

from chalice_frontdoor import ANYBODY
from chalice_frontdoor.testing.claims import program
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap
from chalicelib.directorio.roles import RULES
from contract.roles import ROLES
from crud_app.app import app

#: The fields that are not for `lector`.
HIDDEN = ("salario", "version", "actualizado_en")
SALARIES = ("5000", "6100")


@pytest.fixture
def changed(client, ana):
    """Ana, number 1: made, paid better, promoted, and paid better again with another name."""
    client.post("/empleados", json=ana)
    client.put("/empleados/1", json={"salario": 6100.5})
    client.put("/empleados/1", json={"posicion": "Jefa"})
    client.put("/empleados/1", json={"salario": 5000.0, "nombre": "Ana P. Ruiz"})
    return client


def test_every_route_has_a_rule():
    assert set(RULES) == {(method, path) for path, methods in app.routes.items() for method in methods}


def test_a_route_is_for_its_role_and_those_above(system):
    del system
    for role in (None, *ROLES):
        for (method, path), needed in RULES.items():
            status = Client(app, role=role).request(method, path.replace("{id}", "1")).status
            if needed == ANYBODY or (role is not None and ROLES.index(role) >= ROLES.index(needed)):
                assert status not in {401, 403}, (role, method, path)
            else:
                assert status == (403 if role else 401), (role, method, path)


@pytest.mark.parametrize("role", [None, "lector"])
def test_who_may_not_write_changes_nothing(changed, role, ana):
    before = changed.get("/empleados").body
    stranger = Client(app, role=role)
    stranger.post("/empleados", json={**ana, "email": "otra@example.com"})
    stranger.put("/empleados/1", json={"nombre": "Otra"})
    stranger.delete("/empleados/1")
    assert changed.get("/empleados").body == before


@pytest.mark.parametrize(
    "path",
    ["/empleados", "/empleados?orden=-nombre", "/empleados/1", "/empleados/1/eventos", "/eventos", "/resumen"],
)
def test_a_reader_sees_neither_salaries_nor_that_they_changed(changed, reader, path):
    body, everything = reader.get(path).body.decode(), changed.get(path).body.decode()
    assert "Jefa" in body
    assert not [word for word in ("salario", "actualizado_en", *SALARIES) if word in body]
    assert "salario" in everything


def test_a_row_for_a_reader_is_the_same_without_what_is_confidential(changed, reader):
    row = changed.get("/empleados/1").json()
    expected = {name: value for name, value in row.items() if name not in HIDDEN}
    assert reader.get("/empleados/1").json() == expected
    assert reader.get("/empleados").json() == [expected]
    assert list(reader.get("/empleados/1").json()) == list(expected), "in the same order"


@pytest.mark.parametrize("path", ["/eventos", "/empleados/1/eventos"])
def test_a_history_for_a_reader_leaves_out_what_only_changed_a_salary(changed, reader, path):
    changed.delete("/empleados/1")
    events = {each["id"]: each for each in changed.get(path).json()}
    told = reader.get(path).json()
    assert [each["cambios"] for each in told] == [
        [],
        ["nombre"],
        ["posicion"],
        ["nombre", "email", "posicion", "fecha_contratacion"],
    ]
    for each in told:
        whole = events[each["id"]]
        del whole["empleado"]["version"]
        expected = {**whole, "cambios": [name for name in whole["cambios"] if name != "salario"]}
        assert json.dumps(each) == json.dumps(expected), "in the same order"


@pytest.mark.parametrize("path", ["/eventos", "/empleados/1/eventos"])
def test_pages_of_a_history_for_a_reader_show_each_event_once(changed, reader, path):
    del changed
    whole = reader.get(path).json()
    shown, link = [], f"{path}?limite=1"
    while link:
        answer = reader.get(link)
        shown += answer.json()
        link = answer.headers.get("Link", "").removeprefix("<").removesuffix('>; rel="next"')
    assert shown == whole
    assert len(shown) == 3


def test_a_readers_tag_stays_when_only_the_salary_changes(changed, reader):
    tag = reader.get("/empleados/1").headers["ETag"]
    changed.put("/empleados/1", json={"salario": 1})
    assert reader.get("/empleados/1", headers={"If-None-Match": tag}).status == 304
    changed.put("/empleados/1", json={"nombre": "Ana"})
    answer = reader.get("/empleados/1", headers={"If-None-Match": tag})
    assert (answer.status, answer.headers["ETag"] == tag) == (200, False)
    assert re.fullmatch('"[0-9a-f]{32}"', tag)


def test_the_tag_of_human_resources_says_nothing_to_a_reader(changed, reader):
    tag = changed.get("/empleados/1").headers["ETag"]
    assert reader.get("/empleados/1", headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_reader_cannot_sort_by_what_is_not_shown(changed, reader, hidden, sign):
    link = changed.get(f"/empleados?orden={sign}{hidden}&limite=1").headers.get("Link")
    answer = reader.get(f"/empleados?orden={sign}{hidden}")
    assert link is None
    assert (answer.status, answer.json()["errores"][0]["campo"]) == (422, "orden")


def test_a_cursor_of_human_resources_opens_no_other_order_to_a_reader(client, reader, ana):
    for number in range(2):
        client.post("/empleados", json={**ana, "email": f"{number}@example.com"})
    link = client.get("/empleados?orden=salario&limite=1").headers["Link"].removeprefix("<").partition(">")[0]
    assert client.get(link).status == 200
    assert reader.get(link).status == 422
    assert reader.get(link.replace("orden=salario&", "")).status == 422


def test_a_summary_for_a_reader_only_counts(changed, reader):
    del changed
    assert reader.get("/resumen").json() == [{"posicion": "Jefa", "empleados": 1}]


def test_a_search_finds_nobody_by_a_salary(changed, reader):
    del changed
    assert reader.get("/empleados?q=5000").json() == []


def test_a_program_reads_by_its_scope(changed):
    del changed
    answer = Client(app, claims=program("directorio/lector")).get("/empleados/1")
    assert (answer.status, "salario" in answer.json()) == (200, False)


def test_a_demonstration_lets_everybody_in(database, publisher, ana):
    bootstrap.system.replace(bootstrap.assemble(database, publisher, is_demo=True))
    anybody = Client(app, "alb_multi")
    assert anybody.post("/empleados", json=ana).status == 201
    assert anybody.get("/empleados/1").json()["salario"] == 5000
    assert anybody.get("/eventos").json()[0]["actor"] == "anonimo"
    for address in ("ana@gmail.com", "ana@example.com.evil.io", "ana@notexample.com", "ana@example.co"):
        answer = anybody.post("/empleados", json={**ana, "email": address, "nombre": ""})
        assert [(each["campo"], each["regla"]) for each in answer.json()["errores"]] == [
            ("nombre", "longitud"),
            ("email", "demo"),
        ]
        assert anybody.put("/empleados/1", json={"email": address}).status == 422
    for address in ("a@example.org", "b@ventas.example.com", "c@algo.test"):
        assert anybody.put("/empleados/1", json={"email": address}).status == 200
    bootstrap.system.replace(None)
