"""Hands one e-mail to SES, and says which of three things happened when that fails.

MailerError
├── MailRefused       SES will never take this mail: recorded as `fallido`, the message is acknowledged
├── MailerUnavailable SES did not take it now: the mail is `pendiente` again, the queue retries
└── MailFateUnknown   no answer, or none that can be read: `incierto` until SES's `Send` event, or one more send

SES has no idempotency token, so botocore must not repeat the call on its own: that would be a second mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContentTypeDef, MessageHeaderTypeDef

    from chalicelib.correos.layout import Content
    from chalicelib.correos.mail import Mail

ATTEMPTS = 1

EVENT_TAG, RECIPIENT_TAG = "evento", "huella"
"""SES message tags (letters, digits, ``_`` and ``-``): each event of SES carries them, and they are the row's key."""

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
# What is not listed (paused, suspended, throttled, no permission, no configuration set) says nothing about the mail.
_REFUSALS = {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"}
_SERVICE_UNAVAILABLE = 503
_SERVER_ERROR = 500

# RFC 3834: no out-of-office answer to a program.
_HEADERS: list[MessageHeaderTypeDef] = [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


class MailerError(Exception):
    """SES did not confirm a mail; ``motivo`` is a code that may be logged and stored."""

    def __init__(self, motivo: str) -> None:
        super().__init__(motivo)
        self.motivo = motivo


class MailRefused(MailerError):
    """SES will never take this mail."""


class MailerUnavailable(MailerError):
    """SES did not take it now."""


class MailFateUnknown(MailerError):
    """It is unknown whether SES took it."""


class Mailer(Protocol):
    def send(self, mail: Mail, content: Content) -> str:
        """Hand the mail to SES, once, and return SES's message id.

        Raises:
            MailRefused, MailerUnavailable, MailFateUnknown
        """

    def forget_connections(self) -> None:
        """Let the next mail open its own connection.

        A connection that slept while Lambda froze the process dies at its next use, and then it is unknown whether
        SES took the mail.
        """


class SesMailer:
    def __init__(self, client: SESV2Client, *, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, mail: Mail, content: Content) -> str:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws.py
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [mail.destinatario]},
                Content={
                    "Simple": {
                        "Subject": _utf8(content.asunto),
                        "Body": {"Text": _utf8(content.texto), "Html": _utf8(content.html)},
                        "Headers": _HEADERS,
                    }
                },
                EmailTags=[
                    {"Name": EVENT_TAG, "Value": mail.evento},
                    {"Name": RECIPIENT_TAG, "Value": mail.digest},
                ],
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            raise _explain_answer(error) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise _explain_silence(error) from error
        if "MessageId" not in answer:  # botocore reads half an answer as an empty one
            raise MailFateUnknown("NoMessageId")
        return answer["MessageId"]

    def forget_connections(self) -> None:
        self._client.close()


def _utf8(text: str) -> ContentTypeDef:
    return {"Data": text, "Charset": "UTF-8"}


def _explain_answer(error: ClientError) -> MailerError:
    """SES answered with an error. A 503 is a refusal to work; any other 5xx may come after the work was done."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _REFUSALS:
        return MailRefused(code)
    if status >= _SERVER_ERROR and status != _SERVICE_UNAVAILABLE:
        return MailFateUnknown(code)
    return MailerUnavailable(code)


def _explain_silence(error: Exception) -> MailerError:
    """No answer: what matters is whether the request can have left."""
    from botocore.exceptions import HTTPClientError, SSLError  # noqa: PLC0415 - see aws.py
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    code = type(error).__name__
    # Read time-out, reset, half an answer. What else botocore raises (no route, no credentials) comes before all that.
    perhaps_reached_ses = isinstance(error, HTTPClientError | SSLError | ResponseParserError)
    return MailFateUnknown(code) if perhaps_reached_ses else MailerUnavailable(code)
