"""The statements about events: the history that people read, the outbox, and what erasure takes out of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Integer,
    Interval,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from chalicelib.directorio.employee import CONFIDENTIAL
from chalicelib.directorio.event import ENVELOPE, ERASURE_MARKER, EVENT_FIELDS, KEPT_AFTER_ERASURE
from contract.events import ACTUALIZADO, MESSAGE_VERSION
from crud_app.sql.tables import empleados, eventos
from crud_app.sql.terms import (
    ACTOR,
    LIMIT,
    ONE,
    ROW_ID,
    SEPARATOR,
    USUAL_LIMIT,
    before_now,
    column_of,
    constant,
    json_object,
    texts,
    utc_text,
)

if TYPE_CHECKING:
    from sqlalchemy import CTE, ClauseElement, ColumnElement, Select

#: The advisory lock of the sweep: two sweeps at a time would publish the same events. Any number that is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
#: Seconds that a request has to publish its own event before the sweep considers it left over. Longer than any request
#: lives.
GRACE_SECONDS = 30

EMAIL = bindparam("email", type_=Text)
MONTHS = bindparam("months", type_=Integer)
BEFORE = bindparam("before", type_=BigInteger)
IS_BEFORE = or_(BEFORE.is_(None), eventos.c.numero < BEFORE)
IS_PENDING = eventos.c.publicado_en.is_(None) & (eventos.c.ocurrido_en < before_now(f"{GRACE_SECONDS} seconds"))


def list_eventos() -> ClauseElement:
    """A page of all events, newest first, and one event more if there is one: their messages, separated, and the number
    of the page's last event; both NULL if there is none.
    """
    return _page(_shown().where(IS_BEFORE))


def first_eventos() -> ClauseElement:
    """The first page of all events, of the usual length; see ``list_eventos``."""
    return _page(_shown(), USUAL_LIMIT)


def list_eventos_of_empleado() -> ClauseElement:
    """``list_eventos`` of one employee; then whether there ever was such an employee."""
    has_events = exists(select(eventos.c.id).where(eventos.c.empleado_id == ROW_ID))
    exists_now = exists(select(empleados.c.id).where(empleados.c.id == ROW_ID))
    own = _shown().where(eventos.c.empleado_id == ROW_ID, IS_BEFORE)
    return _page(own).add_columns(select(or_(has_events, exists_now)).scalar_subquery())


def mark_evento() -> ClauseElement:
    """Note that one event was published. Returns nothing."""
    return (
        update(eventos)
        .values(publicado_en=func.clock_timestamp(), message_id=bindparam("sns_message_id", type_=Text))
        .where(eventos.c.id == bindparam("event_id", type_=Uuid), eventos.c.publicado_en.is_(None))
    )


def lock_sweep() -> ClauseElement:
    """Whether this transaction is the only sweep."""
    return select(func.pg_try_advisory_xact_lock(literal_column(str(SWEEP_LOCK)), type_=Boolean))


def pending_eventos() -> ClauseElement:
    """The oldest events that were left unpublished, less those of employees that are held back."""
    held_back = bindparam("held_back", type_=ARRAY(BigInteger))
    return (
        select(cast(eventos.c.id, Text), eventos.c.empleado_id, eventos.c.tipo, cast(eventos.c.payload, Text))
        .where(IS_PENDING, eventos.c.empleado_id != func.all(held_back))
        .order_by(eventos.c.numero)
        .limit(LIMIT)
    )


def mark_eventos() -> ClauseElement:
    """Note that these events were published, each with its message id. Returns nothing."""
    pairs = func.unnest(bindparam("event_ids", type_=ARRAY(Uuid)), bindparam("sns_message_ids", type_=ARRAY(Text)))
    marked = pairs.table_valued("id", "message_id").render_derived("marked")
    return (
        update(eventos)
        .values(publicado_en=func.clock_timestamp(), message_id=marked.c.message_id)
        .where(eventos.c.id == marked.c.id)
    )


def measure_outbox() -> ClauseElement:
    """How many events are left over, and the age of the oldest in seconds (0 if there is none)."""
    age = func.extract("epoch", func.clock_timestamp() - func.min(eventos.c.ocurrido_en))
    return select(func.count(), func.coalesce(age, literal_column("0"))).where(IS_PENDING)


def find_people() -> ClauseElement:
    """The ids of all who have, or ever had, this e-mail address. Reads the whole history."""
    now = select(empleados.c.id).where(empleados.c.email == EMAIL)
    once = select(eventos.c.empleado_id).where(_told("email") == EMAIL)
    return union(now, once).order_by("id")


def describe_person() -> ClauseElement:
    """What is kept about one person.

    Returns whether there is a row, how many events there are, how many of them tell of the person, how many of these
    are not published, and the e-mail addresses, less those that somebody else has now.
    """
    own = select(eventos.c.publicado_en, _told("email").label("email")).where(eventos.c.empleado_id == ROW_ID)
    history = own.cte("history")
    tells = history.c.email.is_not(None)
    found = (
        select(
            func.count().label("events"),
            func.count().filter(tells).label("telling"),
            func.count().filter(tells, history.c.publicado_en.is_(None)).label("unpublished"),
        )
        .select_from(history)
        .cte("found")
    )
    is_there = exists(select(empleados.c.id).where(empleados.c.id == ROW_ID))
    had = union(
        select(empleados.c.email).where(empleados.c.id == ROW_ID), select(history.c.email).where(tells)
    ).subquery("had")
    others = exists(select(empleados.c.id).where(empleados.c.email == had.c.email, empleados.c.id != ROW_ID))
    addresses = select(func.array_agg(had.c.email)).where(~others).scalar_subquery()
    return select(is_there, *found.c, func.coalesce(addresses, texts([]))).select_from(found)


def wait_for_sweep() -> ClauseElement:
    """Until this transaction ends, no sweep has events in its hands. Waits as long as for any lock."""
    return select(cast(func.pg_advisory_xact_lock(literal_column(str(SWEEP_LOCK))), Text))


def empty_eventos_of_empleado() -> ClauseElement:
    """Take the person out of the events of one employee, and publish none that is left. Returns a row for each."""
    return (
        update(eventos)
        .values(
            payload=_payload_without_person(),
            publicado_en=func.coalesce(eventos.c.publicado_en, func.clock_timestamp()),
        )
        .where(eventos.c.empleado_id == ROW_ID, _told(ERASURE_MARKER).is_not(None))
        .returning(eventos.c.numero)
    )


def count_old_eventos() -> ClauseElement:
    """How many published events older than so many months tell of a person."""
    return select(func.count()).select_from(eventos).where(*_are_old())


def empty_old_eventos() -> ClauseElement:
    """Take the persons out of the first of those events, after a number. Returns how many, and the last number."""
    after = bindparam("after", type_=BigInteger)
    oldest = select(eventos.c.numero).where(*_are_old(), eventos.c.numero > after).order_by(eventos.c.numero)
    emptied = (
        update(eventos)
        .values(payload=_payload_without_person())
        .where(eventos.c.numero.in_(oldest.limit(LIMIT)))
        .returning(eventos.c.numero)
        .cte("emptied")
    )
    return select(func.count(), func.max(emptied.c.numero)).select_from(emptied)


def insert_evento(
    source: CTE,
    tipo: str,
    *,
    moment: str,
    cambios: ColumnElement[Any],
    event_id: ColumnElement[Any] | None = None,
) -> CTE:
    """Write the event of each row in ``source``, with the message as it will be published.

    Args:
        source: rows that an employee has after the change.
        tipo: of the event.
        moment: the column with the moment of the change.
        cambios: the names of the fields that changed.
        event_id: a new one unless given.
    """
    empleado = select(*(column_of(source, name).label(name) for name in EVENT_FIELDS)).select_from(source)
    named = empleado.cte("empleado")
    message = (
        select(
            literal_column(str(MESSAGE_VERSION)).label("version"),
            (func.gen_random_uuid() if event_id is None else event_id).label("id"),
            constant(tipo).label("tipo"),
            utc_text(column_of(source, moment)).label("ocurrido_en"),
            ACTOR.label("actor"),
            func.row_to_json(named.table_valued()).label("empleado"),
            cambios.label("cambios"),
        )
        .select_from(source.join(named, true()))
        .cte("message")
    )
    row = {
        "id": message.c.id,
        "empleado_id": column_of(source, "id"),
        "version": column_of(source, "version"),
        "tipo": message.c.tipo,
        "ocurrido_en": column_of(source, moment),
        "actor": message.c.actor,
        "payload": func.row_to_json(message.table_valued()),
    }
    written = insert(eventos).from_select(list(row), select(*row.values()).select_from(source.join(message, true())))
    return written.returning(eventos.c.id, eventos.c.tipo, eventos.c.payload).cte("evento")


def public_payload() -> ColumnElement[Any]:
    """The message without what is confidential."""
    payload = eventos.c.payload
    empleado = {name: payload["empleado"][name] for name in EVENT_FIELDS if name not in CONFIDENTIAL}
    envelope = {name: payload[name] for name in ENVELOPE}
    return json_object(envelope | {"empleado": json_object(empleado), "cambios": _public_changes()})


def is_public() -> ColumnElement[bool]:
    """Whether an event is more than a change of what is confidential."""
    return or_(
        eventos.c.tipo != constant(ACTUALIZADO), func.jsonb_array_length(_public_changes()) > literal_column("0")
    )


def _public_changes() -> ColumnElement[Any]:
    confidential = texts(constant(name) for name in CONFIDENTIAL)
    return cast(eventos.c.payload["cambios"], JSONB).op("-", return_type=JSONB())(confidential)


def _shown() -> Select[Any]:
    """The events that the audience sees, each with its number and the message that it sees of it."""
    payload: ColumnElement[Any] = literal_column("{payload}")
    return select(eventos.c.numero, payload.label("payload")).where(literal_column("{is_told}", type_=Boolean))


def _page(events: Select[Any], limit: ColumnElement[int] = LIMIT) -> Select[Any]:
    """See ``list_eventos``."""
    pagina = events.order_by(eventos.c.numero.desc()).limit(limit + ONE).subquery("pagina")
    messages = func.string_agg(cast(pagina.c.payload, Text), SEPARATOR)
    last = func.array_agg(pagina.c.numero, type_=ARRAY(BigInteger))[limit]
    return select(messages, last).select_from(pagina)


def _told(name: str) -> ColumnElement[Any]:
    """What an event tells of the employee; NULL if the employee was erased."""
    value: ColumnElement[Any] = eventos.c.payload["empleado"][name].as_string()
    return value


def _payload_without_person() -> ColumnElement[Any]:
    """The message as it was, keys in their order, with nothing that says who the employee was."""
    payload = eventos.c.payload
    empleado = {name: payload["empleado"][name] if name in KEPT_AFTER_ERASURE else null() for name in EVENT_FIELDS}
    envelope = {name: payload[name] for name in ENVELOPE}
    return json_object(envelope | {"empleado": json_object(empleado), "cambios": payload["cambios"]})


def _are_old() -> tuple[ColumnElement[bool], ...]:
    """Conditions. An event that waits for its publication is needed as it is."""
    latest = func.now() - func.make_interval(literal_column("0"), MONTHS, type_=Interval)
    return eventos.c.ocurrido_en < latest, eventos.c.publicado_en.is_not(None), _told(ERASURE_MARKER).is_not(None)
