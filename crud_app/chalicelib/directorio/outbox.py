"""The sweep: publishes the events that requests left unpublished, in order for each employee.

A transaction holds an advisory lock meanwhile, so that two sweeps never publish the same events. A sweep that dies
marks nothing: what it published is published again, and readers recognise it by the event's id.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from chalicelib.directorio.errors import PublishFailed
from chalicelib.directorio.publisher import BATCH_SIZE, SLOWEST_SECONDS, Evento, log_failed
from chalicelib.directorio.repository import find_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.directorio.database import Database
    from chalicelib.directorio.publisher import SnsPublisher

#: Events of one transaction: few enough to be repeated when it fails, enough to make its five round trips cheap.
CHUNK_SIZE = 100
#: Batches that are published at the same time: as many as one chunk has, and botocore keeps connections.
PARALLEL = CHUNK_SIZE // BATCH_SIZE
#: Seconds of the Lambda's time for the publish under way and for marking what was published.
RESERVE_SECONDS = SLOWEST_SECONDS + 13

logger = logging.getLogger(__name__)


class LambdaContext(Protocol):
    """The part of Lambda's context that the sweep uses."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the process."""


class Outbox:
    """The events that were written and not published."""

    def __init__(self, database: Database, publisher: SnsPublisher) -> None:
        self._database = database
        self._publisher = publisher

    def publish_pending(self, context: LambdaContext) -> None:
        """Publish what is pending until nothing is left, the topic fails, or the time is up; then log the state,
        delete expired Idempotency-Keys, and close idle batches.

        Raises:
            Unavailable: the database failed; the next sweep goes on.
        """
        sweep = _Sweep(self._publisher, context)
        while not sweep.is_over and self._publish_chunk(sweep):
            pass
        ((pending, lag),) = self._database.read(find_statement("measure_outbox"))
        logger.info(
            "Outbox swept",
            extra={
                "published": sweep.published,
                "held_back_employees": len(sweep.held_back),
                "pending": pending,
                "atraso_s": round(float(lag), 3),  # infra/metrics.tf makes a metric of it
            },
        )
        self._database.write(find_statement("forget_peticiones"), is_repeatable=True)
        idle = {"lote": None, "actor": None, "aviso": True}
        self._database.write(find_statement("close_lotes"), idle, is_repeatable=True)

    def _publish_chunk(self, sweep: _Sweep) -> bool:
        """Publish and mark the oldest events; False when there are none, or another sweep is running."""
        with self._database.transaction() as run:
            ((is_alone,),) = run(find_statement("lock_sweep"))
            if not is_alone:
                return False
            parameters = {"held_back": sorted(sweep.held_back), "limit": CHUNK_SIZE}
            eventos = [Evento(*row) for row in run(find_statement("pending_eventos"), parameters)]
            if not eventos:
                return False
            taken = sweep.publish(eventos)
            marks = {"event_ids": list(taken), "sns_message_ids": list(taken.values())}
            run(find_statement("mark_eventos"), marks)
        return True


class _Sweep:
    """The state of one sweep: what it published, whose events it holds back, whether it must end."""

    def __init__(self, publisher: SnsPublisher, context: LambdaContext) -> None:
        self.published = 0
        #: Employees one of whose events was not taken: their later ones wait for the next sweep.
        self.held_back: set[int] = set()
        self._publisher = publisher
        self._context = context
        self._topic_failed = False

    @property
    def is_over(self) -> bool:
        return self._topic_failed or self._context.get_remaining_time_in_millis() < RESERVE_SECONDS * 1000

    def publish(self, eventos: Sequence[Evento]) -> dict[str, str]:
        """Publish these events as far as possible, and return the message ids by event id.

        What is published at the same time may fail in parts, and the later of two events of one employee might get
        ahead: each round takes the first event that is left of each employee.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - no request needs it

        taken: dict[str, str] = {}
        with ThreadPoolExecutor(PARALLEL) as pool:
            while eventos := [each for each in eventos if each.empleado_id not in self.held_back]:
                by_empleado = {each.empleado_id: each for each in reversed(eventos)}
                first = [each for each in eventos if by_empleado[each.empleado_id] is each]
                batches = [first[start : start + BATCH_SIZE] for start in range(0, len(first), BATCH_SIZE)]
                for message_ids in pool.map(self._publish_batch, batches):
                    taken |= message_ids
                self.held_back |= {each.empleado_id for each in first if each.id not in taken}
                eventos = [each for each in eventos if by_empleado[each.empleado_id] is not each]
        self.published += len(taken)
        return taken

    def _publish_batch(self, batch: Sequence[Evento]) -> dict[str, str]:
        """Publish events of different employees, and return the message ids of those that were taken."""
        if self.is_over:
            return {}
        try:
            return self._publisher.publish(batch)
        except PublishFailed as error:
            # The topic cannot be reached: further batches would fail too.
            self._topic_failed = True
            log_failed(batch[0], str(error))
            return {}
