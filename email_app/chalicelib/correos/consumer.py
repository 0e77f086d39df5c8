"""The consumer's work: each message becomes its mails, once each, whatever happens in between.

For each mail: claim its row, hand it to SES, record the answer. The row is claimed before SES is called, so that

- a message that is delivered again, or to two consumers at once, sends nothing more;
- who dies before, in or after the call leaves a row that says `enviando`. When its lease is over it is `incierto`:
  SES's own `Send` event settles it (ses_feedback.py), and if none comes it is sent once more, never a third time.
"""

from __future__ import annotations

import logging
import math
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.event import UnreadableMessage, read_message
from chalicelib.correos.ledger import CONFLICTS, LedgerUnavailable, RowChanged, update
from chalicelib.correos.mail import MAX_SENDS, Busy, Mail, Settled, State, StepRefused
from chalicelib.correos.mailer import MailerError, MailFateUnknown, MailRefused
from chalicelib.correos.notices import Outgoing, mails_for
from chalicelib.correos.queue import QueueUnavailable
from chalicelib.correos.rate_limit import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.correos.ledger import Ledger
    from chalicelib.correos.mailer import Mailer
    from chalicelib.correos.queue import Queue
    from chalicelib.correos.settings import Settings

logger = logging.getLogger(__name__)

BATCH_SECONDS = 12
"""No mail is begun later than this. Of the function's 30 s that leaves 18 for the slowest one: SES once and the ledger
once, all unanswered. A mail that is not begun is in no doubt; a function that is killed leaves one in it.
"""

THREADS = 10
"""Messages of a batch at the same time: all of them, and as many connections as botocore keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message of the queue, as a consumer receives it."""

    message_id: str
    receipt_handle: str
    body: str


@dataclass(frozen=True, slots=True)
class Retry:
    """The message is not finished; ``not_before`` is when there is something to do, if that is known."""

    not_before: datetime | None = None


class Sender:
    def __init__(  # noqa: PLR0913 - all that it works with, given by bootstrap.py
        self,
        *,
        ledger: Ledger,
        mailer: Mailer,
        queue: Queue,
        settings: Settings,
        clock: Callable[[], datetime],
        new_claim_id: Callable[[], str],
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        threads: int = THREADS,
    ) -> None:
        self._ledger = ledger
        self._mailer = mailer
        self._queue = queue
        self._settings = settings
        self._clock = clock
        self._new_claim_id = new_claim_id
        self._monotonic = monotonic
        self._pace = Pace(settings.mail_rate, monotonic=monotonic, sleep=sleep)
        self._threads = threads

    def process_batch(self, messages: Sequence[Received]) -> list[str]:
        """Send the mails of a batch at the same time, as fast as SES takes them.

        Returns:
            the ids of the messages that must be delivered again.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only the consumer needs it

        self._mailer.forget_connections()
        deadline = self._monotonic() + BATCH_SECONDS
        with ThreadPoolExecutor(self._threads) as pool:
            unfinished = pool.map(lambda message: not self._finish(message, deadline), messages)
            return [message.message_id for message in compress(messages, unfinished)]

    def _finish(self, message: Received, deadline: float) -> bool:
        """Whether the message may be forgotten. Nothing that is wrong with one touches the others."""
        try:
            retry = self.process(message.body, deadline)
        except UnreadableMessage as error:
            logger.warning("[Cola] Mensaje ilegible: %s", error, extra={"message_id": message.message_id})
            return False
        except AwsUnavailable as error:
            logger.warning(
                "[Cola] Mensaje aplazado: %s", type(error).__name__, extra={"message_id": message.message_id}
            )
            return False
        except Exception as error:  # noqa: BLE001 - a defect that one message meets must not resend its neighbours
            _log_defect(error, message.message_id)
            return False
        if retry and retry.not_before:
            self._put_off(message, retry.not_before)
        return retry is None

    def _put_off(self, message: Received, until: datetime) -> None:
        try:
            self._queue.put_off(message.receipt_handle, until - self._clock())
        except QueueUnavailable:
            logger.warning("[Cola] Espera sin cambiar", extra={"message_id": message.message_id})

    def process(self, body: str, deadline: float = math.inf) -> Retry | None:
        """Send all mails of one message that are not sent yet; after the deadline, begin none.

        Raises:
            UnreadableMessage, LedgerUnavailable
        """
        mails = mails_for(read_message(body), self._settings, self._clock())
        outcomes = [self._deliver(envio, deadline) if self._pace.wait(deadline) else Retry() for envio in mails]
        return _combine([retry for retry in outcomes if retry])

    def _deliver(self, envio: Outgoing, deadline: float) -> Retry | None:
        try:
            claimed = self._claim(envio.mail, deadline)
        except Settled:
            return None
        except Busy as busy:
            return Retry(busy.until)
        return self._send(claimed, envio)

    def _claim(self, mail: Mail, deadline: float) -> Mail:
        """The row, held by us.

        Raises:
            Settled: there is nothing left to send.
            Busy: it is not our turn yet.
            LedgerUnavailable
        """
        turn = self._new_claim_id()
        mine = mail.claimed(turn, self._clock())
        row: Mail | None
        try:
            self._ledger.create(mine)
        except RowChanged as changed:
            row = changed.current
        except LedgerUnavailable as unknown:
            row = self._look_again(mail, deadline, unknown)
        else:
            return mine
        for _ in range(CONFLICTS):
            if row is None:
                break
            if row.claim_id == turn:
                return row  # also when the answer to our own write was lost, and its repetition met what it had written
            try:
                row = self._ledger.save(row.next_step(turn, self._clock()))
            except RowChanged as changed:
                row = changed.current
            except LedgerUnavailable as unknown:
                row = self._look_again(mail, deadline, unknown)
        raise LedgerUnavailable("the row changes under every attempt")

    def _look_again(self, mail: Mail, deadline: float, unknown: LedgerUnavailable) -> Mail | None:
        """The row after a claim that may or may not have been written.

        Left alone, the row might stay `enviando` without being sent; after two such claims it never would be.

        Raises:
            LedgerUnavailable: there is no answer, or it is too late to begin a mail.
        """
        if self._monotonic() > deadline:
            raise unknown
        row = self._ledger.read(mail.evento, mail.digest)
        if self._monotonic() > deadline:
            raise unknown
        return row

    def _send(self, row: Mail, envio: Outgoing) -> Retry | None:
        try:
            mensaje_id = self._mailer.send(row, envio.content)
        except MailerError as error:
            return self._record_failure(row, error)
        # Logged before it is recorded, so that the id is not lost when the ledger does not answer.
        logger.info(
            "[SES] Enviado: %s - correo %s - MessageId: %s",
            row.tipo,
            row.id,
            mensaje_id,
            extra={"resultado": "enviado"},  # infra/metrics.tf counts it, and the other results
        )
        with suppress(StepRefused):  # SES's event was faster than its answer
            update(self._ledger, row, lambda now: now.advanced(State.SENT, self._clock(), mensaje_id=mensaje_id))
        return None

    def _record_failure(self, row: Mail, error: MailerError) -> Retry | None:
        turn = row.claim_id or ""
        fact, step = self._explain(error, turn)
        logger.warning(
            "[SES] %s: %s - correo %s - %s", fact, row.tipo, row.id, error.motivo, extra={"resultado": fact.lower()}
        )
        try:
            return _what_is_left(update(self._ledger, row, step))
        except StepRefused:
            # An event of SES settled it, or it is another consumer's turn: the next delivery sees what is left.
            return Retry()

    def _explain(self, error: MailerError, turn: str) -> tuple[str, Callable[[Mail], Mail]]:
        match error:
            case MailRefused():
                return "Rechazado", lambda row: row.refused(turn, error.motivo, self._clock())
            case MailFateUnknown():
                return "Incierto", lambda row: row.uncertain(turn, self._clock())
            case _:
                return "Aplazado", lambda row: row.put_back(turn, self._clock())


def _what_is_left(row: Mail) -> Retry | None:
    match row.estado:
        case State.PENDING:
            return Retry()
        case State.UNCERTAIN if row.envios < MAX_SENDS:
            return Retry(row.lease_until)
        case _:
            return None


def _combine(retries: list[Retry]) -> Retry | None:
    """When the whole message is to be tried again: at the queue's pace if that is any mail's, else after all waits."""
    if not retries:
        return None
    waits = [retry.not_before for retry in retries if retry.not_before]
    return Retry(max(waits)) if len(waits) == len(retries) else Retry()


def _log_defect(error: Exception, message_id: str) -> None:
    """Log where it happened, without the exception's text, which may contain personal data."""
    stack = "".join(traceback.format_tb(error.__traceback__))
    logger.error("[Cola] Defecto: %s\n%s", type(error).__name__, stack, extra={"message_id": message_id})
