"""The statements about events: the history that people read, the outbox, and what erasure takes out of both."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chalicelib.directorio.employee import CONFIDENTIAL, MAX_BIGINT, Audience
from contract.events import (
    ACTUALIZADO,
    ENVELOPE,
    ERASURE_MARKER,
    EVENT_FIELDS,
    KEPT_AFTER_ERASURE,
    LOTE,
    MESSAGE_VERSION,
)
from crud_app.sql.tables import bajas, empleados, eventos, peticiones
from crud_app.sql.terms import (
    ACTOR,
    LEAVER_TIME,
    LIMIT,
    ONE,
    ROW_ID,
    SEPARATOR,
    before_now,
    column_of,
    constant,
    json_object,
    texts,
    utc_text,
)

#: The advisory lock of the sweep: two sweeps at a time would publish the same events. Any number that is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
#: Seconds that a request has to publish its own event before the sweep considers it left over. Longer than any request
#: lives.
GRACE_SECONDS = 30

EMAIL = sa.bindparam("email", type_=sa.Text)
MONTHS = sa.bindparam("months", type_=sa.Integer)
BEFORE = sa.bindparam("before", type_=sa.Uuid)
SINCE = sa.bindparam("since", type_=sa.DateTime(timezone=True))
UNTIL = sa.bindparam("until", type_=sa.DateTime(timezone=True))
ACTOR_ASKED, TIPO_ASKED = (sa.bindparam(name, type_=sa.Text) for name in ("actor", "tipo"))
IS_ACTOR = sa.or_(ACTOR_ASKED.is_(None), eventos.c.actor == ACTOR_ASKED)
IS_TIPO = sa.or_(TIPO_ASKED.is_(None), eventos.c.tipo == TIPO_ASKED)
LOTE_ASKED = sa.bindparam("lote", type_=sa.Uuid)
IS_LOTE = sa.or_(LOTE_ASKED.is_(None), eventos.c.lote == LOTE_ASKED)
#: No event of a batch, or the batch's own; the condition of migration 0006's indexes.
IS_SINGLE = sa.or_(eventos.c.lote.is_(None), eventos.c.tipo == constant(LOTE))
GRACE = sa.literal_column(f"interval '{GRACE_SECONDS} seconds'", type_=sa.Interval)
IS_PENDING = eventos.c.publicado_en.is_(None) & (eventos.c.ocurrido_en < before_now(f"{GRACE_SECONDS} seconds"))


def list_eventos() -> sa.ClauseElement:
    """A page of all events, newest first, and one event more if there is one: what is shown of them, separated, and the
    id of the page's last event; both NULL if there is none. An event of a batch is not among them, but the batch's own.
    """
    return _page(IS_SINGLE, eventos.c.numero > _lowest(), eventos.c.numero < _highest())


def list_eventos_of_actor() -> sa.ClauseElement:
    """``list_eventos`` of one actor, and of one type if that is asked for, too."""
    return _page(IS_SINGLE, *_within(eventos.c.actor, ACTOR_ASKED), IS_TIPO, order=eventos.c.actor)


def list_eventos_of_tipo() -> sa.ClauseElement:
    """``list_eventos`` of one type."""
    return _page(IS_SINGLE, *_within(eventos.c.tipo, TIPO_ASKED), order=eventos.c.tipo)


def list_eventos_of_lote() -> sa.ClauseElement:
    """``list_eventos`` of one batch, without its own event."""
    is_row = eventos.c.lote.is_not(None), eventos.c.tipo != constant(LOTE)
    return _page(*is_row, *_within(eventos.c.lote, LOTE_ASKED), IS_ACTOR, IS_TIPO, order=eventos.c.lote)


def list_eventos_of_empleado() -> sa.ClauseElement:
    """``list_eventos`` of one employee, also those of batches; then whether there ever was such an employee."""
    has_events = sa.exists(sa.select(eventos.c.id).where(eventos.c.empleado_id == ROW_ID))
    exists_now = sa.exists(sa.select(empleados.c.id).where(empleados.c.id == ROW_ID))
    is_own = eventos.c.empleado_id == ROW_ID
    own = _page(is_own, IS_LOTE, IS_ACTOR, IS_TIPO, eventos.c.numero > _lowest(), eventos.c.numero < _highest())
    return own.add_columns(sa.select(sa.or_(has_events, exists_now)).scalar_subquery())


def mark_evento() -> sa.ClauseElement:
    """``mark_eventos`` of one, in two thirds of the time. Returns nothing."""
    return (
        sa.update(eventos)
        .values(publicado_en=sa.func.clock_timestamp(), message_id=sa.bindparam("sns_message_id", type_=sa.Text))
        .where(eventos.c.id == sa.bindparam("event_id", type_=sa.Uuid), eventos.c.publicado_en.is_(None))
    )


def lock_sweep() -> sa.ClauseElement:
    """Whether this transaction is the only sweep."""
    return sa.select(sa.func.pg_try_advisory_xact_lock(sa.literal_column(str(SWEEP_LOCK)), type_=sa.Boolean))


def pending_eventos() -> sa.ClauseElement:
    """The oldest events that were left unpublished, less those of employees that are held back."""
    held_back = sa.bindparam("held_back", type_=sa.ARRAY(sa.BigInteger))
    about = sa.func.coalesce(eventos.c.empleado_id, sa.literal_column("0"))  # a batch's own event is about nobody
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
    return sa.select(sa.func.count(), sa.func.coalesce(age, sa.literal_column("0"))).where(IS_PENDING)


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


def wait_for_sweep() -> sa.ClauseElement:
    """Until this transaction ends, no sweep has events in its hands. Waits as long as for any lock."""
    return sa.select(sa.cast(sa.func.pg_advisory_xact_lock(sa.literal_column(str(SWEEP_LOCK))), sa.Text))


def overdue_bajas() -> sa.ClauseElement:
    """The leavers whose time is up, the first ones, locked; nobody restores them meanwhile."""
    overdue = (
        sa.select(bajas.c.id).where(bajas.c.baja_en < sa.func.now() - LEAVER_TIME).order_by(bajas.c.baja_en, bajas.c.id)
    )
    return overdue.limit(LIMIT).with_for_update(skip_locked=True)


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
            payload=_payload_without_person(),
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
        .values(payload=_payload_without_person(), valores=sa.null())
        .where(eventos.c.numero.in_(oldest.limit(LIMIT)))
        .returning(eventos.c.numero)
        .cte("emptied")
    )
    return sa.select(sa.func.count(), sa.func.max(emptied.c.numero)).select_from(emptied)


def insert_evento(  # noqa: PLR0913 - what an event consists of
    source: sa.CTE,
    tipo: str,
    *,
    moment: str,
    cambios: sa.ColumnElement[Any],
    event_id: sa.ColumnElement[Any] | None = None,
    valores: sa.ColumnElement[Any] | None = None,
) -> sa.CTE:
    """Write the event of each row in ``source``, with the message as it will be published.

    Args:
        source: rows of employees after the change.
        tipo: of the event.
        moment: the column with the moment of the change.
        cambios: the names of the fields that changed.
        event_id: a new one unless given.
        valores: the old and the new value of each field that changed.
    """
    empleado = sa.select(*(column_of(source, name).label(name) for name in EVENT_FIELDS)).select_from(source)
    named = empleado.cte("empleado")
    message = (
        sa.select(
            sa.literal_column(str(MESSAGE_VERSION)).label("version"),
            (sa.func.gen_random_uuid() if event_id is None else event_id).label("id"),
            constant(tipo).label("tipo"),
            utc_text(column_of(source, moment)).label("ocurrido_en"),
            ACTOR.label("actor"),
            sa.func.row_to_json(named.table_valued()).label("empleado"),
            cambios.label("cambios"),
        )
        .select_from(source.join(named, sa.true()))
        .cte("message")
    )
    row = {
        "id": message.c.id,
        "empleado_id": column_of(source, "id"),
        "version": column_of(source, "version"),
        "tipo": message.c.tipo,
        "ocurrido_en": column_of(source, moment),
        "actor": message.c.actor,
        "payload": sa.func.row_to_json(message.table_valued()),
        **({} if valores is None else {"valores": valores}),
    }
    written = sa.insert(eventos).from_select(
        list(row), sa.select(*row.values()).select_from(source.join(message, sa.true()))
    )
    return written.returning(eventos.c.id, eventos.c.tipo, eventos.c.payload).cte("evento")


def shown_payload(audience: Audience) -> sa.ColumnElement[Any]:
    """What an audience sees of an event: its message, without what is hidden, then values and batch."""
    payload = eventos.c.payload
    empleado, cambios, resumen = payload["empleado"], payload["cambios"], payload["resumen"]
    valores: sa.ColumnElement[Any] = eventos.c.valores
    if audience is not Audience.RRHH:
        cambios = _public_changes()
        empleado = json_object({name: payload["empleado"][name] for name in EVENT_FIELDS if name not in CONFIDENTIAL})
        valores = eventos.c.valores.op("-")(texts(constant(name) for name in CONFIDENTIAL))
        # How many were changed would tell that some were whose changes are hidden.
        resumen = sa.cast(payload["resumen"], JSONB).op("-")(constant("actualizados"))
    envelope = {name: payload[name] for name in ENVELOPE}
    of_one = {"empleado": empleado, "cambios": cambios, "valores": valores, "lote": eventos.c.lote}
    of_batch = {"lote": eventos.c.lote, "origen": payload["origen"], "resumen": resumen}
    is_batch = eventos.c.tipo == constant(LOTE)
    return sa.case((is_batch, json_object(envelope | of_batch)), else_=json_object(envelope | of_one))


def is_public() -> sa.ColumnElement[bool]:
    """Whether an event is more than a change of what is confidential; the condition of migration 0006's indexes."""
    can_hide = eventos.c.tipo != constant(ACTUALIZADO), eventos.c.tipo != constant(LOTE)
    return sa.or_(sa.and_(*can_hide), sa.func.jsonb_array_length(_public_changes()) > sa.literal_column("0"))


def _public_changes() -> sa.ColumnElement[Any]:
    confidential = texts(constant(name) for name in CONFIDENTIAL)
    return sa.cast(eventos.c.payload["cambios"], JSONB).op("-", return_type=JSONB())(confidential)


def _page(*conditions: sa.ColumnElement[bool], order: sa.ColumnElement[Any] | None = None) -> sa.Select[Any]:
    """See ``list_eventos``: of the events that the audience may see, in a period; ``order`` is alike in all of them."""
    asked = (
        sa.or_(SINCE.is_(None), eventos.c.ocurrido_en >= SINCE),
        sa.or_(UNTIL.is_(None), eventos.c.ocurrido_en < UNTIL),
    )
    payload: sa.ColumnElement[Any] = sa.literal_column("{payload}")
    is_told = sa.literal_column("{is_told}", type_=sa.Boolean)
    shown = sa.select(eventos.c.id, payload.label("payload")).where(is_told, *conditions, *asked)
    sorting = [each.desc() for each in (order, eventos.c.numero) if each is not None]
    pagina = shown.order_by(*sorting).limit(LIMIT + ONE).subquery("pagina")
    messages = sa.func.string_agg(sa.cast(pagina.c.payload, sa.Text), SEPARATOR)
    last = sa.cast(sa.func.array_agg(pagina.c.id, type_=sa.ARRAY(sa.Uuid))[LIMIT], sa.Text)
    return sa.select(messages, last).select_from(pagina)


def _within(column: sa.ColumnElement[Any], value: sa.BindParameter[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    """That ``column`` has a value, as a range whose order only the index on it has; see ``posicion_empleados``.

    Of a value that most events have, but none that a reader may see, PostgreSQL would look for a page among all.
    """
    wanted, here = sa.select(value).scalar_subquery(), sa.tuple_(column, eventos.c.numero)
    return here > sa.tuple_(wanted, _lowest()), here < sa.tuple_(wanted, _highest())


def _lowest() -> sa.ColumnElement[Any]:
    """A number below all events of the period, so that a page need not be looked for among all others. Numbers and
    moments do not have quite the same order, but no request lives for ``GRACE_SECONDS``.
    """
    near = eventos.alias("near")
    before = sa.select(near.c.numero).where(near.c.ocurrido_en < SINCE - GRACE).order_by(near.c.ocurrido_en.desc())
    return sa.func.coalesce(before.limit(ONE).scalar_subquery(), sa.literal_column("0"))


def _highest() -> sa.ColumnElement[Any]:
    """A number above all events of the period, or that of the event before which the page is; see ``_lowest``."""
    near, anchor = eventos.alias("near"), eventos.alias("anchor")
    after = sa.select(near.c.numero).where(near.c.ocurrido_en > UNTIL + GRACE).order_by(near.c.ocurrido_en)
    here = sa.select(anchor.c.numero).where(anchor.c.id == BEFORE).scalar_subquery()
    # Before an event that does not exist there is none.
    last = sa.case(
        (BEFORE.is_(None), sa.literal_column(str(MAX_BIGINT))), else_=sa.func.coalesce(here, sa.literal_column("0"))
    )
    return sa.func.least(after.limit(ONE).scalar_subquery(), last)


def _told(name: str) -> sa.ColumnElement[Any]:
    """What an event tells of the employee; NULL if the employee was erased."""
    value: sa.ColumnElement[Any] = eventos.c.payload["empleado"][name].as_string()
    return value


def _payload_without_person() -> sa.ColumnElement[Any]:
    """The message as it was, keys in their order, with nothing that says who the employee was."""
    payload = eventos.c.payload
    empleado = {name: payload["empleado"][name] if name in KEPT_AFTER_ERASURE else sa.null() for name in EVENT_FIELDS}
    envelope = {name: payload[name] for name in ENVELOPE}
    return json_object(envelope | {"empleado": json_object(empleado), "cambios": payload["cambios"]})


def _are_old() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions. An event that waits for its publication is needed as it is."""
    latest = sa.func.now() - sa.func.make_interval(sa.literal_column("0"), MONTHS, type_=sa.Interval)
    return eventos.c.ocurrido_en < latest, eventos.c.publicado_en.is_not(None), _told(ERASURE_MARKER).is_not(None)
