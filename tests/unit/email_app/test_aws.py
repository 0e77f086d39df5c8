"""SES and SQS: on the emulator, with botocore's Stubber, and with servers that misbehave."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, SSLError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from chalicelib.correos.aws import MAIL_ATTEMPTS, REDRIVE_SECONDS, AwsUnavailable, NotTaken, SesMailer, SqsQueue
from chalicelib.correos.mail import Content, State
from tests.support.servers import Connection, answering, running, sending, silent
from tests.support.waiting import PATIENCE_SECONDS
from tests.unit.email_app.fakes import mail

ROW = mail()


def send(client):
    mailer = SesMailer(client, sender="directorio@example.com", configuration_set="correos")
    return mailer.send(ROW, Content("Alta: Ana Pérez", "Texto", "<p>Texto</p>"))


def client_of(url, read_seconds=PATIENCE_SECONDS):
    retries = {"mode": "standard", "total_max_attempts": MAIL_ATTEMPTS}
    return boto3.client("sesv2", endpoint_url=url, config=Config(read_timeout=read_seconds, retries=retries))


def utf8(text):
    return {"Data": text, "Charset": "UTF-8"}


def test_an_email_carries_text_tags_and_configuration_set_over_a_connection_that_can_be_forgotten():
    with running(answering(b'{"MessageId": "ses-1"}', "Content-Type: application/json")) as ses:
        client = client_of(ses.url)
        assert send(client) == "ses-1"
        SesMailer(client, "", "").forget_connections()
        send(client)

    assert ses.connections == 2
    assert json.loads(ses.received[0].body) == {
        "FromEmailAddress": "directorio@example.com",
        "Destination": {"ToAddresses": ["ana@example.com"]},
        "Content": {
            "Simple": {
                "Subject": utf8("Alta: Ana Pérez"),
                "Body": {"Text": utf8("Texto"), "Html": utf8("<p>Texto</p>")},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
        "EmailTags": [{"Name": "evento", "Value": ROW.event_id}, {"Name": "huella", "Value": ROW.digest}],
        "ConfigurationSetName": "correos",
    }
    for value in (ROW.event_id, ROW.digest):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value), "what SES allows in a tag"


@pytest.mark.parametrize(
    ("state", "status", "codes"),
    [
        (State.FAILED, 400, ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"]),
        (State.PENDING, 400, ["LimitExceededException", "SendingPausedException", "AccountSuspendedException"]),
        (State.PENDING, 403, ["AccessDeniedException", "ExpiredTokenException"]),
        (State.PENDING, 404, ["NotFoundException"]),
        (State.PENDING, 429, ["TooManyRequestsException"]),
        (State.PENDING, 503, ["ServiceUnavailable"]),
        (State.UNCERTAIN, 500, ["InternalFailure"]),
        (State.UNCERTAIN, 502, ["502"]),
    ],
)
def test_an_error_of_ses_says_what_became_of_the_email(state, status, codes):
    client = boto3.client("sesv2")
    for code in codes:
        with Stubber(client) as stub:
            stub.add_client_error("send_email", code, "ana@example.com is not verified", http_status_code=status)
            with pytest.raises(NotTaken, match=f"^{code}$") as raised:
                send(client)
        assert (raised.value.state, raised.value.reason) == (state, code)


def reset(connection):
    connection.read_request()
    connection.reset()


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(Connection.read_request, id="closes"),
        pytest.param(reset, id="resets"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), id="half an answer"),
        pytest.param(answering(b"<p>"), id="no JSON"),
        pytest.param(answering(b"<p>", status="500 Oh"), id="500 in HTML"),
        pytest.param(sending(b"hello\r\n\r\n"), id="no HTTP"),
    ],
)
def test_an_email_that_perhaps_left_is_of_unknown_fate_and_is_not_repeated(behave):
    with running(behave) as ses, pytest.raises(NotTaken) as raised:
        send(client_of(ses.url))

    assert raised.value.state is State.UNCERTAIN
    assert [(each.method, each.target) for each in ses.received] == [("POST", "/v2/email/outbound-emails")]


def failing(error):
    """A client that fails before or after the request, as botocore would."""

    def send_email(**_):
        raise error

    return SimpleNamespace(send_email=send_email)


def test_an_email_that_never_left_was_not_taken_and_after_that_its_fate_is_unknown(closed_port):
    with running(silent) as ses:
        for client, state in (
            (client_of(f"http://127.0.0.1:{closed_port}"), State.PENDING),
            (failing(NoCredentialsError()), State.PENDING),
            (failing(SSLError(endpoint_url="https://ses", error="x")), State.UNCERTAIN),
            (failing(ResponseParserError("x")), State.UNCERTAIN),
            (client_of(ses.url, read_seconds=0.1), State.UNCERTAIN),
        ):
            with pytest.raises(NotTaken) as raised:
                send(client)
            assert raised.value.state is state


# ---- SQS -------------------------------------------------------------------------------------------------------

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-queue"
DLQ_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-dlq"


def stubbed(sqs):
    return SqsQueue(sqs, None, QUEUE_URL, DLQ_URL)


def bodies(queue, url):
    found = set()
    while messages := queue.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["Body"] for message in messages}
    return found


def fill(queue, url, number, **more):
    for body in map(str, range(number)):
        queue.sqs.send_message(QueueUrl=url, MessageBody=body, **more)


def test_a_message_is_put_off_within_what_sqs_allows():
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        for delay, seconds in {-5: 0, 0.2: 1, 900: 900}.items():
            expected = {"QueueUrl": QUEUE_URL, "ReceiptHandle": "r1", "VisibilityTimeout": seconds}
            stub.add_response("change_message_visibility", {}, expected)
            stubbed(client).put_off("r1", timedelta(seconds=delay))
        stub.assert_no_pending_responses()


def test_both_queues_are_counted_and_messages_that_are_put_off_are_hidden(queue):
    queue.send("¡Hola!")
    [message] = queue.sqs.receive_message(QueueUrl=queue.queue_url, VisibilityTimeout=600)["Messages"]
    queue.put_off(message["ReceiptHandle"], timedelta(minutes=15))
    fill(queue, queue.queue_url, 1)
    fill(queue, queue.queue_url, 2, DelaySeconds=600)
    fill(queue, queue.dlq_url, 4)

    assert message["Body"] == "¡Hola!"
    assert [list(depth.values()) for depth in queue.depths().values()] == [[1, 1, 2, None], [4, 0, 0, None]]


def test_the_age_of_the_oldest_message_is_cloudwatch_s_last_figure_for_each_queue(queue):
    """The emulator keeps what is put into CloudWatch, under AWS's own names too."""
    for url, figures in ((queue.queue_url, {3: 33, 1: 93, 2: 41}), (queue.dlq_url, {1: 42})):
        dimension = {"Name": "QueueName", "Value": url.rpartition("/")[2]}
        metric = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [dimension]}
        now = datetime.now(UTC)
        data = [metric | {"Value": age, "Timestamp": now - timedelta(minutes=ago)} for ago, age in figures.items()]
        queue.cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=data)

    assert [each["edad_maxima"] for each in queue.depths().values()] == [93, 42]


def test_all_dead_letters_come_back_as_they_were(queue):
    fill(queue, queue.dlq_url, 23, MessageAttributes={"tipo": {"DataType": "String", "StringValue": "creado"}})

    assert queue.redrive() == {"reenviados": 23, "quedan": 0}

    url = queue.queue_url
    [message] = queue.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert message["MessageAttributes"]["tipo"]["StringValue"] == "creado"
    assert bodies(queue, url) == {str(number) for number in range(23)}
    assert bodies(queue, queue.dlq_url) == set()


def test_a_request_ends_in_time_and_calls_no_dead_letter_gone_that_it_has_not_met(queue):
    fill(queue, queue.dlq_url, 25)
    clock = count(step=REDRIVE_SECONDS / 2)
    queue = replace(queue, monotonic=lambda: next(clock))  # time for one batch of ten

    with pytest.raises(AwsUnavailable):
        queue.take("x", resend=False)

    assert queue.redrive() == {"reenviados": 10, "quedan": 15}, "all are shown again, and those left are counted"


def test_a_dead_letter_is_sent_before_it_is_deleted():
    """If the process dies in between, it is in both queues."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stub:
        stub.add_response("receive_message", {"Messages": [{"Body": "{}", "ReceiptHandle": "r1"}]})
        stub.add_response("send_message", {"MessageId": "m2"})
        stub.add_client_error("delete_message", "ServiceUnavailable", http_status_code=503)

        with pytest.raises(AwsUnavailable, match=r"^SQS: ServiceUnavailable$"):
            stubbed(sqs).redrive()

        stub.assert_no_pending_responses()
