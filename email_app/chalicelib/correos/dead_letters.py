"""The messages that failed too often: what each one is, without a word about a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.correos.event import UnreadableMessage, read_message, write_instant

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNREADABLE = "ilegible"
"""It is no message of version 1: sending it again does not help."""
UNSENT = "sin_enviar"
"""SES or the ledger failed at each attempt: it may be sent again."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def describe(letter: MessageTypeDef) -> dict[str, object]:
    """A dead letter as the API shows it."""
    attributes = letter["Attributes"]
    found: dict[str, object] = {
        "id": letter["MessageId"],
        "recibido_en": write_instant(_EPOCH + timedelta(milliseconds=int(attributes["SentTimestamp"]))),
        "motivo": UNSENT,
        **dict.fromkeys(("detalle", "tipo", "evento", "empleado")),
        "intentos": int(attributes["ApproximateReceiveCount"]),
    }
    try:
        message = read_message(letter["Body"])
    except UnreadableMessage as error:
        return found | {"motivo": UNREADABLE, "detalle": str(error)}
    return found | {"tipo": message.type, "evento": message.id, "empleado": message.employee}
