"""What a part refuses or cannot do waits, and comes through after the repair that the runbook describes."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

GOLDEN = Path(__file__).resolve().parents[1] / "contracts" / "creado.json"


def test_the_sweep_publishes_what_a_failed_publish_left(system: DeployedSystem) -> None:
    with refusing_topic(system):
        system.create("Olga Pendiente")
        # The sweep leaves alone what a request may still be publishing.
        system.query("UPDATE eventos SET ocurrido_en = ocurrido_en - interval '1 minute' WHERE publicado_en IS NULL")
        sweep(system)
        assert "Olga Pendiente" in pending_events(system)

    sweep(system)

    assert "Olga Pendiente" not in pending_events(system)
    wait_for("the mail", lambda: system.mails_about("Olga Pendiente"))
    assert len(system.mails_about("Olga Pendiente")) == 1


def test_an_unreadable_message_goes_to_the_dlq_alone_and_can_be_resent(system: DeployedSystem) -> None:
    body = json.dumps(json.loads(GOLDEN.read_text("utf-8")) | {"version": 2, "id": str(uuid.uuid4())})
    dlq = system.outputs["dlq_url"]

    with impatient_queue(system):
        system.aws.client("sns").publish(TopicArn=system.topic, Message=body)
        system.create("Rosa Legible")
        wait_for("the dead letter", lambda: system.messages_in(dlq))
        wait_for("the mail of its neighbour", lambda: system.mails_about("Rosa Legible"))
        assert system.messages_in(dlq) == [body]
        assert system.http.get("/cola").json()["fallidos"]["visibles"] == 1

        redrive = system.http.post("/cola/reenviar")
        assert (redrive.status_code, redrive.json()) == (202, {"reenviados": 1, "quedan": 0})
        # Still unreadable. What comes through after a repair is in tests/faults.
        wait_for("the dead letter again", lambda: system.messages_in(dlq) == [body])

    assert len(system.mails_about("Rosa Legible")) == 1


def test_feedback_that_cannot_be_stored_is_kept_and_comes_through_after_a_fix(system: DeployedSystem) -> None:
    queue, function = system.outputs["feedback_dlq_url"], system.outputs["functions"]["registrar_resultado"]
    place = system.send_mail("rebota@example.com", "Rebota sin testigos")
    wait_for("the delivery", lambda: system.state_of(place) == "entregado")

    with without_ledger(system, function):
        # As SNS does on AWS, three times. The emulator's SNS calls the function once and forgets it.
        deliver(system, function, bounce_of(place))
        wait_for("the report", lambda: system.messages_in(queue))

    assert system.state_of(place) == "entregado"
    queues = system.aws.client("sqs")
    for message in queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]:
        deliver(system, function, json.loads(message["Body"])["requestPayload"])
        queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    wait_for("the bounce", lambda: system.state_of(place) == "rebotado")
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
    answer = system.aws.client("lambda").invoke(
        FunctionName=system.outputs["functions"]["publicar_pendientes"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def refusing_topic(system: DeployedSystem) -> Iterator[None]:
    """The topic refuses both publishers for the length of a ``with`` block."""
    roles = [system.function(name)["Role"].rpartition("/")[2] for name in ("crud", "publicar_pendientes")]
    statement = {"Effect": "Deny", "Action": "sns:*", "Resource": system.topic}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = system.aws.client("iam")
    for role in roles:
        iam.put_role_policy(RoleName=role, PolicyName="outage", PolicyDocument=document)
    try:
        yield
    finally:
        for role in roles:
            iam.delete_role_policy(RoleName=role, PolicyName="outage")


@contextmanager
def impatient_queue(system: DeployedSystem) -> Iterator[None]:
    """A failed message comes again after a second instead of three minutes."""
    queues, url, attribute = system.aws.client("sqs"), system.queue, "VisibilityTimeout"
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: "1"})
    try:
        yield
    finally:
        queues.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextmanager
def without_ledger(system: DeployedSystem, function: str) -> Iterator[None]:
    """The function looks for a table that does not exist."""
    functions = system.aws.client("lambda")
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
    system.aws.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
