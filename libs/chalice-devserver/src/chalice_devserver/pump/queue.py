"""An SQS queue as Lambda's event source mapping reads it.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_devserver.project import InvocationFailed

from .source import NotThere, read_on

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from chalice_devserver.project import Function

# SQS's own limit for one request, of messages received or deleted.
REQUEST_LIMIT = 10
# AWS's pollers wait 20 s. A poll cannot be interrupted, so that would also be how long the pump takes to stop.
POLL_SECONDS = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueueSource:
    """Brings the messages of one queue to one function, in batches."""

    name: str
    sqs: SQSClient
    function: Function
    queue: str
    """A name or an ARN."""
    batch_size: int = 1
    window_seconds: float = 0
    """How long a batch is waited for after its first message."""
    partial_batches: bool = True
    """Whether the mapping has ``ReportBatchItemFailures``; without it, what the handler returns is ignored."""

    def run(self, stop: threading.Event) -> None:
        def handle_next_batch(reader: QueueReader) -> None:
            if batch := reader.receive(self.batch_size, self.window_seconds, stop):
                reader.delete(self._handled(batch, reader.arn))

        read_on(lambda: QueueReader(self.sqs, self.queue), handle_next_batch, of=self.name, stop=stop)

    def _handled(self, batch: Sequence[MessageTypeDef], queue_arn: str) -> list[MessageTypeDef]:
        """Give ``batch`` to the function, and return the messages that are done."""
        event = {"Records": [lambda_record(message, queue_arn) for message in batch]}
        try:
            returned = self.function.invoke(event)
            if not self.partial_batches:
                if isinstance(returned, dict) and returned.get("batchItemFailures"):
                    logger.warning(
                        "%s: reports failed messages, which `chalice deploy` does not set up: the batch is deleted. "
                        "Deploy with chalice-terraform (a .chalice/terraform.toml), or pass --partial-batches yes",
                        self.name,
                    )
                return list(batch)
            failed = failed_ids(returned, [message["MessageId"] for message in batch])
        except InvocationFailed as error:
            logger.warning(
                "%s: all %d messages of the batch failed and will come back: %s", self.name, len(batch), error
            )
            return []
        if failed:
            logger.warning("%s: %d of %d messages failed and will come back", self.name, len(failed), len(batch))
        return [message for message in batch if message["MessageId"] not in failed]


class QueueReader:
    """Receives from a queue and deletes from it, in batches larger than one request if need be."""

    def __init__(self, sqs: SQSClient, queue: str) -> None:
        """Find a queue by its name or ARN, or raise `NotThere`."""
        self._sqs = sqs
        name = queue.rpartition(":")[2]
        try:
            self.url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except sqs.exceptions.QueueDoesNotExist:
            raise NotThere(f"there is no queue {name} at {sqs.meta.endpoint_url}; create it there") from None
        self.arn = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self, limit: int, window_seconds: float, stop: threading.Event) -> list[MessageTypeDef]:
        """Up to ``limit`` messages: what one poll brings, and what comes within the window after the first."""
        batch = self._poll(limit)
        window_ends = time.monotonic() + window_seconds
        while batch and len(batch) < limit and time.monotonic() < window_ends and not stop.is_set():
            batch += self._poll(limit - len(batch))
        return batch

    def _poll(self, limit: int) -> list[MessageTypeDef]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=min(limit, REQUEST_LIMIT),
            WaitTimeSeconds=POLL_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def delete(self, messages: Sequence[MessageTypeDef]) -> None:
        """Delete ``messages``. One that SQS will not delete comes again: the handler must bear that anyway."""
        for start in range(0, len(messages), REQUEST_LIMIT):
            entries = messages[start : start + REQUEST_LIMIT]
            answer = self._sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[{"Id": str(n), "ReceiptHandle": entry["ReceiptHandle"]} for n, entry in enumerate(entries)],
            )
            for failure in answer.get("Failed", []):
                message_id = entries[int(failure["Id"])]["MessageId"]
                logger.warning("message %s is done but could not be deleted: %s", message_id, failure["Code"])


def lambda_record(message: MessageTypeDef, queue_arn: str) -> dict[str, Any]:
    """``message`` as SQS gives it to a receiver, in the form in which Lambda gives it to a handler."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _lambda_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _lambda_attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    value = (
        {"binaryValue": base64.b64encode(attribute["BinaryValue"]).decode("ascii")}
        if "BinaryValue" in attribute
        else {"stringValue": attribute["StringValue"]}
    )
    return {**value, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}


def failed_ids(response: object, sent: Iterable[str]) -> frozenset[str]:
    """Which of the message ids ``sent`` the handler's ``response`` reports as failed.

    Nothing at all, an empty object, and a list that is missing, null or empty all mean that the whole batch succeeded.
    Anything else, and the id of a message that was not sent, fails the whole batch: `InvocationFailed`.
    """
    if response is None:
        return frozenset()
    if not isinstance(response, dict):
        raise InvocationFailed(f"the handler returned a {type(response).__name__}, not an object")
    failures, known = response.get("batchItemFailures"), frozenset(sent)
    if failures is None:
        return frozenset()
    if not isinstance(failures, list):
        raise InvocationFailed("batchItemFailures is no list")
    identifiers = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    failed = [each for each in identifiers if isinstance(each, str) and each in known]
    if len(failed) < len(failures):
        raise InvocationFailed("an item of batchItemFailures has no itemIdentifier of the batch")
    return frozenset(failed)
