"""What a part refuses or cannot do waits, and comes through after the repair that the runbook describes."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

GOLDEN = Path(__file__).resolve().parents[1] / "contracts" / "creado.json"


def test_the_sweep_publishes_what_a_failed_publish_left(system: DeployedSystem) -> None:
    """An event without the mark of a published one; tests/faults has a topic that fails."""
    system.create("Olga Pendiente")
    wait_until(lambda: not pending_events(system), "the mark of the request's own publish")
    # The sweep leaves alone what a request may still be publishing.
    system.query("UPDATE eventos SET publicado_en = NULL, ocurrido_en = ocurrido_en - interval '1 minute'")

    sweep(system)

    assert pending_events(system) == ""
    wait_until(lambda: system.mails_about("Olga Pendiente"), "the mail")


def test_an_unreadable_message_goes_to_the_dlq_alone_and_can_be_resent(system: DeployedSystem) -> None:
    body = json.dumps(json.loads(GOLDEN.read_text("utf-8")) | {"version": 2, "id": str(uuid.uuid4())})
    dlq = system.outputs["dlq_url"]

    publish = partial(system.client("sns").publish, TopicArn=system.topic, Message=body)

    publish()
    system.create("Rosa Legible")
    wait_until(lambda: system.mails_about("Rosa Legible"), "the mail of its neighbour")
    system.client("sqs").purge_queue(QueueUrl=system.queue)

    # Alone: a readable message, too, would die that takes longer than the queue is patient.
    with impatient_queue(system):
        publish()
        wait_until(lambda: system.messages_in(dlq), "the dead letter")
        assert system.messages_in(dlq) == [body]
        assert system.http.get("/cola").json()["fallidos"]["visibles"] == 1

        redrive = system.http.post("/cola/reenviar")
        assert (redrive.status_code, redrive.json()) == (202, {"reenviados": 1, "quedan": 0})
        # Still unreadable. What comes through after a repair is in tests/faults.
        wait_until(lambda: system.messages_in(dlq) == [body], "the dead letter again")

    assert len(system.mails_about("Rosa Legible")) == 1


def test_feedback_that_cannot_be_stored_is_kept_and_comes_through_after_a_fix(system: DeployedSystem) -> None:
    queue, function = system.outputs["feedback_dlq_url"], system.outputs["functions"]["registrar_resultado"]
    place = system.send_mail("rebota@example.com", "Rebota sin testigos")
    wait_until(lambda: system.state_of(place) == "entregado", "the delivery")

    with without_ledger(system, function):
        # As SNS does on AWS, three times. The emulator's SNS calls the function once and forgets it.
        deliver(system, function, bounce_of(place))
        wait_until(lambda: system.messages_in(queue), "the report")

    assert system.state_of(place) == "entregado"
    queues = system.client("sqs")
    for message in queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]:
        deliver(system, function, json.loads(message["Body"])["requestPayload"])
        queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    wait_until(lambda: system.state_of(place) == "rebotado", "the bounce")
    assert system.messages_in(queue) == []


def pending_events(system: DeployedSystem) -> str:
    return system.query("SELECT payload FROM eventos WHERE publicado_en IS NULL")


def sweep(system: DeployedSystem) -> None:
    event: dict[str, Any] = dict.fromkeys(("account", "region", "time", "version"), "") | {
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "resources": [],
        "detail": {},
    }
    answer = system.client("lambda").invoke(
        FunctionName=system.outputs["functions"]["publicar_pendientes"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def impatient_queue(system: DeployedSystem) -> Iterator[None]:
    """A failed message comes again after a second instead of three minutes."""
    queues, url, attribute = system.client("sqs"), system.queue, "VisibilityTimeout"
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: "1"})
    try:
        yield
    finally:
        queues.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextmanager
def without_ledger(system: DeployedSystem, function: str) -> Iterator[None]:
    """The function looks for a table that does not exist."""
    functions = system.client("lambda")
    before = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    wrong = {"Variables": before | {"LEDGER_TABLE": "none"}}
    functions.update_function_configuration(FunctionName=function, Environment=wrong)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": before})


def bounce_of(place: str) -> dict[str, Any]:
    """SNS's event with SES's report that the mail at ``place`` came back after all."""
    evento, huella = place.rpartition("/")[2].split("_")
    message = {
        "eventType": "Bounce",
        "mail": {"messageId": "one", "tags": {"evento": [evento], "huella": [huella]}},
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General"},
    }
    sns: dict[str, Any] = {"Subject": None, "Message": json.dumps(message), "MessageAttributes": {}}
    return {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}


def deliver(system: DeployedSystem, function: str, event: dict[str, Any]) -> None:
    """Give the function an event that Lambda tries three times."""
    system.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
