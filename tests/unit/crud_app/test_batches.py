"""Batches: many changes in one statement, what conflicts is skipped, and one event for all of them."""

import json
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from chalice_frontdoor.idempotency import IN_FLIGHT, MISSING, REUSED
from chalice_frontdoor.testing.claims import person as claims
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio.batch import MAX_OPERATIONS
from chalicelib.directorio.employee import INPUTS
from crud_app.app import app
from tests.unit.crud_app.fakes import FakeContext, rules_of

CONTRACTS = Path(__file__).parents[2] / "contracts"
LOTE = "5a0d1c52-8f1b-4a86-9d5e-3f3b1f0f7a55"
NUMBERS = count(1)


def person(name, **changes):
    return {"nombre": name, "email": f"{name.lower()}@example.com", "posicion": "Analista", "salario": 10} | changes


@pytest.fixture
def send(client):
    """Sends a part of a batch under a key of its own, or under a given one."""

    def send(lists, *, key=None, lote=LOTE, by=client, origen="importacion", **members):
        headers = {"Idempotency-Key": key or f"key-{next(NUMBERS)}"} if key != "" else {}
        return by.post(f"/lotes/{lote}", json={"origen": origen, **members, **lists}, headers=headers)

    return send


def states(answer):
    assert answer.status == 200, answer.body
    return [(each["lista"], each["indice"], each["estado"]) for each in answer.json()["resultados"]]


@pytest.fixture
def four(send):
    """Ana, Bea and Eva are employees 1 to 3, Leo is a leaver with the number 4."""
    before = str(uuid.uuid4())
    send({"crear": [person(name) for name in ("Ana", "Bea", "Eva", "Leo")]}, lote=before)
    send({"eliminar": [{"id": 4, "version": 1}]}, lote=before)


@pytest.fixture
def told(sql):
    """What the events of the batch say, in their order."""

    def told(what="tipo || ' ' || empleado_id || ' ' || version"):
        return sql(f"SELECT {what} FROM eventos WHERE lote = '{LOTE}' ORDER BY numero").split("\n")  # noqa: S608

    return told


@pytest.mark.usefixtures("four")
def test_a_batch_does_all_kinds_of_changes_and_answers_in_their_order(client, send, told, publisher):
    publisher.published.clear()
    answer = send(
        {
            "restaurar": [{"id": 4}],
            "crear": [person("Zoe", fecha_contratacion="2020-02-29"), person("Noa")],
            "eliminar": [{"id": 3, "version": 1}],
            "actualizar": [
                {"id": 1, "version": 1, "cambios": {"posicion": "Jefa", "salario": 20.5}},
                {"id": 2, "version": 1, "cambios": {"nombre": " Bea "}},
            ],
        }
    )
    assert states(answer) == [
        *[("restaurar", 0, 200), ("crear", 0, 201), ("crear", 1, 201), ("eliminar", 0, 204)],
        *[("actualizar", 0, 200), ("actualizar", 1, 200)],
    ]
    rows = [each["empleado"] for each in answer.json()["resultados"] if "empleado" in each]
    by_name = {row["nombre"]: row for row in rows}
    assert by_name.keys() == {"Leo", "Zoe", "Noa", "Ana", "Bea"}
    for row in by_name.values():
        assert client.get(f"/empleados/{row['id']}").json() == row
    assert (by_name["Leo"]["id"], by_name["Leo"]["version"]) == (4, 3)
    assert (by_name["Ana"]["posicion"], by_name["Ana"]["salario"], by_name["Ana"]["version"]) == ("Jefa", 20.5, 2)
    assert (by_name["Bea"]["version"], by_name["Zoe"]["fecha_contratacion"]) == (1, "2020-02-29")
    assert client.get("/empleados/3").status == 404
    assert sorted(told()) == ["actualizado 1 2", "creado 5 1", "creado 6 1", "eliminado 3 2", "restaurado 4 3"]
    assert [json.loads(text) for text in told("valores") if text] == [
        {"posicion": {"antes": "Analista", "despues": "Jefa"}, "salario": {"antes": 10, "despues": 20.5}}
    ]
    assert publisher.published == [], "the sweep publishes the events of rows"


def test_a_row_event_is_the_one_of_a_single_change_with_its_batch(client, send, told):
    client.post("/empleados", json=person("Ana"))
    client.put("/empleados/1", json={"salario": 20})
    single = client.get("/empleados/1/eventos").json()
    send({"crear": [person("Bea")]})
    send({"actualizar": [{"id": 2, "version": 1, "cambios": {"salario": 20}}]})
    for one, text in zip(reversed(single), told("payload"), strict=True):
        event = json.loads(text)
        assert event.pop("lote") == LOTE
        kept = {"version", "tipo", "actor", "cambios"}
        assert {name: event[name] for name in kept} == {name: one[name] for name in kept}
        assert list(event) == [name for name in one if name in event]
        assert event["empleado"].keys() == one["empleado"].keys()


@pytest.mark.usefixtures("four")
def test_what_conflicts_is_reported_with_the_row_and_skipped(client, send):
    ana, bea = client.get("/empleados/1").json(), client.get("/empleados/2").json()
    answer = send(
        {
            "crear": [person("Ana"), person("Luz"), person("Luz", nombre="Otra")],
            "actualizar": [
                {"id": 1, "version": 9, "cambios": {"nombre": "X"}},
                {"id": 2, "version": 1, "cambios": {"email": "eva@example.com"}},
                {"id": 99, "version": 1, "cambios": {"nombre": "X"}},
            ],
            "eliminar": [{"id": 3, "version": 7}, {"id": 98, "version": 1}],
            "restaurar": [{"id": 4, "version": 9}, {"id": 97}],
        }
    )
    results = answer.json()["resultados"]
    assert [(each["estado"], *(each.keys() - {"lista", "indice", "estado"})) for each in results] == [
        *[(409, "existente"), (201, "empleado"), (409, "existente")],
        *[(412, "empleado"), (409, "existente"), (404,)],
        *[(412, "empleado"), (404,), (412,), (404,)],
    ]
    rows = [each.get("existente") or each.get("empleado") for each in results]
    assert (rows[0], rows[3]) == (ana, ana)
    assert (rows[1], rows[2]["nombre"]) == (rows[2], "Luz")
    assert rows[4]["email"] == "eva@example.com"
    assert (client.get("/empleados/1").json(), client.get("/empleados/2").json()) == (ana, bea)


@pytest.mark.usefixtures("four")
def test_an_address_that_is_freed_is_free_for_the_next_batch(send):
    change = {"id": 1, "version": 1, "cambios": {"email": "b2@example.com"}}
    for lists, expected in (
        ({"actualizar": [change], "crear": [person("Ana"), person("B2")]}, [200, 409, 409]),
        ({"crear": [person("Ana")], "eliminar": [{"id": 2, "version": 1}]}, [201, 204]),
        ({"crear": [person("Bea")]}, [201]),
        ({"restaurar": [{"id": 2}]}, [409]),
    ):
        assert [state for *_, state in states(send(lists))] == expected


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"crear": [person("Ana"), {"nombre": "", "apodo": 1}]}, {
            "crear[1].nombre": "longitud", "crear[1].email": "obligatorio", "crear[1].posicion": "obligatorio",
            "crear[1].salario": "obligatorio", "crear[1].apodo": "desconocido"}),
        ({"actualizar": [{"id": 0, "cambios": {"salario": -1}, "x": 1}, 7,
                         {"id": True, "version": 1, "cambios": []}]}, {
            "actualizar[0].id": "rango", "actualizar[0].version": "obligatorio", "actualizar[0].x": "desconocido",
            "actualizar[0].cambios.salario": "rango", "actualizar[1]": "tipo", "actualizar[2].id": "rango",
            "actualizar[2].cambios": "tipo"}),
        ({"eliminar": [{"id": 1, "version": 1}], "restaurar": [{"id": 1}]}, {"restaurar[0].id": "repetido"}),
        ({"crear": {}, "borrar": [], "origen": "otro", "simular": 1}, {
            "crear": "tipo", "borrar": "desconocido", "origen": "valor", "simular": "tipo"}),
        ({"crear": [person("Ana")] * (MAX_OPERATIONS + 1)}, {"crear": "longitud"}),
        ({"eliminar": []}, {"": "longitud"}),
        ([], {"": "tipo"}),
    ],
)  # fmt: skip
def test_a_batch_that_breaks_a_rule_does_nothing_and_names_each_place(client, sql, body, errors):
    sent = {"origen": "cambio", **body} if isinstance(body, dict) else body
    answer = client.post(f"/lotes/{LOTE}", json=sent, headers={"Idempotency-Key": "k"})
    assert answer.status == 422
    assert rules_of(answer) == errors
    assert sql("SELECT count(*) FROM lotes") == "0"


def test_the_id_is_a_uuid_and_a_key_is_needed(client, send, reader):
    assert send({"crear": [person("Ana")]}, lote="7").status == 404
    answer = send({"crear": [person("Ana")]}, key="")
    assert (answer.status, answer.json()["type"]) == (400, MISSING)
    assert send({"crear": [person("Ana")]}, by=reader).status == 403
    assert client.get("/empleados").json() == []


@pytest.mark.usefixtures("four")
def test_a_simulation_answers_alike_and_does_nothing(send, sql):
    lists = {
        "crear": [person("Zoe"), person("Ana")],
        "actualizar": [{"id": 2, "version": 1, "cambios": {"nombre": "B"}}],
        "eliminar": [{"id": 3, "version": 9}],
        "restaurar": [{"id": 4}],
    }
    tables = ("empleados", "bajas", "eventos", "lotes", "peticiones")
    everything = "SELECT " + ", ".join(f"(SELECT json_agg({name}) FROM {name})" for name in tables)  # noqa: S608
    before = sql(everything)
    simulated = send(lists, key="", simular=True)
    assert sql(everything) == before
    assert states(simulated) == states(send(lists))
    created, taken, changed, *_ = simulated.json()["resultados"]
    assert ("empleado" in created, taken["existente"]["id"], changed["empleado"]["nombre"]) == (False, 1, "Bea")
    send({"crear": [person("Kim")]}, key="used")
    assert states(send({"crear": [person("Kim")]}, key="used", simular=True)) == [("crear", 0, 409)]


# ---- under a key ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("four")
def test_a_repetition_is_answered_alike_and_does_nothing(client, send, told):
    lists = {"crear": [person("Zoe"), person("Ana")], "eliminar": [{"id": 3, "version": 1}, {"id": 9, "version": 1}]}
    first = send(lists, key="a")
    assert send(lists, key="a").json() == first.json()
    assert len(told()) == 2
    for change in ({"origen": "cambio"}, {"lote": str(uuid.uuid4())}, {"lists": {"crear": [person("Zoe")]}}):
        answer = send(change.pop("lists", lists), key="a", **change)
        assert (answer.status, answer.json()["type"]) == (422, REUSED)
    client.put("/empleados/5", json={"nombre": "Zoé"})
    later = send(lists, key="a").json()["resultados"]
    assert (later[0]["estado"], later[0]["empleado"]["nombre"]) == (201, "Zoé"), "the row as it is now"


def test_a_result_is_kept_without_a_word_about_a_person_and_as_long_as_its_key(send, system, sql):
    send({"crear": [person("Ana")]}, key="a")
    kept = sql("SELECT p.resultado FROM lotes_pasos p JOIN peticiones ON p.id = evento_id")
    assert json.loads(kept) == [{"orden": 0, "lista": "crear", "indice": 0, "estado": 201, "id": 1}]
    sql("UPDATE lotes_pasos SET creado_en = creado_en - interval '24 hours'")
    system.outbox.publish_pending(FakeContext())
    assert sql("SELECT count(*) FROM lotes_pasos") == "0"


def test_a_request_is_refused_while_another_with_its_key_is_at_work(while_holding, send):
    held = f"INSERT INTO peticiones VALUES ('{claims('rrhh')['username']}', 'a', 'x')"  # noqa: S608
    answer = while_holding(held, lambda: send({"crear": [person("Ana")]}, key="a"))
    assert (answer.status, answer.json()["type"]) == (409, IN_FLIGHT)


def test_a_batch_that_fails_leaves_nothing(send, sql):
    sql("CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE lock_not_available; END';"
        "CREATE TRIGGER stop BEFORE INSERT ON lotes_pasos EXECUTE FUNCTION stop()")  # fmt: skip
    try:
        assert send({"crear": [person("Ana")]}, key="a").status == 503
        assert sql("SELECT (SELECT count(*) FROM empleados) + (SELECT count(*) FROM eventos)") == "0"
    finally:
        sql("DROP FUNCTION stop CASCADE")
    assert states(send({"crear": [person("Ana")]}, key="a")) == [("crear", 0, 201)]


# ---- rivals --------------------------------------------------------------------------------------------------------


def test_an_address_that_is_taken_meanwhile_is_a_conflict_that_names_its_row(while_holding, send):
    taken = "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('Rival', '{}@example.com', 'X', 1)"
    answer = while_holding(taken.format("ana"), lambda: send({"crear": [person("Ana"), person("Bea")]}))
    assert states(answer) == [("crear", 0, 409), ("crear", 1, 201)]
    assert answer.json()["resultados"][0]["existente"]["nombre"] == "Rival"
    bea = answer.json()["resultados"][1]["empleado"]
    change = {"actualizar": [{"id": bea["id"], "version": 1, "cambios": {"email": "c@example.com"}}]}
    answer = while_holding(taken.format("c"), lambda: send(change))
    assert states(answer) == [("actualizar", 0, 409)]


@pytest.mark.usefixtures("four")
def test_a_row_that_changes_meanwhile_is_a_conflict_that_shows_it_as_it_is(while_holding, send):
    change = "UPDATE empleados SET nombre = 'Rival', version = 2 WHERE id = 1"
    answer = while_holding(change, lambda: send({"actualizar": [{"id": 1, "version": 1, "cambios": {"nombre": "X"}}]}))
    assert states(answer) == [("actualizar", 0, 412)]
    assert answer.json()["resultados"][0]["empleado"]["nombre"] == "Rival"


def test_two_people_who_import_the_same_file_make_no_duplicate(open_database, serve, send, sql):
    serve(open_database(pool_size=2))
    people = [person(f"P{number}") for number in range(300)]

    def import_file(order):
        lote, rows = str(uuid.uuid4()), people[::order]
        parts = [send({"crear": rows[start : start + 100]}, lote=lote).json() for start in (0, 100, 200)]
        return [row for part in parts for row in part["resultados"]]

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(import_file, (1, -1))
    pairs = zip(one, reversed(other), strict=True)
    assert all({row["estado"] for row in pair} == {201, 409} for pair in pairs)
    assert sql("SELECT count(*), count(DISTINCT email) FROM empleados") == "300|300"


# ---- the end of a batch --------------------------------------------------------------------------------------------


@pytest.fixture
def close(client):
    return lambda aviso=True, lote=LOTE: client.post(f"/lotes/{lote}/cierre", json={"aviso": aviso})


@pytest.mark.usefixtures("four")
def test_a_closed_batch_has_one_event_that_tells_of_all(send, close, publisher):
    send({"crear": [person("Zoe")], "actualizar": [{"id": 1, "version": 1, "cambios": {"salario": 5}}]})
    send({"eliminar": [{"id": 2, "version": 1}], "restaurar": [{"id": 4}]})
    publisher.published.clear()
    first = close()
    counts = {"creados": 1, "actualizados": 1, "eliminados": 1, "restaurados": 1}
    assert (first.status, first.json()) == (200, {"id": LOTE, "origen": "importacion", **counts})
    assert close(aviso=False).json() == first.json()
    [evento] = publisher.published
    event = json.loads(evento.mensaje)
    golden = json.loads((CONTRACTS / "lote.json").read_text("utf-8"))
    assert list(event) == list(golden)
    told = {"resumen": counts, "cambios": sorted(INPUTS)}
    assert event == golden | told | {name: event[name] for name in ("id", "ocurrido_en", "actor")}


def test_a_batch_that_goes_on_is_opened_again_and_one_that_changed_nothing_has_no_event(send, close, publisher):
    send({"crear": [person("Ana")]})
    close()
    send({"crear": [person("Ana")]})
    close()
    assert len(publisher.published) == 1, "nothing has changed"
    send({"crear": [person("Bea")]})
    assert close(aviso=False).json()["creados"] == 2
    assert [json.loads(each.mensaje)["resumen"]["creados"] for each in publisher.published] == [1, 2]
    assert json.loads(publisher.published[1].mensaje)["aviso"] is False
    send({"eliminar": [{"id": 9, "version": 1}]}, lote=str(other := uuid.uuid4()))
    assert close(lote=other).json()["eliminados"] == 0
    assert len(publisher.published) == 2


def test_a_batch_belongs_to_the_person_who_began_it(send, close, sql):
    other = Client(app, claims=claims("rrhh", username="otra@example.com"))
    send({"crear": [person("Ana")]})
    assert send({"eliminar": [{"id": 1, "version": 1}]}, by=other).status == 409
    assert other.post(f"/lotes/{LOTE}/cierre", json={"aviso": False}).status == 404
    assert sql("SELECT count(*) FROM empleados") == "1"
    assert close().json()["creados"] == 1
    assert other.post(f"/lotes/{LOTE}/cierre", json={"aviso": False}).status == 404, "after its end, too"


@pytest.mark.usefixtures("four")
def test_what_a_reader_may_not_know_of_a_batch_that_goes_on_stays_unknown(reader, client, send, close):
    send({"actualizar": [{"id": 1, "version": 1, "cambios": {"posicion": "Directora"}}]})
    close()
    send({"actualizar": [{"id": 1, "version": 2, "cambios": {"salario": 5}}]})
    close()
    shown, told = (by.get("/eventos?tipo=lote").json() for by in (client, reader))
    assert (len(shown), len(told)) == (2, 1)
    assert "actualizados" in shown[0]["resumen"]
    assert "actualizados" not in told[0]["resumen"], "some may be of salaries alone"


def test_a_closing_needs_a_batch_and_a_choice(client, close):
    assert (close().status, close(lote="x").status) == (404, 404)
    for body, errors in (({"aviso": 1, "x": 2}, {"aviso": "tipo", "x": "desconocido"}), ([], {"": "tipo"})):
        assert rules_of(client.post(f"/lotes/{LOTE}/cierre", json=body)) == errors


def test_an_idle_batch_is_closed_by_the_sweep_and_its_events_are_published(  # noqa: PLR0913, PLR0917 - all of it
    send, close, system, publisher, sql, told
):
    send({"crear": [person("Ana"), person("Bea")]})
    system.outbox.publish_pending(FakeContext())
    assert told("tipo") == ["creado", "creado"], "not yet"
    sql("UPDATE lotes SET ultimo_en = ultimo_en - interval '15 minutes'")
    system.outbox.publish_pending(FakeContext())
    system.outbox.publish_pending(FakeContext())
    assert told("tipo || (payload ->> 'aviso' IS NOT NULL)") == ["creadofalse", "creadofalse", "lotetrue"]
    sql("UPDATE eventos SET ocurrido_en = ocurrido_en - interval '1 minute'")
    publisher.refused.add(1)
    system.outbox.publish_pending(FakeContext())
    assert [each.tipo for each in publisher.published] == ["creado", "lote"]
    assert close().json()["creados"] == 2


@pytest.mark.usefixtures("four")
def test_the_history_shows_a_batch_as_one_entry_and_readers_learn_of_no_salary(client, reader, send, close):
    send({"actualizar": [{"id": 1, "version": 1, "cambios": {"salario": 5}}]})
    close(aviso=False)
    [entry] = client.get("/eventos?tipo=lote").json()
    assert [event["tipo"] for event in client.get("/eventos").json()].count("actualizado") == 0, "it is not shown apart"
    assert (entry["lote"], entry["resumen"]["actualizados"], entry["aviso"]) == (LOTE, 1, False)
    assert [event["tipo"] for event in client.get(f"/eventos?lote={LOTE}").json()][-1] == "actualizado"
    for path in ("/eventos?tipo=lote", f"/eventos?lote={LOTE}"):
        assert reader.get(path).json() == []
    assert client.get(f"/eventos?empleado=1&lote={uuid.uuid4()}").json() == []
    [changed] = client.get(f"/eventos?empleado=1&lote={LOTE}").json()
    assert changed["empleado"]["version"] == 2


def test_a_batch_that_shows_many_salaries_is_logged_as_a_reading_of_them(send, caplog):
    caplog.set_level(logging.INFO)
    send({"crear": [person(f"P{number}") for number in range(25)]})
    asked = [{"id": number, "version": 9, "cambios": {}} for number in range(1, 26)]
    send({"actualizar": asked}, key="", simular=True)
    counts = [(each.route, each.salarios_leidos) for each in caplog.records if hasattr(each, "salarios_leidos")]
    assert counts == [("/lotes/{id}", 25)], "and not those who were created"
