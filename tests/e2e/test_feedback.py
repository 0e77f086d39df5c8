"""What SES says while nobody can write it down."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e


def test_what_ses_said_is_kept_and_comes_through_after_a_fix(system: DeployedSystem) -> None:
    queue, function = system.outputs["feedback_dlq_url"], system.outputs["functions"]["registrar_resultado"]
    mail = {"to": "rebota@example.com", "subject": "Rebota sin testigos", "body": "Hola."}
    place = system.http.post("/notify/email", json=mail).headers["location"]
    wait_for("the delivery", lambda: system.http.get(place).json()["estado"] == "entregado")

    with without_ledger(system, function):
        # As SNS does on AWS. The emulator's calls the function once and forgets it.
        deliver(system, function, json.dumps(notification(bounce_of(place))))
        wait_for("the report", lambda: system.messages_in(queue))

    assert system.http.get(place).json()["estado"] == "entregado"
    bring_back(system, queue, function)
    wait_for("the bounce", lambda: system.http.get(place).json()["estado"] == "rebotado")
    assert system.messages_in(queue) == []


def bounce_of(place: str) -> dict[str, Any]:
    """What SES says when the mail at ``place`` came back after all."""
    evento, huella = place.rpartition("/")[2].split("_")
    tags = {"evento": [evento], "huella": [huella]}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General"}
    return {"eventType": "Bounce", "mail": {"messageId": "one", "tags": tags}, "bounce": bounce}


def notification(message: dict[str, Any]) -> dict[str, Any]:
    """As a function gets it from a topic."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "Sns": {"Subject": None, "Message": json.dumps(message), "MessageAttributes": {}},
            }
        ]
    }


@contextmanager
def without_ledger(system: DeployedSystem, function: str) -> Iterator[None]:
    """A function that looks for a table that is not there, for the length of a ``with`` block."""
    functions = system.aws.client("lambda")
    before = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    wrong = {"Variables": before | {"LEDGER_TABLE": "none"}}
    functions.update_function_configuration(FunctionName=function, Environment=wrong)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": before})


def bring_back(system: DeployedSystem, queue: str, function: str) -> None:
    """As the runbook has it."""
    queues = system.aws.client("sqs")
    for message in queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        deliver(system, function, json.dumps(json.loads(message["Body"])["requestPayload"]))
        queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def deliver(system: DeployedSystem, function: str, payload: str) -> None:
    """Hand the function something that Lambda then tries three times."""
    system.aws.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
