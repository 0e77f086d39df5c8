"""Forgetting: no value of the person is left in the database, and what happened is."""

import json

import pytest

from chalicelib.directorio.database import Statement
from chalicelib.directorio.erasure import CHUNK_SIZE, Erasure
from contract.events import EVENT_FIELDS, KEPT_AFTER_ERASURE
from crud_app.sql.upkeep import SWEEP_LOCK
from tests.unit.crud_app.fakes import FakeContext

LOCK = f"SELECT pg_advisory_xact_lock({SWEEP_LOCK})::text"
VALUES = (
    "Ana Pérez",
    "Ana Gil",
    "ana@example.com",
    "ana.gil@example.com",
    "Analista",
    "Jefa",
    "6000",
    "request-of-ana",
)


@pytest.fixture
def erasure(database):
    return Erasure(database)


@pytest.fixture
def everything(sql):
    """All that the tables hold, as text."""
    tables = ("empleados", "bajas", "eventos", "peticiones")
    return lambda: sql(" UNION ALL ".join(f"SELECT {each}::text FROM {each}" for each in tables))  # noqa: S608 - ours


@pytest.fixture
def lived(client, ana):
    """Ana came, changed name, address, position and salary, and is there."""
    client.post("/empleados", json=ana, headers={"Idempotency-Key": '"request-of-ana"'})
    client.put("/empleados/1", json={"nombre": "Ana Gil", "email": "ana.gil@example.com", "posicion": "Jefa"})
    client.put("/empleados/1", json={"salario": 6000})
    client.get("/empleados/1")  # reads the answer to the mark of the last event, for which the request did not wait


@pytest.mark.usefixtures("lived")
class TestLook:
    def test_counts_and_names_all_addresses_of_the_person(self, erasure, client, publisher):
        person = erasure.look(1)
        assert person[:5] == (1, True, 3, 3, 0)
        assert sorted(person.addresses) == ["ana.gil@example.com", "ana@example.com"]
        publisher.is_down = True
        client.delete("/empleados/1")
        assert erasure.look(1)[:5] == (1, True, 4, 4, 1), "a leaver"
        for email, found in {" ANA.Gil@Example.com": [1], "": [], "%": [], "ana": []}.items():
            assert erasure.find(email) == found, email
        assert erasure.look(99) == (99, False, 0, 0, 0, [])

    def test_an_address_that_somebody_else_has_now_is_not_the_persons(self, erasure, client, ana):
        client.post("/empleados", json=ana)
        assert erasure.look(1).addresses == ["ana.gil@example.com"]
        assert erasure.look(2).addresses == ["ana@example.com"]
        assert erasure.find("ana@example.com") == [1, 2]


@pytest.mark.usefixtures("lived")
class TestForget:
    def test_leaves_no_value_of_the_person(self, erasure, everything):
        assert [value for value in VALUES if value in everything()]
        assert erasure.forget(1, "make forget") == 4
        assert [value for value in VALUES if value in everything()] == []
        before = everything()
        assert erasure.forget(1, "y") == 0, "a second time"
        assert everything() == before
        assert erasure.look(1) == (1, False, 4, 0, 0, [])

    def test_leaves_what_happened_when_and_who_did_it(self, erasure, client, reader):
        client.delete("/empleados/1")
        before = client.get("/empleados/1/eventos").json()
        erasure.forget(1, "x")
        after = client.get("/empleados/1/eventos").json()
        for then, now in zip(before, after, strict=True):
            empleado = {name: then["empleado"][name] if name in KEPT_AFTER_ERASURE else None for name in EVENT_FIELDS}
            assert json.dumps(now) == json.dumps({**then, "empleado": empleado, "valores": None})
        for evento in reader.get("/empleados/1/eventos").json():
            assert evento["empleado"] == {"id": 1, "nombre": None, "email": None, "posicion": None}

    def test_others_stay_as_they_are(self, erasure, client, ana):
        client.post("/empleados", json={**ana, "email": "eva@example.com"})
        before = client.get("/empleados/2").json(), client.get("/empleados/2/eventos").json()
        erasure.forget(1, "make forget (eva)")
        assert (client.get("/empleados/2").json(), client.get("/empleados/2/eventos").json()) == before
        removal = client.get("/empleados/1/eventos").json()[0]
        assert (removal["tipo"], removal["actor"]) == ("eliminado", "make forget (eva)")

    def test_nobody_hears_of_it_nor_of_what_nobody_had_heard_of_before(self, erasure, client, system, publisher, sql):
        publisher.is_down = True
        client.put("/empleados/1", json={"nombre": "Ana"})
        publisher.is_down = False
        erasure.forget(1, "x")
        sql("UPDATE eventos SET ocurrido_en = ocurrido_en - interval '1 hour'")
        system.outbox.publish_pending(FakeContext())
        assert [each.tipo for each in publisher.published] == ["creado", "actualizado", "actualizado"]

    def test_the_row_stays_if_the_history_cannot_be_emptied(self, erasure, everything, sql):
        sql("ALTER TABLE eventos ADD CONSTRAINT no_change CHECK (payload #>> '{empleado,email}' IS NOT NULL) NOT VALID")
        before = everything()
        try:
            with pytest.raises(Exception, match="23514"):
                erasure.forget(1, "x")
        finally:
            sql("ALTER TABLE eventos DROP CONSTRAINT no_change")
        assert everything() == before

    def test_waits_for_the_sweep_that_has_events_in_its_hands(self, erasure, while_holding, everything):
        assert while_holding(LOCK, lambda: erasure.forget(1, "x")) == 4
        assert "Ana" not in everything()


@pytest.mark.usefixtures("lived")
class TestLeavers:
    @pytest.fixture
    def sweep(self, system):
        return lambda: system.erasure.forget_leavers(90)

    def test_are_erased_when_their_time_is_up_and_not_before(self, client, ana, sweep, everything, sql):
        client.post("/empleados", json={**ana, "nombre": "Eva"})
        client.delete("/empleados/1")
        client.delete("/empleados/2")
        sql("UPDATE bajas SET baja_en = now() - interval '89.9 days'")
        before = everything()
        sweep()
        assert everything() == before
        sql("UPDATE bajas SET baja_en = now() - interval '90 days' WHERE id = 1")
        sweep()
        assert [value for value in VALUES if value in everything()] == ["ana@example.com", "Analista"], "Eva's"
        assert (client.get("/bajas/1").status, client.get("/bajas/2").status) == (404, 200)
        kinds = [each["tipo"] for each in client.get("/empleados/1/eventos").json()]
        assert kinds == ["eliminado", "actualizado", "actualizado", "creado"]

    @pytest.mark.parametrize("held", ["SELECT id FROM bajas FOR UPDATE", LOCK])
    def test_stay_while_they_are_restored_or_another_sweep_is_at_work(self, client, sweep, sql, open_database, held):
        client.delete("/empleados/1")
        sql("UPDATE bajas SET baja_en = now() - interval '1 year'")
        with open_database().transaction() as run:
            run(Statement(held))
            sweep()
        assert client.get("/bajas/1").status == 200
        sweep()
        assert client.get("/bajas/1").status == 404


@pytest.mark.usefixtures("aged")
class TestRetention:
    @pytest.fixture
    def aged(self, lived, sql):
        """Ana's first event is 37 months old, the second 35, the third new."""
        del lived
        sql(
            "UPDATE eventos SET ocurrido_en = now() - make_interval(0, 39 - 2 * numero::int), publicado_en = now() "
            "WHERE numero < 3"
        )

    def test_empties_what_is_older_and_nothing_else(self, erasure, client):
        assert erasure.count_old(36) == 1
        assert list(erasure.forget_old(36)) == [1]
        nombres = [evento["empleado"]["nombre"] for evento in client.get("/empleados/1/eventos").json()]
        assert nombres == ["Ana Gil", "Ana Gil", None]
        assert client.get("/empleados/1").json()["nombre"] == "Ana Gil"
        assert (erasure.count_old(36), list(erasure.forget_old(36))) == (0, []), "a second time"

    def test_many_go_in_chunks_but_for_those_that_wait_for_their_publication(self, erasure, sql):
        sql(
            "INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, publicado_en) "  # noqa: S608
            "SELECT gen_random_uuid(), 9, n, 'creado', now() - interval '4 years', 'x', payload, now() "
            f"FROM eventos, generate_series(1, {2 * CHUNK_SIZE}) n WHERE numero = 1"
        )
        sql("UPDATE eventos SET publicado_en = NULL WHERE numero = 1")
        assert erasure.count_old(36) == 2 * CHUNK_SIZE
        assert list(erasure.forget_old(36)) == [CHUNK_SIZE, 2 * CHUNK_SIZE]
