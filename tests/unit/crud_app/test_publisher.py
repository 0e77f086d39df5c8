"""What goes to SNS, by botocore's stub."""

import logging

import pytest
from botocore.stub import Stubber

from chalicelib.directorio import publisher
from chalicelib.directorio.errors import PublishFailed
from chalicelib.directorio.publisher import Evento, SnsPublisher
from chalicelib.directorio.settings import Settings
from tests.support.servers import answering, running
from tests.support.waiting import PATIENCE_SECONDS

ARN = "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic"
SETTINGS = Settings({"SNS_TOPIC_ARN": ARN})
EVENTO = Evento("0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11", 7, "creado", '{"nombre":"Ana"}')
OTHER = Evento("6f1f6c58-3b7e-4a9b-8c1e-5d2a9c0e4b22", 8, "eliminado", '{"nombre":"Bea"}')


def message(evento):
    tipo = {"DataType": "String", "StringValue": evento.tipo}
    return {"Message": evento.mensaje, "MessageAttributes": {"tipo": tipo}}


@pytest.fixture
def stubbed():
    """A publisher, and the stub of its client."""
    publisher = SnsPublisher(SETTINGS)
    with Stubber(publisher._client) as stub:  # noqa: SLF001 - the stub is put where AWS would be
        yield publisher, stub


def test_events_are_sent_with_their_type_and_those_that_were_taken_are_logged_and_returned(stubbed, caplog):
    publisher, stub = stubbed
    answer = {
        "Successful": [{"Id": "1", "MessageId": "m-2"}],
        "Failed": [{"Id": "0", "Code": "InternalError", "Message": "Ana", "SenderFault": False}],
    }
    entries = [{"Id": "0", **message(EVENTO)}, {"Id": "1", **message(OTHER)}]
    stub.add_response("publish_batch", answer, {"TopicArn": ARN, "PublishBatchRequestEntries": entries})
    with caplog.at_level(logging.INFO):
        assert publisher.publish([EVENTO, OTHER]) == {OTHER.id: "m-2"}
    assert "[SNS] Publicado: eliminado - empleado 8 - MessageId: m-2" in caplog.messages
    (warning,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert (warning.event_id, warning.code) == (EVENTO.id, "InternalError")
    assert "Ana" not in caplog.text


def test_a_failure_is_named_and_nothing_is_quoted(stubbed, monkeypatch, closed_port):
    publisher, stub = stubbed
    stub.add_client_error("publish_batch", "AuthorizationError", "User: Ana is not authorized")
    with pytest.raises(PublishFailed, match=r"^AuthorizationError$"):
        publisher.publish([EVENTO])
    with pytest.raises(PublishFailed, match="SNS_TOPIC_ARN must be the ARN of a topic"):
        SnsPublisher(Settings({})).publish([EVENTO])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port}")
    with pytest.raises(PublishFailed, match="EndpointConnectionError"):
        SnsPublisher(SETTINGS).publish([EVENTO])


def test_a_server_error_that_is_not_xml_is_a_failure_like_any_other(monkeypatch):
    """From a proxy before SNS: the event is left to the sweep, and the request that wrote it succeeds."""
    page = answering(b"Internal Server Error", "Content-Type: text/plain", status="500 Internal Server Error")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(publisher, name, PATIENCE_SECONDS)
    with running(page) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with pytest.raises(PublishFailed, match=r"^ResponseParserError$"):
            SnsPublisher(SETTINGS).publish([EVENTO])


def test_the_topic_is_given_little_time():
    config = SnsPublisher(SETTINGS)._client.meta.config  # noqa: SLF001 - what botocore will do
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 2, 2)
