"""The changes of the directory: each is one statement, then the publication of its event."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from chalice_frontdoor.idempotency import KeyMissing
from chalicelib.directorio.batch import read_batch, read_batch_id, read_closing
from chalicelib.directorio.employee import read_changes, read_new
from chalicelib.directorio.errors import PublishFailed, Unavailable
from chalicelib.directorio.publisher import log_failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalicelib.directorio.publisher import SnsPublisher
    from chalicelib.directorio.repository import Page, Repository, Row

#: A request whose statement took longer leaves its event to the sweep: the Lambda's 22 s must suffice for both.
PUBLISH_WITHIN_SECONDS = 10

logger = logging.getLogger(__name__)


class Directorio:
    """Changes employees, and publishes what changed. In a demonstration only invented addresses are accepted."""

    def __init__(self, repository: Repository, publisher: SnsPublisher, *, is_demo: bool = False) -> None:
        self._repository = repository
        self._publisher = publisher
        self._is_demo = is_demo

    def create(self, body: object, actor: str, key: str | None = None) -> Row:
        """Add an employee; what was done under the actor's Idempotency-Key is not done again, and answered alike.

        Raises:
            InvalidInput, EmailTaken, KeyInFlight, KeyReused, Unavailable: see ``errors``.
        """
        values = read_new(body, is_demo=self._is_demo)
        return self._publish(lambda: self._repository.create(values, actor, key))

    def update(self, row_id: int, body: object, actor: str, versions: Sequence[int] | None) -> Row:
        """Change the fields that were sent, if the row has one of ``versions``; None is any.

        Raises:
            InvalidInput, EmpleadoNotFound, EmailTaken, StaleVersion, Unavailable: see ``errors``.
        """
        values = read_changes(body, is_demo=self._is_demo)
        return self._publish(lambda: self._repository.update(row_id, values, actor, versions))

    def delete(self, row_id: int, actor: str, versions: Sequence[int] | None) -> None:
        """Make an employee a leaver; see ``update``."""
        self._publish(lambda: self._repository.delete(row_id, actor, versions))

    def restore(self, row_id: int, actor: str, versions: Sequence[int] | None) -> Row:
        """Make a leaver an employee again; see ``update``."""
        return self._publish(lambda: self._repository.restore(row_id, actor, versions))

    def apply_batch(self, batch_id: str, body: object, actor: str, key: str | None) -> Page:
        """Do the operations of a batch that can be done; see ``Repository.apply_batch``.

        The events of the rows are left to the sweep: a request could not publish hundreds of them in its time.

        Raises:
            InvalidInput, LoteNotFound, KeyMissing: the body, the id, or no key. A simulation needs none.
        """
        batch = read_batch(batch_id, body, is_demo=self._is_demo)
        if key is None and not batch.is_simulated:
            raise KeyMissing
        return self._repository.apply_batch(batch, actor, key)

    def close_batch(self, batch_id: str, body: object, actor: str) -> Row:
        """Close a batch; see ``batch.read_closing``."""
        lote, sends_email = read_batch_id(batch_id), read_closing(body)
        return self._publish(lambda: self._repository.close_batch(lote, actor, sends_email=sends_email))

    def _publish(self, change: Callable[[], Row]) -> Row:
        """Make a change and publish it. The change stands: what fails then is left to the sweep."""
        started = time.monotonic()
        changed = change()
        if (evento := changed.evento) is None:
            return changed
        if time.monotonic() - started > PUBLISH_WITHIN_SECONDS:
            log_failed(evento, "TooLate")
            return changed
        try:
            message_id = self._publisher.publish([evento]).get(evento.id)
            if message_id is not None:
                self._repository.mark_published(evento, message_id)
        except PublishFailed as error:
            log_failed(evento, str(error))
        except Unavailable:
            logger.warning("A published event was not marked: the sweep repeats it", extra={"event_id": evento.id})
        return changed
