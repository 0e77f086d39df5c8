"""The messages that failed too often: what each one is, without a word about a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.correos.event import DIRECTO, DirectMail, Event, UnreadableMessage, read_message, write_instant
from contract.events import LOTE

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reason(StrEnum):
    UNREADABLE = "ilegible"
    """It is no message of version 1: sending it again does not help."""
    UNSENT = "sin_enviar"
    """SES or the ledger failed at each attempt: it may be sent again."""


def describe(message: MessageTypeDef) -> dict[str, object]:
    """A dead letter as the API shows it."""
    attributes = message["Attributes"]
    found: dict[str, object] = {
        "id": message["MessageId"],
        "recibido_en": write_instant(_EPOCH + timedelta(milliseconds=int(attributes["SentTimestamp"]))),
        "motivo": Reason.UNSENT,
        **dict.fromkeys(("detalle", "tipo", "evento", "empleado")),
        "intentos": int(attributes["ApproximateReceiveCount"]),
    }
    try:
        event = read_message(message["Body"])
    except UnreadableMessage as error:
        return found | {"motivo": Reason.UNREADABLE, "detalle": str(error)}
    if isinstance(event, Event):
        return found | {"tipo": event.type, "evento": event.id, "empleado": event.employee.id}
    return found | {"tipo": DIRECTO if isinstance(event, DirectMail) else LOTE, "evento": event.id}
