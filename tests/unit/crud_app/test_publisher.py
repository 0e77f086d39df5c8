"""What goes to SNS, by botocore's stub and on the emulator."""

from __future__ import annotations

import json
import logging

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.directorio.errors import PublishFailed
from chalicelib.directorio.publisher import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, Evento, SnsPublisher
from chalicelib.directorio.settings import Settings

ARN = "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic"
SETTINGS = Settings({"SNS_TOPIC_ARN": ARN})
EVENTO = Evento("0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11", 7, "creado", '{"nombre":"Ana"}')
OTHER = Evento("6f1f6c58-3b7e-4a9b-8c1e-5d2a9c0e4b22", 8, "eliminado", '{"nombre":"Bea"}')


def attributes(tipo):
    return {"tipo": {"DataType": "String", "StringValue": tipo}}


@pytest.fixture
def stubbed():
    """A publisher, and the stub of its client."""
    publisher = SnsPublisher(SETTINGS)
    with Stubber(publisher._client) as stub:  # noqa: SLF001 - the stub is put where AWS would be
        yield publisher, stub


class TestPublish:
    def test_sends_the_message_and_its_type(self, stubbed):
        publisher, stub = stubbed
        request = {"TopicArn": ARN, "Message": EVENTO.mensaje, "MessageAttributes": attributes("creado")}
        stub.add_response("publish", {"MessageId": "m-1"}, request)
        assert publisher.publish(EVENTO) == "m-1"

    def test_says_so_in_one_line(self, stubbed, caplog):
        publisher, stub = stubbed
        stub.add_response("publish", {"MessageId": "m-1"})
        with caplog.at_level(logging.INFO):
            publisher.publish(EVENTO)
        (record,) = [each for each in caplog.records if each.name == "chalicelib.directorio.publisher"]
        assert record.getMessage() == "[SNS] Publicado: creado - empleado 7 - MessageId: m-1"
        assert record.levelname == "INFO"

    def test_names_what_aws_refuses_and_quotes_nothing(self, stubbed):
        publisher, stub = stubbed
        stub.add_client_error("publish", "AuthorizationError", "User: Ana is not authorized")
        with pytest.raises(PublishFailed) as caught:
            publisher.publish(EVENTO)
        assert str(caught.value) == "AuthorizationError"

    def test_names_a_missing_topic(self):
        with pytest.raises(PublishFailed, match="SNS_TOPIC_ARN must be the ARN of a topic"):
            SnsPublisher(Settings({})).publish(EVENTO)

    def test_names_a_topic_out_of_reach(self, monkeypatch, closed_port):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port}")
        with pytest.raises(PublishFailed, match="EndpointConnectionError"):
            SnsPublisher(SETTINGS).publish(EVENTO)

    def test_is_given_little_time(self):
        config = SnsPublisher(SETTINGS)._client.meta.config  # noqa: SLF001 - what botocore will do
        assert (config.connect_timeout, config.read_timeout) == (CONNECT_SECONDS, READ_SECONDS) == (1, 2)
        assert config.retries["total_max_attempts"] == ATTEMPTS == 2


class TestPublishBatch:
    def test_sends_all_and_returns_what_was_taken(self, stubbed, caplog):
        publisher, stub = stubbed
        entries = [
            {"Id": str(number), "Message": each.mensaje, "MessageAttributes": attributes(each.tipo)}
            for number, each in enumerate((EVENTO, OTHER))
        ]
        answer = {
            "Successful": [{"Id": "1", "MessageId": "m-2"}],
            "Failed": [{"Id": "0", "Code": "InternalError", "Message": "Ana", "SenderFault": False}],
        }
        stub.add_response("publish_batch", answer, {"TopicArn": ARN, "PublishBatchRequestEntries": entries})
        with caplog.at_level(logging.INFO):
            assert publisher.publish_batch([EVENTO, OTHER]) == {OTHER.id: "m-2"}
        assert "[SNS] Publicado: eliminado - empleado 8 - MessageId: m-2" in caplog.messages
        (warning,) = [each for each in caplog.records if each.levelname == "WARNING"]
        assert (warning.event_id, warning.code) == (EVENTO.id, "InternalError")
        assert "Ana" not in caplog.text

    def test_names_what_aws_refuses(self, stubbed):
        publisher, stub = stubbed
        stub.add_client_error("publish_batch", "ThrottledException")
        with pytest.raises(PublishFailed, match="ThrottledException"):
            publisher.publish_batch([EVENTO])


def test_arrives_on_the_queue_as_it_is(emulator, monkeypatch):
    """Raw delivery: the body is the message, with no envelope around it."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="crud-publisher-test")["TopicArn"]
    queue = sqs.create_queue(QueueName="crud-publisher-test")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    publisher = SnsPublisher(Settings({"SNS_TOPIC_ARN": topic}))
    publisher.publish(EVENTO)
    publisher.publish_batch([OTHER])
    messages = []
    for _ in range(10):
        answer = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        messages += answer.get("Messages", [])
        if len(messages) == 2:
            break
    found = {json.loads(each["Body"])["nombre"]: each["MessageAttributes"]["tipo"]["StringValue"] for each in messages}
    assert found == {"Ana": "creado", "Bea": "eliminado"}
