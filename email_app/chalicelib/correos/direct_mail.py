"""Direct emails (`POST /notify/email`): the request's rules, and how the email enters the queue."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalice_frontdoor import FieldError, InvalidInput
from chalice_frontdoor.idempotency import KeyInFlight, KeyReused
from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.event import DirectMail, write_direct
from chalicelib.correos.idempotency import KeyedRequest, KeyStore, KeyTaken
from chalicelib.correos.ledger import Ledger, LedgerUnavailable, RowChanged, update
from chalicelib.correos.mail import Mail, State, StepRefused, recipient_hash
from chalicelib.correos.notices import pending_direct_mail
from chalicelib.correos.queue import Queue, QueueUnavailable
from contract.api import unknown_field
from contract.email_address import is_email_address, is_invented

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.correos.settings import Settings

MAX_SUBJECT = 200
MAX_BODY = 100_000
"""Characters; as emoji they are 400 kB in the queue message, which SQS takes up to 1 MiB."""

NOT_QUEUED = "SinEncolar"
"""`Mail.motivo` of a mail that never reached the queue."""

# What XML 1.0 has no room for, SQS refuses.
_NOT_IN_A_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")

_MISSING = {"es": "Falta este campo.", "en": "This field is missing."}
_NO_TEXT = {"es": "Debe ser un texto.", "en": "It must be a text."}
_NO_OBJECT = {"es": "El cuerpo debe ser un objeto.", "en": "The body must be an object."}


class MailOutcomeUnknown(AwsUnavailable):
    """It is unknown whether the mail is in the queue; ``id`` is the mail's. HTTP 503 that says so."""

    def __init__(self, id: str) -> None:  # noqa: A002 - as in the API
        super().__init__(id)
        self.id = id


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    holds: Callable[[str], bool]
    message: dict[str, str]


def _length(maximum: int) -> _Rule:
    return _Rule(
        "longitud",
        lambda text: bool(text.strip()) and len(text) <= maximum,
        {"es": f"Debe tener de 1 a {maximum} caracteres.", "en": f"It must have 1 to {maximum} characters."},
    )


_RULES = {
    "to": [
        _Rule(
            "formato",
            is_email_address,
            {"es": "Debe ser una dirección de correo.", "en": "It must be an e-mail address."},
        )
    ],
    "subject": [
        _length(MAX_SUBJECT),
        _Rule(
            "caracteres",
            lambda text: not _NOT_IN_A_LINE.search(text),
            {
                "es": "No puede tener saltos de línea ni caracteres de control.",
                "en": "It must have no line breaks and no control characters.",
            },
        ),
    ],
    "body": [
        _length(MAX_BODY),
        _Rule(
            "caracteres",
            lambda text: not _NOT_IN_A_BODY.search(text),
            {"es": "No puede tener caracteres de control.", "en": "It must have no control characters."},
        ),
    ],
}


_NOBODYS = _Rule(
    "demo",
    is_invented,
    {
        "es": "Esto es una demostración: solo escribe a direcciones de example.com.",
        "en": "This is a demonstration: it only writes to addresses of example.com.",
    },
)


def check_request(
    data: object,
    *,
    id: str,  # noqa: A002 - as in the message
    now: datetime,
    is_demo: bool = False,
) -> DirectMail:
    """Check ``{to, subject, body}``. In a demonstration, which anybody may use, no mail reaches a stranger.

    Raises:
        InvalidInput: with everything that is wrong, in this order, unknown fields last.
    """
    if not isinstance(data, dict):
        raise InvalidInput([FieldError("", "tipo", _NO_OBJECT)])
    rules = {**_RULES, "to": [*_RULES["to"], _NOBODYS]} if is_demo else _RULES
    errors = [error for field in rules for error in _check_field(data, field, rules[field])]
    errors += [unknown_field(name) for name in data if name not in _RULES]
    if errors:
        raise InvalidInput(errors)
    return DirectMail(id=id, ocurrido_en=now, para=data["to"], asunto=data["subject"], cuerpo=data["body"])


def _check_field(data: dict[str, object], field: str, rules: list[_Rule]) -> list[FieldError]:
    if field not in data:
        return [FieldError(field, "obligatorio", _MISSING)]
    value = data[field]
    if not isinstance(value, str):
        return [FieldError(field, "tipo", _NO_TEXT)]
    return [FieldError(field, rule.name, rule.message) for rule in rules if not rule.holds(value)]


def queue_mail_once(  # noqa: PLR0913 - all that it works with, given by app.py
    message: DirectMail,
    keyed: KeyedRequest | None,
    *,
    keys: KeyStore,
    ledger: Ledger,
    queue: Queue,
    settings: Settings,
) -> Mail:
    """As `queue_mail`, but of the requests with one key only for the first; the others get the answer of the first.

    A process that dies in between leaves the key held. When its lease is over, a repetition takes it over and does all
    of it again, under the mail's id of then: what was done already is met, and not done twice.

    Raises:
        KeyReused: the key is another mail's.
        KeyInFlight: its first request has not ended.
        LedgerUnavailable, QueueUnavailable, MailOutcomeUnknown: as `queue_mail`; the request may be repeated.
    """
    if keyed is None:
        return queue_mail(message, ledger=ledger, queue=queue, settings=settings)
    try:
        keys.create(keyed)
    except KeyTaken as taken:
        first = taken.current
        if first.cuerpo != keyed.cuerpo:
            raise KeyReused from None
        if first.lease_until is None:
            return pending_direct_mail(_named_as(first, message), settings, first.pedido_en)
        if message.ocurrido_en < first.lease_until:
            raise KeyInFlight from None
        keyed = _take_over(first, keyed, message, keys, ledger)
    try:
        row = queue_mail(_named_as(keyed, message), ledger=ledger, queue=queue, settings=settings)
    except MailOutcomeUnknown:
        raise  # the key stays held: a repetition that comes later finds out
    except AwsUnavailable:
        _write(keys, keyed, keyed.released())
        raise
    _write(keys, keyed, keyed.done())
    return row


def _named_as(keyed: KeyedRequest, message: DirectMail) -> DirectMail:
    return replace(message, id=keyed.mail, ocurrido_en=keyed.pedido_en)


def _take_over(
    first: KeyedRequest, own: KeyedRequest, message: DirectMail, keys: KeyStore, ledger: Ledger
) -> KeyedRequest:
    """The key, held by us. The mail keeps its id, unless it was closed: that one will never be sent."""
    row = ledger.read(first.mail, recipient_hash(first.mail, message.para))
    was_closed = row is not None and row.estado is State.FAILED and row.motivo == NOT_QUEUED
    taken = own if was_closed else replace(first, lease_until=own.lease_until)
    try:
        keys.change(first, taken)
    except KeyTaken:
        raise KeyInFlight from None
    return taken


def _write(keys: KeyStore, held: KeyedRequest, changed: KeyedRequest) -> None:
    """Say what became of it. What cannot be said now is found out by a repetition, once the lease is over."""
    with suppress(KeyTaken, LedgerUnavailable):
        keys.change(held, changed)


def queue_mail(message: DirectMail, *, ledger: Ledger, queue: Queue, settings: Settings) -> Mail:
    """Write the mail's row and put the mail into the queue. Returns the row: it is durable.

    The row comes first, so that the address in `Location` exists. When SQS does not answer, the mail may be in the
    queue all the same: the row is closed, which stops the consumer, and the client may safely ask again. A process
    that dies in between leaves a row that stays `pendiente` until it expires.

    Raises:
        LedgerUnavailable, QueueUnavailable: nothing will be sent.
        MailOutcomeUnknown: neither SQS nor the ledger answered.
    """
    row = pending_direct_mail(message, settings, message.ocurrido_en)
    with suppress(RowChanged):  # the answer to our own write was lost, and its repetition met what it had written
        ledger.create(row)
    try:
        queue.send(write_direct(message))
    except QueueUnavailable:
        if _close(ledger, row, message.ocurrido_en):
            raise
    return row


def _close(ledger: Ledger, row: Mail, now: datetime) -> bool:
    """Whether the mail is stopped; if not, a consumer has it: it was in the queue after all."""
    try:
        update(ledger, row, lambda current: current.never_queued(NOT_QUEUED, now))
    except StepRefused:
        return False
    except LedgerUnavailable as error:
        raise MailOutcomeUnknown(row.id) from error
    return True
