"""A creation under an Idempotency-Key is done once and answered alike, with any failure in between."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalice_frontdoor.idempotency import IN_FLIGHT, MALFORMED, REUSED
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import BY_NAME, INPUTS
from chalicelib.directorio.settings import parse_database_url
from crud_app.app import app
from tests.unit.crud_app.fakes import FakeContext

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
HELD = f"""INSERT INTO peticiones (actor, clave, huella) VALUES
    ('{person("rrhh")["username"]}', '{KEY["Idempotency-Key"].strip('"')}', 'x')"""  # noqa: S608 - ours


@pytest.fixture
def create(client, ana):
    """Creates Ana under the key, with some fields changed."""
    return lambda **changed: client.post("/empleados", json={**ana, **changed}, headers=KEY)


@pytest.fixture
def count(sql):
    """How many rows there are in the tables, in this order: employees, events, keys."""
    return lambda: tuple(int(sql(f"SELECT count(*) FROM {table}")) for table in ("empleados", "eventos", "peticiones"))  # noqa: S608 - ours


def told(answer):
    """What must be the same each time."""
    return answer.status, answer.body, answer.headers["Location"], answer.headers["ETag"]


def test_a_repetition_is_answered_alike_and_does_nothing(client, create, publisher, count):
    first = create()
    assert first.status == 201
    assert first.json()["fecha_contratacion"] is not None
    assert told(create()) == told(first)
    assert told(create(nombre="  Ana Pérez ", email="ANA@example.com", salario=5000)) == told(first)
    assert count() == (1, 1, 1)
    assert len(publisher.published) == 1
    client.put("/empleados/1", json={"nombre": "B", "salario": 1})
    assert told(create()) == told(first), "also when the employee changed"
    client.delete("/empleados/1")
    assert told(create()) == told(first), "or is gone"
    assert client.get("/empleados/1").status == 404


def test_every_field_that_was_sent_is_answered_alike_and_another_body_is_refused(create, count, sql):
    every = {name: BY_NAME[name].example for name in INPUTS}
    assert told(create(**every)) == told(create(**every))
    answer = create(salario=1)
    assert (answer.status, answer.json()["type"]) == (422, REUSED)
    assert count() == (1, 1, 1)
    assert "5000" not in sql("SELECT to_json(peticiones) FROM peticiones"), "no salary is kept with the key"


def test_a_digest_cannot_be_computed_without_the_databases_password():
    def sign(password):
        return Database(parse_database_url(f"postgresql://a{password}@localhost/x")).sign("salario 5000")

    assert sign(":secret") == sign(":secret")
    assert len({sign(":secret"), sign(":other"), sign(""), hashlib.sha256(b"salario 5000").hexdigest()}) == 4


@pytest.mark.parametrize("failure", [{"email": "x"}, {"email": "taken@example.com"}])
def test_what_failed_is_done_anew(client, ana, create, count, failure):
    client.post("/empleados", json={**ana, "email": "taken@example.com"})
    assert create(**failure).status in {409, 422}
    assert create().status == 201
    assert count() == (2, 2, 1)


def test_a_key_is_its_actors_own(create, reader, ana):
    first = create()
    assert reader.post("/empleados", json=ana, headers=KEY).status == 403
    other = Client(app, claims=person("admin"))
    answer = other.post("/empleados", json={**ana, "email": "b@example.com"}, headers=KEY)
    assert (first.json()["id"], answer.status, answer.json()["email"]) == (1, 201, "b@example.com")


def test_a_malformed_key_is_refused_before_anything_is_done(client, ana, count):
    answer = client.post("/empleados", json=ana, headers={"Idempotency-Key": ""})
    assert (answer.status, answer.json()["type"]) == (400, MALFORMED)
    assert count() == (0, 0, 0)


def test_a_request_is_refused_when_another_took_its_key_meanwhile(while_holding, create, count):
    answer = while_holding(HELD, create)
    assert (answer.status, answer.json()["type"], answer.headers["Retry-After"]) == (409, IN_FLIGHT, "1")
    assert count() == (0, 0, 1)


def test_a_request_is_done_when_the_other_one_with_its_key_failed(while_holding, create, count):
    assert while_holding(HELD, create, "ROLLBACK").status == 201
    assert count() == (1, 1, 1)


@pytest.mark.usefixtures("empty_tables")
def test_of_many_at_the_same_time_one_is_done(open_database, serve, ana, count):
    serve(open_database(pool_size=8))
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(Client(app, role="rrhh").post, "/empleados", json=ana, headers=KEY) for _ in range(8)]
    answers = [answer.result() for answer in answers]
    assert {answer.json()["type"] for answer in answers if answer.status != 201} <= {IN_FLIGHT}
    assert len({told(answer) for answer in answers if answer.status == 201}) == 1
    assert count() == (1, 1, 1)


def test_a_key_is_forgotten_after_a_day(create, sql, system, count):
    create()
    system.outbox.publish_pending(FakeContext())
    assert count() == (1, 1, 1)
    sql("UPDATE peticiones SET creada_en = creada_en - interval '24 hours'")
    assert create(email="b@example.com").json()["id"] > 1, "as good as new"
    assert create(email="b@example.com").status == 201
    assert count() == (2, 2, 1)
    sql("UPDATE peticiones SET creada_en = creada_en - interval '24 hours'")
    system.outbox.publish_pending(FakeContext())
    assert count() == (2, 2, 0)


@pytest.mark.parametrize("cut", ["cut_before_request", "cut_before_answer", "cut_in_answer"])
def test_a_lost_answer_is_asked_for_again(far_client, proxy, ana, count, cut):
    """A request with a key is repeated, so the client learns its outcome instead of 'unknown'."""
    batch = {"origen": "importacion", "crear": [{**ana, "email": "b@example.com"}]}
    for path, body, key, status in ((f"/lotes/{uuid.uuid4()}", batch, "b", 200), ("/empleados", ana, "a", 201)):
        setattr(proxy, cut, True)
        assert far_client.post(path, json=body, headers={"Idempotency-Key": key}).status == status
    assert count() == (2, 2, 2)
