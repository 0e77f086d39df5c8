"""Direct emails (`POST /notify/email`): the request's rules, and how the email enters the queue, once per key.

The email's row is the memory of its `Idempotency-Key`: the key and its caller decide the row's id, so that a repetition
finds the row of the first request. Of the request a digest is kept, salted with the key.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from chalice_frontdoor.idempotency import KeyInFlight, KeyReused
from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.event import DIRECTO, Message, write_message
from chalicelib.correos.ledger import RowChanged, update
from chalicelib.correos.mail import LEASE, Mail, State, StepRefused
from chalicelib.correos.notices import new_row
from contract.body import read_fields
from contract.email_address import SCHEMA, is_invented, read_address
from contract.text import BrokenRule, line_schema, read_line, too_long

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.correos.aws import SqsQueue
    from chalicelib.correos.ledger import DynamoLedger

MAX_SUBJECT = 200
MAX_BODY = 100_000
"""Characters; as emoji they are 400 kB in the queue message, which SQS takes up to 1 MiB."""

NOT_QUEUED = "SinEncolar"
"""`Mail.reason` of an email that never reached the queue."""

_KEY_NAMESPACE = uuid.UUID("5b0c2c1e-7f2f-4c37-9a53-9b6f0f6f3a10")


class MailOutcomeUnknown(AwsUnavailable):
    """It is unknown whether the email with this id is in the queue. HTTP 503 that says so."""


#: What XML 1.0 has no room for, SQS refuses.
_REFUSED_IN_BODY = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff"


def _read_body(value: object) -> str:
    """A text of several lines, which stays as it is."""
    if not isinstance(value, str):
        raise BrokenRule("tipo", "Debe ser un texto.", "It must be a string.")
    if not value.strip():
        raise BrokenRule("longitud", "No puede estar vacío.", "It cannot be empty.")
    if len(value) > MAX_BODY:
        raise too_long(MAX_BODY)
    if re.search(f"[{_REFUSED_IN_BODY}]", value):
        es, en = "No puede tener caracteres de control.", "It must have no control characters."
        raise BrokenRule("caracteres", es, en)
    return value


def _read_recipient(value: object, *, is_demo: bool) -> str:
    address = read_address(value)
    if is_demo and not is_invented(address):
        raise BrokenRule(
            "demo",
            "Esto es una demostración: solo escribe a direcciones de example.com.",
            "This is a demonstration: it only writes to addresses of example.com.",
        )
    return address


FIELDS = {
    "to": SCHEMA,
    "subject": {**line_schema(MAX_SUBJECT), "description": "One line; not only spaces."},
    "body": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_BODY,
        "pattern": rf"^(?=[\s\S]*\S)[^{_REFUSED_IN_BODY}]*$",
        "description": "Plain text; not only spaces; no control characters but tabs and line ends.",
    },
}
"""The schema of each field."""


def check_request(data: object, *, id: str, now: datetime, is_demo: bool = False) -> Message:  # noqa: A002
    """Check ``{to, subject, body}``. A demonstration, which anyone may use, emails no stranger.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    values = read_fields(
        data,
        {
            "to": lambda value: _read_recipient(value, is_demo=is_demo),
            "subject": lambda value: read_line(value, MAX_SUBJECT),
            "body": _read_body,
        },
    )
    words = {"para": values["to"], "asunto": values["subject"], "cuerpo": values["body"]}
    return Message(DIRECTO, id, now, {"correo": words})


def queue_mail(message: Message, *, caller: str, key: str | None, ledger: DynamoLedger, queue: SqsQueue) -> Mail:
    """Write the email's row and put the email into the queue. Returns the row as it was then; it is durable.

    The row comes first, so that the address in `Location` exists. When SQS does not answer, the email may be in the
    queue all the same: the row is closed, which stops the consumer, and the client may safely ask again.

    With a key only the first request does this; the others get its answer. A request that dies leaves the row leased.
    A repetition after the lease does it all again for the same row, which makes one email of all its messages.

    Raises:
        KeyReused: the key belongs to another request.
        KeyInFlight: the first request with the key has not ended.
        AwsUnavailable: nothing will be sent.
        MailOutcomeUnknown: neither SQS nor the ledger answered.
    """
    claim_id, now, words, digest = message.id, message.occurred_at, message.members["correo"], None
    if key is not None:
        message = message._replace(id=str(uuid.uuid5(_KEY_NAMESPACE, json.dumps([caller, key]))))
        digest = hashlib.sha256(json.dumps([key, *words.values()]).encode()).hexdigest()
    row = new_row(message, words["para"], words["asunto"], now)
    row = replace(row, claim_id=claim_id, lease_until=now + LEASE, request_digest=digest)
    try:
        ledger.create(row)
    except RowChanged as changed:
        row, is_done = _repeat(changed.current, row, now, ledger)
        if is_done:
            return row
    try:
        queue.send(write_message(message))
    except AwsUnavailable:
        try:
            update(ledger, row, lambda current: current.queued(now, failure=NOT_QUEUED))
        except StepRefused:
            return row  # a consumer has it: it was in the queue after all
        except AwsUnavailable as error:
            raise MailOutcomeUnknown(row.id) from error
        raise
    with suppress(StepRefused, AwsUnavailable):  # a consumer has it already, or a repetition finds it out later
        update(ledger, row, lambda current: current.queued(now))
    return row


def _repeat(first: Mail | None, own: Mail, now: datetime, ledger: DynamoLedger) -> tuple[Mail, bool]:
    """The row to answer with, and whether the first request has done it all. If not, the row is held by us now."""
    if first is None:
        raise AwsUnavailable("the row has expired")
    if first.request_digest != own.request_digest:
        raise KeyReused
    if first.claim_id == own.claim_id:  # the answer to our own write was lost, and botocore's repetition met it
        return own, False
    row = replace(own, created_at=first.created_at, updated_at=first.created_at, revision=first.revision)
    if first.state is State.PENDING and first.lease_until:
        if now < first.lease_until:
            raise KeyInFlight
    elif first.reason != NOT_QUEUED:
        return row, True
    try:
        return ledger.save(row), False
    except RowChanged:
        raise KeyInFlight from None
