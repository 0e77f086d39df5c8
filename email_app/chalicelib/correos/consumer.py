"""The consumer's work: each message becomes its emails, once each, whatever happens in between.

For each email: claim its row, hand it to SES, record the answer (docs/design/email.md). The row is claimed first, so
that a message which comes again, or to two consumers at once, sends nothing more, and a process that dies leaves a row
which says `enviando`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

from chalicelib.correos.aws import AwsUnavailable, NotTaken
from chalicelib.correos.event import UnreadableMessage, read_message
from chalicelib.correos.ledger import CONFLICTS, RowChanged, update
from chalicelib.correos.mail import MAX_SENDS, Busy, Mail, State, StepRefused
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


_FACTS = {State.FAILED: "Rechazado", State.PENDING: "Aplazado", State.UNCERTAIN: "Incierto"}
"""What the log says of an email that SES did not confirm, by the state that it gets."""


@dataclass
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
    _turns: threading.Lock = field(default_factory=threading.Lock, init=False)
    _next_turn: float = field(default=-math.inf, init=False)

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
                self.queue.put_off(record["receiptHandle"], retry.not_before - self.clock())
        except UnreadableMessage as error:
            logger.warning("[Cola] Mensaje ilegible: %s", error, extra=context)
        except AwsUnavailable as error:  # then it comes again at the queue's own pace
            logger.warning("[Cola] Mensaje aplazado: %s", error, extra=context)
        except Exception as error:  # noqa: BLE001 - a defect that one message meets must not resend its neighbours
            # Without the exception's text, which may contain personal data.
            stack = "".join(traceback.format_tb(error.__traceback__))
            logger.error("[Cola] Defecto: %s\n%s", type(error).__name__, stack, extra=context)  # noqa: TRY400
        else:
            return retry is None
        return False

    def process(self, body: str, deadline: float = math.inf) -> Retry | None:
        """Send all emails of one message that are not sent yet; after the deadline, begin none."""
        mails = mails_for(read_message(body), self.settings, self.clock())
        outcomes = [self._deliver(mail, deadline) if self._wait_for_turn(deadline) else Retry() for mail in mails]
        return _combine([retry for retry in outcomes if retry])

    def _wait_for_turn(self, deadline: float) -> bool:
        """Wait until SES takes another email; False, at once and without a turn, if that is after the deadline.

        Turns are spaced evenly, because SES counts the emails of each second.
        """
        with self._turns:
            now = self.monotonic()
            turn = max(self._next_turn, now)
            if turn > deadline:
                return False
            self._next_turn = turn + 1 / self.settings.mail_rate
        if turn > now:
            self.sleep(turn - now)
        return True

    def _deliver(self, outgoing: Outgoing, deadline: float) -> Retry | None:
        try:
            row = self._claim(outgoing.mail, deadline)
        except StepRefused:
            return None
        except Busy as busy:
            return Retry(busy.until)
        try:
            message_id = self.mailer.send(row, outgoing.content)
        except NotTaken as error:
            return self._record_failure(row, error)
        # Logged before it is recorded, so that the id is not lost when the ledger does not answer.
        text, extra = "[SES] Enviado: %s - correo %s - MessageId: %s", {"resultado": "enviado"}
        logger.info(text, row.type, row.id, message_id, extra=extra)  # infra/metrics.tf counts each `resultado`
        with suppress(StepRefused):  # SES's event was faster than its answer
            update(self.ledger, row, lambda now: now.reported(State.SENT, self.clock(), message_id=message_id))
        return None

    def _claim(self, mail: Mail, deadline: float) -> Mail:
        """The row, held by us. It is also ours if botocore's repetition met what its first attempt had written.

        Raises:
            StepRefused: nothing is left to send.
            Busy: it is not our turn yet.
            AwsUnavailable
        """
        claim_id = self.new_claim_id()
        write = partial(self.ledger.create, mail.claimed(claim_id, self.clock()))
        for _ in range(1 + CONFLICTS):
            try:
                row: Mail | None = write()
            except RowChanged as changed:
                row = changed.current
            except AwsUnavailable:
                # It may be written. Left alone it might stay `enviando`, and after two such claims never be sent.
                row = None if self.monotonic() > deadline else self.ledger.read(mail.event_id, mail.digest)
                if self.monotonic() > deadline:
                    raise
            if row is None:
                break
            if row.claim_id == claim_id:
                return row
            write = partial(self.ledger.save, row.next_step(claim_id, self.clock()))
        raise AwsUnavailable("the row changes under every attempt")

    def _record_failure(self, row: Mail, error: NotTaken) -> Retry | None:
        fact, claim_id = _FACTS[error.state], row.claim_id
        logger.warning(
            "[SES] %s: %s - correo %s - %s", fact, row.type, row.id, error.reason, extra={"resultado": fact.lower()}
        )
        try:
            row = update(self.ledger, row, lambda now: now.not_taken(claim_id, error.state, self.clock(), error.reason))
        except StepRefused:
            # An event of SES settled it, or it is another consumer's turn: the next delivery sees what is left.
            return Retry()
        if row.state is State.PENDING:
            return Retry()
        return Retry(row.lease_until) if row.state is State.UNCERTAIN and row.sends < MAX_SENDS else None


def _combine(retries: list[Retry]) -> Retry | None:
    """When the whole message is to be tried again: at the queue's pace if that is any email's, else after all waits."""
    if not retries:
        return None
    waits = [retry.not_before for retry in retries if retry.not_before]
    return Retry(max(waits)) if len(waits) == len(retries) else Retry()
