"""An SNS topic as Lambda subscribes to it: one asynchronous invocation a message.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
import math
from typing import TYPE_CHECKING, Any

from chalice_devserver.project import InvocationFailed

from .queue import REQUEST_LIMIT, QueueReader
from .source import NotThere, keep_doing

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from chalice_devserver.project import Function

# Lambda's defaults for an asynchronous invocation: two retries, one and two minutes later.
RETRY_DELAYS_SECONDS = (60, 120)
# SQS's limit for the name of a queue.
QUEUE_NAME_LENGTH = 80

logger = logging.getLogger(__name__)


class TopicSource:
    """Brings the messages of one topic to one function, through a queue that belongs to the pump.

    The queue outlives the pump, so what is published while it does not run comes when it runs again.
    """

    def __init__(
        self,
        sns: SNSClient,
        sqs: SQSClient,
        function: Function,
        topic: str,
        *,
        retry_delays: Sequence[int] = RETRY_DELAYS_SECONDS,
    ) -> None:
        """``topic`` is a name or an ARN; ``retry_delays`` are in seconds."""
        self.name = f"topic {topic} → {function.name}"
        self._sns = sns
        self._sqs = sqs
        self._function = function
        self._topic = topic
        self._retry_delays = retry_delays

    def run(self, stop: threading.Event) -> None:
        """See `Source`."""
        subscription: tuple[QueueReader, str] | None = None

        def handle_next_messages() -> None:
            nonlocal subscription
            reader, subscription_arn = subscription = subscription or self._subscribe()
            for message in reader.receive(REQUEST_LIMIT, 0, stop):
                self._handle(message, reader, subscription_arn)

        keep_doing(handle_next_messages, of=self.name, stop=stop)

    def _subscribe(self) -> tuple[QueueReader, str]:
        """Make the pump's queue for this function and subscribe it, unless both are there already."""
        topic_arn = self._topic_arn()
        name = f"{self._function.name}-{topic_arn.rpartition(':')[2]}"[:QUEUE_NAME_LENGTH]
        self._sqs.create_queue(QueueName=name)
        reader = QueueReader(self._sqs, name)
        # One poll's messages are handled one after the other, and none may come back meanwhile.
        visibility = str(math.ceil(self._function.timeout_seconds * REQUEST_LIMIT))
        self._sqs.set_queue_attributes(
            QueueUrl=reader.url,
            Attributes={"VisibilityTimeout": visibility, "Policy": _policy(topic_arn, reader.arn)},
        )
        subscribed = self._sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=reader.arn, ReturnSubscriptionArn=True
        )
        return reader, subscribed["SubscriptionArn"]

    def _topic_arn(self) -> str:
        """The ARN of the topic; looked up, because a name alone does not hold the account."""
        if self._topic.startswith("arn:"):
            return self._topic
        for page in self._sns.get_paginator("list_topics").paginate():
            for topic in page["Topics"]:
                if topic["TopicArn"].rpartition(":")[2] == self._topic:
                    return topic["TopicArn"]
        raise NotThere(f"there is no topic {self._topic} at {self._sns.meta.endpoint_url}; create it there")

    def _handle(self, message: MessageTypeDef, reader: QueueReader, subscription_arn: str) -> None:
        try:
            self._function.invoke({"Records": [lambda_record(message["Body"], subscription_arn)]})
        except InvocationFailed as error:
            attempt = int(message["Attributes"]["ApproximateReceiveCount"])
            if attempt <= len(self._retry_delays):
                delay = self._retry_delays[attempt - 1]
                logger.warning("%s: %s; again in %d s", self.name, error, delay)
                receipt = message["ReceiptHandle"]
                self._sqs.change_message_visibility(QueueUrl=reader.url, ReceiptHandle=receipt, VisibilityTimeout=delay)
                return
            # Not `exception`: invoke has written the stack.
            logger.error("%s: %s; dropped after %d attempts", self.name, error, attempt)  # noqa: TRY400
        reader.delete([message])


def _policy(topic_arn: str, queue_arn: str) -> str:
    """Allows only the topic to send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def lambda_record(envelope: str, subscription_arn: str) -> dict[str, Any]:
    """The record that Lambda gives to a handler, from the envelope in which SNS brings a message to a queue."""
    sns = json.loads(envelope)
    same = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature")
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": {
            **{name: sns[name] for name in same},
            "Subject": sns.get("Subject"),
            # The same two addresses, spelled differently in the two forms.
            "SigningCertUrl": sns["SigningCertURL"],
            "UnsubscribeUrl": sns["UnsubscribeURL"],
            "MessageAttributes": sns.get("MessageAttributes", {}),
        },
    }
