"""The parts as they meet in production, driven on the emulator."""

from __future__ import annotations

import json
from functools import cached_property

import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.correos import bootstrap
from chalicelib.correos.bootstrap import Services
from chalicelib.correos.settings import Settings
from email_app.app import app
from tests.unit.email_app.fakes import golden, ses_event

SENDER = "directorio@example.com"


class EmulatedServices(Services):
    """The real parts; only the environment is given."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__()
        self._environment = environment

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_environment(self._environment)


@pytest.fixture
def environment(dynamo_table, queues):
    return {
        "EMAIL_QUEUE_URL": queues[0],
        "EMAIL_DLQ_URL": queues[1],
        "LEDGER_TABLE": dynamo_table[1],
        "EMAIL_FROM": f"CrudEmpleados <{SENDER}>",
        "NOTIFY_TO": "rrhh@example.com",
        "NOTIFY_EMPLOYEE": "false",
        "SES_CONFIGURATION_SET": "crud-app-correos",
        "MAIL_RATE": "100",
    }


@pytest.fixture
def services(emulator, aws, environment, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    aws("sesv2").create_email_identity(EmailIdentity=SENDER)
    services = EmulatedServices(environment)
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture
def client():
    return Client(app, role="admin")


@pytest.fixture
def drain(aws, queues):
    """Hands messages to the consumer as Lambda does, in batches, and deletes what did not fail, until none is left."""
    sqs, url = aws("sqs"), queues[0]

    def poll() -> None:
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            records = [
                {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
                for message in messages
            ]
            answer = app.handler_map["enviar_correos"]({"Records": records}, None)
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for record in records:
                handle = {"QueueUrl": url, "ReceiptHandle": record["receiptHandle"]}
                if record["messageId"] in failed:
                    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
                else:
                    sqs.delete_message(**handle)

    return poll


def test_events_and_requests_become_one_email_each_whose_delivery_is_recorded(services, client, drain):
    for _ in range(3):
        services.queue.send(json.dumps(golden()))
        request = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez."}
        assert client.post("/notify/email", json=request, headers={"Idempotency-Key": "a"}).status == 202
    drain()

    rows = client.get("/correos?estado=enviado").json()
    assert {(row["asunto"], row["envios"]) for row in rows} == {("Alta: Ana Pérez, Analista", 1), ("Reunión", 1)}
    for row in rows:
        delivery = ses_event("Delivery", services.ledger.read(*row["id"].split("_")))
        notification = {"Message": delivery, "Subject": None, "MessageAttributes": {}}
        app.handler_map["registrar_resultado"]({"Records": [{"Sns": notification}]}, None)
    assert [row["estado"] for row in client.get("/correos").json()] == ["entregado"] * 2
