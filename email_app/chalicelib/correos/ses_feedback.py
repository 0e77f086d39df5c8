"""What SES says later about a mail: its events, through the feedback topic.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.correos.event import is_uuid
from chalicelib.correos.ledger import Ledger, update
from chalicelib.correos.mail import Mail, State, StepRefused
from chalicelib.correos.mailer import EVENT_TAG, RECIPIENT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

logger = logging.getLogger(__name__)

_STATES = {
    "Send": State.SENT,
    # SES has it and keeps trying: that settles `incierto`, and no more.
    "DeliveryDelay": State.SENT,
    "Delivery": State.DELIVERED,
    "Bounce": State.BOUNCED,
    "Complaint": State.COMPLAINT,
    "Reject": State.FAILED,
    "Rendering Failure": State.FAILED,
}
_FAILURES = {State.FAILED, State.BOUNCED, State.COMPLAINT}
_CODES = {
    "Bounce": ("bounce", ("bounceType", "bounceSubType")),
    "Complaint": ("complaint", ("complaintFeedbackType",)),
}
"""Where the codes stand in an event."""
_NEVER_LEFT_SES = {"Suppressed", "OnAccountSuppressionList"}
"""Sub-types of a bounce that SES makes up itself, because the address is on a suppression list."""
_PERMANENT = "Permanent"
_NOT_SPAM = "not-spam"
"""A complaint that takes a complaint back."""

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[A-Za-z0-9-]{1,60}")
_MESSAGE_ID = re.compile(r"[!-~]{1,200}")


class UnreadableResult(Exception):
    """A notification that is no event about one of our mails. Dropped: repeating does not help.

    The text names what is missing, never a value, so that it may be logged.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Resultado:
    evento: str
    digest: str
    mensaje_id: str | None
    tipo: str
    """SES's name of the event."""
    estado: State
    motivo: str | None
    """SES's codes, such as ``Bounce.Permanent.General``."""
    transient: bool
    """A bounce that is not permanent: perhaps an out-of-office answer to a mail that did arrive."""

    def apply(self, mail: Mail, now: datetime) -> Mail:
        """The row with what SES says.

        Raises:
            StepRefused: when the row is further already; SES's events come in any order.
        """
        if self.transient and mail.estado is State.DELIVERED:
            raise StepRefused
        return mail.advanced(self.estado, now, mensaje_id=self.mensaje_id, motivo=self.motivo)


def read_result(message: str) -> Resultado:
    """Read the message of a notification.

    Raises:
        UnreadableResult: when it is no SES event, of a type that says nothing about a mail's fate, or without our tags.
    """
    try:
        data = _object(json.loads(message), "the message")
    except (ValueError, RecursionError):
        raise UnreadableResult("the message is not JSON") from None
    tipo = data.get("eventType")
    if not isinstance(tipo, str) or tipo not in _STATES:
        raise UnreadableResult("eventType is unknown")
    mail = _object(data.get("mail"), "mail")
    tags = _object(mail.get("tags"), "mail.tags")
    evento, digest = _tag(tags, EVENT_TAG), _tag(tags, RECIPIENT_TAG)
    if not (is_uuid(evento) and _FINGERPRINT.fullmatch(digest)):
        raise UnreadableResult("the tags are not ours")
    codes = _read_codes(tipo, data)
    estado = _state_of(tipo, codes)
    return Resultado(
        evento=evento,
        digest=digest,
        mensaje_id=_matching(_MESSAGE_ID, mail.get("messageId")),
        tipo=tipo,
        estado=estado,
        motivo=".".join([tipo, *codes]) if estado in _FAILURES else None,
        transient=estado is State.BOUNCED and _PERMANENT not in codes,
    )


def _state_of(tipo: str, codes: list[str]) -> State:
    if _NEVER_LEFT_SES.intersection(codes):
        return State.FAILED
    return State.DELIVERED if _NOT_SPAM in codes else _STATES[tipo]


def _read_codes(tipo: str, data: dict[str, object]) -> list[str]:
    """SES's codes for what happened, as far as there are any."""
    member, names = _CODES.get(tipo, ("", ()))
    detail = data.get(member)
    found = [_matching(_CODE, detail.get(name)) for name in names] if isinstance(detail, dict) else []
    return [code for code in found if code]


def record_result(ledger: Ledger, message: str, clock: Callable[[], datetime]) -> None:
    """Bring the mail's row to the state that the event tells, unless it is further already.

    Raises:
        LedgerUnavailable: DynamoDB does not answer; SNS delivers the event again.
    """
    try:
        result = read_result(message)
    except UnreadableResult as error:
        logger.warning("[SES] Evento ignorado: %s", error)
        return
    mail = ledger.read(result.evento, result.digest)
    if mail is None:
        logger.warning("[SES] Evento ignorado: %s de un correo desconocido", result.tipo)
        return
    with suppress(StepRefused):
        update(ledger, mail, lambda row: result.apply(row, clock()))
        logger.info(
            "[SES] %s: correo %s - %s",
            result.tipo,
            mail.id,
            result.estado,
            extra={"resultado": result.estado.value},  # infra/metrics.tf counts it
        )


def _object(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UnreadableResult(f"{name} is not an object")
    return value


def _tag(tags: dict[str, object], name: str) -> str:
    """SES gives each tag as a list of its values; we send one."""
    match tags.get(name):
        case [str(value)]:
            return value
        case _:
            raise UnreadableResult(f"the tag {name} is missing")


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
