"""What clients and the log are told when the database, the topic or the environment fails."""

import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap, service
from chalicelib.directorio.database import Statement
from crud_app.app import app
from tests.unit.crud_app.fakes import wait_for_the_end

READS = (
    "/empleados", "/empleados?q=ana&orden=-nombre", "/empleados?posicion=Analista", "/empleados/total?salario_desde=1",
    "/empleados/1", "/empleados/1/eventos", "/eventos", "/bajas", "/resumen", "/health?deep=1",
)  # fmt: skip


def test_a_database_that_is_down_is_reported_and_the_next_request_works(
    far_client, far_database, proxy, ana, publisher
):
    publisher.is_down = True  # so that no mark is under way
    far_client.post("/empleados", json=ana)
    target, proxy.target = proxy.target, "/nowhere"
    proxy.close_all()
    wait_for_the_end(far_database)
    for answer in (
        far_client.get("/empleados"),
        far_client.post("/empleados", json=ana),
        far_client.get("/health?deep=1"),
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["detail"].startswith("La base de datos no responde")
    assert far_client.get("/health").status == 200
    proxy.target = target
    assert far_client.get("/empleados/1").status == 200


def test_a_write_of_unknown_outcome_says_so_and_invites_no_repeat(far_client, proxy, ana, publisher, sql):
    proxy.cut_before_answer = True
    answer = far_client.post("/empleados", json=ana, headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["type"]) == (503, "urn:crud-empleados:outcome-unknown")
    assert "Retry-After" not in answer.headers
    assert "Check whether it was made" in answer.json()["detail"]
    assert publisher.published == []
    assert sql("SELECT count(*) FROM eventos WHERE publicado_en IS NULL") == "1", "the sweep publishes it"


def test_a_replica_answers_every_read_and_refuses_a_change(client, ana, open_database, serve):
    """No read writes, not even a little."""
    client.post("/empleados", json=ana)
    replica = open_database()
    replica.read(Statement("SELECT set_config('default_transaction_read_only', 'on', false)"))
    client = serve(replica)
    assert {client.get(path).status for path in READS} == {200}
    assert client.post("/empleados", json={**ana, "email": "b@example.com"}).status >= 500


def test_a_wrong_environment_is_named_in_the_log_and_not_to_the_client(monkeypatch, caplog):
    for url in ("", "mysql://ana:hunter@x/y"):
        bootstrap.system.replace(None)
        monkeypatch.setenv("DATABASE_URL", url)
        answer = Client(app, role="rrhh").get("/empleados")
        assert answer.status == 500
        assert b"DATABASE_URL" not in answer.body
        assert "DATABASE_URL" in caplog.text
        assert "hunter" not in caplog.text
        caplog.clear()


@pytest.mark.usefixtures("client")
def test_a_topic_that_is_not_set_leaves_the_event_to_the_sweep(ana, sql, caplog, database_url, monkeypatch):
    caplog.set_level("INFO", "chalice_frontdoor")
    monkeypatch.setenv("DATABASE_URL", database_url)
    bootstrap.system.replace(None)
    deployed = Client(app, role="rrhh")
    assert deployed.post("/empleados", json=ana).status == 201
    assert sql("SELECT count(*) FROM eventos WHERE publicado_en IS NULL") == "1"
    [code] = [each.code for each in caplog.records if hasattr(each, "code")]
    assert "SNS_TOPIC_ARN must be the ARN of a topic" in code
    assert caplog.records[-1].database_ms > 0
    deployed.get("/health")
    assert not hasattr(caplog.records[-1], "database_ms")
    bootstrap.system().database.close()


def test_a_mark_that_cannot_be_sent_fails_no_request(far_client, proxy, ana, publisher, caplog):
    """The event is published twice then, which its readers absorb."""
    publish = publisher.publish

    def publish_and_lose_the_database(eventos):
        proxy.target = "/nowhere"
        proxy.close_all()
        wait_for_the_end(bootstrap.system().database)
        return publish(eventos)

    publisher.publish = publish_and_lose_the_database
    assert far_client.post("/empleados", json=ana).status == 201
    assert "A published event was not marked: the sweep repeats it" in caplog.messages


def test_a_slow_statement_leaves_its_event_to_the_sweep(monkeypatch, client, ana, publisher):
    """The Lambda's time must hold the publish, too."""
    monkeypatch.setattr(service, "PUBLISH_WITHIN_SECONDS", -1)
    assert client.post("/empleados", json=ana).status == 201
    assert publisher.published == []
