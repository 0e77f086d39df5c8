"""Handing an email to SES, and telling its failures apart."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, SSLError
from botocore.stub import Stubber

from chalicelib.correos.aws import (
    MAIL_ATTEMPTS,
    MailerError,
    MailerUnavailable,
    MailFateUnknown,
    MailRefused,
    SesMailer,
)
from chalicelib.correos.mail import Content
from tests.unit.email_app.fakes import mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sesv2 import SESV2Client

ROW = mail()
CONTENT = Content("Alta: Ana Pérez", "Texto", "<p>Texto</p>")


def mailer(client: SESV2Client) -> SesMailer:
    return SesMailer(client, sender="directorio@example.com", configuration_set="correos")


def client_of(url: str) -> SESV2Client:
    config = Config(
        connect_timeout=1, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": MAIL_ATTEMPTS}
    )
    return boto3.client("sesv2", endpoint_url=url, config=config)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that treats each request in this way, and the beginnings of the requests that it got."""
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


def test_an_email_carries_its_text_its_tags_and_the_configuration_set() -> None:
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

        assert mailer(client).send(ROW, CONTENT) == "ses-1"


def test_the_tags_fit_what_ses_allows() -> None:
    """Letters, digits, ``_`` and ``-``; at most 256."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", ROW.event_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", ROW.digest)


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        ("MessageRejected", 400, MailRefused),
        ("BadRequestException", 400, MailRefused),
        ("MailFromDomainNotVerifiedException", 400, MailRefused),
        ("TooManyRequestsException", 429, MailerUnavailable),
        ("LimitExceededException", 400, MailerUnavailable),
        ("SendingPausedException", 400, MailerUnavailable),
        ("AccountSuspendedException", 400, MailerUnavailable),
        ("NotFoundException", 404, MailerUnavailable),
        ("AccessDeniedException", 403, MailerUnavailable),
        ("ExpiredTokenException", 403, MailerUnavailable),
        ("ServiceUnavailable", 503, MailerUnavailable),
        ("InternalFailure", 500, MailFateUnknown),
        ("502", 502, MailFateUnknown),
        ("504", 504, MailFateUnknown),
    ],
)
def test_an_error_of_ses_says_what_became_of_the_email(code: str, status: int, failure: type[MailerError]) -> None:
    client = boto3.client("sesv2")
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, "ana@example.com is not verified", http_status_code=status)

        with pytest.raises(failure) as raised:
            mailer(client).send(ROW, CONTENT)

    assert raised.value.reason == code
    assert "ana@example.com" not in str(raised.value)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def answer_too_late(connection: socket.socket) -> None:
    connection.settimeout(5)
    while connection.recv(65536):
        pass


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda _: None, id="closes"),
        pytest.param(reset, id="resets"),
        pytest.param(answer_too_late, id="does not answer"),
        pytest.param(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), id="half an answer"),
        pytest.param(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>"), id="no JSON"),
        pytest.param(lambda peer: peer.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\n<p>"), id="500 in HTML"),
        pytest.param(lambda peer: peer.sendall(b"hello\r\n\r\n"), id="no HTTP"),
    ],
)
def test_an_email_that_perhaps_left_is_of_unknown_fate_and_is_not_repeated(
    behave: Callable[[socket.socket], None],
) -> None:
    with server(behave) as (url, requests), pytest.raises(MailFateUnknown):
        mailer(client_of(url)).send(ROW, CONTENT)

    assert [request.split()[:2] for request in requests] == [[b"POST", b"/v2/email/outbound-emails"]]


def test_an_email_that_found_no_server_was_not_taken(closed_port: int) -> None:
    with pytest.raises(MailerUnavailable):
        mailer(client_of(f"http://127.0.0.1:{closed_port}")).send(ROW, CONTENT)


class BrokenClient:
    """Fails before or after the request, as botocore would."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_email(self, **_: Any) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (NoCredentialsError(), MailerUnavailable),
        (SSLError(endpoint_url="https://ses", error="x"), MailFateUnknown),
    ],
)
def test_an_error_before_the_request_leaves_no_doubt_and_one_after_it_does(error, failure) -> None:
    with pytest.raises(failure):
        mailer(BrokenClient(error)).send(ROW, CONTENT)


def test_connections_can_be_forgotten_and_made_again() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"MessageId": "ses-1"}'
    with server(lambda peer: peer.sendall(answer)) as (url, requests):
        ses = mailer(client_of(url))
        ses.send(ROW, CONTENT)
        ses.forget_connections()
        ses.send(ROW, CONTENT)

    assert len(requests) == 2
