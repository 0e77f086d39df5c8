"""What a request leaves behind is published: all of it, in order, once for each event as far as that can be known."""

import json
import logging
import threading
from pathlib import Path

import pytest

from chalicelib.directorio.database import Statement
from chalicelib.directorio.errors import PublishFailed
from chalicelib.directorio.outbox import CHUNK_SIZE, RESERVE_SECONDS, Outbox
from chalicelib.directorio.publisher import BATCH_SIZE
from chalicelib.directorio.repository import find_statement
from crud_app.app import publicar_pendientes
from tests.support.waiting import PATIENCE_SECONDS
from tests.unit.crud_app.fakes import FakeContext

CONTRACTS = Path(__file__).parents[2] / "contracts"


@pytest.fixture
def leave_behind(sql):
    """Writes unpublished events, older than any request; returns their ids in order."""

    def leave_behind(*empleado_ids, age="1 hour"):
        return sql(
            "WITH added AS (INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload) "  # noqa: S608 - ours
            f"SELECT gen_random_uuid(), owner, n, 'actualizado', now() - interval '{age}', 'x', '{{}}' "
            f"FROM unnest(ARRAY{list(empleado_ids)}) WITH ORDINALITY AS left_behind (owner, n) "
            "RETURNING id, numero) SELECT id FROM added ORDER BY numero"
        ).split("\n")

    return leave_behind


@pytest.fixture
def pending(sql):
    """The ids of the events that are not marked as published, in order."""
    unmarked = "SELECT id FROM eventos WHERE publicado_en IS NULL ORDER BY numero"
    return lambda: [line for line in sql(unmarked).split("\n") if line]


@pytest.fixture
def sweep(database, publisher):
    """Publishes what is left."""
    return lambda seconds=60: Outbox(database, publisher).publish_pending(FakeContext(seconds))


def test_a_request_publishes_its_own_event_and_marks_what_was_taken(client, ana, publisher, pending, sql):
    publisher.refused = {2}
    for email in ("a@example.com", "b@example.com"):
        assert client.post("/empleados", json={**ana, "email": email}).status == 201
    client.get("/health?deep=1")  # the mark is not waited for: it has arrived once something after it has
    assert [(each.tipo, each.empleado_id) for each in publisher.published] == [("creado", 1)]
    assert sql("SELECT message_id FROM eventos WHERE empleado_id = 1") == "message-1"
    assert len(pending()) == 1


def test_only_the_mark_need_not_be_on_disk(client, ana, database, sql):
    database.read(Statement("SELECT set_config('synchronous_commit', 'on', false)"))
    client.post("/empleados", json=ana)
    assert database.read(Statement("SHOW synchronous_commit")) == [["on"]]
    assert sql("SELECT message_id FROM eventos") == "message-1"
    database.read(Statement("SELECT set_config('synchronous_commit', 'off', false)"))


def test_a_failing_publish_fails_no_request(client, ana, publisher, pending, caplog):
    publisher.is_down = True
    assert client.post("/empleados", json=ana).status == 201
    assert client.put("/empleados/1", json={"nombre": "B"}).status == 200
    assert client.delete("/empleados/1").status == 204
    assert len(pending()) == 3
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert {record.event_id for record in warnings} == set(pending())
    assert "ana@example.com" not in caplog.text


@pytest.mark.usefixtures("system")
def test_the_scheduled_sweep_publishes_what_is_left_once(publisher, leave_behind, pending, sql):
    ids = leave_behind(1, 2, 1)
    event = json.loads((CONTRACTS / "aws/schedule.json").read_text())
    for _ in range(2):
        publicar_pendientes(event, FakeContext())  # as Lambda calls it; Chalice's own client gives it three seconds
    assert sorted(each.id for each in publisher.published) == sorted(ids)
    assert pending() == []
    assert sql("SELECT count(DISTINCT message_id) FROM eventos") == "3"


def test_an_event_of_the_last_half_minute_is_left_to_its_request(database, leave_behind):
    leave_behind(29, 31)
    with database.transaction() as run:  # in which now() stays the same
        run(Statement("UPDATE eventos SET ocurrido_en = now() - make_interval(secs => empleado_id)"))
        found = run(find_statement("pending_eventos"), {"held_back": [], "limit": 2})
    assert [empleado_id for _, empleado_id, *_ in found] == [31]


def test_the_events_of_one_employee_go_in_order_in_batches_of_their_own(sweep, publisher, leave_behind):
    """Parts of a batch may fail alone: the later of two in one batch might get ahead."""
    first, other, second, third = leave_behind(1, 2, 1, 1)
    sweep()
    assert [[each.id for each in batch] for batch in publisher.batches] == [[first, other], [second], [third]]


def test_a_refused_event_holds_back_the_later_ones_of_its_employee_only(sweep, publisher, leave_behind, pending):
    publisher.refused = {1}
    first, other, second, later = leave_behind(1, 2, 1, 2)
    sweep()
    assert [each.id for each in publisher.published] == [other, later]
    assert [len(batch) for batch in publisher.batches] == [2, 1], "none of nothing but held back events"
    assert pending() == [first, second]
    publisher.refused = set()
    sweep()
    assert [each.id for each in publisher.published] == [other, later, first, second]


def test_chunks_go_in_full_batches_and_what_is_held_back_stays_so(sweep, publisher, leave_behind, pending):
    publisher.refused = {1}
    first, *_, again, _ = leave_behind(*range(1, CHUNK_SIZE + 1), 1, 2)
    sweep(300)
    assert pending() == [first, again]
    assert [len(batch) for batch in publisher.batches] == [BATCH_SIZE] * (CHUNK_SIZE // BATCH_SIZE) + [1]


def test_batches_of_different_employees_go_at_the_same_time(sweep, publisher, leave_behind, pending):
    leave_behind(*range(1, 2 * BATCH_SIZE + 1))
    take, together = publisher.publish, threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def wait_for_the_other(eventos):
        together.wait()
        return take(eventos)

    publisher.publish = wait_for_the_other
    sweep()
    assert pending() == []


def test_what_was_published_before_the_topic_failed_is_marked(sweep, publisher, leave_behind, pending):
    ids = leave_behind(*range(1, 16), *range(1, 16))
    take, calls, is_taken = publisher.publish, [], threading.Event()

    def fail_after_the_first(eventos):
        calls.append(eventos)
        if eventos[0].id == ids[0]:
            taken = take(eventos)
            is_taken.set()
            return taken
        is_taken.wait(PATIENCE_SECONDS)
        raise PublishFailed("EndpointConnectionError")

    publisher.publish = fail_after_the_first
    sweep()
    assert pending() == ids[BATCH_SIZE:]
    assert len(calls) == 2, "one round of batches"


def test_the_sweep_ends_in_time(sweep, publisher, leave_behind, pending):
    leave_behind(*range(1, 31))
    sweep(RESERVE_SECONDS + 2)
    assert 0 < len(publisher.published) < 30
    assert len(pending()) == 30 - len(publisher.published)


def test_two_sweeps_do_not_publish_the_same(sweep, publisher, leave_behind, open_database):
    leave_behind(1, 2, 3)
    take = publisher.publish

    def sweep_meanwhile(eventos):
        publisher.publish = take
        sweep()
        assert publisher.published == []
        return take(eventos)

    publisher.publish = sweep_meanwhile
    Outbox(open_database(), publisher).publish_pending(FakeContext())
    assert len(publisher.published) == 3


def test_the_sweep_logs_its_state(sweep, publisher, leave_behind, caplog):
    publisher.refused = {1}
    leave_behind(1, 2)
    with caplog.at_level(logging.INFO):
        sweep()
    (record,) = [each for each in caplog.records if each.name == "chalicelib.directorio.outbox"]
    assert (record.published, record.held_back_employees, record.pending) == (1, 1, 1)
    assert record.atraso_s >= 3600


def test_messages_are_as_the_contract_says(client, publisher, sql):
    """The golden files' employee, made by the same steps; only id and time are this run's own."""
    types = ("creado", "actualizado", "eliminado", "restaurado")
    golden = {tipo: json.loads((CONTRACTS / f"{tipo}.json").read_text()) for tipo in types}
    sql("ALTER TABLE empleados ALTER COLUMN id RESTART WITH 7")
    body = {name: golden["creado"]["empleado"][name] for name in ("nombre", "email", "posicion")} | {"salario": 5000}
    client.post("/empleados", json=body)
    client.put("/empleados/7", json={"posicion": golden["actualizado"]["empleado"]["posicion"]})
    client.delete("/empleados/7")
    client.post("/bajas/7/restaurar")
    assert [each.tipo for each in publisher.published] == list(types)
    for evento in publisher.published:
        message, expected = json.loads(evento.mensaje), golden[evento.tipo]
        assert message["id"] == evento.id
        for own in ("id", "ocurrido_en"):
            assert len(message[own]) == len(expected[own])
            expected[own] = message[own]
        assert json.dumps(message) == json.dumps(expected), "the same keys and values, in the same order"
        assert "salario" not in message["empleado"]
