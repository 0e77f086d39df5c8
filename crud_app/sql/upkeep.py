"""The statements that no person waits for: the outbox, the sweep, and erasure."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from contract.events import ERASURE_MARKER
from crud_app.sql.events import GRACE, PAYLOAD, ZERO
from crud_app.sql.tables import bajas, empleados, eventos, lotes_pasos, peticiones
from crud_app.sql.terms import FORGOTTEN_BEFORE, LIMIT, ROW_ID, constant, texts

#: The advisory lock of the sweep: two sweeps at a time would publish the same events. Any number that is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
LOCK: sa.ColumnElement[Any] = sa.literal_column(str(SWEEP_LOCK))
EMAIL = sa.bindparam("email", type_=sa.Text)
#: See ``events.payload_without_person``.
WITHOUT_PERSON: sa.ColumnElement[Any] = sa.literal_column("{without_person}")
IS_PENDING = eventos.c.publicado_en.is_(None) & (eventos.c.ocurrido_en < sa.func.now() - GRACE)


def mark_evento() -> sa.ClauseElement:
    """``mark_eventos`` of one, in two thirds of the time. Returns nothing.

    The next statement of the connection waits for it, but not for the disk: a mark that a crash of the server loses
    costs a duplicate, which readers absorb.
    """
    need_not_wait = sa.func.set_config(constant("synchronous_commit"), constant("off"), sa.true(), type_=sa.Text)
    return (
        sa.update(eventos)
        .values(publicado_en=sa.func.clock_timestamp(), message_id=sa.bindparam("sns_message_id", type_=sa.Text))
        .where(
            eventos.c.id == sa.bindparam("event_id", type_=sa.Uuid),
            eventos.c.publicado_en.is_(None),
            need_not_wait.is_not(None),
        )
    )


def lock_sweep() -> sa.ClauseElement:
    """Whether this transaction is the only sweep."""
    return sa.select(sa.func.pg_try_advisory_xact_lock(LOCK, type_=sa.Boolean))


def wait_for_sweep() -> sa.ClauseElement:
    """Until this transaction ends, no sweep has events in its hands. Waits as long as for any lock."""
    return sa.select(sa.cast(sa.func.pg_advisory_xact_lock(LOCK), sa.Text))


def pending_eventos() -> sa.ClauseElement:
    """The oldest events that were left unpublished, less those of employees that are held back."""
    held_back = sa.bindparam("held_back", type_=sa.ARRAY(sa.BigInteger))
    about = sa.func.coalesce(eventos.c.empleado_id, ZERO)  # a batch's own event has no employee
    return (
        sa.select(sa.cast(eventos.c.id, sa.Text), about, eventos.c.tipo, sa.cast(eventos.c.payload, sa.Text))
        .where(IS_PENDING, about != sa.func.all(held_back))
        .order_by(eventos.c.numero)
        .limit(LIMIT)
    )


def mark_eventos() -> sa.ClauseElement:
    """Note that these events were published, each with its message id, unless it is noted already. Returns nothing."""
    pairs = sa.func.unnest(
        sa.bindparam("event_ids", type_=sa.ARRAY(sa.Uuid)), sa.bindparam("sns_message_ids", type_=sa.ARRAY(sa.Text))
    )
    marked = pairs.table_valued("id", "message_id").render_derived("marked")
    return (
        sa.update(eventos)
        .values(publicado_en=sa.func.clock_timestamp(), message_id=marked.c.message_id)
        .where(eventos.c.id == marked.c.id, eventos.c.publicado_en.is_(None))
    )


def measure_outbox() -> sa.ClauseElement:
    """How many events are left over, and the age of the oldest in seconds (0 if there is none)."""
    age = sa.func.extract("epoch", sa.func.clock_timestamp() - sa.func.min(eventos.c.ocurrido_en))
    return sa.select(sa.func.count(), sa.func.coalesce(age, ZERO)).where(IS_PENDING)


def forget_peticiones() -> sa.ClauseElement:
    """Forget the requests that are too old to be repeated. Returns how many there were."""
    old = sa.delete(peticiones).where(peticiones.c.creada_en < FORGOTTEN_BEFORE)
    forgotten = old.returning(peticiones.c.clave).cte("forgotten")
    steps = sa.delete(lotes_pasos).where(lotes_pasos.c.creado_en < FORGOTTEN_BEFORE).returning(lotes_pasos.c.id)
    return sa.select(sa.func.count()).select_from(forgotten).add_cte(steps.cte("pasos"))


def overdue_bajas() -> sa.ClauseElement:
    """The first leavers whose time is up, locked so that they cannot be restored meanwhile."""
    days = sa.bindparam("days", type_=sa.Integer)
    leaver_time = sa.func.make_interval(ZERO, ZERO, ZERO, days, type_=sa.Interval)
    overdue = (
        sa.select(bajas.c.id).where(bajas.c.baja_en < sa.func.now() - leaver_time).order_by(bajas.c.baja_en, bajas.c.id)
    )
    return overdue.limit(LIMIT).with_for_update(skip_locked=True)


def find_people() -> sa.ClauseElement:
    """The ids of all who have, or ever had, this e-mail address. Reads the whole history."""
    now, lately = (sa.select(each.c.id).where(each.c.email == EMAIL) for each in (empleados, bajas))
    once = sa.select(eventos.c.empleado_id).where(_told("email") == EMAIL)
    return sa.union(now, lately, once).order_by("id")


def describe_person() -> sa.ClauseElement:
    """What is kept about one person: see ``erasure.Person``."""
    own = sa.select(eventos.c.publicado_en, _told("email").label("email")).where(eventos.c.empleado_id == ROW_ID)
    history = own.cte("history")
    tells = history.c.email.is_not(None)
    found = (
        sa.select(
            sa.func.count().label("events"),
            sa.func.count().filter(tells).label("telling"),
            sa.func.count().filter(tells, history.c.publicado_en.is_(None)).label("unpublished"),
        )
        .select_from(history)
        .cte("found")
    )
    is_employee, is_leaver = (sa.exists(sa.select(each.c.id).where(each.c.id == ROW_ID)) for each in (empleados, bajas))
    has = (sa.select(each.c.email).where(each.c.id == ROW_ID) for each in (empleados, bajas))
    had = sa.union(*has, sa.select(history.c.email).where(tells)).subquery("had")
    others = sa.exists(sa.select(empleados.c.id).where(empleados.c.email == had.c.email, empleados.c.id != ROW_ID))
    addresses = sa.select(sa.func.array_agg(had.c.email)).where(~others).scalar_subquery()
    return sa.select(sa.or_(is_employee, is_leaver), *found.c, sa.func.coalesce(addresses, texts([]))).select_from(
        found
    )


def erase_people() -> sa.ClauseElement:
    """Take people who are no employees out of everything, and publish no event of theirs that is left. Returns a row
    for each event that was emptied.
    """
    row_ids = sa.func.any(sa.bindparam("row_ids", type_=sa.ARRAY(sa.BigInteger)))
    leavers = sa.delete(bajas).where(bajas.c.id == row_ids).returning(bajas.c.id).cte("leavers")
    requests = sa.delete(peticiones).where(peticiones.c.evento_id == eventos.c.id, eventos.c.empleado_id == row_ids)
    return (
        sa.update(eventos)
        .values(
            payload=WITHOUT_PERSON,
            valores=sa.null(),
            publicado_en=sa.func.coalesce(eventos.c.publicado_en, sa.func.clock_timestamp()),
        )
        .where(eventos.c.empleado_id == row_ids, _told(ERASURE_MARKER).is_not(None))
        .returning(eventos.c.numero)
        .add_cte(leavers, requests.returning(peticiones.c.clave).cte("requests"))
    )


def count_old_eventos() -> sa.ClauseElement:
    """The number of published events, older than the given months, that still hold a person's data."""
    return sa.select(sa.func.count()).select_from(eventos).where(*_are_old())


def empty_old_eventos() -> sa.ClauseElement:
    """Take the persons out of the first of those events, after a number. Returns how many, and the last number."""
    after = sa.bindparam("after", type_=sa.BigInteger)
    oldest = sa.select(eventos.c.numero).where(*_are_old(), eventos.c.numero > after).order_by(eventos.c.numero)
    emptied = (
        sa.update(eventos)
        .values(payload=WITHOUT_PERSON, valores=sa.null())
        .where(eventos.c.numero.in_(oldest.limit(LIMIT)))
        .returning(eventos.c.numero)
        .cte("emptied")
    )
    return sa.select(sa.func.count(), sa.func.max(emptied.c.numero)).select_from(emptied)


def _told(name: str) -> sa.ColumnElement[Any]:
    """What an event tells of the employee; NULL if the employee was erased."""
    value: sa.ColumnElement[Any] = PAYLOAD["empleado"][name].as_string()
    return value


def _are_old() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions. An event that waits for its publication is needed as it is."""
    latest = sa.func.now() - sa.func.make_interval(ZERO, sa.bindparam("months", type_=sa.Integer), type_=sa.Interval)
    return eventos.c.ocurrido_en < latest, eventos.c.publicado_en.is_not(None), _told(ERASURE_MARKER).is_not(None)
