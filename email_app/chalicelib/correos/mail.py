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
"""How often a mail is handed to SES when nobody knows whether SES took it. After that it stays `incierto`."""

KEPT = timedelta(days=90)
"""How long a row is kept. Far longer than a message can live (14 days in the DLQ): a row that is gone sends again."""


class Estado(StrEnum):
    PENDIENTE = "pendiente"
    """Known, and not with SES: queued, or put back after SES refused it for the moment."""
    ENVIANDO = "enviando"
    """One consumer holds it, until `Correo.plazo`."""
    INCIERTO = "incierto"
    """Perhaps with SES. Settled by an event of SES; may be sent once more after `Correo.plazo`."""
    ENVIADO = "enviado"
    ENTREGADO = "entregado"
    REBOTADO = "rebotado"
    QUEJA = "queja"
    """The recipient called it spam."""
    FALLIDO = "fallido"
    """It will never be sent: SES refused it for good, or it never reached the queue."""


_E = Estado
MAY_FOLLOW: dict[Estado, frozenset[Estado]] = {
    # SES's events come in any order and long after a time-out: while the mail may be with SES, each of them counts.
    _E.PENDIENTE: frozenset({_E.ENVIANDO, _E.ENVIADO, _E.ENTREGADO, _E.REBOTADO, _E.QUEJA, _E.FALLIDO}),
    _E.ENVIANDO: frozenset(
        {_E.PENDIENTE, _E.INCIERTO, _E.ENVIADO, _E.ENTREGADO, _E.REBOTADO, _E.QUEJA, _E.FALLIDO},
    ),
    _E.INCIERTO: frozenset({_E.ENVIANDO, _E.ENVIADO, _E.ENTREGADO, _E.REBOTADO, _E.QUEJA, _E.FALLIDO}),
    _E.ENVIADO: frozenset({_E.ENTREGADO, _E.REBOTADO, _E.QUEJA, _E.FALLIDO}),
    # A server may accept a mail and send it back later.
    _E.ENTREGADO: frozenset({_E.REBOTADO, _E.QUEJA}),
    _E.REBOTADO: frozenset(),
    _E.QUEJA: frozenset(),
    # The second copy was refused, and then it shows that the first had arrived.
    _E.FALLIDO: frozenset({_E.ENTREGADO, _E.REBOTADO, _E.QUEJA}),
}


UNSENT = frozenset({_E.PENDIENTE, _E.ENVIANDO, _E.INCIERTO})
"""A consumer may still hand it to SES."""

FORGOTTEN = "Olvidado"
"""`Correo.motivo` of a mail that was not sent, because the person whom it speaks of was forgotten first."""


class StepError(Exception):
    """Base of the reasons for leaving a row as it is.

    StepError
    ├── StepRefused   the step does not follow from the row's state: somebody else was faster, nothing is to be done
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
    """See `Correo.huella`."""
    return hashlib.sha256(f"{evento}:{destinatario.lower()}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correo:
    evento: str
    """The id of the event, or of the request for a direct mail."""
    destinatario: str
    """Empty once the recipient was forgotten; so is the subject of a mail about somebody who was."""
    tipo: str
    asunto: str
    creado_en: datetime
    actualizado_en: datetime
    empleado: int | None = None
    estado: Estado = Estado.PENDIENTE
    envios: int = 0
    """How often it was handed to SES, not counting the times when SES said that it did not take it."""
    plazo: datetime | None = None
    """The end of the lease (`enviando`), or the time from which it may be sent again (`incierto`)."""
    turno: str | None = None
    """Which consumer's turn it is, while `enviando`."""
    mensaje_id: str | None = None
    """SES's id of the last copy that it is known to have taken."""
    motivo: str | None = None
    """Why it failed or came back: a code such as ``MessageRejected``, never somebody's words."""
    revision: int = 0
    """Counts the writes: who saves a row must have read the last one."""
    olvidada: str | None = None
    """What `huella` was, when the recipient was forgotten: SES's events must still find the row."""

    @property
    def huella(self) -> str:
        """The recipient in keys and message tags: a hash, salted with the event, instead of the address."""
        if self.olvidada is not None:
            return self.olvidada
        return recipient_hash(self.evento, self.destinatario)

    @property
    def id(self) -> str:
        return f"{self.evento}_{self.huella}"

    @property
    def caduca_en(self) -> datetime:
        return self.creado_en + KEPT

    def claimed(self, turno: str, now: datetime) -> Correo:
        """Held by one consumer, right before it hands the mail to SES."""
        held = self._become(Estado.ENVIANDO, now)
        return replace(held, turno=turno, plazo=now + LEASE, envios=self.envios + 1, motivo=None)

    def next_step(self, turno: str, now: datetime) -> Correo:
        """What a consumer that meets this row may save: the row claimed, or called `incierto` when its holder died.

        Raises:
            Settled: it is sent, it failed for good, or it was handed over `MAX_SENDS` times.
            Busy: it is somebody's turn, or it still waits for SES.
        """
        match self.estado:
            case Estado.PENDIENTE:
                return self.claimed(turno, now)
            case Estado.ENVIANDO:
                self._refuse_before_plazo(now)
                return self.uncertain(self.turno, now)
            case Estado.INCIERTO if self.envios < MAX_SENDS:
                self._refuse_before_plazo(now)
                return self.claimed(turno, now)
            case _:
                raise Settled

    def _refuse_before_plazo(self, now: datetime) -> None:
        if self.plazo is not None and now < self.plazo:
            raise Busy(self.plazo)

    def uncertain(self, turno: str | None, now: datetime) -> Correo:
        """Nobody knows whether SES took it."""
        self._refuse_other_turn(turno)
        return replace(self._become(Estado.INCIERTO, now), plazo=now + WAIT_FOR_SEND)

    def put_back(self, turno: str, now: datetime) -> Correo:
        """SES did not take it this time, and may take it later."""
        self._refuse_other_turn(turno)
        return replace(self._become(Estado.PENDIENTE, now), envios=self.envios - 1)

    def refused(self, turno: str, motivo: str, now: datetime) -> Correo:
        """SES will never take it."""
        self._refuse_other_turn(turno)
        return replace(self._become(Estado.FALLIDO, now), envios=self.envios - 1, motivo=motivo)

    def never_queued(self, motivo: str, now: datetime) -> Correo:
        """It could not be put into the queue, and no consumer has seen it."""
        if self.estado is not Estado.PENDIENTE:
            raise StepRefused
        return replace(self._become(Estado.FALLIDO, now), motivo=motivo)

    def _refuse_other_turn(self, turno: str | None) -> None:
        if self.turno != turno:
            raise StepRefused

    def advanced(
        self, estado: Estado, now: datetime, *, mensaje_id: str | None = None, motivo: str | None = None
    ) -> Correo:
        """SES says so: in its answer or in an event."""
        return replace(self._become(estado, now), mensaje_id=mensaje_id or self.mensaje_id, motivo=motivo)

    def forgotten(self, direcciones: Collection[str], now: datetime) -> Correo:
        """The row without the words about a person, and without the recipient if that is one of these addresses.

        What has not been sent never will be. The row itself stays until it expires: without it, a message that comes
        once more would be mailed.

        Args:
            direcciones: in lower case.
            now: the time of the step.
        """
        is_recipient = self.destinatario.lower() in direcciones
        is_unsent = self.estado in UNSENT
        row = replace(self._become(Estado.FALLIDO, now), motivo=FORGOTTEN) if is_unsent else self
        return replace(
            row,
            asunto="",
            destinatario="" if is_recipient else self.destinatario,
            olvidada=self.huella if is_recipient else self.olvidada,
            actualizado_en=now,
        )

    def tells_of(self, direcciones: Collection[str]) -> bool:
        """Whether forgetting would change the row."""
        return bool(self.asunto) or self.destinatario.lower() in direcciones

    def _become(self, estado: Estado, now: datetime) -> Correo:
        """The row in another state, its turn and its wait over.

        Raises:
            StepRefused: when the state may not follow.
        """
        if estado not in MAY_FOLLOW[self.estado]:
            raise StepRefused
        return replace(self, estado=estado, actualizado_en=now, turno=None, plazo=None)
