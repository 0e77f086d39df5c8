"""One e-mail to one recipient: its states, and which may follow which.

Everything here is a function of the row and the time. The ledger stores what comes out, if the row is still the one
that went in, so that two consumers never both win.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

LEASE = timedelta(seconds=60)
"""How long a consumer may hold a mail. Longer than the function's time-out (30 s): who overstays it is dead."""

WAIT_FOR_SEND = timedelta(minutes=15)
"""How long a mail of unknown fate waits for SES's `Send` event, which normally comes within seconds."""

MAX_SENDS = 2
"""How often a mail is handed to SES while it is unknown whether SES took it. After that it stays `incierto`."""

KEPT = timedelta(days=90)
"""How long a row is kept. Far longer than a message can live (14 days in the DLQ): a row that is gone sends again."""


class State(StrEnum):
    PENDING = "pendiente"
    """Known, and not with SES: queued, or put back after SES refused it for the moment."""
    SENDING = "enviando"
    """One consumer holds it, until `Mail.lease_until`."""
    UNCERTAIN = "incierto"
    """Perhaps with SES. Settled by an event of SES; may be sent once more after `Mail.lease_until`."""
    SENT = "enviado"
    DELIVERED = "entregado"
    BOUNCED = "rebotado"
    COMPLAINT = "queja"
    """The recipient called it spam."""
    FAILED = "fallido"
    """It will never be sent: SES refused it for good, or it never reached the queue."""


_E = State
MAY_FOLLOW: dict[State, frozenset[State]] = {
    # SES's events come in any order and long after a time-out: while the mail may be with SES, each of them counts.
    _E.PENDING: frozenset({_E.SENDING, _E.SENT, _E.DELIVERED, _E.BOUNCED, _E.COMPLAINT, _E.FAILED}),
    _E.SENDING: frozenset(
        {_E.PENDING, _E.UNCERTAIN, _E.SENT, _E.DELIVERED, _E.BOUNCED, _E.COMPLAINT, _E.FAILED},
    ),
    _E.UNCERTAIN: frozenset({_E.SENDING, _E.SENT, _E.DELIVERED, _E.BOUNCED, _E.COMPLAINT, _E.FAILED}),
    _E.SENT: frozenset({_E.DELIVERED, _E.BOUNCED, _E.COMPLAINT, _E.FAILED}),
    # A server may accept a mail and send it back later.
    _E.DELIVERED: frozenset({_E.BOUNCED, _E.COMPLAINT}),
    _E.BOUNCED: frozenset(),
    _E.COMPLAINT: frozenset(),
    # The second copy was refused, and then it shows that the first had arrived.
    _E.FAILED: frozenset({_E.DELIVERED, _E.BOUNCED, _E.COMPLAINT}),
}


UNSENT = frozenset({_E.PENDING, _E.SENDING, _E.UNCERTAIN})
"""A consumer may still hand it to SES."""

FORGOTTEN = "Olvidado"
"""`Mail.motivo` of a mail that was not sent, because the person whom it speaks of was forgotten first."""


class StepError(Exception):
    """Base of the reasons for leaving a row as it is.

    StepError
    ├── StepRefused   the step does not follow from the row's state: a concurrent write was faster; nothing to do
    ├── Settled       there is nothing left to send; the message is acknowledged
    └── Busy          not yet; the message is retried after `until`
    """


class StepRefused(StepError):
    """The step does not follow from the row's state."""


class Settled(StepError):
    """There is nothing left to send."""


class Busy(StepError):
    """Another consumer holds the mail, or it waits for SES's `Send` event."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def recipient_hash(evento: str, destinatario: str) -> str:
    """See `Mail.digest`."""
    return hashlib.sha256(f"{evento}:{destinatario.lower()}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    evento: str
    """The id of the event, or of the request for a direct mail."""
    destinatario: str
    """Empty once the recipient was erased, as is the subject of a mail about an erased person."""
    tipo: str
    asunto: str
    creado_en: datetime
    actualizado_en: datetime
    empleado: int | None = None
    estado: State = State.PENDING
    envios: int = 0
    """How often it was handed to SES, not counting the times when SES said that it did not take it."""
    lease_until: datetime | None = None
    """The end of the lease (`enviando`), or the time from which it may be sent again (`incierto`)."""
    claim_id: str | None = None
    """Which consumer's turn it is, while `enviando`."""
    mensaje_id: str | None = None
    """SES's id of the last copy that it is known to have taken."""
    motivo: str | None = None
    """Why it failed or came back: a code such as ``MessageRejected``, never free text."""
    revision: int = 0
    """Counts the writes: who saves a row must have read the last one."""
    erased_digest: str | None = None
    """What `digest` was, when the recipient was forgotten: SES's events must still find the row."""

    @property
    def digest(self) -> str:
        """The recipient in keys and message tags: a hash, salted with the event, instead of the address."""
        if self.erased_digest is not None:
            return self.erased_digest
        return recipient_hash(self.evento, self.destinatario)

    @property
    def id(self) -> str:
        return f"{self.evento}_{self.digest}"

    @property
    def caduca_en(self) -> datetime:
        return self.creado_en + KEPT

    def claimed(self, claim_id: str, now: datetime) -> Mail:
        """Held by one consumer, right before it hands the mail to SES."""
        held = self._become(State.SENDING, now)
        return replace(held, claim_id=claim_id, lease_until=now + LEASE, envios=self.envios + 1, motivo=None)

    def next_step(self, claim_id: str, now: datetime) -> Mail:
        """What a consumer that meets this row may save: the row claimed, or called `incierto` when its holder died.

        Raises:
            Settled: it is sent, it failed for good, or it was handed over `MAX_SENDS` times.
            Busy: another consumer holds it, or it still waits for SES.
        """
        match self.estado:
            case State.PENDING:
                return self.claimed(claim_id, now)
            case State.SENDING:
                self._refuse_before_lease_end(now)
                return self.uncertain(self.claim_id, now)
            case State.UNCERTAIN if self.envios < MAX_SENDS:
                self._refuse_before_lease_end(now)
                return self.claimed(claim_id, now)
            case _:
                raise Settled

    def _refuse_before_lease_end(self, now: datetime) -> None:
        if self.lease_until is not None and now < self.lease_until:
            raise Busy(self.lease_until)

    def uncertain(self, claim_id: str | None, now: datetime) -> Mail:
        """It is unknown whether SES took it."""
        self._refuse_other_claim(claim_id)
        return replace(self._become(State.UNCERTAIN, now), lease_until=now + WAIT_FOR_SEND)

    def put_back(self, claim_id: str, now: datetime) -> Mail:
        """SES did not take it this time, and may take it later."""
        self._refuse_other_claim(claim_id)
        return replace(self._become(State.PENDING, now), envios=self.envios - 1)

    def refused(self, claim_id: str, motivo: str, now: datetime) -> Mail:
        """SES will never take it."""
        self._refuse_other_claim(claim_id)
        return replace(self._become(State.FAILED, now), envios=self.envios - 1, motivo=motivo)

    def never_queued(self, motivo: str, now: datetime) -> Mail:
        """It could not be put into the queue, and no consumer has seen it."""
        if self.estado is not State.PENDING:
            raise StepRefused
        return replace(self._become(State.FAILED, now), motivo=motivo)

    def _refuse_other_claim(self, claim_id: str | None) -> None:
        if self.claim_id != claim_id:
            raise StepRefused

    def advanced(
        self, estado: State, now: datetime, *, mensaje_id: str | None = None, motivo: str | None = None
    ) -> Mail:
        """SES says so: in its answer or in an event."""
        return replace(self._become(estado, now), mensaje_id=mensaje_id or self.mensaje_id, motivo=motivo)

    def erased(self, addresses: Collection[str], now: datetime) -> Mail:
        """The row without the words about a person, and without the recipient if that is one of these addresses.

        What has not been sent never will be. The row itself stays until it expires: without it, a message that comes
        once more would be mailed.

        Args:
            addresses: in lower case.
            now: the time of the step.
        """
        is_recipient = self.destinatario.lower() in addresses
        is_unsent = self.estado in UNSENT
        row = replace(self._become(State.FAILED, now), motivo=FORGOTTEN) if is_unsent else self
        return replace(
            row,
            asunto="",
            destinatario="" if is_recipient else self.destinatario,
            erased_digest=self.digest if is_recipient else self.erased_digest,
            actualizado_en=now,
        )

    def identifies(self, addresses: Collection[str]) -> bool:
        """Whether forgetting would change the row."""
        return bool(self.asunto) or self.destinatario.lower() in addresses

    def _become(self, estado: State, now: datetime) -> Mail:
        """The row in another state, its turn and its wait over.

        Raises:
            StepRefused: when the state may not follow.
        """
        if estado not in MAY_FOLLOW[self.estado]:
            raise StepRefused
        return replace(self, estado=estado, actualizado_en=now, claim_id=None, lease_until=None)
