"""What email_app's tests share."""

import functools
import json
import uuid
from pathlib import Path

import boto3
import pytest

from chalicelib.correos import bootstrap
from chalicelib.correos.aws import SqsQueue
from chalicelib.correos.ledger import DynamoLedger
from tests.unit.email_app.fakes import FakeLedger, FakeServices

TABLE = Path(bootstrap.__file__).with_name("ledger_table.json")


@pytest.fixture
def fakes():
    """The app put together with fakes."""
    services = FakeServices()
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture(scope="session")
def aws(emulator):
    """Makes clients of the emulator."""
    return functools.cache(lambda service: boto3.client(service, endpoint_url=emulator.endpoint))


@pytest.fixture
def dynamo_table(aws):
    """An empty table for the ledger, as ledger_table.json describes it: its client and its name."""
    client, name = aws("dynamodb"), f"correos-{uuid.uuid4()}"
    definition = json.loads(TABLE.read_text())
    ttl = definition.pop("TimeToLive")
    client.create_table(TableName=name, **definition)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return client, name


@pytest.fixture(params=["dynamo", "fake"])
def ledger(request):
    """An empty ledger: DynamoDB's, and its twin in memory."""
    is_fake = request.param == "fake"
    return FakeLedger() if is_fake else DynamoLedger(*request.getfixturevalue("dynamo_table"))


@pytest.fixture
def queue(aws):
    """An empty queue of the emulator, with its dead letters."""
    sqs, name = aws("sqs"), str(uuid.uuid4())
    urls = (sqs.create_queue(QueueName=each)["QueueUrl"] for each in (name, f"{name}-dlq"))
    return SqsQueue(sqs, aws("cloudwatch"), *urls)
