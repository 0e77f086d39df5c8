"""The parts as they meet in production, driven on the emulator."""

from __future__ import annotations

import json
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.correos import bootstrap
from chalicelib.correos.bootstrap import Services
from chalicelib.correos.settings import Settings
from email_app.app import app
from local.emulator import CREDENTIALS
from tests.unit.email_app.fakes import golden, ses_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.emulator import Emulator

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
def recipient() -> str:
    """An address of this test's own: all tests of a worker share the emulator's outbox."""
    return f"{uuid.uuid4()}@example.com"


@pytest.fixture
def environment(dynamo_table: tuple[Any, str], queues: tuple[str, str], recipient: str) -> dict[str, str]:
    return {
        "EMAIL_QUEUE_URL": queues[0],
        "EMAIL_DLQ_URL": queues[1],
        "LEDGER_TABLE": dynamo_table[1],
        "EMAIL_FROM": f"CrudEmpleados <{SENDER}>",
        "NOTIFY_TO": recipient,
        "NOTIFY_EMPLOYEE": "false",
        "SES_CONFIGURATION_SET": "crud-app-correos",
        "MAIL_RATE": "100",
    }


@pytest.fixture
def services(
    emulator: Emulator, aws: Callable[[str], Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmulatedServices]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    aws("sesv2").create_email_identity(EmailIdentity=SENDER)
    services = EmulatedServices(environment)
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture
def outbox(emulator: Emulator, recipient: str) -> Callable[[], list[dict[str, Any]]]:
    """The mails that SES has taken for the test's recipient."""

    def read() -> list[dict[str, Any]]:
        answer = httpx.get(f"{emulator.endpoint}/_ministack/ses/messages", auth=(CREDENTIALS["AWS_ACCESS_KEY_ID"], ""))
        return [mail for mail in _mails(answer.json()) if mail["To"] == [recipient]]

    return read


def _mails(answer: Any) -> list[dict[str, Any]]:
    """The emulator groups its mails by account."""
    if isinstance(answer, dict) and "MessageId" in answer:
        return [answer]
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else []
    return [mail for part in parts for mail in _mails(part)]


class Poller:
    """Hands messages to the consumer as Lambda does: in batches, deleting what did not fail."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._url = queue_url

    def poll(self) -> int:
        """One batch; how many messages it had."""
        messages = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return 0
        records = [
            {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
            for message in messages
        ]
        answer = app.handler_map["enviar_correos"]({"Records": records}, None)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            handle = message["ReceiptHandle"]
            if message["MessageId"] in failed:
                self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=0)
            else:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        return len(messages)

    def drain(self) -> None:
        while self.poll():
            pass


@pytest.fixture
def poller(aws: Callable[[str], Any], queues: tuple[str, str]) -> Poller:
    return Poller(aws("sqs"), queues[0])


def test_an_event_in_the_queue_becomes_one_mail_in_the_outbox(
    services: EmulatedServices,
    poller: Poller,
    outbox: Callable[[], list[dict[str, Any]]],
) -> None:
    for _ in range(5):
        services.queue.send(json.dumps(golden(id=str(uuid.UUID(int=5)))))

    poller.drain()

    [mail] = outbox()
    assert mail["Subject"] == "Alta: Ana Pérez, Analista"
    assert "Ana Pérez" in mail["BodyText"]
    assert "<html" in mail["BodyHtml"]
    [row] = Client(app, role="admin").get("/correos").json()
    assert (row["estado"], row["mensaje_id"]) == ("enviado", mail["MessageId"])


def test_a_mail_that_is_asked_for_arrives_and_its_delivery_is_recorded(
    services: EmulatedServices,
    poller: Poller,
    outbox: Callable[[], list[dict[str, Any]]],
    recipient: str,
) -> None:
    client = Client(app, role="admin")
    answer = client.post("/notify/email", json={"to": recipient, "subject": "Reunión", "body": "A las diez."})
    poller.drain()

    [mail] = outbox()
    assert (mail["Subject"], mail["Source"]) == ("Reunión", f"CrudEmpleados <{SENDER}>")
    row = services.ledger.read(*answer.json()["id"].split("_"))
    notification = {"Message": ses_event("Delivery", row), "Subject": None, "MessageAttributes": {}}
    app.handler_map["registrar_resultado"]({"Records": [{"Sns": notification}]}, None)

    assert client.get(answer.headers["Location"]).json()["estado"] == "entregado"


def test_a_message_that_cannot_be_read_dies_alone_and_comes_back_by_a_redrive(
    services: EmulatedServices,
    poller: Poller,
    outbox: Callable[[], list[dict[str, Any]]],
) -> None:
    services.queue.send("no JSON")
    services.queue.send(json.dumps(golden()))
    poller.drain()

    client = Client(app, role="admin")
    assert len(outbox()) == 1
    assert client.get("/cola").json()["fallidos"]["visibles"] == 1
    assert client.post("/cola/reenviar").json() == {"reenviados": 1, "quedan": 0}
    assert client.get("/cola").json()["cola"]["visibles"] == 1


def test_a_mail_whose_sender_is_not_verified_has_failed_for_good(
    services: EmulatedServices,
    aws: Callable[[str], Any],
    poller: Poller,
) -> None:
    aws("sesv2").delete_email_identity(EmailIdentity=SENDER)
    services.queue.send(json.dumps(golden()))
    poller.drain()

    [row] = Client(app, role="admin").get("/correos?estado=fallido").json()
    assert row["motivo"] == "MessageRejected"
    assert services.queue.depths()[0].visibles == 0


def test_settings_ids_and_moments_come_from_the_process(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    services = Services()

    assert services.settings == Settings.from_environment(environment)
    assert services.new_id() != services.new_id()
    assert services.now().tzinfo is not None
