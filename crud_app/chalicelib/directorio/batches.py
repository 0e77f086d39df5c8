"""Batches of changes: one statement each (docs/design/row-and-event.md), and one event when a batch is closed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chalice_frontdoor.idempotency import KeyInFlight, KeyMissing, KeyReused
from chalicelib.directorio.batch import read_batch, read_batch_id, read_closing
from chalicelib.directorio.errors import LoteNotFound, StatementRefused, Unavailable
from chalicelib.directorio.publisher import Evento
from chalicelib.directorio.repository import EMAIL_CONSTRAINT, Page, find_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.directorio.database import Database, Rows

#: A batch is decided anew, when an address was taken meanwhile, this often at most.
ATTEMPTS = 3


class Batches:
    """Changes many employees at once. In a demonstration only invented addresses are accepted.

    Args:
        database: with the directory.
        publish: publishes the event of a change that began then, or leaves it to the sweep.
        time_zone: in which "today" is the hire date of those without one.
        is_demo: whether this is a demonstration.
    """

    def __init__(
        self,
        database: Database,
        publish: Callable[[Evento, float], object],
        time_zone: str = "UTC",
        *,
        is_demo: bool = False,
    ) -> None:
        self._database = database
        self._time_zone = time_zone
        self._publish = publish
        self._is_demo = is_demo

    def apply(self, batch_id: str, body: object, actor: str, key: str | None) -> Page:
        """Do the operations that can be done; what was done under the actor's Idempotency-Key is not done again.

        The events of the rows are left to the sweep: a request could not publish hundreds of them in its time.

        Returns:
            The results as JSON, in the order of the operations. The rows in them are salaries that were read.

        Raises:
            InvalidInput, LoteNotFound: the body, or the id.
            KeyMissing, KeyInFlight, KeyReused: see ``idempotency``. A simulation needs no key.
            Unavailable: nothing was done.
        """
        batch = read_batch(batch_id, body, is_demo=self._is_demo)
        if key is None and not batch.is_simulated:
            raise KeyMissing
        parameters = {
            "actor": actor,
            "key": key,
            "digest": self._database.sign(batch.as_text()),
            "lote": batch.id,
            "origin": batch.origin,
            "operations": batch.as_json(),
            "simulated": batch.is_simulated,
            "time_zone": self._time_zone,
        }
        results, digest, is_incomplete = self._apply(parameters)
        if results is None:
            # The statement sees what committed before it began, and nothing later.
            raise KeyInFlight if digest is None else KeyReused
        if is_incomplete and not batch.is_simulated:  # an address was taken meanwhile: by whom, a new look tells
            results, _, _ = self._apply(parameters)
        text = str(results)
        rows = text.count('"empleado":') + text.count('"existente":') - text.count('"estado":201')
        return Page(f'{{"resultados":[{text}]}}', None, salaries=rows)

    def close(self, batch_id: str, body: object, actor: str) -> str:
        """Write the batch's event, unless nothing has changed since it was closed; see `batch.read_closing`.

        Returns:
            The counts as JSON.

        Raises:
            InvalidInput, LoteNotFound: the body, or there is no such batch.
            Unavailable: repeating it does no harm.
        """
        parameters = {"lote": read_batch_id(batch_id), "aviso": read_closing(body), "actor": actor}
        started = time.monotonic()
        rows = self._database.write(find_statement("close_lotes"), parameters, is_repeatable=True)
        if not rows:
            raise LoteNotFound
        ((counts, event_id, tipo, mensaje),) = rows
        if event_id is not None:
            self._publish(Evento(event_id, 0, tipo, mensaje), started)
        return str(counts)

    def _apply(self, parameters: Mapping[str, object]) -> tuple[str | None, str | None, bool]:
        for _ in range(ATTEMPTS):
            try:
                ((results, digest, is_incomplete),) = self._write(parameters)
            except StatementRefused as error:
                if error.constraint != EMAIL_CONSTRAINT:
                    raise
            else:
                return results, digest, is_incomplete
        raise Unavailable("")

    def _write(self, parameters: Mapping[str, object]) -> Rows:
        is_repeatable = parameters["key"] is not None
        return self._database.write(find_statement("apply_lote"), parameters, is_repeatable=is_repeatable)
