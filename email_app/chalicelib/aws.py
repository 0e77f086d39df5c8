"""What all AWS clients of this app share: time-outs, few repetitions, and one exception for "AWS does not answer"."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS = 1
READ_SECONDS = 5
ATTEMPTS = 2
"""Of a call that may be repeated. Two calls that each time out twice still fit into the 24 s of the HTTP API."""

UNANSWERED = (BotoCoreError, ClientError, ResponseParserError)
"""All that botocore raises when a call fails: `ResponseParserError` is not one of its own base class."""


class AwsUnavailable(Exception):
    """A call of AWS failed, for whatever reason. HTTP: 503; in the consumer: the message is retried by the queue.

    AwsUnavailable
    ├── LedgerUnavailable   DynamoDB (ledger.py)
    ├── QueueUnavailable    SQS or CloudWatch (cola.py)
    └── MailOutcomeUnknown  both, one after the other (directo.py)
    """


def client_config(*, attempts: int = ATTEMPTS) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


@contextmanager
def failing_as(unavailable: type[AwsUnavailable]) -> Iterator[None]:
    """Name the failure of a call by what it means here; the cause stays attached for the log."""
    try:
        yield
    except UNANSWERED as error:
        raise unavailable(type(error).__name__) from error
