"""The AWS services that this app calls, beside its ledger and the user pool: SES, and SQS with CloudWatch for the
queue's age. All share timeouts, few repetitions, and one exception for "AWS does not answer".
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, cast

from chalicelib.correos.mail import State
from contract import aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.config import Config
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContentTypeDef, MessageHeaderTypeDef
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageAttributeValueTypeDef,
        MessageTypeDef,
    )

    from chalicelib.correos.mail import Content, Mail

CONNECT_SECONDS = 1
READ_SECONDS = 5
ATTEMPTS = 2
"""Of a call that may be repeated. Two calls that each time out twice still fit into the 24 s of the HTTP API."""

MAIL_ATTEMPTS = 1
"""SES has no idempotency token: if botocore repeated the call, that would be a second email."""


class AwsUnavailable(Exception):
    """A call to AWS failed. HTTP: 503; in the consumer: the message is retried by the queue."""


class DeadLetterNotFound(Exception):
    """A dead letter was resent or dropped, or another request is reading it. HTTP: 404."""


def client_config(*, attempts: int = ATTEMPTS) -> Config:
    return aws.client_config(connect=CONNECT_SECONDS, read=READ_SECONDS, attempts=attempts)


@contextmanager
def calling(service: str) -> Iterator[None]:
    """Raise `AwsUnavailable` for a failed call, with AWS's code as its text, which may be logged."""
    try:
        yield
    except aws.call_errors() as error:
        raise AwsUnavailable(f"{service}: {aws.code_of(error)}") from error


# ---- SES -------------------------------------------------------------------------------------------------------

EVENT_TAG, RECIPIENT_TAG = "evento", "huella"
"""SES message tags (letters, digits, ``_`` and ``-``): each event of SES carries them, and they are the row's key."""

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
# What is not listed (paused, suspended, throttled, no permission, no configuration set) says nothing about the email.
_REFUSALS = {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"}
_SERVICE_UNAVAILABLE = 503
_SERVER_ERROR = 500

# RFC 3834: no out-of-office answer to a program.
_HEADERS: list[MessageHeaderTypeDef] = [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


class NotTaken(Exception):
    """SES did not confirm an email. ``reason`` is a code that may be logged and stored, ``state`` what it becomes.

    - `FAILED`: SES will never take it. The message is acknowledged.
    - `PENDING`: SES did not take it now. The queue retries.
    - `UNCERTAIN`: no answer, or none that can be read. SES's `Send` event settles it, or one more send.
    """

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


@dataclass
class SesMailer:
    client: SESV2Client
    sender: str
    configuration_set: str

    def send(self, mail: Mail, content: Content) -> str:
        """Hand the email to SES, once, and return SES's message id.

        Raises:
            NotTaken
        """
        try:
            answer = self.client.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [mail.recipient]},
                Content={
                    "Simple": {
                        "Subject": _utf8(content.subject),
                        "Body": {"Text": _utf8(content.text), "Html": _utf8(content.html)},
                        "Headers": _HEADERS,
                    }
                },
                EmailTags=[
                    {"Name": EVENT_TAG, "Value": mail.event_id},
                    {"Name": RECIPIENT_TAG, "Value": mail.digest},
                ],
                ConfigurationSetName=self.configuration_set,
            )
        except aws.call_errors() as error:
            raise _explain(error) from error
        if "MessageId" not in answer:  # botocore reads half an answer as an empty one
            raise NotTaken(State.UNCERTAIN, "NoMessageId")
        return answer["MessageId"]

    def forget_connections(self) -> None:
        """A connection that slept while Lambda froze the process may die at its next use: an email of unknown fate."""
        self.client.close()


def _utf8(text: str) -> ContentTypeDef:
    return {"Data": text, "Charset": "UTF-8"}


def _explain(error: Exception) -> NotTaken:
    from botocore.exceptions import ClientError, HTTPClientError, SSLError  # noqa: PLC0415 - see contract.aws
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    code = aws.code_of(error)
    if code in _REFUSALS:
        return NotTaken(State.FAILED, code)
    if isinstance(error, ClientError):
        # A 503 is a refusal to work; any other 5xx may come after the work was done.
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        is_uncertain = status >= _SERVER_ERROR and status != _SERVICE_UNAVAILABLE
    else:
        # Read timeout, reset, half an answer: the request may have left. Other errors of botocore come before that.
        is_uncertain = isinstance(error, HTTPClientError | SSLError | ResponseParserError)
    return NotTaken(State.UNCERTAIN if is_uncertain else State.PENDING, code)


# ---- SQS -------------------------------------------------------------------------------------------------------

REDRIVE_SECONDS = 10
"""How long one request moves dead letters: the HTTP API waits 24 s. The answer says how many are left."""

_HIDDEN_SECONDS = 60
"""How long a dead letter that is being moved or looked at is hidden from others, if the process dies."""

MAX_LISTED = 100

_METRIC_PERIOD = 60
_METRIC_WINDOW = timedelta(minutes=5)
_COUNTS: dict[str, QueueAttributeNameType] = {
    "visibles": "ApproximateNumberOfMessages",
    "en_proceso": "ApproximateNumberOfMessagesNotVisible",  # received by a consumer that has not finished, or put off
    "retrasados": "ApproximateNumberOfMessagesDelayed",
}


@dataclass
class SqsQueue:
    """The queue of emails and its dead letters (docs/design/email.md). Every method raises `AwsUnavailable`.

    A dead letter is sent before it is deleted: if the process dies in between, it is in both queues, and the ledger
    makes one email of it.
    """

    sqs: SQSClient
    cloudwatch: CloudWatchClient
    queue_url: str
    dlq_url: str
    monotonic: Callable[[], float] = time.monotonic

    def send(self, body: str) -> None:
        """Put a message into the queue."""
        with calling("SQS"):
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    def put_off(self, receipt_handle: str, delay: timedelta) -> None:
        """Hide a received message for that long, at most 12 hours; it must be reported as failed all the same."""
        seconds = max(0, ceil(delay.total_seconds()))
        with calling("SQS"):
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def depths(self) -> dict[str, dict[str, int | None]]:
        """How many messages the queue and its dead letters hold, approximately, as the API shows it.

        The age of the oldest message, in seconds, is None when CloudWatch has no figure of the last five minutes.
        """
        urls = {"cola": self.queue_url, "fallidos": self.dlq_url}
        with calling("SQS"):
            ages = self._ages(urls)
            return {name: {**self._counts(url), "edad_maxima": ages.get(name)} for name, url in urls.items()}

    def _counts(self, url: str) -> dict[str, int]:
        counts = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS.values()))["Attributes"]
        return {name: int(counts[attribute]) for name, attribute in _COUNTS.items()}

    def _ages(self, urls: Mapping[str, str]) -> dict[str, int]:
        """The last known age of each queue's oldest message, which SQS itself does not tell."""
        now = datetime.now(UTC)
        answer = self.cloudwatch.get_metric_data(
            MetricDataQueries=[
                {
                    "Id": name,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/SQS",
                            "MetricName": "ApproximateAgeOfOldestMessage",
                            "Dimensions": [{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
                        },
                        "Period": _METRIC_PERIOD,
                        "Stat": "Maximum",
                    },
                }
                for name, url in urls.items()
            ],
            StartTime=now - _METRIC_WINDOW,
            EndTime=now,
        )
        results = [each for each in answer["MetricDataResults"] if each["Values"]]
        return {each["Id"]: int(max(zip(each["Timestamps"], each["Values"], strict=True))[1]) for each in results}

    def redrive(self) -> dict[str, int]:
        """Bring dead letters back to the queue, for at most `REDRIVE_SECONDS`; how many, and how many are left."""
        with calling("SQS"):
            moved = 0
            for message in self._dead_letters():
                self._remove(message, resend=True)
                moved += 1
            return {"reenviados": moved, "quedan": self._counts(self.dlq_url)["visibles"]}

    def list_dead_letters(self) -> list[MessageTypeDef]:
        """At most `MAX_LISTED` dead letters. Those that another request is reading are missing for a moment."""
        with calling("SQS"), ExitStack() as seen:
            return list(islice(self._dead_letters(seen), MAX_LISTED))

    def take(self, message_id: str, *, resend: bool) -> MessageTypeDef:
        """Bring one dead letter back to the queue, or drop it.

        SQS has no access by id, so messages are received until it is among them.

        Raises:
            DeadLetterNotFound: it is gone, or another request is reading it.
        """
        with calling("SQS"), ExitStack() as seen:
            for message in self._dead_letters(seen):
                if message["MessageId"] == message_id:
                    self._remove(message, resend=resend)
                    return message
            if self._counts(self.dlq_url)["visibles"]:  # the time was too short for all of them
                raise AwsUnavailable("SQS: too many dead letters")
        raise DeadLetterNotFound

    def _dead_letters(self, seen: ExitStack | None = None) -> Iterator[MessageTypeDef]:
        """Receive dead letters until there are no more, for at most `REDRIVE_SECONDS`.

        ``seen`` shows them again at its end: until then they are hidden, or the same ones would come again.
        """
        deadline = self.monotonic() + REDRIVE_SECONDS
        while self.monotonic() < deadline:
            messages = self.sqs.receive_message(
                QueueUrl=self.dlq_url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # long polling asks all of SQS's servers; short polling may miss messages
            ).get("Messages", [])
            if not messages:
                return
            if seen:
                seen.callback(self._show_again, messages)
            yield from messages

    def _show_again(self, messages: list[MessageTypeDef]) -> None:
        """A message that was deleted meanwhile is one of the entries that fail, which is no error."""
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(messages)
        ]
        self.sqs.change_message_visibility_batch(QueueUrl=self.dlq_url, Entries=entries)

    def _remove(self, message: MessageTypeDef, *, resend: bool) -> None:
        if resend:
            attributes = cast("Mapping[str, MessageAttributeValueTypeDef]", message.get("MessageAttributes", {}))
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=message["Body"], MessageAttributes=attributes)
        self.sqs.delete_message(QueueUrl=self.dlq_url, ReceiptHandle=message["ReceiptHandle"])
