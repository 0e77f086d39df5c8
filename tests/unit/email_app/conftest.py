"""What email_app's tests share."""

import functools
import uuid
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config

from chalicelib.correos import bootstrap
from chalicelib.correos.aws import SqsQueue
from chalicelib.correos.ledger import DynamoLedger
from local.resources import LEDGER_DEFINITION
from tests.unit.email_app.fakes import FakeLedger, FakeServices


@pytest.fixture
def fakes():
    """The app put together with fakes."""
    services = FakeServices()
    bootstrap.services.replace(services)
    yield services
    bootstrap.services.forget()


@pytest.fixture(scope="session")
def aws(emulator):
    """Makes clients of the emulator that do not repeat a slow call: its message would be there twice."""
    config = Config(read_timeout=600)
    return functools.cache(lambda service: boto3.client(service, endpoint_url=emulator.endpoint, config=config))


@pytest.fixture(params=["dynamo", "fake"])
def ledger(request):
    """An empty ledger: DynamoDB's, and its twin in memory."""
    if request.param == "fake":
        return FakeLedger()
    client, table = request.getfixturevalue("aws")("dynamodb"), f"correos-{uuid.uuid4()}"
    # Without the time to live: DynamoDB would delete the tests' rows once the day of the test is 90 days after theirs.
    definition = {name: value for name, value in LEDGER_DEFINITION.items() if name != "TimeToLive"}
    client.create_table(TableName=table, **definition)
    return DynamoLedger(client, table)


@pytest.fixture
def queue(aws, monkeypatch):
    """An empty queue of the emulator, with its dead letters; no request to it is too slow."""
    monkeypatch.setattr("chalicelib.correos.aws._HIDDEN_SECONDS", timedelta(hours=12).seconds)
    sqs, name = aws("sqs"), str(uuid.uuid4())
    urls = (sqs.create_queue(QueueName=each)["QueueUrl"] for each in (name, f"{name}-dlq"))
    return SqsQueue(sqs, aws("cloudwatch"), *urls, monotonic=lambda: 0)
