"""The statements about employees. Each does its whole work, so it is one round trip.

A change writes the row **and** its event with one data-modifying CTE: either both exist or neither
(docs/design/row-and-event.md). PostgreSQL builds the JSON that is sent; it passes through Python as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or_keep

from chalicelib.directorio.employee import BY_NAME, INPUTS, new_value
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, RESTAURADO
from crud_app.sql.events import EVENTO, told
from crud_app.sql.tables import bajas, empleados, eventos, peticiones
from crud_app.sql.terms import (
    ACTOR,
    FORGOTTEN_BEFORE,
    ONE,
    ROW_ID,
    TIME_ZONE,
    VERSIONS,
    column_of,
    constant,
    row_text,
    texts,
)

if TYPE_CHECKING:
    from sqlalchemy.sql.selectable import LateralFromClause, NamedFromClause


KEY = sa.bindparam("key", type_=sa.Text)
DIGEST = sa.bindparam("digest", type_=sa.Text)
#: The names of the fields that a change sends. Any other field stays as it was; NULL empties a field.
SENT = sa.bindparam("sent", type_=sa.ARRAY(sa.Text))
STAR: sa.ColumnElement[Any] = sa.literal_column("empleados.*")
COLUMNS: sa.ColumnElement[Any] = sa.literal_column("{columns}")


def insert_empleado() -> sa.ClauseElement:
    """Add a row, unless its address is taken. Returns id, version, body, the event's id, tipo and mensaje, all NULL if
    it is; and who has the address.
    """
    values = sa.select(*(_created_value(name, sa.func.now()) for name in INPUTS))
    hecho = _create(insert_or_keep(empleados).from_select(list(INPUTS), values).on_conflict_do_nothing())
    titular = _holder(empleados.c.email == _new_value("email"), ~_has_rows(hecho))
    return _outcome(sa.select(ONE).cte("always"), _bodies(hecho), titular)


def insert_empleado_once() -> sa.ClauseElement:
    """``insert_empleado``, if the actor has no request with this key; and the digest that the key had, or NULL.

    If the same request had the key, the answer is the first one, without an event. If another request had it, or one
    that commits while this one is at work, id is NULL: nothing was done.
    """
    anterior = (
        sa.select(peticiones.c.huella, peticiones.c.evento_id)
        .where(peticiones.c.actor == ACTOR, peticiones.c.clave == KEY, peticiones.c.creada_en >= FORGOTTEN_BEFORE)
        .cte("anterior")
    )
    titular = _holder(empleados.c.email == _new_value("email"))
    nueva = _insert_peticion(titular)
    values = sa.select(*(_created_value(name, sa.func.now()) for name in INPUTS)).select_from(nueva)
    hecho = _create(
        sa.insert(empleados).from_select(list(INPUTS), values), event_id=sa.select(nueva.c.evento_id).scalar_subquery()
    )
    repetido = (
        sa.select(*(_as_created(name).label(name) for name in BY_NAME))
        .select_from(anterior.join(eventos, eventos.c.id == anterior.c.evento_id))
        .where(anterior.c.huella == DIGEST)
        .cte("repetido")
    )
    always = sa.select(ONE).cte("always").outerjoin(anterior, sa.true())
    return _outcome(always, sa.union_all(_bodies(hecho), _bodies(repetido)), titular, anterior.c.huella)


def update_empleado() -> sa.ClauseElement:
    """Set the fields that were sent, if the row has a wanted version, any of them changes, and the address is free.

    Returns no row if there is none; else id, version, body, the event's id, tipo and mensaje (NULL if nothing
    changed), who has the address, and the version that was found.
    """
    sends_email = constant("email") == sa.func.any(SENT)
    titular = _holder(sends_email, empleados.c.email == _new_value("email"), empleados.c.id != ROW_ID)
    # Held until the statement ends: what is decided on this row stays true.
    actual = _all_of(empleados).where(empleados.c.id == ROW_ID).with_for_update().cte("actual")
    wanted = {
        name: sa.case((constant(name) == sa.func.any(SENT), _new_value(name)), else_=column_of(actual, name))
        for name in INPUTS
    }
    deseado = sa.select(*(value.label(name) for name, value in wanted.items())).select_from(actual).cte("deseado")
    found = column_of(actual, "version").label("found")
    changes = (sa.case((column_of(actual, name).is_distinct_from(deseado.c[name]), constant(name))) for name in INPUTS)
    cambio = (
        sa.select(found, *deseado.c, sa.func.array_remove(texts(changes), sa.null()).label("cambios"))
        .select_from(actual.join(deseado, sa.true()))
        .cte("cambio")
    )
    campo = sa.func.unnest(cambio.c.cambios).column_valued("campo")
    before, after = (sa.func.to_jsonb(row.table_valued()).op("->")(campo) for row in (actual, deseado))
    value = sa.func.jsonb_build_object(constant("antes"), before, constant("despues"), after)
    valores = sa.select(sa.func.jsonb_object_agg(campo, value)).select_from(cambio, actual, deseado)
    hecho = (
        sa.update(empleados)
        .values(
            # The transaction began before the lock was had: its now() could be older than the version before.
            {name: cambio.c[name] for name in INPUTS}
            | {"version": empleados.c.version + ONE, "actualizado_en": sa.func.clock_timestamp()}
        )
        .where(
            empleados.c.id == ROW_ID,
            _is_wanted(cambio.c.found),
            sa.func.cardinality(cambio.c.cambios) >= ONE,
            _is_free(titular),
        )
        .returning(STAR, *told(ACTUALIZADO, cambio.c.cambios, valores.scalar_subquery()))
        .cte("hecho")
    )
    unchanged = _bodies(actual).where(~_has_rows(hecho))
    return _outcome(actual, sa.union_all(_bodies(hecho), unchanged), titular, found)


def delete_empleado() -> sa.ClauseElement:
    """Move the row to the leavers, if it has a wanted version.

    Returns no row if there is none; else id, the event's id, tipo and mensaje (NULL if the row stays), and the version
    that was found.
    """
    locked = sa.select(empleados.c.id, empleados.c.version).where(empleados.c.id == ROW_ID).with_for_update()
    actual = locked.cte("actual")
    gone = sa.delete(empleados).where(empleados.c.id == actual.c.id, _is_wanted(actual.c.version))
    hecho = gone.returning(*_renewed(empleados), *told(ELIMINADO, texts([]))).cte("hecho")
    moved = sa.select(COLUMNS, column_of(hecho, "actualizado_en")).select_from(hecho)
    added = sa.insert(bajas).from_select([*BY_NAME, "baja_en"], moved)
    return (
        sa.select(actual.c.id, *_published(), actual.c.version.label("found"))
        .select_from(actual.outerjoin(EVENTO, sa.true()))
        .add_cte(added.returning(bajas.c.id).cte("baja"))
    )


def restore_empleado() -> sa.ClauseElement:
    """Move a leaver back, if the leaver has a wanted version and the address is free; see ``update_empleado``."""
    # Of two at the same time, the second waits here, and finds none.
    locked = sa.select(bajas.c.id, bajas.c.email, bajas.c.version).where(bajas.c.id == ROW_ID).with_for_update()
    actual = locked.cte("actual")
    titular = _holder(empleados.c.email == sa.select(actual.c.email).scalar_subquery())
    gone = sa.delete(bajas).where(bajas.c.id == actual.c.id, _is_wanted(actual.c.version), _is_free(titular))
    vuelto = gone.returning(*_renewed(bajas)).cte("vuelto")
    added = sa.insert(empleados).from_select(list(BY_NAME), sa.select(COLUMNS).select_from(vuelto))
    hecho = added.returning(STAR, *told(RESTAURADO, texts([]))).cte("hecho")
    return _outcome(actual, _bodies(hecho), titular, actual.c.version.label("found"))


def _shown() -> LateralFromClause:
    """The fields that the audience sees, of the row on the left of the join."""
    return sa.select(sa.literal_column("{fields}")).lateral("fila")


def _holder(*conditions: sa.ColumnElement[bool]) -> sa.CTE:
    """The employee who has an address already."""
    return sa.select(empleados.c.id, empleados.c.nombre).where(*conditions).cte("titular")


def _is_free(titular: sa.CTE) -> sa.ColumnElement[bool]:
    return ~sa.exists(sa.select(ONE).select_from(titular))


def _outcome(
    rows: sa.FromClause, bodies: sa.SelectBase, titular: sa.CTE, *columns: sa.ColumnElement[Any]
) -> sa.ClauseElement:
    """What a change answers for each of ``rows``: what it did, if anything, who has the address, and ``columns``."""
    cuerpo = bodies.cte("cuerpo")
    for each in (cuerpo, EVENTO):
        rows = rows.outerjoin(each, sa.true())
    holder = sa.select(row_text(titular)).scalar_subquery()
    return sa.select(*cuerpo.c, *_published(), holder, *columns).select_from(rows)


def _bodies(source: sa.CTE) -> sa.Select[Any]:
    """Id, version and body of each row in ``source``."""
    fila = _shown()
    columns = column_of(source, "id").label("id"), column_of(source, "version").label("version")
    return sa.select(*columns, row_text(fila).label("body")).select_from(source.join(fila, sa.true()))


def _all_of(source: NamedFromClause) -> sa.Select[Any]:
    """All columns of a source of employees."""
    return sa.select(sa.literal_column(f"{source.name}.*")).select_from(source)


def _has_rows(source: sa.CTE) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(ONE).select_from(source))


def _new_value(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(new_value(name), type_=empleados.c[name].type)


def _created_value(name: str, moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The value of a field in a row that is created at this moment: NULL stands for the default, if there is one."""
    if BY_NAME[name].default == "today":
        return sa.func.coalesce(_new_value(name), sa.cast(sa.func.timezone(TIME_ZONE, moment), sa.Date))
    return _new_value(name)


def _as_created(name: str) -> sa.ColumnElement[Any]:
    """The value of a field in the row whose creation ``eventos`` tells of, from a request that is sent again."""
    if name in INPUTS:
        return _created_value(name, eventos.c.ocurrido_en)
    if name in ("creado_en", "actualizado_en"):
        return eventos.c.ocurrido_en
    return {"id": eventos.c.empleado_id, "version": eventos.c.version}[name]


def _create(added: sa.Insert, *, event_id: sa.ColumnElement[Any] | None = None) -> sa.CTE:
    """The rows that an insertion makes, and what their events tell."""
    given = [
        sa.case((empleados.c[name].is_not(None), constant(name))) if BY_NAME[name].is_nullable else constant(name)
        for name in INPUTS
    ]
    is_any_nullable = any(BY_NAME[name].is_nullable for name in INPUTS)
    cambios = sa.func.array_remove(texts(given), sa.null()) if is_any_nullable else texts(given)
    return added.returning(STAR, *told(CREADO, cambios, event_id=event_id)).cte("hecho")


def _renewed(source: sa.TableClause) -> list[sa.ColumnElement[Any]]:
    """All columns of a row that moves: the event of that counts as a version of its own."""
    new = {"version": source.c.version + ONE, "actualizado_en": sa.func.clock_timestamp()}
    return [new.get(name, source.c[name]).label(name) for name in BY_NAME]


def _insert_peticion(titular: sa.CTE) -> sa.CTE:
    """Take the key for this request: no row if it is taken, and not yet old enough to be forgotten, or if the request
    fails.
    """
    request = sa.select(ACTOR, KEY, DIGEST).where(_is_free(titular))
    taken = insert_or_keep(peticiones).from_select(["actor", "clave", "huella"], request)
    renewed = {name: taken.excluded[name] for name in ("huella", "evento_id", "creada_en")}
    keys = [peticiones.c.actor, peticiones.c.clave]
    return (
        taken.on_conflict_do_update(index_elements=keys, set_=renewed, where=peticiones.c.creada_en < FORGOTTEN_BEFORE)
        .returning(peticiones.c.evento_id)
        .cte("nueva")
    )


def _is_wanted(version: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.or_(VERSIONS.is_(None), version == sa.func.any(VERSIONS))


def _published() -> tuple[sa.ColumnElement[Any], ...]:
    return sa.cast(EVENTO.c.id, sa.Text), EVENTO.c.tipo, sa.cast(EVENTO.c.payload, sa.Text)
