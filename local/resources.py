"""The AWS resources of the system on this machine, with the names and rules that the deployment gives them.

Each is made unless it is there, and then given the settings below, so that a second start keeps what is in it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.literals import EventTypeType
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

TOPIC = "crud-app-email-topic"
QUEUE = "crud-app-email-queue"
DEAD_LETTER_QUEUE = "crud-app-email-dlq"
LEDGER_TABLE = "crud-app-correos"
# The members of DynamoDB's CreateTable, and ``TimeToLive``.
LEDGER_DEFINITION = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text(encoding="utf-8"))
FEEDBACK_TOPIC = "crud-app-ses-feedback"
CONFIGURATION_SET = "crud-app-correos"
SENDER_DOMAIN = "example.com"

VISIBILITY_SECONDS = 30  # a failed mail is tried again while a person still watches; the deployment has six times that
MAX_RECEIVE_COUNT = 5  # outlasts a hiccup of SES; what fails five times needs a person
DEAD_LETTER_SECONDS = 14 * 24 * 3600  # the longest that SQS keeps a message

SES_EVENTS: tuple[EventTypeType, ...] = ("SEND", "REJECT", "DELIVERY", "BOUNCE", "COMPLAINT")


class LedgerTableOutdated(Exception):
    """The table that is there has other keys or indexes than the code wants; a table's keys cannot be changed."""


def create_resources(client: Callable[[str], Any], ledger_definition: Mapping[str, Any] = LEDGER_DEFINITION) -> None:
    """Make everything with the clients that ``client`` gives for boto3's names of services, or LedgerTableOutdated."""
    sns = client("sns")
    topic_arn, feedback_arn = (sns.create_topic(Name=name)["TopicArn"] for name in (TOPIC, FEEDBACK_TOPIC))
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=_create_queues(client("sqs")),
        Attributes={"RawMessageDelivery": "true"},
    )
    _create_ledger(client("dynamodb"), ledger_definition)
    _create_sender(client("sesv2"), feedback_arn)


def _create_queues(sqs: SQSClient) -> str:
    """Make the queue with its dead letter queue, and return its ARN. The emulator needs no policy to send to it."""
    dead_letters_arn = _create_queue(sqs, DEAD_LETTER_QUEUE, {"MessageRetentionPeriod": str(DEAD_LETTER_SECONDS)})
    redrive = json.dumps({"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": MAX_RECEIVE_COUNT})
    return _create_queue(sqs, QUEUE, {"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": redrive})


def _create_queue(sqs: SQSClient, name: str, attributes: Mapping[QueueAttributeNameType, str]) -> str:
    # Not given to CreateQueue: that refuses a queue which is there with other settings.
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _create_ledger(dynamodb: DynamoDBClient, definition: Mapping[str, Any]) -> None:
    wanted = {name: value for name, value in definition.items() if name != "TimeToLive"}
    with suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(TableName=LEDGER_TABLE, **wanted)
        dynamodb.get_waiter("table_exists").wait(TableName=LEDGER_TABLE)
        dynamodb.update_time_to_live(TableName=LEDGER_TABLE, TimeToLiveSpecification=definition["TimeToLive"])
    if _keys_of(dynamodb.describe_table(TableName=LEDGER_TABLE)["Table"]) != _keys_of(wanted):
        raise LedgerTableOutdated(
            f"The table {LEDGER_TABLE} has other keys or indexes than the code wants: `make clean` drops it."
        )


def _keys_of(table: Mapping[str, Any]) -> tuple[object, dict[str, object]]:
    indexes = {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", [])}
    return table["KeySchema"], indexes


def _create_sender(ses: SESV2Client, feedback_arn: str) -> None:
    """Make the identity that sends, and the configuration set that tells the feedback topic what becomes of mails."""
    destination: Any = {"Enabled": True, "MatchingEventTypes": SES_EVENTS, "SnsDestination": {"TopicArn": feedback_arn}}
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER_DOMAIN)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_configuration_set(ConfigurationSetName=CONFIGURATION_SET)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=CONFIGURATION_SET, EventDestinationName=FEEDBACK_TOPIC, EventDestination=destination
        )
