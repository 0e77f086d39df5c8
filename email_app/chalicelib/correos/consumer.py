"""The consumer's work: each message becomes its emails, once each, whatever happens in between.

For each email: claim its row, hand it to SES, record the answer. The row is claimed before SES is called, so that

- a message that is delivered again, or to two consumers at once, sends nothing more;
- a process that dies before, in or after the call leaves a row that says `enviando`. After its lease it is `incierto`:
  SES's own `Send` event settles it (ses_feedback.py), and if none comes it is sent once more, never a third time.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

from chalicelib.correos.aws import AwsUnavailable, MailerError, MailFateUnknown, MailRefused, QueueUnavailable
from chalicelib.correos.event import UnreadableMessage, read_message
from chalicelib.correos.ledger import CONFLICTS, LedgerUnavailable, RowChanged, update
from chalicelib.correos.mail import MAX_SENDS, Busy, Mail, Settled, State, StepRefused
from chalicelib.correos.notices import Outgoing, mails_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from chalicelib.correos.aws import SesMailer, SqsQueue
    from chalicelib.correos.ledger import DynamoLedger
    from chalicelib.correos.settings import Settings

    Record = Mapping[str, str]
    """A message of the queue, as Lambda receives it."""

logger = logging.getLogger(__name__)

BATCH_SECONDS = 12
"""No email is begun later than this. Of the function's 30 s that leaves 18 for the slowest one: SES once and the ledger
once, both timing out. An email that is not begun is in no doubt; a function that is killed leaves one in it.
"""

THREADS = 10
"""Messages of a batch at the same time: all of them, and as many connections as botocore keeps."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The message is not finished; ``not_before`` is when it is worth trying again, if that is known."""

    not_before: datetime | None = None


class Pace:
    """Hands out turns to several threads, at most ``rate`` a second, evenly: SES counts each second for itself."""

    def __init__(self, rate: float, *, monotonic: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._interval = 1 / rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = -math.inf

    def wait(self, deadline: float) -> bool:
        """Wait for a turn; False, at once and without having taken one, if there is none until ``deadline``."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next, now)
            if turn > deadline:
                return False
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
        return True


@dataclass(kw_only=True)
class Sender:
    """All that the consumer works with; with one thread, it takes messages in their order."""

    ledger: DynamoLedger
    mailer: SesMailer
    queue: SqsQueue
    settings: Settings
    clock: Callable[[], datetime]
    new_claim_id: Callable[[], str]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    threads: int = THREADS

    def __post_init__(self) -> None:
        self._pace = Pace(self.settings.mail_rate, monotonic=self.monotonic, sleep=self.sleep)

    def process_batch(self, records: Sequence[Record]) -> list[str]:
        """Send the emails of a batch, as fast as SES takes them. Returns the ids of the unfinished messages."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only the consumer needs it

        self.mailer.forget_connections()
        deadline = self.monotonic() + BATCH_SECONDS
        with ThreadPoolExecutor(self.threads) as pool:
            unfinished = pool.map(lambda record: not self._finish(record, deadline), records)
            return [record["messageId"] for record in compress(records, unfinished)]

    def _finish(self, record: Record, deadline: float) -> bool:
        """Whether the message may be deleted. Nothing that is wrong with one touches the others."""
        context = {"message_id": record["messageId"]}
        try:
            retry = self.process(record["body"], deadline)
            if retry and retry.not_before:
                self._put_off(record, retry.not_before)
        except UnreadableMessage as error:
            logger.warning("[Cola] Mensaje ilegible: %s", error, extra=context)
        except AwsUnavailable as error:
            logger.warning("[Cola] Mensaje aplazado: %s", type(error).__name__, extra=context)
        except Exception as error:  # noqa: BLE001 - a defect that one message meets must not resend its neighbours
            # Without the exception's text, which may contain personal data.
            stack = "".join(traceback.format_tb(error.__traceback__))
            logger.error("[Cola] Defecto: %s\n%s", type(error).__name__, stack, extra=context)  # noqa: TRY400
        else:
            return retry is None
        return False

    def _put_off(self, record: Record, until: datetime) -> None:
        with suppress(QueueUnavailable):  # then it comes again at the queue's own pace
            self.queue.put_off(record["receiptHandle"], until - self.clock())

    def process(self, body: str, deadline: float = math.inf) -> Retry | None:
        """Send all emails of one message that are not sent yet; after the deadline, begin none."""
        mails = mails_for(read_message(body), self.settings, self.clock())
        outcomes = [self._deliver(mail, deadline) if self._pace.wait(deadline) else Retry() for mail in mails]
        return _combine([retry for retry in outcomes if retry])

    def _deliver(self, outgoing: Outgoing, deadline: float) -> Retry | None:
        try:
            claimed = self._claim(outgoing.mail, deadline)
        except Settled:
            return None
        except Busy as busy:
            return Retry(busy.until)
        return self._send(claimed, outgoing)

    def _claim(self, mail: Mail, deadline: float) -> Mail:
        """The row, held by us.

        Raises:
            Settled: nothing is left to send.
            Busy: it is not our turn yet.
            LedgerUnavailable
        """
        claim_id = self.new_claim_id()
        mine = mail.claimed(claim_id, self.clock())
        row = self._write(partial(self.ledger.create, mine), mail, deadline)
        for _ in range(CONFLICTS):
            if row is None:
                break
            if row.claim_id == claim_id:
                return row
            step = row.next_step(claim_id, self.clock())
            row = self._write(partial(self.ledger.save, step), mail, deadline)
        raise LedgerUnavailable("the row changes under every attempt")

    def _write(self, write: Callable[[], Mail], mail: Mail, deadline: float) -> Mail | None:
        """The row after an attempt to write it: ours, or that of a faster consumer.

        It is also ours if the answer to the write was lost and botocore's repetition met what it had written.
        """
        try:
            return write()
        except RowChanged as changed:
            return changed.current
        except LedgerUnavailable as unknown:
            return self._look_again(mail, deadline, unknown)

    def _look_again(self, mail: Mail, deadline: float, unknown: LedgerUnavailable) -> Mail | None:
        """The row after a claim that may or may not have been written.

        Left alone, the row might stay `enviando` without being sent; after two such claims it never would be.

        Raises:
            LedgerUnavailable: there is no answer, or it is too late to begin an email.
        """
        if self.monotonic() > deadline:
            raise unknown
        row = self.ledger.read(mail.event_id, mail.digest)
        if self.monotonic() > deadline:
            raise unknown
        return row

    def _send(self, row: Mail, outgoing: Outgoing) -> Retry | None:
        try:
            message_id = self.mailer.send(row, outgoing.content)
        except MailerError as error:
            return self._record_failure(row, error)
        # Logged before it is recorded, so that the id is not lost when the ledger does not answer.
        logger.info(
            "[SES] Enviado: %s - correo %s - MessageId: %s",
            row.type,
            row.id,
            message_id,
            extra={"resultado": "enviado"},  # infra/metrics.tf counts it, and the other results
        )
        with suppress(StepRefused):  # SES's event was faster than its answer
            update(self.ledger, row, lambda now: now.reported(State.SENT, self.clock(), message_id=message_id))
        return None

    def _record_failure(self, row: Mail, error: MailerError) -> Retry | None:
        claim_id = row.claim_id or ""
        match error:
            case MailRefused():
                fact, step = "Rechazado", lambda now: now.refused(claim_id, error.reason, self.clock())
            case MailFateUnknown():
                fact, step = "Incierto", lambda now: now.uncertain(claim_id, self.clock())
            case _:
                fact, step = "Aplazado", lambda now: now.put_back(claim_id, self.clock())
        logger.warning(
            "[SES] %s: %s - correo %s - %s", fact, row.type, row.id, error.reason, extra={"resultado": fact.lower()}
        )
        try:
            row = update(self.ledger, row, step)
        except StepRefused:
            # An event of SES settled it, or it is another consumer's turn: the next delivery sees what is left.
            return Retry()
        match row.state:
            case State.PENDING:
                return Retry()
            case State.UNCERTAIN if row.sends < MAX_SENDS:
                return Retry(row.lease_until)
            case _:
                return None


def _combine(retries: list[Retry]) -> Retry | None:
    """When the whole message is to be tried again: at the queue's pace if that is any email's, else after all waits."""
    if not retries:
        return None
    waits = [retry.not_before for retry in retries if retry.not_before]
    return Retry(max(waits)) if len(waits) == len(retries) else Retry()
