"""The queue of mails and its dead letters: write, put off, count, and bring the dead letters back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol, cast

from chalicelib.correos.aws import AwsUnavailable, failing_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, MessageTypeDef

MAX_DELAY = timedelta(hours=11)
"""SQS hides a message for at most 12 hours after it was received."""

REDRIVE_SECONDS = 10
"""How long one request moves dead letters: the HTTP API waits 24 s. The answer says how many are left."""

REDRIVE_VISIBILITY_SECONDS = 60
"""How long a dead letter that is being moved is hidden from another redrive."""

_RECEIVE_BATCH = 10
_METRIC_PERIOD = 60
_METRIC_WINDOW = timedelta(minutes=5)


class QueueUnavailable(AwsUnavailable):
    """SQS or CloudWatch does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many messages a queue holds; SQS counts approximately."""

    visibles: int
    en_proceso: int
    """Received by a consumer that has not finished, or put off."""
    retrasados: int
    edad_maxima: int | None
    """Age of the oldest message in seconds; nothing when CloudWatch has no figure of the last five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    reenviados: int
    quedan: int
    """Dead letters that are still there, approximately."""


class Queue(Protocol):
    """Raises `QueueUnavailable` from every method."""

    def send(self, body: str) -> None:
        """Put a message into the queue."""

    def put_off(self, receipt_handle: str, delay: timedelta) -> None:
        """Hide a received message for so long; it must be reported as failed all the same."""

    def depths(self) -> tuple[Depth, Depth]:
        """Count the messages of the queue and its dead letters."""

    def redrive(self) -> Redrive:
        """Bring dead letters back to the queue, for at most `REDRIVE_SECONDS`."""


class SqsQueue:
    """Two queues of SQS; their ages come from CloudWatch, since SQS itself does not tell them.

    The redrive moves the messages itself instead of starting SQS's own task (`StartMessageMoveTask`): the answer can
    say how many came back, and it works where that action does not exist. A message is sent before it is deleted:
    who dies in between leaves it in both queues, and the ledger makes one mail of it.
    """

    def __init__(
        self,
        sqs: SQSClient,
        cloudwatch: CloudWatchClient,
        *,
        queue_url: str,
        dlq_url: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sqs = sqs
        self._cloudwatch = cloudwatch
        self._queue_url = queue_url
        self._dlq_url = dlq_url
        self._monotonic = monotonic

    def send(self, body: str) -> None:
        with failing_as(QueueUnavailable):
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)

    def put_off(self, receipt_handle: str, delay: timedelta) -> None:
        seconds = ceil(min(max(delay, timedelta()), MAX_DELAY).total_seconds())
        with failing_as(QueueUnavailable):
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def depths(self) -> tuple[Depth, Depth]:
        with failing_as(QueueUnavailable):
            ages = self._ages()
            return self._depth(self._queue_url, ages), self._depth(self._dlq_url, ages)

    def _depth(self, url: str, ages: dict[str, int]) -> Depth:
        counts = self._counts(url)
        return Depth(
            visibles=counts["ApproximateNumberOfMessages"],
            en_proceso=counts["ApproximateNumberOfMessagesNotVisible"],
            retrasados=counts["ApproximateNumberOfMessagesDelayed"],
            edad_maxima=ages.get(_queue_name(url)),
        )

    def _counts(self, url: str) -> dict[str, int]:
        answer = self._sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
        return {name: int(count) for name, count in answer["Attributes"].items()}

    def _ages(self) -> dict[str, int]:
        """The last known age of each queue's oldest message, by queue name."""
        now = datetime.now(UTC)
        names = [_queue_name(self._queue_url), _queue_name(self._dlq_url)]
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=[
                {
                    "Id": f"edad{number}",
                    "Label": name,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/SQS",
                            "MetricName": "ApproximateAgeOfOldestMessage",
                            "Dimensions": [{"Name": "QueueName", "Value": name}],
                        },
                        "Period": _METRIC_PERIOD,
                        "Stat": "Maximum",
                    },
                }
                for number, name in enumerate(names)
            ],
            StartTime=now - _METRIC_WINDOW,
            EndTime=now,
            ScanBy="TimestampDescending",
        )
        return {result["Label"]: int(result["Values"][0]) for result in answer["MetricDataResults"] if result["Values"]}

    def redrive(self) -> Redrive:
        with failing_as(QueueUnavailable):
            moved = sum(1 for _ in self._move_dead_letters())
            return Redrive(reenviados=moved, quedan=self._counts(self._dlq_url)["ApproximateNumberOfMessages"])

    def _move_dead_letters(self) -> Iterator[None]:
        deadline = self._monotonic() + REDRIVE_SECONDS
        while self._monotonic() < deadline:
            messages = self._receive_dead_letters()
            if not messages:
                return
            for message in messages:
                self._move(message)
                yield

    def _receive_dead_letters(self) -> list[MessageTypeDef]:
        answer = self._sqs.receive_message(
            QueueUrl=self._dlq_url,
            MaxNumberOfMessages=_RECEIVE_BATCH,
            MessageAttributeNames=["All"],
            VisibilityTimeout=REDRIVE_VISIBILITY_SECONDS,
            WaitTimeSeconds=1,  # long polling asks all of SQS's servers; short polling may miss messages
        )
        return answer.get("Messages", [])

    def _move(self, message: MessageTypeDef) -> None:
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            MessageBody=message["Body"],
            MessageAttributes=cast("Mapping[str, MessageAttributeValueTypeDef]", message.get("MessageAttributes", {})),
        )
        self._sqs.delete_message(QueueUrl=self._dlq_url, ReceiptHandle=message["ReceiptHandle"])


def _queue_name(url: str) -> str:
    return url.rpartition("/")[2]
