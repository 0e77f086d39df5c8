"""What Lambda makes of a batch and of the answer to it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chalice_devserver.project import InvocationFailed
from chalice_devserver.pump.queue import failed_ids, lambda_record

SENT = ("a", "b", "c")
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"


def test_the_messages_that_a_response_names_have_failed_and_without_names_none():
    for nothing in (None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}):
        assert failed_ids(nothing, SENT) == frozenset()
    response = {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}
    assert failed_ids(response, SENT) == {"a", "c"}


MALFORMED_ITEMS = ["a", None, {"itemIdentifier": None}, {"itemIdentifier": ""}, {"itemIdentifier": 7}, {"itemId": "a"}]


@pytest.mark.parametrize(
    "response",
    [
        *("ok", [], True, 0, {"batchItemFailures": {}}, {"batchItemFailures": "a"}),
        *({"batchItemFailures": [item]} for item in MALFORMED_ITEMS),
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "unknown"}]},
    ],
    ids=str,
)
def test_a_malformed_response_fails_the_whole_batch(response):
    with pytest.raises(InvocationFailed):
        failed_ids(response, SENT)


def test_a_message_becomes_the_record_of_the_documentation():
    """Compared with the sample event of Lambda's page about SQS."""
    message: Any = {
        "MessageId": "059f36b4",
        "ReceiptHandle": "AQEB",
        "Body": "hola",
        "MD5OfBody": "e4da",
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
    }
    record: Any = {
        "messageId": "059f36b4",
        "receiptHandle": "AQEB",
        "body": "hola",
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": "e4da",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "eu-west-1",
    }
    assert lambda_record(message, QUEUE_ARN) == record
    image = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    message |= {"MessageAttributes": {"imagen": image}, "MD5OfMessageAttributes": "0048"}
    empty: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
    sent = {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary", **empty}
    with_attributes = {**record, "messageAttributes": {"imagen": sent}, "md5OfMessageAttributes": "0048"}
    assert lambda_record(message, QUEUE_ARN) == with_attributes
