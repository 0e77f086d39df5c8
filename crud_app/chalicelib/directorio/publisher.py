"""Events to SNS: the message is the event's JSON, its type is also an attribute, for subscription filters."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import SettingError
from chalicelib.directorio.errors import PublishFailed
from contract.aws import call_errors, client_config, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from chalicelib.directorio.settings import Settings

# Seconds. A request waits for its own publish, so it must be short: at worst twice both, and a pause of a second.
CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPTS = 2
SLOWEST_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + 1

#: What PublishBatch takes. https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
BATCH_SIZE = 10

logger = logging.getLogger(__name__)


class Evento(NamedTuple):
    """One event as it is published. ``mensaje`` is its JSON, exactly as stored in the outbox and sent."""

    id: str
    empleado_id: int
    tipo: str
    mensaje: str


class SnsPublisher:
    """The topic. The first publish imports boto3: reads do not need it, and its import takes longer than a read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def publish(self, eventos: Sequence[Evento]) -> dict[str, str]:
        """Publish at most ``BATCH_SIZE`` events, and return the message ids of those that were taken, by event id.

        Raises:
            PublishFailed: each of them may or may not have been published.
        """
        by_entry = {str(number): evento for number, evento in enumerate(eventos)}
        with _failures_named():
            answer = self._client.publish_batch(
                TopicArn=self._settings.topic_arn,
                PublishBatchRequestEntries=[
                    {"Id": entry, "Message": evento.mensaje, "MessageAttributes": _attributes(evento)}
                    for entry, evento in by_entry.items()
                ],
            )
        for failure in answer.get("Failed", []):
            log_failed(by_entry[failure["Id"]], failure["Code"])
        taken = {}
        for success in answer.get("Successful", []):
            evento = by_entry[success["Id"]]
            taken[evento.id] = success["MessageId"]
            _log_published(evento, success["MessageId"])
        return taken

    @cached_property
    def _client(self) -> SNSClient:
        import boto3  # noqa: PLC0415 - see the class

        config = client_config(connect=CONNECT_SECONDS, read=READ_SECONDS, attempts=ATTEMPTS)
        return boto3.client("sns", config=config)


def log_failed(evento: Evento, code: str) -> None:
    """Log that an event stays in the outbox for the sweep."""
    logger.warning("An event was not published; the sweep will do it", extra={"event_id": evento.id, "code": code})


@contextmanager
def _failures_named() -> Iterator[None]:
    """Turn what boto3 raises into its code: its text may quote the message."""
    try:
        yield
    except SettingError as error:
        raise PublishFailed(str(error)) from error
    except call_errors() as error:
        raise PublishFailed(code_of(error)) from error


def _attributes(evento: Evento) -> dict[str, MessageAttributeValueTypeDef]:
    return {"tipo": {"DataType": "String", "StringValue": evento.tipo}}


def _log_published(evento: Evento, message_id: str) -> None:
    logger.info("[SNS] Publicado: %s - empleado %d - MessageId: %s", evento.tipo, evento.empleado_id, message_id)
