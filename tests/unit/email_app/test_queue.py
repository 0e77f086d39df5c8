"""The queue and its dead letters, on the emulator; what the emulator lacks, by botocore's Stubber."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import boto3
import pytest
from botocore.stub import ANY, Stubber

from chalicelib.correos.aws import MAX_DELAY, REDRIVE_SECONDS, QueueUnavailable, SqsQueue, client_config

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-queue"
DLQ_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-dlq"


@pytest.fixture
def sqs(aws):
    return aws("sqs")


@pytest.fixture
def queue(aws, queues):
    return SqsQueue(aws("sqs"), aws("cloudwatch"), queue_url=queues[0], dlq_url=queues[1])


def stubbed(sqs, cloudwatch=None):
    return SqsQueue(sqs, cloudwatch, queue_url=QUEUE_URL, dlq_url=DLQ_URL)


def depth(visibles, en_proceso=0, retrasados=0, edad_maxima=None):
    return {
        "visibles": visibles,
        "en_proceso": en_proceso,
        "retrasados": retrasados,
        "edad_maxima": edad_maxima,
    }


def bodies(sqs, url):
    found = set()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["Body"] for message in messages}
    return found


def fill(sqs, url, number, **more):
    for body in map(str, range(number)):
        sqs.send_message(QueueUrl=url, MessageBody=body, **more)


def test_a_message_that_is_put_off_is_hidden(queue, queues, sqs):
    queue.send("¡Hola!")
    [message] = sqs.receive_message(QueueUrl=queues[0], VisibilityTimeout=1)["Messages"]
    assert message["Body"] == "¡Hola!"

    queue.put_off(message["ReceiptHandle"], timedelta(minutes=15))

    assert queue.depths()["cola"] == depth(0, en_proceso=1)


def test_a_message_is_put_off_within_what_sqs_allows():
    client, most = boto3.client("sqs"), MAX_DELAY.total_seconds()
    with Stubber(client) as stub:
        for delay, seconds in {-5: 0, 0.2: 1, 900: 900, 172_800: most}.items():
            expected = {"QueueUrl": QUEUE_URL, "ReceiptHandle": "r1", "VisibilityTimeout": seconds}
            stub.add_response("change_message_visibility", {}, expected)
            stubbed(client).put_off("r1", timedelta(seconds=delay))
        stub.assert_no_pending_responses()


def test_both_queues_are_counted(queue, queues, sqs):
    fill(sqs, queues[0], 2)
    fill(sqs, queues[0], 1, DelaySeconds=600)
    fill(sqs, queues[1], 1)
    sqs.receive_message(QueueUrl=queues[0], MaxNumberOfMessages=1)

    assert queue.depths() == {"cola": depth(1, en_proceso=1, retrasados=1), "fallidos": depth(1)}


def test_the_age_of_the_oldest_message_is_cloudwatch_s_last_figure():
    sqs, cloudwatch = boto3.client("sqs"), boto3.client("cloudwatch")
    kinds = ("", "NotVisible", "Delayed")
    attributes = {"Attributes": {f"ApproximateNumberOfMessages{kind}": "4" for kind in kinds}}
    results = [("crud-app-email-queue", [93.0, 33.0]), ("crud-app-email-dlq", [])]
    metric_data = {"MetricDataResults": [{"Id": "edad", "Label": label, "Values": values} for label, values in results]}
    query = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampDescending"}
    with Stubber(sqs) as sqs_stub, Stubber(cloudwatch) as cloudwatch_stub:
        cloudwatch_stub.add_response("get_metric_data", metric_data, query)
        for url in (QUEUE_URL, DLQ_URL):
            sqs_stub.add_response("get_queue_attributes", attributes, {"QueueUrl": url, "AttributeNames": ANY})

        assert [each["edad_maxima"] for each in stubbed(sqs, cloudwatch).depths().values()] == [93, None]


def test_cloudwatch_is_asked_for_both_queues_by_name(queue, queues, aws):
    """The emulator keeps what is put into CloudWatch, under AWS's own names too."""
    for age, url in enumerate(queues, start=41):
        dimension = {"Name": "QueueName", "Value": url.rpartition("/")[2]}
        metric = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [dimension], "Value": age}
        aws("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[metric])

    assert [each["edad_maxima"] for each in queue.depths().values()] == [41, 42]


def test_all_dead_letters_come_back_as_they_were(queue, queues, sqs):
    fill(sqs, queues[1], 23, MessageAttributes={"tipo": {"DataType": "String", "StringValue": "creado"}})

    assert queue.redrive() == {"reenviados": 23, "quedan": 0}

    [message] = sqs.receive_message(QueueUrl=queues[0], MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert message["MessageAttributes"]["tipo"]["StringValue"] == "creado"
    assert bodies(sqs, queues[0]) == {str(number) for number in range(23)}
    assert bodies(sqs, queues[1]) == set()


def test_a_redrive_ends_in_time_and_says_how_many_are_left(aws, queues, sqs):
    fill(sqs, queues[1], 25)
    clock = count(step=REDRIVE_SECONDS / 2)
    addresses = {"queue_url": queues[0], "dlq_url": queues[1]}
    queue = SqsQueue(sqs, aws("cloudwatch"), **addresses, monotonic=lambda: next(clock))

    assert queue.redrive() == {"reenviados": 10, "quedan": 15}


def test_a_dead_letter_is_sent_before_it_is_deleted():
    """If the process dies in between, it is in both queues."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stub:
        stub.add_response("receive_message", {"Messages": [{"Body": "{}", "ReceiptHandle": "r1"}]})
        stub.add_response("send_message", {"MessageId": "m2"})
        stub.add_client_error("delete_message", "ServiceUnavailable", http_status_code=503)

        with pytest.raises(QueueUnavailable):
            stubbed(sqs).redrive()

        stub.assert_no_pending_responses()


def test_a_missing_answer_is_named(closed_port):
    endpoint = f"http://127.0.0.1:{closed_port}"
    config = client_config(attempts=1)
    sqs, cloudwatch = (boto3.client(name, endpoint_url=endpoint, config=config) for name in ("sqs", "cloudwatch"))
    queue = SqsQueue(sqs, cloudwatch, queue_url=f"{endpoint}/cola", dlq_url=f"{endpoint}/dlq")

    for call in (lambda: queue.send("x"), lambda: queue.put_off("r1", timedelta()), queue.depths, queue.redrive):
        with pytest.raises(QueueUnavailable):
            call()
