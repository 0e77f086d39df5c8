"""The employees and their events in PostgreSQL: each method is one statement, one round trip, one transaction.

Statements are templates, in which a column, a direction and an audience vary (docs/design/database.md). The folder
``sql`` contains them, written with SQLAlchemy, and ``make statements`` compiles them into ``statements.py``; reads of
employees and batches are SQL already.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_frontdoor.idempotency import KeyInFlight, KeyReused
from chalicelib.directorio.batch_sql import BATCHES
from chalicelib.directorio.database import Statement
from chalicelib.directorio.employee import BY_NAME, INPUTS, MAX_BIGINT, Audience, new_value
from chalicelib.directorio.errors import (
    EmailTaken,
    EmpleadoNotFound,
    LoteNotFound,
    StaleVersion,
    StatementRefused,
    Unavailable,
)
from chalicelib.directorio.publisher import Evento
from chalicelib.directorio.query import DEFAULT_LIMIT
from chalicelib.directorio.reads import READS
from chalicelib.directorio.statements import HISTORIES, PARTS, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.directorio.batch import Batch
    from chalicelib.directorio.database import Database, Rows
    from chalicelib.directorio.query import Filters, History, Listing

#: The constraint that makes email addresses unique: the database decides, and reports it by this name.
EMAIL_CONSTRAINT = "empleados_email_key"
#: A batch is decided anew, when an address was taken meanwhile, this often at most.
ATTEMPTS = 3
SQL = {**READS, **BATCHES, **STATEMENTS}
#: Separates the rows of a page (RFC 7464): no JSON text contains this control character.
SEPARATOR = "\x1e"
#: A parameter of a statement; a cast and the format of a moment have colons, too.
PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
#: Statements whose filters, limit or place decide which index is the best.
PLANNED_ANEW = frozenset({"list_empleados", "search_empleados", "total_empleados", "list_bajas", "list_eventos"})


class Row(NamedTuple):
    """An employee as sent to clients, or the counts of a batch; and the event of the change that made it so, None if
    nothing changed.
    """

    id: int
    version: int
    body: str
    evento: Evento | None = None


class Page(NamedTuple):
    """A JSON array, the query string of the page after it, if there is one, and its rows with salaries, if counted."""

    body: str
    next_query: str | None
    #: How a search finds: ``prefix`` or ``trigram``; that these rows are merely ``similar``, or a part of what fits.
    search: str | None = None
    salaries: int = 0


class Repository:
    """The directory's rows and their history."""

    def __init__(self, database: Database, time_zone: str = "UTC") -> None:
        self._database = database
        self._time_zone = time_zone

    def create(self, values: Mapping[str, object], actor: str, key: str | None = None) -> Row:
        """Add an employee; once for each request that has an Idempotency-Key.

        Raises:
            EmailTaken: another has this address.
            KeyInFlight: the request that has this key is being done.
            KeyReused: another request had this key.
        """
        parameters = {**_new(values), "actor": actor, "time_zone": self._time_zone}
        if key is None:
            ((row_id, version, body, *event, holder),) = self._change("insert_empleado", parameters)
            digest = None
        else:
            text = json.dumps({name: str(value) for name, value in values.items()}, sort_keys=True)
            parameters |= {"key": key, "digest": self._database.sign(text)}
            rows = self._change("insert_empleado_once", parameters, is_repeatable=True)
            ((row_id, version, body, *event, holder, digest),) = rows
        if row_id is None:
            if digest is not None:
                raise KeyReused
            _check_holder(holder)
            if key is None:
                raise EmailTaken(None)  # it was free when the statement began
            # Another request holds the key. The statement sees what committed before it began, and nothing later.
            raise KeyInFlight
        return Row(row_id, version, body, _evento(row_id, event))

    def update(self, row_id: int, values: Mapping[str, object], actor: str, versions: Sequence[int] | None) -> Row:
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
        return self._change_row("update_empleado", parameters)

    def delete(self, row_id: int, actor: str, versions: Sequence[int] | None) -> Row:
        """Make an employee a leaver, whose row is not returned; see ``update``."""
        parameters = {"row_id": row_id, "actor": actor, "versions": versions}
        _, *event, found = _only(self._change("delete_empleado", parameters))
        _check_version(found, versions)
        return Row(row_id, found, "", _evento(row_id, event))

    def restore(self, row_id: int, actor: str, versions: Sequence[int] | None) -> Row:
        """Make a leaver an employee again, with the old number; see ``update``."""
        parameters = {"row_id": row_id, "actor": actor, "versions": versions}
        return self._change_row("restore_empleado", parameters)

    def apply_batch(self, batch: Batch, actor: str, key: str | None) -> Page:
        """Do the operations that can be done; what was done under the actor's Idempotency-Key is not done again.

        Returns:
            The results as JSON, in the order of the operations. The rows in them are salaries that were read.

        Raises:
            KeyInFlight, KeyReused: see ``create``.
            Unavailable: nothing was done.
        """
        parameters = {
            "actor": actor,
            "key": key,
            "digest": self._database.sign(f"{batch.id} {batch.origin} {batch.operations}"),
            "lote": batch.id,
            "origin": batch.origin,
            "operations": batch.operations,
            "simulated": batch.is_simulated,
            "time_zone": self._time_zone,
        }
        results, digest, is_incomplete = self._try_batch(parameters)
        if results is None:
            # The statement sees what committed before it began, and nothing later.
            raise KeyInFlight if digest is None else KeyReused
        if is_incomplete and not batch.is_simulated:  # an address was taken meanwhile: by whom, a new look tells
            results, _, _ = self._try_batch(parameters)
        rows = results.count('"empleado":') + results.count('"existente":') - results.count('"estado":201')
        return Page(f'{{"resultados":[{results}]}}', None, salaries=rows)

    def close_batch(self, batch_id: str, actor: str, *, sends_email: bool) -> Row:
        """Write the batch's event, unless nothing has changed since it was closed.

        Raises:
            LoteNotFound: the actor has no such batch.
            Unavailable: repeating it does no harm.
        """
        parameters = {"lote": batch_id, "aviso": sends_email, "actor": actor}
        rows = self._change("close_lotes", parameters, is_repeatable=True)
        if not rows:
            raise LoteNotFound
        ((counts, *event),) = rows
        return Row(0, 0, counts, _evento(0, event))

    def find_leaver(self, row_id: int, days: int) -> Row:
        """One leaver, who will be erased this many days after leaving; see ``find``."""
        version, body = _only(self._database.read(find_statement("find_baja"), {"row_id": row_id, "days": days}))
        return Row(row_id, version, body)

    def list_leavers(self, listing: Listing, days: int) -> Page:
        """A page of leavers, the newest first."""
        after_key, after_id = listing.after or (None, None)
        parameters = {"limit": listing.limit, "q": listing.filters.q, "after_key": after_key, "after_id": after_id}
        ((text,),) = self._database.read(find_statement("list_bajas"), {**parameters, "days": days})
        return _page(text, listing)

    def find(self, row_id: int, audience: Audience) -> Row:
        """One employee.

        Raises:
            EmpleadoNotFound: there is no such row.
        """
        version, body = _only(self._database.read(find_statement("find_empleado", audience), {"row_id": row_id}))
        return Row(row_id, version, body)

    def list(self, listing: Listing) -> Page:
        """A page of employees."""
        name = "list_empleados"
        filters = listing.filters
        after_key, after_id = listing.after or (None, None)
        # Of one position, the order of positions is that of ids.
        is_by_id = listing.order.field.name in ("id", "posicion")
        if filters.has_words_or_ranges or (filters.posicion is not None and not is_by_id):
            name = "search_empleados"
        elif filters.posicion is None and after_id is None and listing.limit == DEFAULT_LIMIT:
            name = "first_empleados"
        elif filters.posicion is not None:
            name = "posicion_empleados"
            if after_id is None:
                after_id = MAX_BIGINT if listing.order.is_descending else 0
        parameters = {
            **filters._asdict(),
            "limit": listing.limit,
            "after_key": after_key,
            "after_id": after_id,
        }
        statement = find_statement(name, listing.audience, listing.order.name)
        search = None
        if name == "search_empleados":
            # A page of one row has no room for a person out of order.
            parameters |= _person(filters if listing.limit > 1 else None)
            ((text, kind, are_similar, is_part),) = self._database.read(statement, parameters)
            search = "partial" if is_part else None if filters.q is None else "similar" if are_similar else kind
        else:
            ((text,),) = self._database.read(statement, parameters)
        return _page(text, listing, search)

    def count(self, filters: Filters) -> tuple[int, bool]:
        """About how many employees fit, and whether that is exact."""
        parameters = filters._asdict() | _person(filters)
        ((total, is_exact),) = self._database.read(find_statement("total_empleados"), parameters)
        return total, is_exact

    def history(self, history: History, audience: Audience) -> Page:
        """A page of events, newest first."""
        page, _ = self._read_history(history, history.empleado, audience)
        return page

    def history_of(self, row_id: int, history: History, audience: Audience) -> Page:
        """A page of one employee's events, newest first, also after deletion.

        Raises:
            EmpleadoNotFound: there never was such a row.
        """
        page, is_known = self._read_history(history, row_id, audience)
        if not is_known:
            raise EmpleadoNotFound
        return page

    def _read_history(self, history: History, row_id: int | None, audience: Audience) -> tuple[Page, bool]:
        parameters = {**vars(history), "row_id": row_id, "empleado": row_id}
        strongest = [name for name in ("empleado", "lote", "actor", "tipo") if parameters[name] is not None]
        statement = find_statement("list_eventos", audience, history=(*strongest, "all")[0])
        ((text, last, is_known),) = self._database.read(statement, parameters)
        body, _, is_more = _cut(text, history.limit)
        return Page(body, history.next_query(last) if is_more else None), is_known

    def summarise(self, audience: Audience) -> str:
        """Head count and salaries by position, as a JSON array; head count alone for readers."""
        name = "summarise_empleados" if audience is Audience.RRHH else "count_empleados"
        ((body,),) = self._database.read(find_statement(name))
        return str(body)

    def mark_published(self, evento: Evento, message_id: str) -> None:
        """Note that an event was published, without waiting: a lost mark costs a duplicate, which readers absorb.

        Raises:
            Unavailable: it could not be sent.
        """
        parameters = {"event_id": evento.id, "sns_message_id": message_id}
        self._database.write_later(find_statement("mark_evento"), parameters)

    def _change_row(self, name: str, parameters: Mapping[str, Any]) -> Row:
        row_id, version, body, *event, holder, found = _only(self._change(name, parameters))
        _check_version(found, parameters["versions"])
        _check_holder(holder)
        return Row(row_id, version, body, _evento(row_id, event))

    def _try_batch(self, parameters: Mapping[str, object]) -> Sequence[Any]:
        for _ in range(ATTEMPTS):
            try:
                (row,) = self._change("apply_lote", parameters, is_repeatable=parameters["key"] is not None)
            except EmailTaken:
                continue
            return row
        raise Unavailable("")

    def _change(self, name: str, parameters: Mapping[str, object], *, is_repeatable: bool = False) -> Rows:
        try:
            return self._database.write(find_statement(name), parameters, is_repeatable=is_repeatable)
        except StatementRefused as error:
            if error.constraint == EMAIL_CONSTRAINT:
                raise EmailTaken(None) from None  # it was free when the statement began
            raise


@cache
def find_statement(
    name: str, audience: Audience = Audience.RRHH, order: str = "id", *, history: str = "all"
) -> Statement:
    """The statement of this name, for an audience.

    Args:
        name: of the statement.
        audience: for whom the answer is.
        order: a field to sort by, after ``-`` if descending.
        history: of which kind.
    """
    sql = SQL[name]
    of_history = {"history": HISTORIES[history]}
    for words in (PARTS[audience.value], of_history, PARTS["always"], _words_of_order(order)):
        for placeholder, text in words.items():
            sql = sql.replace(f"{{{placeholder}}}", text)
    names = tuple(dict.fromkeys(PARAMETER.findall(sql)))
    numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
    return Statement(numbered, names, name in PLANNED_ANEW)


def _words_of_order(order: str) -> dict[str, str]:
    """What stands for the placeholders of an order; text is sorted without regard to case and accents."""
    field = order.removeprefix("-")
    fold = "fold_text" if BY_NAME[field].kind == "text" else ""
    direction, after, until = ("DESC", "<", ">=") if order.startswith("-") else ("ASC", ">", "<=")
    return {"field": field, "fold": fold, "direction": direction, "after": after, "until": until}


def _person(filters: Filters | None) -> dict[str, object]:
    row_id, email = filters.person if filters else (None, None)
    return {"person_id": row_id, "person_email": email}


def _cut(text: str | None, limit: int) -> tuple[str, list[str], bool]:
    """A JSON array of the rows of a page, these rows, and whether there are more: one row more was asked for."""
    rows = text.split(SEPARATOR) if text else []
    shown = rows[:limit]
    return f"[{','.join(shown)}]", shown, len(rows) > limit


def _page(text: str | None, listing: Listing, search: str | None = None) -> Page:
    body, shown, is_more = _cut(text, listing.limit)
    next_query = listing.next_query(json.loads(shown[-1], parse_float=str)) if is_more else None
    return Page(body, next_query, search, len(shown) if listing.audience is Audience.RRHH else 0)


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


def _check_holder(holder: str | None) -> None:
    if holder is not None:
        raise EmailTaken(json.loads(holder))


def _evento(row_id: int, event: Sequence[str | None]) -> Evento | None:
    event_id, tipo, mensaje = event
    return None if event_id is None else Evento(event_id, row_id, str(tipo), str(mensaje))
