"""The directory: what can be done with employees. Each use case is one statement, then the event's publication."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from chalicelib.directorio.employee import read_changes, read_new
from chalicelib.directorio.errors import PublishFailed, Unavailable
from chalicelib.directorio.etag import versions_wanted
from chalicelib.directorio.idempotency import named
from chalicelib.directorio.publisher import log_failed

if TYPE_CHECKING:
    from chalicelib.directorio.employee import Audience
    from chalicelib.directorio.event import Evento
    from chalicelib.directorio.listing import History, Listing
    from chalicelib.directorio.publisher import Publisher
    from chalicelib.directorio.repository import Found, Page, Repository, Saved

#: A request whose statement took longer leaves its event to the sweep: the Lambda's 22 s must hold the publish, too.
PUBLISH_WITHIN_SECONDS = 10

logger = logging.getLogger(__name__)


class Directorio:
    """The employees.

    Args:
        repository: where they are kept.
        publisher: who tells others of changes.
        is_demo: whether only invented people are taken.
    """

    def __init__(self, repository: Repository, publisher: Publisher, *, is_demo: bool = False) -> None:
        self._repository = repository
        self._publisher = publisher
        self._is_demo = is_demo

    def create(self, body: object, actor: str, clave: str | None = None) -> Saved:
        """Add an employee.

        Args:
            body: the JSON that was sent.
            actor: who does it.
            clave: the actor's name for this request: what was done under it is not done again, and answered alike.

        Raises:
            InvalidInput, EmailTaken, KeyInFlight, KeyReused, Unavailable: see ``errors``.
        """
        values = read_new(body, is_demo=self._is_demo)
        started = time.monotonic()
        saved = self._repository.create(values, actor, named(clave, values))
        self._publish(saved.evento, started)
        return saved

    def update(self, row_id: int, body: object, actor: str, if_match: str | None) -> Saved:
        """Change the fields that were sent.

        Args:
            row_id: whose.
            body: the JSON that was sent.
            actor: who does it.
            if_match: the header's value: the versions that may be changed.

        Raises:
            InvalidInput, MalformedPrecondition, EmpleadoNotFound, EmailTaken, StaleVersion,
            Unavailable: see ``errors``.
        """
        versions = versions_wanted(if_match)
        values = read_changes(body, is_demo=self._is_demo)
        started = time.monotonic()
        saved = self._repository.update(row_id, values, actor, versions)
        self._publish(saved.evento, started)
        return saved

    def delete(self, row_id: int, actor: str, if_match: str | None) -> None:
        """Remove an employee; see ``update``."""
        versions = versions_wanted(if_match)
        started = time.monotonic()
        evento = self._repository.delete(row_id, actor, versions)
        self._publish(evento, started)

    def find(self, row_id: int, audience: Audience) -> Found:
        """One employee.

        Raises:
            EmpleadoNotFound, Unavailable: see ``errors``.
        """
        return self._repository.find(row_id, audience)

    def list(self, listing: Listing) -> Page:
        """A page of employees."""
        return self._repository.list(listing)

    def history(self, history: History, audience: Audience) -> Page:
        """A page of everybody's history."""
        return self._repository.history(history, audience)

    def history_of(self, row_id: int, history: History, audience: Audience) -> Page:
        """A page of one employee's history, also after deletion.

        Raises:
            EmpleadoNotFound, Unavailable: see ``errors``.
        """
        return self._repository.history_of(row_id, history, audience)

    def summarise(self, audience: Audience) -> str:
        """Head count and salaries by position, as a JSON array; head count alone for everybody."""
        return self._repository.summarise(audience)

    def _publish(self, evento: Evento | None, started: float) -> None:
        """Tell others of a change. The change stands: a failure here is the sweep's business, not the client's."""
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
