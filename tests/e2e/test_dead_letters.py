"""A message that cannot be read, from the queue to the DLQ and back."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import wait_for
from tools.terraform_cli import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

GOLDEN = Path(__file__).resolve().parents[1] / "contracts" / "creado.json"
PACKAGE = BUILD / "email_app" / "deployment.zip"
READER = "contract/events.py"


def test_an_unreadable_message_goes_to_the_dlq_alone_and_comes_through_after_a_fix(system: DeployedSystem) -> None:
    letter = json.loads(GOLDEN.read_text("utf-8")) | {"version": 2, "id": str(uuid.uuid4())}
    letter["empleado"]["nombre"] = "Ulises Ilegible"
    body = json.dumps(letter)
    dlq = system.outputs["dlq_url"]

    with impatient_queue(system):
        system.aws.client("sns").publish(TopicArn=system.outputs["topic_arn"], Message=body)
        system.create("Rosa Legible")
        wait_for("the dead letter", lambda: system.messages_in(dlq))
        wait_for("the mail of its neighbour", lambda: system.mails_about("Rosa Legible"))

        assert system.messages_in(dlq) == [body]
        assert len(system.mails_about("Rosa Legible")) == 1
        assert system.http.get("/cola").json()["fallidos"]["visibles"] == 1

        with deployed_fix(system):
            redrive = system.http.post("/cola/reenviar")
            assert (redrive.status_code, redrive.json()) == (202, {"reenviados": 1, "quedan": 0})
            wait_for("its mail", lambda: system.mails_about("Ulises Ilegible"))

    assert len(system.mails_about("Ulises Ilegible")) == 1
    assert system.messages_in(dlq) == []
    wait_for("an empty queue", lambda: system.messages_in(system.outputs["queue_url"]) == [])


@contextmanager
def impatient_queue(system: DeployedSystem) -> Iterator[None]:
    """What failed comes again after a second, for the length of a ``with`` block; it would be three minutes."""
    queues, url = system.aws.client("sqs"), system.outputs["queue_url"]
    attribute = "VisibilityTimeout"
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute]
    queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: "1"})
    try:
        yield
    finally:
        queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: before})


@contextmanager
def deployed_fix(system: DeployedSystem) -> Iterator[None]:
    """A consumer that also reads version 2, for the length of a ``with`` block."""
    functions, name = system.aws.client("lambda"), system.outputs["functions"]["enviar_correos"]
    functions.update_function_code(FunctionName=name, ZipFile=fixed_package())
    try:
        yield
    finally:
        functions.update_function_code(FunctionName=name, ZipFile=PACKAGE.read_bytes())


def fixed_package() -> bytes:
    """The consumer's package, with another reader."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(PACKAGE) as package, zipfile.ZipFile(fixed, "w") as copy:
        for name in package.namelist():
            content = package.read(name)
            if name == READER:
                before, content = content, content.replace(b"MESSAGE_VERSION = 1\n", b"MESSAGE_VERSION = 2\n")
                assert content != before
            # The compiled reader would win over its source.
            if not name.startswith("contract/__pycache__/events."):
                copy.writestr(name, content)
    return fixed.getvalue()
