"""The history that people read, and the parts of statements that write, show and erase events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chalicelib.directorio.employee import CONFIDENTIAL, MAX_BIGINT, Audience
from chalicelib.directorio.reads import utc_text
from contract.events import (
    ACTUALIZADO,
    ENVELOPE,
    EVENT_FIELDS,
    KEPT_AFTER_ERASURE,
    LOTE,
    MESSAGE_VERSION,
)
from crud_app.sql.tables import empleados, eventos
from crud_app.sql.terms import (
    ACTOR,
    LIMIT,
    ONE,
    ROW_ID,
    SEPARATOR,
    column_of,
    constant,
    json_object,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENTO = (
    sa.text("{evento}")
    .columns(sa.column("id", sa.Uuid), sa.column("tipo", sa.Text), sa.column("payload", sa.JSON))
    .cte("evento")
)
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
#: A request has this long to publish its own event before the sweep considers it left over: no request lives longer.
GRACE = sa.literal_column("interval '30 seconds'", type_=sa.Interval)


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
    lives for ``GRACE``.
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
        "ocurrido_en": sa.literal_column(utc_text("hecho.actualizado_en")),
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
