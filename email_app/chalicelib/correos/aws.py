"""What all AWS clients of this app share: time-outs, few repetitions, and one exception for "AWS does not answer".

botocore is imported where it is used: it takes longer than all the rest of a cold start, and neither ``/health`` nor a
refused request needs it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.config import Config

CONNECT_SECONDS = 1
READ_SECONDS = 5
ATTEMPTS = 2
"""Of a call that may be repeated. Two calls that each time out twice still fit into the 24 s of the HTTP API."""


class AwsUnavailable(Exception):
    """A call of AWS failed, for whatever reason. HTTP: 503; in the consumer: the message is retried by the queue.

    AwsUnavailable
    ├── LedgerUnavailable   DynamoDB (ledger.py)
    ├── QueueUnavailable    SQS or CloudWatch (queue.py)
    └── MailOutcomeUnknown  both, one after the other (directo.py)
    """


def client_config(*, attempts: int = ATTEMPTS) -> Config:
    from botocore.config import Config  # noqa: PLC0415 - see above

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


@contextmanager
def failing_as(unavailable: type[AwsUnavailable]) -> Iterator[None]:
    """Name the failure of a call by what it means here; the cause stays attached for the log."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - it has another base class

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise unavailable(type(error).__name__) from error
