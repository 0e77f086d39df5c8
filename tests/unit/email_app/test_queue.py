"""The queue and its dead letters, on the emulator; what the emulator lacks, by botocore's Stubber."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from chalicelib.correos.aws import (
    MAX_DELAY,
    REDRIVE_SECONDS,
    Depth,
    QueueUnavailable,
    Redrive,
    SqsQueue,
    client_config,
)

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-queue"
DLQ_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-dlq"


@pytest.fixture
def sqs(aws: Callable[[str], Any]) -> Any:
    return aws("sqs")


@pytest.fixture
def queue(aws: Callable[[str], Any], queues: tuple[str, str]) -> SqsQueue:
    return SqsQueue(aws("sqs"), aws("cloudwatch"), queue_url=queues[0], dlq_url=queues[1])


def bodies(sqs: Any, url: str) -> set[str]:
    found: set[str] = set()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["Body"] for message in messages}
    return found


def test_a_message_that_is_put_off_is_hidden(queue: SqsQueue, queues: tuple[str, str], sqs: Any) -> None:
    queue.send("¡Hola!")
    [message] = sqs.receive_message(QueueUrl=queues[0], VisibilityTimeout=1)["Messages"]
    assert message["Body"] == "¡Hola!"

    queue.put_off(message["ReceiptHandle"], timedelta(minutes=15))

    assert queue.depths()[0] == Depth(visibles=0, en_proceso=1, retrasados=0, edad_maxima=None)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (timedelta(seconds=-5), 0),
        (timedelta(seconds=0.2), 1),
        (timedelta(minutes=15), 900),
        (timedelta(days=2), MAX_DELAY.total_seconds()),
    ],
)
def test_a_message_is_put_off_within_what_sqs_allows(delay: timedelta, seconds: int) -> None:
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        stub.add_response(
            "change_message_visibility",
            {},
            {"QueueUrl": QUEUE_URL, "ReceiptHandle": "r1", "VisibilityTimeout": seconds},
        )

        stubbed(client).put_off("r1", delay)

        stub.assert_no_pending_responses()


def stubbed(sqs: Any, cloudwatch: Any = None, **changes: Any) -> SqsQueue:
    return SqsQueue(sqs, cloudwatch, queue_url=QUEUE_URL, dlq_url=DLQ_URL, **changes)


def test_both_queues_are_counted(queue: SqsQueue, queues: tuple[str, str], sqs: Any) -> None:
    queue.send("1")
    queue.send("2")
    sqs.send_message(QueueUrl=queues[0], MessageBody="3", DelaySeconds=600)
    sqs.receive_message(QueueUrl=queues[0], MaxNumberOfMessages=1)
    sqs.send_message(QueueUrl=queues[1], MessageBody="4")

    assert queue.depths() == (
        Depth(visibles=1, en_proceso=1, retrasados=1, edad_maxima=None),
        Depth(visibles=1, en_proceso=0, retrasados=0, edad_maxima=None),
    )


def test_the_age_of_the_oldest_message_is_cloudwatch_s_last_figure() -> None:
    sqs, cloudwatch = boto3.client("sqs"), boto3.client("cloudwatch")
    counts = {"ApproximateNumberOfMessages": "4", "ApproximateNumberOfMessagesNotVisible": "2"}
    attributes = {"Attributes": {**counts, "ApproximateNumberOfMessagesDelayed": "0"}}
    metric_data = {
        "MetricDataResults": [
            {"Id": "edad0", "Label": "crud-app-email-queue", "Values": [93.0, 33.0]},
            {"Id": "edad1", "Label": "crud-app-email-dlq", "Values": []},
        ]
    }
    with Stubber(sqs) as sqs_stub, Stubber(cloudwatch) as cloudwatch_stub:
        cloudwatch_stub.add_response(
            "get_metric_data",
            metric_data,
            {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampDescending"},
        )
        for url in (QUEUE_URL, DLQ_URL):
            sqs_stub.add_response("get_queue_attributes", attributes, {"QueueUrl": url, "AttributeNames": ANY})

        queue_depth, dead_letters = stubbed(sqs, cloudwatch).depths()

    assert (queue_depth.edad_maxima, dead_letters.edad_maxima) == (93, None)


def test_cloudwatch_is_asked_for_both_queues_by_name(aws: Callable[[str], Any], queues: tuple[str, str]) -> None:
    """The emulator keeps what is put into CloudWatch, under AWS's own names too."""
    cloudwatch = aws("cloudwatch")
    for age, url in enumerate(queues, start=41):
        dimension = {"Name": "QueueName", "Value": url.rpartition("/")[2]}
        metric = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [dimension], "Value": age}
        cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[metric])

    depths = SqsQueue(aws("sqs"), cloudwatch, queue_url=queues[0], dlq_url=queues[1]).depths()

    assert [depth.edad_maxima for depth in depths] == [41, 42]


def test_all_dead_letters_come_back_as_they_were(queue: SqsQueue, queues: tuple[str, str], sqs: Any) -> None:
    attributes = {"tipo": {"DataType": "String", "StringValue": "creado"}}
    for number in range(23):
        sqs.send_message(QueueUrl=queues[1], MessageBody=str(number), MessageAttributes=attributes)

    assert queue.redrive() == Redrive(reenviados=23, quedan=0)

    [message] = sqs.receive_message(QueueUrl=queues[0], MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert message["MessageAttributes"]["tipo"]["StringValue"] == "creado"
    assert bodies(sqs, queues[0]) == {str(number) for number in range(23)}
    assert bodies(sqs, queues[1]) == set()


def test_a_redrive_ends_in_time_and_says_how_many_are_left(
    aws: Callable[[str], Any],
    queues: tuple[str, str],
    sqs: Any,
) -> None:
    for number in range(25):
        sqs.send_message(QueueUrl=queues[1], MessageBody=str(number))
    clock = count(step=REDRIVE_SECONDS / 2)
    queue = SqsQueue(
        aws("sqs"), aws("cloudwatch"), queue_url=queues[0], dlq_url=queues[1], monotonic=lambda: next(clock)
    )

    assert queue.redrive() == Redrive(reenviados=10, quedan=15)


def test_a_dead_letter_is_sent_before_it_is_deleted() -> None:
    """Who dies in between leaves it in both queues."""
    sqs = boto3.client("sqs")
    message = {"Body": json.dumps({}), "ReceiptHandle": "r1"}
    with Stubber(sqs) as stub:
        stub.add_response("receive_message", {"Messages": [message]})
        stub.add_response("send_message", {"MessageId": "m2"})
        stub.add_client_error("delete_message", "ServiceUnavailable", http_status_code=503)

        with pytest.raises(QueueUnavailable):
            stubbed(sqs).redrive()

        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    "call",
    [
        lambda queue: queue.send("x"),
        lambda queue: queue.put_off("r1", timedelta(minutes=1)),
        lambda queue: queue.depths(),
        lambda queue: queue.redrive(),
    ],
    ids=["send", "put_off", "depths", "redrive"],
)
def test_a_queue_that_does_not_answer_is_told(call: Callable[[SqsQueue], object], closed_port: int) -> None:
    clients = [
        boto3.client(service, endpoint_url=f"http://127.0.0.1:{closed_port}", config=client_config(attempts=1))
        for service in ("sqs", "cloudwatch")
    ]
    url = f"http://127.0.0.1:{closed_port}/000000000000/cola"

    with pytest.raises(QueueUnavailable):
        call(SqsQueue(*clients, queue_url=url, dlq_url=url))
