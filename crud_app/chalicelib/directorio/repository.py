"""The employees and their events in PostgreSQL: each method is one statement, one round trip, one transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_frontdoor.idempotency import KeyInFlight, KeyReused
from chalicelib.directorio.employee import INPUTS, Audience, new_value
from chalicelib.directorio.errors import (
    EmailTaken,
    EmpleadoNotFound,
    StaleVersion,
    StatementRefused,
)
from chalicelib.directorio.etag import digest_of, etag_of
from chalicelib.directorio.event import Evento
from chalicelib.directorio.kind import MAX_BIGINT
from chalicelib.directorio.listing import DEFAULT_LIMIT
from chalicelib.directorio.statement import find_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.directorio.database import Database, Rows
    from chalicelib.directorio.idempotency import KeyedRequest
    from chalicelib.directorio.listing import History, Listing
    from chalicelib.directorio.statement import Statement

#: The constraint that makes email addresses unique: the database decides, and reports it by this name.
EMAIL_CONSTRAINT = "empleados_email_key"
#: Separates the rows of a page (RFC 7464): no JSON text contains this control character.
SEPARATOR = "\x1e"


class Saved(NamedTuple):
    """An employee as sent to clients, and the event of the change that made it so; None if nothing changed."""

    id: int
    etag: str
    body: str
    evento: Evento | None


class Found(NamedTuple):
    """An employee as sent to clients."""

    etag: str
    body: str


class Page(NamedTuple):
    """A JSON array, and the query string of the page after it, if there is one."""

    body: str
    next_query: str | None


class Repository:
    """The directory's rows.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, values: Mapping[str, object], actor: str, keyed: KeyedRequest | None = None) -> Saved:
        """Add an employee; once for each request that has an Idempotency-Key.

        Raises:
            EmailTaken: another has this address.
            KeyInFlight: the request that has this key is being done.
            KeyReused: another request had this key.
        """
        parameters = {**_new(values), "actor": actor}
        if keyed is not None:
            return self._create_once(parameters, keyed)
        ((row_id, version, body, *event),) = self._change(find_statement("insert_empleado"), parameters)
        return Saved(row_id, etag_of(version), body, _evento(row_id, event))

    def _create_once(self, parameters: Mapping[str, object], keyed: KeyedRequest) -> Saved:
        statement = find_statement("insert_empleado_once")
        named = {**parameters, "key": keyed.key, "digest": keyed.digest}
        ((row_id, version, body, *event, digest),) = self._change(statement, named, is_repeatable=True)
        if row_id is None:
            # Another request holds the key. The statement sees what committed before it began, and nothing later.
            raise KeyInFlight if digest is None else KeyReused
        return Saved(row_id, etag_of(version), body, _evento(row_id, event))

    def update(self, row_id: int, values: Mapping[str, object], actor: str, versions: Sequence[int] | None) -> Saved:
        """Change the fields in ``values``. What changes nothing makes neither a new version nor an event.

        Args:
            row_id: whose.
            values: new values by field; None empties a field.
            actor: who does it.
            versions: the versions in which the row may be changed; None is any.

        Raises:
            EmailTaken: another has this address.
            EmpleadoNotFound: there is no such row.
            StaleVersion: the row has none of these versions.
        """
        parameters = {**_new(values), "sent": list(values), "row_id": row_id, "actor": actor, "versions": versions}
        _, version, body, *event, found = _only(self._change(find_statement("update_empleado"), parameters))
        _check_version(found, versions)
        return Saved(row_id, etag_of(version), body, _evento(row_id, event))

    def delete(self, row_id: int, actor: str, versions: Sequence[int] | None) -> Evento | None:
        """Remove an employee; see ``update``."""
        parameters = {"row_id": row_id, "actor": actor, "versions": versions}
        _, *event, found = _only(self._change(find_statement("delete_empleado"), parameters))
        _check_version(found, versions)
        return _evento(row_id, event)

    def find(self, row_id: int, audience: Audience) -> Found:
        """One employee.

        Raises:
            EmpleadoNotFound: there is no such row.
        """
        version, body = _only(self._database.read(find_statement("find_empleado", audience.value), {"row_id": row_id}))
        return Found(etag_of(version) if audience is Audience.RRHH else digest_of(body), body)

    def list(self, listing: Listing) -> Page:
        """A page of employees."""
        name, has_one_plan = _kind_of_list(listing)
        statement = find_statement(f"{name}_empleados", listing.audience.value, listing.order.name)
        after_key, after_id = listing.after or (None, None)
        if name == "posicion" and after_id is None:
            after_id = MAX_BIGINT if listing.order.is_descending else 0
        parameters = {
            "limit": listing.limit,
            "q": listing.q,
            "posicion": listing.posicion,
            "after_key": after_key,
            "after_id": after_id,
        }
        ((text,),) = self._database.read(statement, parameters, plan_anew=not has_one_plan)
        body, shown, is_more = _cut(text, listing.limit)
        return Page(body, listing.next_query(json.loads(shown[-1], parse_float=str)) if is_more else None)

    def history(self, history: History, audience: Audience) -> Page:
        """A page of all events, newest first."""
        name, has_one_plan = _kind_of_page(history.limit, is_first=history.before is None)
        statement = find_statement(f"{name}_eventos", audience.value)
        parameters = {"limit": history.limit, "before": history.before}
        ((text, last),) = self._database.read(statement, parameters, plan_anew=not has_one_plan)
        return _events(text, last, history)

    def history_of(self, row_id: int, history: History, audience: Audience) -> Page:
        """A page of one employee's events, newest first, also after deletion.

        Raises:
            EmpleadoNotFound: there never was such a row.
        """
        parameters = {"row_id": row_id, "limit": history.limit, "before": history.before}
        statement = find_statement("list_eventos_of_empleado", audience.value)
        rows = self._database.read(statement, parameters, plan_anew=history.before is not None)
        ((text, last, is_known),) = rows
        if not is_known:
            raise EmpleadoNotFound
        return _events(text, last, history)

    def summarise(self, audience: Audience) -> str:
        """Head count and salaries by position, as a JSON array; head count alone for readers."""
        name = "summarise_empleados" if audience is Audience.RRHH else "count_empleados"
        ((body,),) = self._database.read(find_statement(name), {})
        return str(body)

    def mark_published(self, evento: Evento, message_id: str) -> None:
        """Note that an event was published, without waiting for the database to say that it noted it.

        See ``docs/design/row-and-event.md``: a lost mark costs a duplicate, which readers absorb.

        Raises:
            Unavailable: it could not be sent.
        """
        parameters = {"event_id": evento.id, "sns_message_id": message_id}
        self._database.write_later(find_statement("mark_evento"), parameters)

    def _change(self, statement: Statement, parameters: Mapping[str, object], *, is_repeatable: bool = False) -> Rows:
        try:
            return self._database.write(statement, parameters, is_repeatable=is_repeatable)
        except StatementRefused as error:
            if error.constraint == EMAIL_CONSTRAINT:
                raise EmailTaken from None
            raise


def _kind_of_list(listing: Listing) -> tuple[str, bool]:
    """Which statement finds a page of employees, and whether one plan of it is good for any parameters."""
    if listing.q is not None:
        return "search", False
    if listing.posicion is None:
        return _kind_of_page(listing.limit, is_first=listing.after is None)
    is_usual = listing.limit == DEFAULT_LIMIT and listing.order.field.name == "id"
    return ("posicion", True) if is_usual else ("list", False)


def _kind_of_page(limit: int, *, is_first: bool) -> tuple[str, bool]:
    """The same for a page of all: the first, if it is as long as usual, has a statement of its own."""
    return "first" if is_first and limit == DEFAULT_LIMIT else "list", is_first


def _cut(text: str | None, limit: int) -> tuple[str, list[str], bool]:
    """A JSON array of the rows of a page, these rows, and whether there are more: one row more was asked for."""
    rows = text.split(SEPARATOR) if text else []
    shown = rows[:limit]
    return f"[{','.join(shown)}]", shown, len(rows) > limit


def _events(text: str | None, last: int | None, history: History) -> Page:
    body, _, is_more = _cut(text, history.limit)
    return Page(body, history.next_query(last) if is_more and last is not None else None)


def _new(values: Mapping[str, object]) -> dict[str, object]:
    """The parameters for the new values of all fields."""
    return {new_value(name): values.get(name) for name in INPUTS}


def _only(rows: Rows) -> Sequence[Any]:
    if not rows:
        raise EmpleadoNotFound
    return rows[0]


def _check_version(found: int, versions: Sequence[int] | None) -> None:
    """The statement checked the same, on the row that it held: here is only said what it did."""
    if versions is not None and found not in versions:
        raise StaleVersion


def _evento(row_id: int, event: Sequence[str | None]) -> Evento | None:
    event_id, tipo, mensaje = event
    return None if event_id is None else Evento(event_id, row_id, str(tipo), str(mensaje))
