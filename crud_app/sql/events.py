"""The statements about events: the history that people read, the outbox, and what erasure takes out of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The advisory lock of the sweep: two sweeps at a time would publish the same events. Any number that is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
#: Seconds that a request has to publish its own event before the sweep considers it left over. Longer than any request
#: lives.
GRACE_SECONDS = 30

EVENTO = (
    sa.text("{evento}")
    .columns(sa.column("id", sa.Uuid), sa.column("tipo", sa.Text), sa.column("payload", sa.JSON))
    .cte("evento")
)
EMAIL = sa.bindparam("email", type_=sa.Text)
MONTHS = sa.bindparam("months", type_=sa.Integer)
BEFORE = sa.bindparam("before", type_=sa.Uuid)
SINCE = sa.bindparam("since", type_=sa.DateTime(timezone=True))
UNTIL = sa.bindparam("until", type_=sa.DateTime(timezone=True))
#: Filters, and no filters where they are NULL.
ASKED = {
    name: sa.bindparam(name, type_=kind) for name, kind in (("actor", sa.Text), ("tipo", sa.Text), ("lote", sa.Uuid))
}
#: No event of a batch, or the batch's own; the condition of migration 0006's indexes.
IS_SINGLE = sa.or_(eventos.c.lote.is_(None), eventos.c.tipo == constant(LOTE))
ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
PAYLOAD = sa.literal_column("payload", type_=sa.JSON)
#: See ``payload_without_person``.
WITHOUT_PERSON: sa.ColumnElement[Any] = sa.literal_column("{without_person}")
GRACE = sa.literal_column(f"interval '{GRACE_SECONDS} seconds'", type_=sa.Interval)
IS_PENDING = eventos.c.publicado_en.is_(None) & (eventos.c.ocurrido_en < before_now(f"{GRACE_SECONDS} seconds"))


def list_eventos() -> sa.ClauseElement:
    """A page of one of ``histories``, as far as the audience may see it, and one event more if there is one: what is
    shown of them, separated, and the id of the page's last event; both NULL if there is none. Then whether there is an
    employee ``row_id``, or ever was.
    """
    payload: sa.ColumnElement[Any] = sa.literal_column("{payload}")
    shown = sa.select(eventos.c.id, payload.label("payload")).where(
        sa.literal_column("{is_told}", type_=sa.Boolean),
        sa.or_(SINCE.is_(None), eventos.c.ocurrido_en >= SINCE),
        sa.or_(UNTIL.is_(None), eventos.c.ocurrido_en < UNTIL),
        sa.literal_column("{history}", type_=sa.Boolean),
    )
    pagina = shown.limit(LIMIT + ONE).subquery("pagina")
    messages = sa.func.string_agg(sa.cast(pagina.c.payload, sa.Text), SEPARATOR)
    last = sa.cast(sa.func.array_agg(pagina.c.id, type_=sa.ARRAY(sa.Uuid))[LIMIT], sa.Text)
    has_events = sa.exists(sa.select(eventos.c.id).where(eventos.c.empleado_id == ROW_ID))
    exists_now = sa.exists(sa.select(empleados.c.id).where(empleados.c.id == ROW_ID))
    return sa.select(messages, last, sa.select(sa.or_(has_events, exists_now)).scalar_subquery()).select_from(pagina)


def histories() -> dict[str, tuple[tuple[sa.ColumnElement[bool], ...], tuple[sa.ColumnElement[Any], ...]]]:
    """The last conditions and the order of each history: all events; those of one actor, of one type, of one batch
    without its own event, and of one employee, also those of batches. An event of a batch is not among the others.
    """
    row_of_batch = eventos.c.lote.is_not(None) & (eventos.c.tipo != constant(LOTE))
    of_empleado = eventos.c.empleado_id == ROW_ID
    return {
        "all": ((IS_SINGLE, *_between()), ()),
        "actor": ((IS_SINGLE, *_between("actor"), _is_asked("tipo")), (eventos.c.actor,)),
        "tipo": ((IS_SINGLE, *_between("tipo")), (eventos.c.tipo,)),
        "lote": ((row_of_batch, *_between("lote"), _is_asked("actor"), _is_asked("tipo")), (eventos.c.lote,)),
        "empleado": ((of_empleado, *_between(), *map(_is_asked, ASKED)), ()),
    }


def bounds() -> dict[str, sa.ColumnElement[Any]]:
    """Numbers around the events of a period, so that a page need not be looked for among all others; the upper one may
    be that of the event before which the page is. Numbers and moments do not have quite the same order, but no request
    lives for ``GRACE_SECONDS``.
    """
    near, anchor = eventos.alias("near"), eventos.alias("anchor")
    before = sa.select(near.c.numero).where(near.c.ocurrido_en < SINCE - GRACE).order_by(near.c.ocurrido_en.desc())
    after = sa.select(near.c.numero).where(near.c.ocurrido_en > UNTIL + GRACE).order_by(near.c.ocurrido_en)
    # Before an event that does not exist there is none.
    here = sa.func.coalesce(sa.select(anchor.c.numero).where(anchor.c.id == BEFORE).scalar_subquery(), ZERO)
    last = sa.case((BEFORE.is_(None), sa.literal_column(str(MAX_BIGINT))), else_=here)
    return {
        "lowest": sa.func.coalesce(before.limit(ONE).scalar_subquery(), ZERO),
        "highest": sa.func.least(after.limit(ONE).scalar_subquery(), last),
    }


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
    """The first leavers whose time is up, locked so that they cannot be restored meanwhile."""
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


def told(
    tipo: str,
    cambios: sa.ColumnElement[Any],
    valores: sa.ColumnElement[Any] | None = None,
    event_id: sa.ColumnElement[Any] | None = None,
) -> tuple[sa.ColumnElement[Any], ...]:
    """What a change returns, beside the columns of the row, for ``insert_evento``.

    Args:
        tipo: of the event.
        cambios: the names of the fields that changed.
        valores: the old and the new value of each field that changed.
        event_id: a new one unless given.
    """
    return (
        constant(tipo).label("tipo"),
        cambios.label("cambios"),
        sa.cast(sa.null() if valores is None else valores, JSONB).label("valores"),
        (sa.func.gen_random_uuid() if event_id is None else event_id).label("evento_id"),
    )


def insert_evento(lote: sa.BindParameter[Any] | None = None) -> sa.ClauseElement:
    """Write the event of each row in ``hecho``, of a batch or of none, with the message as it will be published: the
    parts ``{evento}`` and ``{evento_of_lote}``.
    """
    hecho = sa.table("hecho")
    empleado = sa.select(*(column_of(hecho, name) for name in EVENT_FIELDS)).lateral("empleado")
    of_lote = {} if lote is None else {"lote": lote}
    members = {
        "version": sa.literal_column(str(MESSAGE_VERSION)),
        "id": column_of(hecho, "evento_id"),
        "tipo": column_of(hecho, "tipo"),
        "ocurrido_en": utc_text(column_of(hecho, "actualizado_en")),
        "actor": ACTOR,
        "empleado": sa.func.row_to_json(sa.literal_column("empleado")),
        "cambios": column_of(hecho, "cambios"),
        **of_lote,
    }
    message = sa.select(*(value.label(name) for name, value in members.items())).lateral("message")
    row = {
        "id": members["id"],
        "empleado_id": column_of(hecho, "id"),
        "version": column_of(hecho, "version"),
        "tipo": members["tipo"],
        "ocurrido_en": column_of(hecho, "actualizado_en"),
        "actor": ACTOR,
        "payload": sa.func.row_to_json(message.table_valued()),
        "valores": column_of(hecho, "valores"),
        **of_lote,
    }
    rows = sa.select(*row.values()).select_from(hecho.join(empleado, sa.true()).join(message, sa.true()))
    written = sa.insert(eventos).from_select(list(row), rows)
    return written.returning(eventos.c.id, eventos.c.tipo, eventos.c.payload)


def shown_payload(audience: Audience) -> sa.ColumnElement[Any]:
    """What an audience sees of an event: its message, without what is hidden, then values and batch."""
    empleado, cambios, resumen = PAYLOAD["empleado"], PAYLOAD["cambios"], PAYLOAD["resumen"]
    valores: sa.ColumnElement[Any] = eventos.c.valores
    if audience is not Audience.RRHH:
        cambios = _public_changes()
        empleado = json_object({name: PAYLOAD["empleado"][name] for name in EVENT_FIELDS if name not in CONFIDENTIAL})
        valores = eventos.c.valores.op("-")(texts(constant(name) for name in CONFIDENTIAL))
        # How many were changed would tell that some were whose changes are hidden.
        resumen = sa.cast(PAYLOAD["resumen"], JSONB).op("-")(constant("actualizados"))
    of_one = {"empleado": empleado, "cambios": cambios, "valores": valores, "lote": eventos.c.lote}
    of_batch = {"lote": eventos.c.lote, "origen": PAYLOAD["origen"], "resumen": resumen, "aviso": PAYLOAD["aviso"]}
    return sa.case((eventos.c.tipo == constant(LOTE), _message(of_batch)), else_=_message(of_one))


def is_public() -> sa.ColumnElement[bool]:
    """Whether an event is more than a change of what is confidential; the condition of migration 0006's indexes."""
    can_hide = eventos.c.tipo != constant(ACTUALIZADO), eventos.c.tipo != constant(LOTE)
    return sa.or_(sa.and_(*can_hide), sa.func.jsonb_array_length(_public_changes()) > ZERO)


def envelope() -> str:
    """The members that every message has, as arguments of ``json_build_object``."""
    return ", ".join(f"'{name}', payload -> '{name}'" for name in ENVELOPE)


def payload_without_person() -> sa.ColumnElement[Any]:
    """The message as it was, keys in their order, with nothing that says who the employee was."""
    kept = {name: PAYLOAD["empleado"][name] if name in KEPT_AFTER_ERASURE else sa.null() for name in EVENT_FIELDS}
    return _message({"empleado": json_object(kept), "cambios": PAYLOAD["cambios"]})


def _message(members: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    """The message of an event with these members behind the envelope."""
    parts = (part for name, value in members.items() for part in (constant(name), value))
    return sa.func.json_build_object(sa.literal_column("{envelope}"), *parts)


def _public_changes() -> sa.ColumnElement[Any]:
    confidential = texts(constant(name) for name in CONFIDENTIAL)
    return sa.cast(PAYLOAD["cambios"], JSONB).op("-", return_type=JSONB())(confidential)


def _is_asked(name: str) -> sa.ColumnElement[bool]:
    return sa.or_(ASKED[name].is_(None), eventos.c[name] == ASKED[name])


def _between(name: str = "") -> tuple[sa.ColumnElement[bool], ...]:
    """That an event is within ``bounds``, and that the column ``name`` has the value that is asked for.

    Both as one range, whose order only the index on this column has; see ``posicion_empleados``. Of a value that most
    events have, but none that a reader may see, PostgreSQL would look for a page among all.
    """
    numero = eventos.c.numero
    lowest, highest = (sa.literal_column(word, type_=sa.BigInteger) for word in ("{lowest}", "{highest}"))
    if not name:
        return numero > lowest, numero < highest
    wanted, here = sa.select(ASKED[name]).scalar_subquery(), sa.tuple_(eventos.c[name], numero)
    return here > sa.tuple_(wanted, lowest), here < sa.tuple_(wanted, highest)


def _told(name: str) -> sa.ColumnElement[Any]:
    """What an event tells of the employee; NULL if the employee was erased."""
    value: sa.ColumnElement[Any] = PAYLOAD["empleado"][name].as_string()
    return value


def _are_old() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions. An event that waits for its publication is needed as it is."""
    latest = sa.func.now() - sa.func.make_interval(ZERO, MONTHS, type_=sa.Interval)
    return eventos.c.ocurrido_en < latest, eventos.c.publicado_en.is_not(None), _told(ERASURE_MARKER).is_not(None)
