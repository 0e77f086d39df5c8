"""The changes of the directory: each is one statement, then the publication of its event."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from chalicelib.directorio.employee import read_changes, read_new
from chalicelib.directorio.errors import PublishFailed, Unavailable
from chalicelib.directorio.publisher import log_failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.directorio.publisher import Evento, SnsPublisher
    from chalicelib.directorio.repository import Repository, Row

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
        started = time.monotonic()
        saved = self._repository.create(values, actor, key)
        self.publish(saved.evento, started)
        return saved

    def update(self, row_id: int, body: object, actor: str, versions: Sequence[int] | None) -> Row:
        """Change the fields that were sent, if the row has one of ``versions``; None is any.

        Raises:
            InvalidInput, EmpleadoNotFound, EmailTaken, StaleVersion, Unavailable: see ``errors``.
        """
        values = read_changes(body, is_demo=self._is_demo)
        started = time.monotonic()
        saved = self._repository.update(row_id, values, actor, versions)
        self.publish(saved.evento, started)
        return saved

    def delete(self, row_id: int, actor: str, versions: Sequence[int] | None) -> None:
        """Make an employee a leaver; see ``update``."""
        started = time.monotonic()
        evento = self._repository.delete(row_id, actor, versions)
        self.publish(evento, started)

    def restore(self, row_id: int, actor: str, versions: Sequence[int] | None) -> Row:
        """Make a leaver an employee again; see ``update``."""
        started = time.monotonic()
        saved = self._repository.restore(row_id, actor, versions)
        self.publish(saved.evento, started)
        return saved

    def publish(self, evento: Evento | None, started: float) -> None:
        """Publish a change. The change stands: what fails here is left to the sweep, and the request succeeds."""
        if evento is None:
            return
        if time.monotonic() - started > PUBLISH_WITHIN_SECONDS:
            log_failed(evento, "TooLate")
            return
        try:
            message_id = self._publisher.publish(evento)
        except PublishFailed as error:
            log_failed(evento, str(error))
            return
        try:
            self._repository.mark_published(evento, message_id)
        except Unavailable:
            logger.warning("A published event was not marked: the sweep repeats it", extra={"event_id": evento.id})
