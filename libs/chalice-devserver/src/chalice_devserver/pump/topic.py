"""SNS topics, S3 buckets and EventBridge rules: one asynchronous invocation an event.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from chalice_devserver.project import InvocationFailed

from .queue import REQUEST_LIMIT, QueueReader
from .source import NotThere, read_on

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from chalice.app import S3EventConfig
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from chalice_devserver.project import Function

# Lambda's defaults for an asynchronous invocation: two retries, one and two minutes later.
RETRY_DELAYS_SECONDS = (60, 120)
# SQS's limit for the name of a queue.
QUEUE_NAME_LENGTH = 80

logger = logging.getLogger(__name__)


@dataclass
class AsyncSource:
    """Brings events to one function one by one, through a queue that belongs to the pump.

    The queue outlives the pump, so what happens while it does not run comes when it runs again.
    """

    name: str
    sqs: SQSClient
    function: Function
    retry_delays: Sequence[int] = field(default=RETRY_DELAYS_SECONDS, kw_only=True)

    #: The service that may send to the queue.
    principal: ClassVar[str]

    def find(self) -> str:
        """The ARN of what sends the events; raises `NotThere` while it does not exist."""
        raise NotImplementedError

    def connect(self, source_arn: str, reader: QueueReader) -> None:
        """Let it send to the queue."""
        raise NotImplementedError

    def read(self, body: str) -> dict[str, Any] | None:
        """The event in a message; None if there is none."""
        event: dict[str, Any] = json.loads(body)
        return event

    def run(self, stop: threading.Event) -> None:
        def handle_next_messages(reader: QueueReader) -> None:
            for message in reader.receive(REQUEST_LIMIT, 0, stop):
                self._handle(message, reader)

        read_on(self._subscribe, handle_next_messages, of=self.name, stop=stop)

    def _subscribe(self) -> QueueReader:
        """Make the pump's queue for this function and connect it, unless both are there already."""
        source_arn = self.find()
        name = queue_name(self.function.name, source_arn)
        self.sqs.create_queue(QueueName=name)
        reader = QueueReader(self.sqs, name)
        # One poll's messages are handled one after the other, and none may come back meanwhile.
        visibility = str(math.ceil(self.function.timeout_seconds * REQUEST_LIMIT))
        policy = _policy(self.principal, source_arn, reader.arn)
        attributes = {"VisibilityTimeout": visibility, "Policy": policy}
        self.sqs.set_queue_attributes(QueueUrl=reader.url, Attributes=attributes)  # type: ignore[arg-type]
        self.connect(source_arn, reader)
        return reader

    def _handle(self, message: MessageTypeDef, reader: QueueReader) -> None:
        try:
            event = self.read(message["Body"])
            if event is not None:
                self.function.invoke(event)
        except InvocationFailed as error:
            attempt = int(message["Attributes"]["ApproximateReceiveCount"])
            if attempt <= len(self.retry_delays):
                delay = self.retry_delays[attempt - 1]
                logger.warning("%s: %s; again in %d s", self.name, error, delay)
                receipt = message["ReceiptHandle"]
                self.sqs.change_message_visibility(QueueUrl=reader.url, ReceiptHandle=receipt, VisibilityTimeout=delay)
                return
            # Not `exception`: invoke has written the stack.
            logger.error("%s: %s; dropped after %d attempts", self.name, error, attempt)  # noqa: TRY400
        reader.delete([message])


@dataclass(kw_only=True)
class TopicSource(AsyncSource):
    """The messages of one topic, by its name or ARN."""

    sns: SNSClient
    topic: str
    subscription_arn: str = ""
    principal = "sns.amazonaws.com"

    def find(self) -> str:
        """The ARN of the topic; looked up, because a name alone does not hold the account."""
        if self.topic.startswith("arn:"):
            return self.topic
        for page in self.sns.get_paginator("list_topics").paginate():
            for topic in page["Topics"]:
                if topic["TopicArn"].rpartition(":")[2] == self.topic:
                    return topic["TopicArn"]
        raise NotThere(f"there is no topic {self.topic} at {self.sns.meta.endpoint_url}; create it there")

    def connect(self, source_arn: str, reader: QueueReader) -> None:
        subscribed = self.sns.subscribe(
            TopicArn=source_arn, Protocol="sqs", Endpoint=reader.arn, ReturnSubscriptionArn=True
        )
        self.subscription_arn = subscribed["SubscriptionArn"]

    def read(self, body: str) -> dict[str, Any]:
        return {"Records": [lambda_record(body, self.subscription_arn)]}


@dataclass(kw_only=True)
class BucketSource(AsyncSource):
    """The events of an S3 bucket that a handler's decorator names."""

    s3: Any
    wanted: S3EventConfig
    principal = "s3.amazonaws.com"

    def find(self) -> str:
        try:
            self.s3.head_bucket(Bucket=self.wanted.bucket)
        except self.s3.exceptions.ClientError:
            raise NotThere(
                f"there is no bucket {self.wanted.bucket} at {self.s3.meta.endpoint_url}; create it there"
            ) from None
        return f"arn:aws:s3:::{self.wanted.bucket}"

    def connect(self, source_arn: str, reader: QueueReader) -> None:  # noqa: ARG002 - the bucket's name is enough
        """Add the queue to the bucket's notifications, which can only be written all at once."""
        bucket = self.wanted.bucket
        configured = self.s3.get_bucket_notification_configuration(Bucket=bucket)
        configured.pop("ResponseMetadata", None)
        named = {"prefix": self.wanted.prefix, "suffix": self.wanted.suffix}
        rules = [{"Name": name, "Value": value} for name, value in named.items() if value]
        mine = {"QueueArn": reader.arn, "Events": self.wanted.events, "Filter": {"Key": {"FilterRules": rules}}}
        others = [each for each in configured.get("QueueConfigurations", []) if each["QueueArn"] != reader.arn]
        configured["QueueConfigurations"] = [*others, mine]
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configured)

    def read(self, body: str) -> dict[str, Any] | None:
        """See `AsyncSource`. S3 sends a message without records when the notification is made."""
        event: dict[str, Any] = json.loads(body)
        return event if "Records" in event else None


@dataclass(kw_only=True)
class RuleSource(AsyncSource):
    """The events on EventBridge's default bus that match a handler's pattern. The rule is the pump's."""

    events: Any
    pattern: dict[str, Any]
    principal = "events.amazonaws.com"

    def find(self) -> str:
        rule = self.events.put_rule(Name=f"{self.function.name}-event", EventPattern=json.dumps(self.pattern))
        return str(rule["RuleArn"])

    def connect(self, source_arn: str, reader: QueueReader) -> None:
        targets = [{"Id": "pump", "Arn": reader.arn}]
        self.events.put_targets(Rule=source_arn.rpartition("/")[2], Targets=targets)


def queue_name(function: str, source_arn: str) -> str:
    """A name of its own for each function and source, also where both are long: two stages must not share a queue."""
    name = f"{function}-{source_arn.rpartition(':')[2].rpartition('/')[2]}".replace(".", "-")
    if len(name) <= QUEUE_NAME_LENGTH:
        return name
    return f"{name[: QUEUE_NAME_LENGTH - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _policy(principal: str, source_arn: str, queue_arn: str) -> str:
    """Allows only the source to send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
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
