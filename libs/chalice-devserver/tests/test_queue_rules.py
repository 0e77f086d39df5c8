"""What Lambda makes of a batch and of the answer to it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_devserver.pump.queue import MalformedResponse, failed_ids, lambda_record

SENT = ("a", "b", "c")
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "response",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}],
    ids=["nothing", "empty object", "empty list", "null list", "another object"],
)
def test_a_response_that_names_nothing_means_that_all_succeeded(response: object) -> None:
    assert failed_ids(response, SENT) == frozenset()


def test_the_messages_that_are_named_have_failed() -> None:
    response = {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}
    assert failed_ids(response, SENT) == {"a", "c"}


@pytest.mark.parametrize(
    "response",
    [
        "ok",
        [],
        True,
        0,
        {"batchItemFailures": {}},
        {"batchItemFailures": "a"},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": [None]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": 7}]},
        {"batchItemFailures": [{"itemId": "a"}]},
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "unknown"}]},
    ],
    ids=str,
)
def test_a_malformed_response_fails_the_whole_batch(response: object) -> None:
    with pytest.raises(MalformedResponse):
        failed_ids(response, SENT)


@given(json_values | st.fixed_dictionaries({"batchItemFailures": json_values}))
def test_any_response_is_read_or_refused(response: object) -> None:
    try:
        failed = failed_ids(response, SENT)
    except MalformedResponse:
        return
    assert failed <= set(SENT)


def received(**more: Any) -> Any:
    return {
        "MessageId": "059f36b4",
        "ReceiptHandle": "AQEB",
        "Body": "hola",
        "MD5OfBody": "e4da",
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
        **more,
    }


def test_a_message_becomes_the_record_of_the_documentation() -> None:
    """Compared with the sample event of Lambda's page about SQS."""
    assert lambda_record(received(), QUEUE_ARN) == {
        "messageId": "059f36b4",
        "receiptHandle": "AQEB",
        "body": "hola",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
        "messageAttributes": {},
        "md5OfBody": "e4da",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "eu-west-1",
    }


def test_message_attributes_have_lambdas_form() -> None:
    attributes = {
        "tipo": {"DataType": "String", "StringValue": "creado"},
        "imagen": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    record = lambda_record(received(MessageAttributes=attributes, MD5OfMessageAttributes="00484c68"), QUEUE_ARN)
    empty: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"] == {
        "tipo": {"stringValue": "creado", "dataType": "String", **empty},
        "imagen": {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary", **empty},
    }
    assert record["md5OfMessageAttributes"] == "00484c68"
