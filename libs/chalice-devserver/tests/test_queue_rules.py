"""What Lambda makes of messages, of schedules and of the answer to a batch, compared with AWS's sample events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalice_devserver.project import LOCAL_ACCOUNT, InvocationFailed
from chalice_devserver.pump import topic
from chalice_devserver.pump.queue import failed_ids, lambda_record
from chalice_devserver.pump.schedule import schedule_event

SAMPLES = Path(__file__).parents[3] / "tests" / "contracts" / "aws"
SENT = ("a", "b", "c")


def test_the_messages_that_a_response_names_have_failed_and_without_names_none():
    for nothing in (None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}):
        assert failed_ids(nothing, SENT) == frozenset()
    response = {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}
    assert failed_ids(response, SENT) == {"a", "c"}


MALFORMED = [
    *("ok", [], True, 0, {"batchItemFailures": {}}, {"batchItemFailures": "a"}),
    *({"batchItemFailures": [item]} for item in ("a", None)),
    *({"batchItemFailures": [{"itemIdentifier": identifier}]} for identifier in (None, "", 7)),
    {"batchItemFailures": [{"itemId": "a"}]},
    {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "unknown"}]},
]


@pytest.mark.parametrize("response", MALFORMED, ids=str)
def test_a_malformed_response_fails_the_whole_batch(response):
    with pytest.raises(InvocationFailed):
        failed_ids(response, SENT)


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("record", sample("sqs")["Records"], ids=lambda record: record["messageId"][:4])
def test_a_message_becomes_the_record_of_awss_sample(record):
    """The message is what SQS gives to a receiver of that record."""
    message: Any = {
        "MessageId": record["messageId"],
        "ReceiptHandle": record["receiptHandle"],
        "Body": record["body"],
        "MD5OfBody": record["md5OfBody"],
        "Attributes": record["attributes"],
        "MessageAttributes": {
            name: {"DataType": sent["dataType"], "StringValue": sent["stringValue"]}
            for name, sent in record["messageAttributes"].items()
        },
    }
    for sent in record["messageAttributes"].values():  # the sample shows a text and bytes at once, and no lists
        del sent["binaryValue"]
        sent |= {"stringListValues": [], "binaryListValues": []}
    assert lambda_record(message, record["eventSourceARN"]) == record


def test_binary_attributes_travel_in_base64_and_attributes_with_their_digest():
    message: Any = {"MessageId": "1", "ReceiptHandle": "r", "Body": "", "MD5OfBody": "", "MD5OfMessageAttributes": "00"}
    message["MessageAttributes"] = {"image": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    record = lambda_record(message, "arn:aws:sqs:eu-west-1:123456789012:orders")
    assert (record["messageAttributes"]["image"]["binaryValue"], record["md5OfMessageAttributes"]) == ("AP8=", "00")


def test_a_message_of_a_topic_becomes_a_record_with_the_members_of_awss_sample():
    [queued], [record] = sample("sns_in_sqs")["Records"], sample("sns")["Records"]
    made, envelope = topic.lambda_record(queued["body"], "arn:1"), json.loads(queued["body"])
    assert (made.keys(), made["Sns"].keys()) == (record.keys(), record["Sns"].keys())
    assert made["EventSubscriptionArn"] == "arn:1"
    assert (made["Sns"]["Message"], made["Sns"]["SigningCertUrl"]) == (envelope["Message"], envelope["SigningCertURL"])
    assert (made["Sns"]["Subject"], made["Sns"]["MessageAttributes"]) == (None, {})


def test_a_schedule_sends_awss_sample(monkeypatch):
    expected = sample("schedule")
    monkeypatch.setenv("AWS_REGION", expected["region"])
    made = schedule_event("my-schedule", datetime(2019, 3, 1, 1, 23, 45, tzinfo=UTC))
    rule = expected["resources"][0].replace("123456789012", LOCAL_ACCOUNT)
    assert made == expected | {"account": LOCAL_ACCOUNT, "resources": [rule], "id": made["id"]}
