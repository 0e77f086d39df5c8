"""What SES reports about an email after it took it: its events, through the feedback topic.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.correos import aws
from chalicelib.correos.event import is_uuid
from chalicelib.correos.ledger import update
from chalicelib.correos.mail import Mail, State, StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.correos.ledger import DynamoLedger

logger = logging.getLogger(__name__)

STATES = {
    "Send": State.SENT,
    "DeliveryDelay": State.SENT,  # SES has it and keeps trying: that settles `incierto`, and no more
    "Delivery": State.DELIVERED,
    # An email that was opened, clicked or unsubscribed from was delivered.
    "Open": State.DELIVERED,
    "Click": State.DELIVERED,
    "Subscription": State.DELIVERED,
    "Bounce": State.BOUNCED,
    "Complaint": State.COMPLAINT,
    "Reject": State.FAILED,
    "Rendering Failure": State.FAILED,
}
"""The state of an email after each of SES's ten events. Which of several counts is decided by `mail.MAY_FOLLOW`."""

_BY_CODE = {
    # The address is on a suppression list: SES did not try to send.
    "Suppressed": State.FAILED,
    "OnAccountSuppressionList": State.FAILED,
    # A complaint that takes a complaint back.
    "not-spam": State.DELIVERED,
}
"""Codes that say more than the event."""

_CODES = {
    "Bounce": ("bounce", ("bounceType", "bounceSubType")),
    "Complaint": ("complaint", ("complaintSubType", "complaintFeedbackType")),
}
"""Where the codes are in an event."""

_FAILURES = {State.FAILED, State.BOUNCED, State.COMPLAINT}
_DIGEST = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[A-Za-z0-9-]{1,60}")
_MESSAGE_ID = re.compile(r"[!-~]{1,200}")


class Result(NamedTuple):
    event_id: str
    digest: str
    message_id: str | None
    type: str
    """SES's name of the event."""
    state: State
    reason: str | None
    """SES's codes, such as ``Bounce.Permanent.General``."""


def read_result(message: str) -> Result | None:
    """Read the message of a notification; None if it is no event of SES about one of our emails."""
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return None
    match data:
        # SES gives each tag as a list of its values; we send one.
        case {
            "eventType": str(kind),
            "mail": {"tags": {aws.EVENT_TAG: [str(event)], aws.RECIPIENT_TAG: [str(digest)]}},
        }:
            if kind not in STATES or not (is_uuid(event) and _DIGEST.fullmatch(digest)):
                return None
        case _:
            return None
    codes = _read_codes(kind, data)
    state = next((_BY_CODE[code] for code in codes if code in _BY_CODE), STATES[kind])
    reason = ".".join([kind, *codes]) if state in _FAILURES else None
    return Result(event, digest, _matching(_MESSAGE_ID, data["mail"].get("messageId")), kind, state, reason)


def _read_codes(kind: str, data: dict[str, object]) -> list[str]:
    member, names = _CODES.get(kind, ("", ()))
    detail = data.get(member)
    found = [_matching(_CODE, detail.get(name)) for name in names] if isinstance(detail, dict) else []
    return [code for code in found if code]


def record_result(ledger: DynamoLedger, message: str, clock: Callable[[], datetime]) -> None:
    """Bring the email's row to the state that the event reports, unless it is further already.

    A message that is no such event is dropped: repeating it does not help. The log has no word of it.

    Raises:
        AwsUnavailable: DynamoDB does not answer; SNS delivers the event again.
    """
    result = read_result(message)
    if result is None:
        logger.warning("[SES] Evento ignorado: no es de un correo nuestro")
        return
    mail = ledger.read(result.event_id, result.digest)
    if mail is None:
        logger.warning("[SES] Evento ignorado: %s de un correo desconocido", result.type)
        return
    before = mail

    def step(row: Mail) -> Mail:
        nonlocal before
        before = row
        return row.reported(result.state, clock(), message_id=result.message_id, reason=result.reason)

    with suppress(StepRefused):
        after = update(ledger, mail, step)
        # infra/metrics.tf counts each result of an email once.
        extra = {"resultado": after.state.value} if after.state is not before.state else None
        logger.info("[SES] %s: correo %s - %s", result.type, mail.id, after.state, extra=extra)


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
