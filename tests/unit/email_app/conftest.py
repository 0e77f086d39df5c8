"""What email_app's tests share. pytest loads this before it has chosen whose `chalicelib` is meant: hence the imports
inside.
"""

from __future__ import annotations

import functools
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.emulator import Emulator
    from tests.unit.email_app.fakes import FakeServices

CONTRACTS = Path(__file__).parents[2] / "contracts"


@pytest.fixture(scope="session")
def contract() -> Callable[..., dict[str, Any]]:
    """Reads a golden event, with some members changed."""

    def read(tipo: str = "creado", /, **changes: object) -> dict[str, Any]:
        return {**json.loads((CONTRACTS / f"{tipo}.json").read_text()), **changes}

    return read


@pytest.fixture
def fakes() -> Iterator[FakeServices]:
    """The app put together with fakes."""
    from chalicelib.correos import bootstrap  # noqa: PLC0415
    from tests.unit.email_app.fakes import FakeServices  # noqa: PLC0415

    services = FakeServices()
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Callable[[str], Any]:
    """Makes clients of the emulator."""
    import boto3  # noqa: PLC0415

    return functools.cache(lambda service: boto3.client(service, endpoint_url=emulator.endpoint))


@pytest.fixture
def dynamo_table(aws: Callable[[str], Any]) -> tuple[DynamoDBClient, str]:
    """An empty table for the ledger, as ledger_table.json describes it."""
    from chalicelib.correos.ledger import table_definition  # noqa: PLC0415

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
