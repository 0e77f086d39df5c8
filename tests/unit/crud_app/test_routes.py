"""The HTTP contract, through the front doors, on real PostgreSQL."""

import json
import re
from operator import itemgetter

import pytest

from chalice_frontdoor.testing.claims import CLIENT_ID, person, program
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio.employee import FIELDS, Audience
from chalicelib.directorio.query import orders_of
from crud_app.app import app
from tests.unit.crud_app.fakes import next_link, pages_of, rules_of

HUGE_ID = str(2**63)


def names(answer):
    return [row["nombre"] for row in answer.json()]


@pytest.fixture
def people(client, ana):
    """Twelve employees."""
    for number, nombre in enumerate(
        ["Zoe", "ana", "Ángel", "Bruno", "Ñusta", "Óscar", "oscar", "Carla", "David", "Elena", "Íñigo", "Félix"]
    ):
        row = {
            **ana,
            "nombre": nombre,
            "email": f"p{number}@example.com",
            "salario": 1000 + number,
            "posicion": "Jefa" if number % 3 else "Analista",
        }
        assert client.post("/empleados", json=row).status == 201
    return client


class TestCreate:
    def test_answers_with_the_row_its_place_and_its_version_through_every_door(self, client, ana):
        del client
        for row_id, name in enumerate(("http_api_1", "http_api_2"), start=1):
            door = Client(app, name, role="rrhh")
            answer = door.post("/empleados", json={**ana, "email": f"{row_id}@example.com"})
            row = answer.json()
            assert answer.status == 201
            assert answer.headers["Location"] == f"/empleados/{row['id']}" == f"/empleados/{row_id}"
            assert answer.headers["ETag"] == '"1"'
            assert answer.headers["Content-Type"] == "application/json"
            assert list(row) == [each.name for each in FIELDS]
            assert row["creado_en"] == row["actualizado_en"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["creado_en"])
            found = door.get(f"/empleados/{row_id}")
            assert (found.status, found.json(), found.headers["ETag"]) == (200, row, '"1"')

    def test_stores_values_in_one_form(self, client, ana):
        sent = json.dumps({**ana, "nombre": "  Ana  ", "email": "ANA@Example.COM"}).replace("5000.0", "5e3")
        answer = client.post("/empleados", body=sent, content_type="application/json")
        row = answer.json()
        assert (row["nombre"], row["email"]) == ("Ana", "ana@example.com")
        assert b'"salario":5000.00,' in answer.body
        assert row["fecha_contratacion"] == row["creado_en"][:10]
        other = {**ana, "email": "b@example.com", "fecha_contratacion": "2020-02-29"}
        assert client.post("/empleados", json=other).json()["fecha_contratacion"] == "2020-02-29"

    def test_refuses_an_email_already_taken_in_any_case(self, client, ana):
        client.post("/empleados", json=ana)
        answer = client.post("/empleados", json={**ana, "email": "Ana@EXAMPLE.com"}, headers={"Accept-Language": "en"})
        assert answer.status == 409
        assert answer.json()["type"] == "urn:crud-empleados:email-taken"
        assert answer.json()["empleado"] == {"id": 1, "nombre": "Ana Pérez"}
        assert answer.json()["errores"] == [{"campo": "email", "regla": "unico", "mensaje": "Another employee has it."}]

    def test_names_all_broken_rules_at_once_in_the_order_of_the_fields(self, client):
        body = {"otro": 1, "salario": -1, "nombre": "", "email": "x"}
        answer = client.post("/empleados", json=body)
        assert (answer.status, answer.headers["Content-Language"]) == (422, "es")
        assert answer.json()["errores"][2]["mensaje"] == "Es obligatorio."
        assert list(rules_of(answer).items()) == [
            ("nombre", "longitud"),
            ("email", "formato"),
            ("posicion", "obligatorio"),
            ("salario", "rango"),
            ("otro", "desconocido"),
        ]

    def test_refuses_what_is_no_json_object(self, client, ana):
        assert client.post("/empleados", body="nombre=Ana", content_type="text/plain").status == 415
        assert client.post("/empleados", body="{", content_type="application/json").status == 400
        huge = json.dumps(ana).replace("5000.0", "1e400")
        for body, rules in (("[]", {"": "tipo"}), ("null", {"": "tipo"}), (huge, {"salario": "rango"})):
            answer = client.post("/empleados", body=body, content_type="application/json")
            assert (answer.status, rules_of(answer)) == (422, rules)


class TestRead:
    def test_an_id_that_nothing_has_is_not_found(self, client):
        for row_id in ("1", "0", "-1", "x", "1.0", "01", "%20", "٣", HUGE_ID, "9" * 400):
            for method, rest, body in (
                ("GET", "", None),
                ("DELETE", "", None),
                ("PUT", "", {}),
                ("GET", "/eventos", None),
            ):
                answer = client.request(method, f"/empleados/{row_id}{rest}", json=body, headers={"If-Match": "*"})
                assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")

    def test_is_sent_again_only_in_another_version(self, client, ana):
        client.post("/empleados", json=ana)
        known = ('"1"', 'W/"1"', '"2", "1"', "*")
        for tags in (*known, '"2"', "1", ""):
            status = 304 if tags in known else 200
            answer = client.get("/empleados/1", headers={"If-None-Match": tags})
            assert (answer.status, bool(answer.body), answer.headers["ETag"]) == (status, status == 200, '"1"')


class TestUpdate:
    def test_changes_what_is_sent_and_nothing_else(self, client, ana):
        before = client.post("/empleados", json=ana).json()
        answer = client.put("/empleados/1", json={"posicion": "Jefa"}, headers={"If-Match": '"1"'})
        after = answer.json()
        assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
        assert after.pop("actualizado_en") > before.pop("actualizado_en")
        assert after == {**before, "posicion": "Jefa", "version": 2}

    def test_without_a_change_there_is_neither_a_version_nor_an_event(self, client, ana, publisher):
        row = client.post("/empleados", json=ana).json()
        for body in ({}, ana, {"salario": 5000, "email": "ANA@example.com"}):
            answer = client.put("/empleados/1", json=body)
            assert (answer.status, answer.json(), answer.headers["ETag"]) == (200, row, '"1"')
        assert [each.tipo for each in publisher.published] == ["creado"]

    def test_happens_only_in_a_wanted_version(self, client, ana):
        client.post("/empleados", json=ana)
        for if_match in ('"2"', 'W/"1"', '"x", "3"', '"01"', '"2147483648"', '"99999999999999999999"', '""'):
            answer = client.put("/empleados/1", json={"nombre": "B"}, headers={"If-Match": if_match})
            assert (answer.status, answer.json()["type"]) == (412, "urn:crud-empleados:stale-version")
            assert client.delete("/empleados/1", headers={"If-Match": if_match}).status == 412
        for if_match in ("", "1", '"1', "*,*", '*, "1"', '"1" "2"', 'w/"1"', ","):
            assert client.put("/empleados/1", json={"nombre": "B"}, headers={"If-Match": if_match}).status == 400
            assert client.delete("/empleados/1", headers={"If-Match": if_match}).status == 400
        assert client.get("/empleados/1").json()["nombre"] == "Ana Pérez"
        for if_match in (',"7" ,, "1",', " * "):
            assert client.put("/empleados/1", json={"nombre": "B"}, headers={"If-Match": if_match}).status == 200

    def test_refuses_the_email_of_another_and_what_the_database_gives(self, client, ana):
        client.post("/empleados", json=ana)
        client.post("/empleados", json={**ana, "email": "b@example.com"})
        answer = client.put("/empleados/2", json={"email": "Ana@example.com", "salario": 1})
        assert (answer.status, answer.json()["empleado"]) == (409, {"id": 1, "nombre": "Ana Pérez"})
        stale = client.put("/empleados/2", json={"email": "Ana@example.com"}, headers={"If-Match": '"7"'})
        assert stale.status == 412
        assert client.get("/empleados/2").json()["version"] == 1
        answer = client.put("/empleados/1", json={"id": 2, "version": 7, "nombre": None})
        assert answer.status == 422
        assert rules_of(answer) == {"nombre": "tipo", "id": "desconocido", "version": "desconocido"}


class TestDelete:
    def test_removes_the_row_and_keeps_its_history(self, client, ana):
        client.post("/empleados", json=ana)
        answer = client.delete("/empleados/1", headers={"If-Match": '"1"'})
        assert (answer.status, answer.body) == (204, b"")
        assert client.get("/empleados/1").status == client.delete("/empleados/1").status == 404
        history = client.get("/empleados/1/eventos").json()
        assert [(each["tipo"], each["empleado"]["version"]) for each in history] == [("eliminado", 2), ("creado", 1)]


class TestList:
    def test_sorts_names_as_people_do(self, people):
        assert names(people.get("/empleados?orden=nombre")) == [
            *("ana", "Ángel", "Bruno", "Carla", "David", "Elena", "Félix", "Íñigo", "Ñusta", "Óscar", "oscar", "Zoe")
        ]

    def test_rows_that_come_and_go_shift_nothing(self, people):
        first = people.get("/empleados?limite=5")
        assert first.headers["Link"].endswith('>; rel="next"')
        people.delete("/empleados/1")
        assert [row["id"] for row in people.get(next_link(first)).json()] == [6, 7, 8, 9, 10]

    def test_search_needs_all_words_by_their_beginnings(self, client, ana):
        client.post("/empleados", json=ana)
        found = ("ana", "ANÁ", "per", "pérez ana", "analis", "example", "ana@example.com", "com ana", "", "   ",
                 "ana & | ! ( ' \\ :* <->")  # fmt: skip
        assert [
            q for q in (*found, "nap", "ana zoe", "!!!", "'") if client.get("/empleados", query={"q": q}).json()
        ] == [*found]
        assert [client.get(f"/empleados{query}").headers.get("X-Search") for query in ("", "?q=a")] == [None, "prefix"]

    def test_the_person_whose_number_or_address_is_searched_for_comes_first_and_once(self, people):
        for path in ("/empleados?q=10%20", "/empleados?q=%2310", "/empleados?q=%20P9@Example.COM"):
            assert people.get(f"{path}&orden=nombre&limite=2").json()[0]["id"] == 10
        for number, name in ((3, "11 B"), (4, "11 A")):
            people.put(f"/empleados/{number}", json={"nombre": name})
        for limit, pages in {5: [[11, 4, 3]], 2: [[11, 4], [3]], 1: [[4], [3]]}.items():
            found = pages_of(people, f"/empleados?q=11&orden=nombre&limite={limit}")
            assert [[row["id"] for row in page] for page in found] == pages
        assert people.get("/empleados/total?q=11").json() == {"total": 3, "exacto": True}
        assert people.get("/empleados?q=p9@example.com&posicion=Jefa").json() == []  # the other filters hold

    def test_the_pages_of_each_order_and_filter_show_each_row_once_and_are_counted(self, people, reader):
        for number in range(1, 13):
            people.put(f"/empleados/{number}", json={"fecha_contratacion": f"2020-{number:02}-15"})
        for query, ids in {
            "contratado_desde=2020-03-15&contratado_hasta=2020-05-15": {3, 4, 5},
            "contratado_desde=2020-11-16": {12},
            "salario_desde=1010&salario_hasta=1010.00": {11},
            "salario_hasta=1001": {1, 2},
            "contratado_hasta=2020-06-30&salario_desde=1003&posicion=Jefa": {5, 6},
            "q=exam&salario_desde=1e3&contratado_desde=2020-12-01": {12},
            "contratado_desde=2020-05-01&contratado_hasta=2020-04-01": set(),
            "posicion=Analista": {1, 4, 7, 10},
            "posicion=analista": set(),
            "": set(range(1, 13)),
        }.items():
            assert people.get(f"/empleados/total?{query}").json() == {"total": len(ids), "exacto": True}, query
            for order in orders_of(Audience.RRHH):
                pages = pages_of(people, f"/empleados?{query}&limite=2&orden={order}")
                shown = [row for page in pages for row in page]
                assert ({row["id"] for row in shown}, len(shown)) == (ids, len(ids)), (query, order)
                assert shown == people.get(f"/empleados?{query}&limite=200&orden={order}").json(), (query, order)
                name = order.removeprefix("-")
                if name in ("id", "salario", "email", "fecha_contratacion"):
                    assert shown == sorted(shown, key=itemgetter(name), reverse=order != name), (query, order)
        assert len(reader.get("/empleados?contratado_desde=2020-11-01").json()) == 2

    def test_begins_at_a_place_of_the_order(self, people):
        for query, first in {
            "orden=nombre&desde=o": "Óscar", "orden=nombre&desde=Ñ": "Ñusta", "orden=nombre&desde=": "ana",
            "orden=nombre&desde=zz": None, "orden=-nombre&desde=o": "oscar", "orden=-nombre&desde=e": "Elena",
            "orden=email&desde=P1": "Íñigo", "orden=-posicion&desde=analista": "Elena",
            "orden=nombre&q=p5&desde=a": "Óscar",
        }.items():  # fmt: skip
            assert [*names(people.get(f"/empleados?{query}")), None][0] == first, query
        pages = pages_of(people, "/empleados?orden=nombre&desde=i&limite=3")
        assert [[row["nombre"] for row in page] for page in pages] == [["Íñigo", "Ñusta", "Óscar"], ["oscar", "Zoe"]]

    def test_refuses_bad_parameters_by_name(self, client):
        for query, field, rule in (
            ("limite=0", "limite", "rango"), ("limite=201", "limite", "rango"), ("limite=", "limite", "rango"),
            ("limite=%D9%A3", "limite", "rango"), ("limite=1&limite=2", "limite", "repetido"),
            ("orden=clave", "orden", "orden"), ("orden=--id", "orden", "orden"), ("orden=", "orden", "orden"),
            ("cursor=abc", "cursor", "cursor"), ("cursor=", "cursor", "cursor"), ("q=%00", "q", "caracteres"),
            ("q=" + "a" * 201, "q", "longitud"), ("q=" + "%EF%B7%BA" * 50, "q", "longitud"),
            ("posicion=%0A", "posicion", "caracteres"),
            ("limit=5", "limit", "desconocido"), ("contratado_desde=x", "contratado_desde", "formato"),
            ("contratado_hasta=", "contratado_hasta", "formato"), ("salario_desde=x", "salario_desde", "tipo"),
            ("salario_desde=NaN", "salario_desde", "tipo"), ("salario_hasta=0.001", "salario_hasta", "decimales"),
            ("salario_hasta=-1", "salario_hasta", "rango"), ("salario_hasta=1e", "salario_hasta", "tipo"),
            ("desde=m", "desde", "orden"), ("desde=m&orden=salario", "desde", "orden"),
        ):  # fmt: skip
            answer = client.get(f"/empleados?{query}")
            assert (answer.status, rules_of(answer)) == (422, {field: rule}), query
        answer = client.get("/empleados?limite=0&orden=x&q=%0A&z=")
        assert list(rules_of(answer)) == ["q", "orden", "limite", "z"], "all at once"
        for query in ("limite=1", "orden=id", "desde=m", "cursor=x"):
            assert client.get(f"/empleados/total?{query}").status == 422


class TestHistory:
    def test_refuses_a_bad_parameter(self, client):
        for path in ("/eventos", "/empleados/1/eventos"):
            for query in ("limite=0", "cursor=aWQKMQox", "cursor=x", "q=ana"):
                assert client.get(f"{path}?{query}").status == 422
        for query in ("empleado=0", "empleado=x", "tipo=x", "lote=x", "actor=%00", "desde=x", "hasta=2026-02-30",
                      "desde=2026-11-24T09:30:00", "hasta=2026-11-24T99:30:00Z"):  # fmt: skip
            assert list(rules_of(client.get(f"/eventos?{query}"))) == [query.partition("=")[0]], query
        assert client.get("/empleados/1/eventos?tipo=creado").status == 422

    def test_shows_old_and_new_values_of_a_change(self, client, ana):
        client.post("/empleados", json=ana)
        client.put("/empleados/1", json={"posicion": "Jefa", "salario": 6100.5, "fecha_contratacion": "2020-02-29"})
        changed, created = client.get("/eventos").json()
        today = created["ocurrido_en"][:10]
        assert (changed["lote"], created["valores"]) == (None, None)
        assert changed["valores"] == {
            "posicion": {"antes": "Analista", "despues": "Jefa"},
            "salario": {"antes": 5000, "despues": 6100.5},
            "fecha_contratacion": {"antes": today, "despues": "2020-02-29"},
        }

    def test_is_filtered_by_person_actor_type_and_time(self, client, ana):
        Client(app, claims=person("rrhh", username="jefa@example.com")).post("/empleados", json=ana)
        client.post("/empleados", json={**ana, "email": "b@example.com"})
        client.put("/empleados/2", json={"nombre": "B"})
        client.delete("/empleados/1")
        times = [each["ocurrido_en"] for each in client.get("/eventos").json()]
        for query, expected in {
            "empleado=1": ["eliminado", "creado"],
            "empleado=9": [],
            "actor=jefa@example.com": ["creado"],
            "tipo=creado": ["creado", "creado"],
            "tipo=creado&empleado=2": ["creado"],
            "tipo=lote": [],
            "desde=2020-01-01&hasta=2099-12-31&limite=1": ["eliminado"],
            "hasta=2020-01-01": [],
            f"desde={times[1]}": ["eliminado", "actualizado"],
            f"desde={times[2]}&hasta={times[1]}": ["actualizado", "creado"],
        }.items():
            assert [each["tipo"] for each in client.get(f"/eventos?{query}").json()] == expected, query
        pages = pages_of(client, "/eventos?empleado=2&limite=1")
        assert [[each["tipo"] for each in page] for page in pages] == [["actualizado"], ["creado"]]


def test_summary_counts_and_measures_by_position(people):
    assert [tuple(each.values()) for each in people.get("/resumen").json()] == [
        ("Jefa", 8, 1006, 1001, 1011),
        ("Analista", 4, 1004.5, 1000, 1009),
    ]


def test_actor_comes_from_the_verified_token(client, ana):
    del client
    Client(app, claims=person("rrhh", username="jefa@example.com")).post("/empleados", json=ana)
    program_client = Client(app, claims=program("directorio/rrhh"))
    program_client.delete("/empleados/1")
    assert [each["actor"] for each in program_client.get("/eventos").json()] == [CLIENT_ID, "jefa@example.com"]


def test_health_asks_the_database_only_when_told(client):
    assert client.get("/health").json() == client.get("/health?deep=1").json() == {"estado": "ok"}
    for query in ("deep=2", "deep=", "deep=1&deep=1"):
        answer = client.get(f"/health?{query}")
        assert (answer.status, list(rules_of(answer))) == (422, ["deep"])
