"""One email to one recipient: its states, and which may follow which.

Everything here is a function of the row and the time. The ledger stores the result only if the row is still the one it
was computed from, so that two consumers never both win.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

LEASE = timedelta(seconds=60)
"""How long a consumer or a request may hold an email. Longer than the functions' timeouts: a late holder is dead."""

WAIT_FOR_SEND = timedelta(minutes=15)
"""How long an email of unknown fate waits for SES's `Send` event, which normally comes within seconds."""

MAX_SENDS = 2
"""How often an email is handed to SES while it is unknown whether SES took it. After that it stays `incierto`."""

KEPT = timedelta(days=90)
"""How long a row is kept. Far longer than a message can live (14 days in the DLQ): without its row it is sent again."""

FORGOTTEN = "Olvidado"
"""`Mail.reason` of an email that was not sent because its person was erased first."""


class State(StrEnum):
    PENDING = "pendiente"
    """Not with SES: queued, or put back after SES was busy."""
    SENDING = "enviando"
    """One consumer holds it, until `Mail.lease_until`."""
    UNCERTAIN = "incierto"
    """Perhaps with SES. SES's events settle it; it may be sent once more after `Mail.lease_until`."""
    SENT = "enviado"
    DELIVERED = "entregado"
    BOUNCED = "rebotado"
    COMPLAINT = "queja"
    """The recipient called it spam."""
    FAILED = "fallido"
    """It will never be sent: SES refused it for good, or it never reached the queue."""


UNSENT = frozenset({State.PENDING, State.SENDING, State.UNCERTAIN})
"""A consumer may still hand it to SES."""

HARD_BOUNCE = f"{State.BOUNCED}.Permanent"
"""The stage of a permanent bounce. A server may accept an email and return it later, so this outranks a delivery; a
transient bounce, such as an out-of-office reply, does not."""

# What SES reports, weakest first. FAILED may be about a second copy: a bounce or a delivery shows that the first left.
_RESULTS = (State.SENT, State.FAILED, State.BOUNCED, State.DELIVERED, HARD_BOUNCE, State.COMPLAINT)

MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    State.PENDING: (State.SENDING, *_RESULTS),
    State.SENDING: (State.PENDING, State.UNCERTAIN, *_RESULTS),
    State.UNCERTAIN: (State.SENDING, *_RESULTS),
    State.SENT: _RESULTS[1:],
    State.FAILED: _RESULTS[2:],
    State.BOUNCED: _RESULTS[3:],
    State.DELIVERED: _RESULTS[4:],
    HARD_BOUNCE: _RESULTS[5:],
    State.COMPLAINT: (),
}
"""The stages that may follow each stage. A row keeps the strongest of SES's results, whatever their order."""


class StepRefused(Exception):
    """The step does not follow from the row's state: a concurrent write was faster, and nothing is left to do."""


class Busy(Exception):
    """Another consumer holds the email, or it waits for SES's `Send` event: the message is retried after ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class Content(NamedTuple):
    """What an email says, ready to be sent."""

    subject: str
    text: str
    html: str


def recipient_digest(event_id: str, recipient: str) -> str:
    """The recipient in keys and SES tags: a hash, salted with the event, instead of the address."""
    return hashlib.sha256(f"{event_id}:{recipient.lower()}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    event_id: str
    """The id of the event or of the direct email."""
    digest: str
    """See `recipient_digest`. It stays when the recipient is erased: SES's events must still find the row."""
    recipient: str
    """Empty once the recipient was erased, as is the subject of an email about an erased person."""
    type: str
    subject: str
    created_at: datetime
    updated_at: datetime
    employee: int | None = None
    state: State = State.PENDING
    sends: int = 0
    """How often it was handed to SES, not counting the times when SES certainly did not take it."""
    lease_until: datetime | None = None
    """`enviando`: the end of the consumer's lease. `incierto`: when it may be sent again. `pendiente`: the end of the
    lease of the request that is queueing it, and None once that has ended."""
    claim_id: str | None = None
    """Who holds it: a consumer while `enviando`, a request while it queues it."""
    message_id: str | None = None
    """SES's id of the copy that the state is about."""
    reason: str | None = None
    """Why it failed or bounced: a code such as ``MessageRejected``, never free text."""
    revision: int = 0
    """Counts the writes: only a writer that has read the last revision may save the row."""
    request_digest: str | None = None
    """A digest of the request with an `Idempotency-Key` that asked for it, salted with the key."""

    @property
    def id(self) -> str:
        return f"{self.event_id}_{self.digest}"

    @property
    def expires_at(self) -> datetime:
        return self.created_at + KEPT

    def claimed(self, claim_id: str, now: datetime) -> Mail:
        """Held by one consumer, right before it hands the email to SES."""
        held = self._become(State.SENDING, now)
        return replace(held, claim_id=claim_id, lease_until=now + LEASE, sends=self.sends + 1)

    def not_taken(self, claim_id: str | None, state: State, now: datetime, reason: str | None = None) -> Mail:
        """SES did not confirm it: `pendiente` again, `fallido`, or `incierto`, which counts as sent."""
        if self.claim_id != claim_id:
            raise StepRefused
        if state is State.UNCERTAIN:
            return replace(self._become(state, now), lease_until=now + WAIT_FOR_SEND)
        row = self._become(state, now, reason if state is State.FAILED else None)
        return replace(row, sends=self.sends - 1)

    def next_step(self, claim_id: str, now: datetime) -> Mail:
        """What a consumer that finds this row may save: the row claimed, or `incierto` if its holder died.

        Raises:
            StepRefused: it is sent, it failed for good, or it was handed over `MAX_SENDS` times.
            Busy: another consumer holds it, or it still waits for SES.
        """
        if self.state not in UNSENT or (self.state is State.UNCERTAIN and self.sends >= MAX_SENDS):
            raise StepRefused
        if self.state is not State.PENDING and self.lease_until and now < self.lease_until:
            raise Busy(self.lease_until)
        if self.state is State.SENDING:
            return self.not_taken(self.claim_id, State.UNCERTAIN, now)
        return self.claimed(claim_id, now)

    def queued(self, now: datetime, failure: str | None = None) -> Mail:
        """The request that queues it has ended, or has failed without a consumer having seen it."""
        if self.state is not State.PENDING:
            raise StepRefused
        return self._become(State.FAILED, now, failure) if failure else replace(self, claim_id=None, lease_until=None)

    def reported(
        self, state: State, now: datetime, *, message_id: str | None = None, reason: str | None = None
    ) -> Mail:
        """SES's result, from its answer or an event. Of two in the same stage, the greater reason and id are kept."""
        if _stage(state, reason) != _stage(self.state, self.reason):
            return replace(self._become(state, now, reason), message_id=message_id or self.message_id)
        if (reason or "", message_id or "") <= (self.reason or "", self.message_id or ""):
            raise StepRefused
        return replace(self, reason=reason, message_id=message_id or self.message_id)

    def erased(self, addresses: Collection[str], now: datetime) -> Mail:
        """The row without the words about a person, nor the recipient if it is one of these lower-case addresses.

        What has not been sent never will be. The row itself stays until it expires: without it, a message that is
        delivered once more would be mailed.
        """
        row = self._become(State.FAILED, now, FORGOTTEN) if self.state in UNSENT else self
        recipient = "" if self.recipient.lower() in addresses else self.recipient
        return replace(row, subject="", recipient=recipient, updated_at=now)

    def identifies(self, addresses: Collection[str]) -> bool:
        """Whether `erased` would change the row."""
        return bool(self.subject) or self.recipient.lower() in addresses

    def _become(self, state: State, now: datetime, reason: str | None = None) -> Mail:
        """The row in another state, without claim and lease; `StepRefused` if the state may not follow."""
        if _stage(state, reason) not in MAY_FOLLOW[_stage(self.state, self.reason)]:
            raise StepRefused
        return replace(self, state=state, reason=reason, updated_at=now, claim_id=None, lease_until=None)


def _stage(state: State, reason: str | None) -> str:
    is_hard = state is State.BOUNCED and reason is not None and reason.startswith("Bounce.Permanent")
    return HARD_BOUNCE if is_hard else state
