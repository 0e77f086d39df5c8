"""Handing an email to SES, and telling its failures apart."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, SSLError
from botocore.stub import Stubber

from chalicelib.correos.aws import MAIL_ATTEMPTS, MailerUnavailable, MailFateUnknown, MailRefused, SesMailer
from chalicelib.correos.mail import Content
from tests.unit.email_app.fakes import mail

ROW = mail()


def send(client) -> str:
    mailer = SesMailer(client, sender="directorio@example.com", configuration_set="correos")
    return mailer.send(ROW, Content("Alta: Ana Pérez", "Texto", "<p>Texto</p>"))


def client_of(url):
    retries = {"mode": "standard", "total_max_attempts": MAIL_ATTEMPTS}
    config = Config(connect_timeout=1, read_timeout=0.3, retries=retries)
    return boto3.client("sesv2", endpoint_url=url, config=config)


@contextmanager
def server(behave):
    """A server that treats each request in this way: its address, and the beginnings of the requests that it got."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    requests.append(connection.recv(65536))
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def answering(text: str):
    return lambda peer: peer.sendall(text.encode())


def test_an_email_carries_its_text_its_tags_and_the_configuration_set():
    client = boto3.client("sesv2")
    with Stubber(client) as stub:
        stub.add_response(
            "send_email",
            {"MessageId": "ses-1"},
            {
                "FromEmailAddress": "directorio@example.com",
                "Destination": {"ToAddresses": ["ana@example.com"]},
                "Content": {
                    "Simple": {
                        "Subject": {"Data": "Alta: Ana Pérez", "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": "Texto", "Charset": "UTF-8"},
                            "Html": {"Data": "<p>Texto</p>", "Charset": "UTF-8"},
                        },
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
                "EmailTags": [
                    {"Name": "evento", "Value": ROW.event_id},
                    {"Name": "huella", "Value": ROW.digest},
                ],
                "ConfigurationSetName": "correos",
            },
        )

        assert send(client) == "ses-1"


def test_the_tags_fit_what_ses_allows():
    for value in (ROW.event_id, ROW.digest):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value)


@pytest.mark.parametrize(
    ("failure", "status", "codes"),
    [
        (MailRefused, 400, ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"]),
        (MailerUnavailable, 400, ["LimitExceededException", "SendingPausedException", "AccountSuspendedException"]),
        (MailerUnavailable, 403, ["AccessDeniedException", "ExpiredTokenException"]),
        (MailerUnavailable, 404, ["NotFoundException"]),
        (MailerUnavailable, 429, ["TooManyRequestsException"]),
        (MailerUnavailable, 503, ["ServiceUnavailable"]),
        (MailFateUnknown, 500, ["InternalFailure"]),
        (MailFateUnknown, 502, ["502"]),
    ],
)
def test_an_error_of_ses_says_what_became_of_the_email(failure, status, codes):
    client = boto3.client("sesv2")
    for code in codes:
        with Stubber(client) as stub:
            stub.add_client_error("send_email", code, "ana@example.com is not verified", http_status_code=status)
            with pytest.raises(failure) as raised:
                send(client)
        assert raised.value.reason == str(raised.value) == code


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def answer_too_late(connection):
    while connection.recv(65536):
        pass


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda _: None, id="closes"),
        pytest.param(reset, id="resets"),
        pytest.param(answer_too_late, id="does not answer"),
        pytest.param(answering("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), id="half an answer"),
        pytest.param(answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>"), id="no JSON"),
        pytest.param(answering("HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\n<p>"), id="500 in HTML"),
        pytest.param(answering("hello\r\n\r\n"), id="no HTTP"),
    ],
)
def test_an_email_that_perhaps_left_is_of_unknown_fate_and_is_not_repeated(behave):
    with server(behave) as (url, requests), pytest.raises(MailFateUnknown):
        send(client_of(url))

    assert [request.split()[:2] for request in requests] == [[b"POST", b"/v2/email/outbound-emails"]]


class BrokenClient:
    """Fails before or after the request, as botocore would."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_email(self, **_: object) -> None:
        raise self._error


def test_an_email_that_never_left_was_not_taken_and_after_that_its_fate_is_unknown(closed_port):
    for client in (client_of(f"http://127.0.0.1:{closed_port}"), BrokenClient(NoCredentialsError())):
        with pytest.raises(MailerUnavailable):
            send(client)
    with pytest.raises(MailFateUnknown):
        send(BrokenClient(SSLError(endpoint_url="https://ses", error="x")))


def test_connections_are_made_again_after_they_were_forgotten():
    answer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"MessageId": "ses-1"}'
    with server(answering(answer)) as (url, requests):
        client = client_of(url)
        send(client)
        SesMailer(client, sender="", configuration_set="").forget_connections()
        send(client)

    assert len(requests) == 2
