"""Handing a mail to SES, and telling its failures apart."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, SSLError
from botocore.stub import Stubber

from chalicelib.correos.layout import Content
from chalicelib.correos.mail import Mail
from chalicelib.correos.mailer import ATTEMPTS, MailerError, MailerUnavailable, MailFateUnknown, MailRefused, SesMailer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sesv2 import SESV2Client

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CORREO = Mail(
    evento="0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    destinatario="ana@example.com",
    tipo="creado",
    asunto="Alta: Ana Pérez",
    creado_en=NOW,
    actualizado_en=NOW,
)
CONTENIDO = Content(asunto="Alta: Ana Pérez", texto="Texto", html="<p>Texto</p>")


def mailer(client: SESV2Client) -> SesMailer:
    return SesMailer(client, sender="directorio@example.com", configuration_set="correos")


def client_of(url: str) -> SESV2Client:
    config = Config(connect_timeout=1, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": ATTEMPTS})
    return boto3.client("sesv2", endpoint_url=url, config=config)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that treats each request as told, and the beginnings of the requests that it got."""
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


def test_a_mail_carries_its_text_its_tags_and_the_configuration_set() -> None:
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
                    {"Name": "evento", "Value": CORREO.evento},
                    {"Name": "huella", "Value": CORREO.digest},
                ],
                "ConfigurationSetName": "correos",
            },
        )

        assert mailer(client).send(CORREO, CONTENIDO) == "ses-1"


def test_the_tags_are_such_as_ses_allows() -> None:
    """Letters, digits, ``_`` and ``-``; at most 256."""
    for value in (CORREO.evento, CORREO.digest):
        assert value.replace("-", "").isalnum()
        assert value.isascii()
        assert len(value) <= 256


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
def test_an_error_of_ses_says_what_became_of_the_mail(code: str, status: int, failure: type[MailerError]) -> None:
    client = boto3.client("sesv2")
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, "ana@example.com is not verified", http_status_code=status)

        with pytest.raises(failure) as raised:
            mailer(client).send(CORREO, CONTENIDO)

    assert raised.value.motivo == code
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
def test_a_mail_that_perhaps_left_is_of_unknown_fate_and_is_not_repeated(
    behave: Callable[[socket.socket], None],
) -> None:
    with server(behave) as (url, requests), pytest.raises(MailFateUnknown):
        mailer(client_of(url)).send(CORREO, CONTENIDO)

    assert [request.split()[:2] for request in requests] == [[b"POST", b"/v2/email/outbound-emails"]]


def test_a_mail_that_found_no_server_was_not_taken(closed_port: int) -> None:
    with pytest.raises(MailerUnavailable):
        mailer(client_of(f"http://127.0.0.1:{closed_port}")).send(CORREO, CONTENIDO)


class BrokenClient:
    """Fails before or after the request, as botocore would."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_email(self, **_: Any) -> None:
        raise self._error


def test_a_mail_without_credentials_was_not_taken() -> None:
    with pytest.raises(MailerUnavailable):
        mailer(BrokenClient(NoCredentialsError())).send(CORREO, CONTENIDO)


def test_a_broken_tls_connection_leaves_the_fate_unknown() -> None:
    with pytest.raises(MailFateUnknown):
        mailer(BrokenClient(SSLError(endpoint_url="https://ses", error="x"))).send(CORREO, CONTENIDO)


def test_connections_can_be_forgotten_and_made_again() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"MessageId": "ses-1"}'
    with server(lambda peer: peer.sendall(answer)) as (url, requests):
        ses = mailer(client_of(url))
        ses.send(CORREO, CONTENIDO)
        ses.forget_connections()
        ses.send(CORREO, CONTENIDO)

    assert len(requests) == 2
