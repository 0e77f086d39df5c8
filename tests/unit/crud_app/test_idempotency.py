"""A creation under an Idempotency-Key is done once and answered alike, whatever happens in between."""

from __future__ import annotations

import threading

import pytest

from chalice_frontdoor.idempotency import IN_FLIGHT, MALFORMED, REUSED
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap
from chalicelib.directorio.employee import BY_NAME, INPUTS
from crud_app.app import app
from tests.unit.crud_app.fakes import FakeContext

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


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


def test_a_repetition_is_answered_alike_and_does_nothing(create, publisher, count):
    first, second = create(), create()
    assert told(second) == told(first)
    assert first.status == 201
    assert count() == (1, 1, 1)
    assert len(publisher.published) == 1


@pytest.mark.parametrize("left_out", [name for name in INPUTS if BY_NAME[name].default])
def test_what_the_database_gave_is_given_again(client, ana, left_out):
    assert left_out not in ana
    answers = [client.post("/empleados", json=ana, headers=KEY) for _ in range(2)]
    assert told(answers[1]) == told(answers[0])
    assert answers[0].json()[left_out] is not None


def test_every_field_that_was_sent_is_answered_alike(create):
    every = {name: BY_NAME[name].example for name in INPUTS}
    assert told(create(**every)) == told(create(**every))


def test_it_is_the_first_answer_also_when_the_employee_changed_or_is_gone(client, create):
    first = create()
    client.put("/empleados/1", json={"nombre": "B", "salario": 1})
    assert told(create()) == told(first)
    client.delete("/empleados/1")
    assert told(create()) == told(first)
    assert client.get("/empleados/1").status == 404


def test_another_body_is_refused_and_nothing_is_done(create, count):
    create()
    answer = create(salario=1)
    assert (answer.status, answer.json()["type"]) == (422, REUSED)
    assert count() == (1, 1, 1)


def test_what_means_the_same_is_the_same_body(create):
    assert told(create(nombre="  Ana Pérez ", email="ANA@example.com", salario=5000)) == told(create())


@pytest.mark.parametrize("failure", [{"email": "x"}, {"email": "taken@example.com"}])
def test_what_failed_is_done_anew(client, ana, create, count, failure):
    client.post("/empleados", json={**ana, "email": "taken@example.com"})
    assert create(**failure).status in {409, 422}
    assert create().status == 201
    assert count() == (2, 2, 1)


def test_a_key_of_another_is_another_key(create, ana):
    first = create()
    other = Client(app, claims=person("admin"))
    answer = other.post("/empleados", json={**ana, "email": "b@example.com"}, headers=KEY)
    assert (first.json()["id"], answer.status, answer.json()["email"]) == (1, 201, "b@example.com")


def test_who_may_not_create_learns_nothing_of_a_key(create, reader, ana):
    create()
    assert reader.post("/empleados", json=ana, headers=KEY).status == 403


@pytest.mark.parametrize("key", ["", "a b", '"a', "á"])
def test_a_malformed_key_is_refused_before_anything_is_done(client, ana, count, key):
    answer = client.post("/empleados", json=ana, headers={"Idempotency-Key": key})
    assert (answer.status, answer.json()["type"]) == (400, MALFORMED)
    assert count() == (0, 0, 0)


def test_no_salary_is_kept_with_the_key(create, sql):
    create(salario=4321.99)
    assert "4321" not in sql("SELECT to_json(peticiones) FROM peticiones")


class TestAtTheSameTime:
    """A rival's transaction holds the key: what it does with it is decided while the request waits."""

    @pytest.fixture
    def meanwhile(self, postgres, sql, database_url):
        """Begins a rival that holds the key for a moment and then ends as told; returns when it has it."""
        rivals = []

        def begin(end: str) -> None:
            who, key = person("rrhh")["username"], KEY["Idempotency-Key"].strip('"')
            insert = f"INSERT INTO peticiones (actor, clave, huella) VALUES ('{who}', '{key}', 'x')"  # noqa: S608 - ours
            script = f"BEGIN; {insert}; SELECT pg_sleep(0.5); {end}"
            name = database_url.removeprefix("postgresql://postgres@/").partition("?")[0]
            rivals.append(threading.Thread(target=postgres.execute, args=(script,), kwargs={"database": name}))
            rivals[-1].start()
            while sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN; INSERT INTO peticiones%'") == "0":
                pass

        yield begin
        for rival in rivals:
            rival.join()

    def test_a_request_is_refused_while_another_has_its_key(self, meanwhile, create, count):
        meanwhile("COMMIT")
        answer = create()
        assert (answer.status, answer.json()["type"], answer.headers["Retry-After"]) == (409, IN_FLIGHT, "1")
        assert count() == (0, 0, 1)

    def test_a_request_is_done_when_the_other_failed(self, meanwhile, create, count):
        meanwhile("ROLLBACK")
        assert create().status == 201
        assert count() == (1, 1, 1)

    def test_of_many_one_is_done(self, database_url, system, publisher, ana, count):
        del system
        from chalicelib.directorio.database import Database  # noqa: PLC0415
        from chalicelib.directorio.settings import parse_database_url  # noqa: PLC0415

        database = Database(parse_database_url(database_url), pool_size=8)
        bootstrap.system.replace(bootstrap.assemble(database, publisher))
        answers = []

        def send() -> None:
            answers.append(Client(app, role="rrhh").post("/empleados", json=ana, headers=KEY))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        database.close()
        assert {answer.status for answer in answers} <= {201, 409}
        assert {answer.json()["type"] for answer in answers if answer.status == 409} <= {IN_FLIGHT}
        assert len({told(answer) for answer in answers if answer.status == 201}) == 1
        assert count() == (1, 1, 1)


class TestForgetting:
    @pytest.fixture
    def age(self, sql):
        """Makes all keys so old."""
        return lambda interval: sql(f"UPDATE peticiones SET creada_en = creada_en - interval '{interval}'")  # noqa: S608 - ours

    def test_an_old_key_is_as_good_as_new(self, create, age, count):
        create()
        age("24 hours")
        assert create(email="b@example.com").json()["id"] > 1
        assert create(email="b@example.com").status == 201
        assert count() == (2, 2, 1)

    def test_the_sweep_forgets_the_old_ones(self, create, age, system, count):
        create()
        system.outbox.publish_pending(FakeContext())
        assert count() == (1, 1, 1)
        age("24 hours")
        system.outbox.publish_pending(FakeContext())
        assert count() == (1, 1, 0)


@pytest.fixture
def far_client(far_database, publisher):
    """The app with PostgreSQL behind the proxy, warm."""
    bootstrap.system.replace(bootstrap.assemble(far_database, publisher))
    client = Client(app, role="rrhh")
    client.get("/health?deep=1")
    yield client
    bootstrap.system.replace(None)


@pytest.mark.parametrize("cut", ["cut_before_request", "cut_before_answer"])
def test_a_lost_answer_is_asked_for_again(far_client, proxy, ana, count, cut):
    """What has a name may be repeated: the client is told what became of it, and not that nobody knows."""
    setattr(proxy, cut, True)
    answer = far_client.post("/empleados", json=ana, headers=KEY)
    assert (answer.status, answer.json()["id"]) == (201, 1)
    assert count() == (1, 1, 1)
