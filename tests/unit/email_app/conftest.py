"""What email_app's tests share."""

from __future__ import annotations

import functools
import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.correos import bootstrap
from chalicelib.correos.ledger import table_definition
from tests.unit.email_app.fakes import FakeServices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.emulator import Emulator


@pytest.fixture
def fakes() -> Iterator[FakeServices]:
    """The app put together with fakes."""
    services = FakeServices()
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Callable[[str], Any]:
    """Makes clients of the emulator."""
    return functools.cache(lambda service: boto3.client(service, endpoint_url=emulator.endpoint))


@pytest.fixture
def dynamo_table(aws: Callable[[str], Any]) -> tuple[Any, str]:
    """An empty table for the ledger, as ledger_table.json describes it: its client and its name."""
    client, name = aws("dynamodb"), f"correos-{uuid.uuid4()}"
    definition = table_definition()
    ttl = definition.pop("TimeToLive")
    client.create_table(TableName=name, **definition)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return client, name


@pytest.fixture
def queues(aws: Callable[[str], Any]) -> tuple[str, str]:
    """The addresses of a queue and of its dead letters: a message is dead after two receives."""
    sqs, name = aws("sqs"), str(uuid.uuid4())
    dlq = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dlq, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    return queue, dlq
