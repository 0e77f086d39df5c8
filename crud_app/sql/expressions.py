"""The SQL of the app. Each statement does its whole work, so it is one round trip.

A change writes the row **and** its event by one data-modifying CTE: either both exist or neither (see
``docs/adr/0004-row-and-event-in-one-statement.md``). PostgreSQL keeps each row as the JSON that is sent
(``docs/adr/0034-a-row-is-kept-as-it-is-sent.md``); it passes through Python as text.

An optional condition is written ``parameter IS NULL OR condition``. Where it decides which index is the best
(``chalicelib/repository.py`` knows) the statement is sent unnamed, and so is planned anew with its parameters known:
the planner sees only what remains.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    Integer,
    Interval,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY, aggregate_order_by, array
from sqlalchemy.dialects.postgresql import insert as insert_or_keep

from chalicelib.directorio.employee import BY_NAME, CONFIDENTIAL, INPUTS, Audience
from chalicelib.directorio.event import ALWAYS_TOLD, FACTS, KEPT, TOLD
from chalicelib.directorio.idempotency import KEPT_HOURS
from chalicelib.directorio.kind import MAX_BIGINT, Instant
from chalicelib.directorio.listing import DEFAULT_LIMIT
from chalicelib.directorio.statement import new_value
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, MESSAGE_VERSION
from crud_app.sql.tables import (
    constant,
    empleados,
    eventos,
    json_from,
    json_of,
    peticiones,
    row_of,
    sort_key,
    sort_key_text,
    utc_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import CTE, BindParameter, ClauseElement, ColumnElement, Insert, Select, Tuple

    from chalicelib.directorio.listing import Order
    from crud_app.sql.tables import Columns

#: A summary has so many positions at most, the largest first: what is sent stays within 1 MB.
MAX_POSITIONS = 1_000
#: So many rows are looked at in the order of the list before the index of words is: of a common word they hold a page.
MAX_LOOK = 1_000
#: So many rows that match a search are found by the index of words, and sorted. It takes some 10 ms; if there are more,
#: a page of them is found by going through a list of a million in some 20 ms, if nothing speaks against it.
MAX_HITS = 2_000
#: Two sweeps at a time would publish the same events: this advisory lock lets one in. Any number; it is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
#: Seconds that a request has to publish its own event, before the sweep takes it for left over. Longer than any
#: request lives.
GRACE_SECONDS = 30

ROW_ID = bindparam("row_id", type_=BigInteger)
ACTOR = bindparam("actor", type_=Text)
CLAVE = bindparam("clave", type_=Text)
HUELLA = bindparam("huella", type_=Text)
VERSIONS = bindparam("versions", type_=ARRAY(Integer))
EMAIL = bindparam("email", type_=Text)
MONTHS = bindparam("months", type_=Integer)
LIMIT = bindparam("limit", type_=Integer)
Q = bindparam("q", type_=Text)
POSICION = bindparam("posicion", type_=Text)
AFTER_ID = bindparam("after_id", type_=BigInteger)
BEFORE = bindparam("before", type_=BigInteger)
AFTER = bindparam("after", type_=BigInteger)
ONE = literal_column("1", type_=Integer)
#: For the page that is asked for most. PostgreSQL takes a parameter for a tenth of the table, and then plans anew each
#: time, because that would take so long; a statement without parameters it plans once.
USUAL_LIMIT = literal_column(str(DEFAULT_LIMIT), type_=Integer)


def insert_empleado(names: tuple[str, ...]) -> ClauseElement:
    """Add a row with values for these fields. Returns id, version, body, and the event's id, tipo and mensaje."""
    added = insert(empleados).values({name: _new_value(name) for name in names})
    creado, evento = _create(added)
    return select(creado.c.id, creado.c.version, json_of(creado.c), *_published(evento)).select_from(
        creado.join(evento, true())
    )


def insert_empleado_once(names: tuple[str, ...]) -> ClauseElement:
    """``insert_empleado``, if the actor has no request of this name; then the digest of what it had before, or NULL.

    Under a name that the actor gave to the same request, what it answered then, without an event. Under the name of
    another request, or of one that commits while this one is at work, NULL: nothing was done.
    """
    anterior = (
        select(peticiones.c.huella, peticiones.c.evento_id)
        .where(peticiones.c.actor == ACTOR, peticiones.c.clave == CLAVE, peticiones.c.creada_en >= _forgotten_before())
        .cte("anterior")
    )
    nueva = _insert_peticion()
    values = select(*(_new_value(name) for name in names)).select_from(nueva)
    added = insert(empleados).from_select(names, values)
    creado, evento = _create(added, event_id=select(nueva.c.evento_id).scalar_subquery())
    created = {name: _as_created(name, is_sent=name in names) for name in BY_NAME}
    repetido = (
        select(created["id"], created["version"], json_from(created))
        .select_from(anterior.join(eventos, eventos.c.id == anterior.c.evento_id))
        .where(anterior.c.huella == HUELLA)
    )
    fila = union_all(select(creado.c.id, creado.c.version, json_of(creado.c).label("body")), repetido).cte("fila")
    always = select(ONE).cte("always")
    return select(*fila.c, *_published(evento), anterior.c.huella).select_from(
        always.outerjoin(anterior, true()).outerjoin(fila, true()).outerjoin(evento, true())
    )


def update_empleado() -> ClauseElement:
    """Set the fields whose new values are not NULL, if the row has a wanted version and any of them changes.

    No field takes a NULL, so it can stand for "as it was": one statement serves whatever fields are sent.

    Returns no row if there is none; else id, version, body, the event's id, tipo and mensaje (NULL if nothing
    changed), and the version that was found.
    """
    actual = _locked()
    wanted = {name: func.coalesce(_new_value(name), actual.c[name]) for name in INPUTS}
    changes = {name: actual.c[name].is_distinct_from(value) for name, value in wanted.items()}
    cambios = _texts([case((changed, constant(name))) for name, changed in changes.items()])
    changed = (
        update(empleados)
        .values(
            # The transaction began before the lock was had: its now() could be older than the version before.
            wanted | {"version": empleados.c.version + ONE, "actualizado_en": func.clock_timestamp()}
        )
        .where(empleados.c.id == actual.c.id, _is_wanted(actual), or_(*changes.values()))
        .returning(*row_of(empleados.c), func.array_remove(cambios, null()).label("cambios"))
    )
    cambiado = changed.cte("cambiado")
    evento = _insert_evento(cambiado, ACTUALIZADO, cambiado.c.version, cambiado.c.actualizado_en, cambiado.c.cambios)
    changed_row, same_row = (
        select(source.c.id, source.c.version, json_of(source.c).label("body")) for source in (cambiado, actual)
    )
    ahora = union_all(changed_row, same_row.where(~exists(select(cambiado.c.id)))).cte("ahora")
    return select(*ahora.c, *_published(evento), actual.c.version.label("found")).select_from(
        actual.join(ahora, true()).outerjoin(evento, true())
    )


def delete_empleado() -> ClauseElement:
    """Remove the row, if it has a wanted version.

    Returns no row if there is none; else id, the event's id, tipo and mensaje (NULL if the row stays), and the version
    that was found.
    """
    actual = _locked()
    gone = delete(empleados).where(empleados.c.id == actual.c.id, _is_wanted(actual))
    borrado = gone.returning(*row_of(empleados.c)).cte("borrado")
    nothing = _texts([])
    evento = _insert_evento(borrado, ELIMINADO, borrado.c.version + ONE, func.clock_timestamp(), nothing)
    return select(actual.c.id, *_published(evento), actual.c.version.label("found")).select_from(
        actual.outerjoin(evento, true())
    )


def find_empleado(audience: Audience) -> ClauseElement:
    """One row: version, body."""
    return select(empleados.c.version, json_of(empleados.c, audience)).where(empleados.c.id == ROW_ID)


def list_empleados(order: Order, audience: Audience) -> ClauseElement:
    """A page: body, and the sort key and id of its last row if there are more (else NULL)."""
    return _page(_first_of(empleados.c, order, audience, _has_posicion()), order, audience)


def first_empleados(order: Order, audience: Audience) -> ClauseElement:
    """The first page of all, as long as it is when nobody says how long; see ``list_empleados``."""
    rows = _sorted(empleados.c, order, audience).limit(USUAL_LIMIT + ONE)
    return _page(rows, order, audience, limit=USUAL_LIMIT)


def posicion_empleados(order: Order, audience: Audience) -> ClauseElement:
    """A page, of the usual length, of those who have a position, in the order of ids; see ``list_empleados``.

    Were the rows said to be equal in ``posicion``, PostgreSQL could take the order of ids for theirs, and go through
    all rows for as long as it takes to meet enough of them. So they are a range, whose order only the index of
    positions has; between subqueries, whose values it does not weigh: all plans look alike to it, and one is kept.
    """
    columns = empleados.c
    wanted, after = select(POSICION).scalar_subquery(), select(func.coalesce(AFTER_ID, _start(order))).scalar_subquery()
    is_left = columns.posicion >= wanted if order.is_descending else columns.posicion <= wanted
    here, there = tuple_(columns.posicion, columns.id), tuple_(wanted, after)
    rows = select(*_of_a_page(columns, order, audience)).where(is_left, _comes_after(here, there, order))
    sorting = _directed([columns.posicion, columns.id], order)
    return _page(rows.order_by(*sorting).limit(USUAL_LIMIT + ONE), order, audience, limit=USUAL_LIMIT, sorting=sorting)


def search_empleados(order: Order, audience: Audience) -> ClauseElement:
    """A page of those who match a search; see ``list_empleados``.

    PostgreSQL knows how many rows have a common word, but not how many begin with a rare prefix. It takes 0.1 % for
    granted, and would look for a page of them in the order of the list: through the whole table, if there are fewer. So
    it looks at ``MAX_LOOK`` rows in that order; where they hold no page, up to ``MAX_HITS`` are found by the index of
    the words, and sorted; only if there are more the list is gone through.
    """
    matches = empleados.c.search.bool_op("@@")(func.search_query(Q, type_=TSQUERY))
    fits = and_(matches, _has_posicion()).label("fits")
    look = (
        _first_of(empleados.c, order, audience)
        .limit(MAX_LOOK)
        .add_columns(fits, _place(_sorting(empleados.c, order)))
        .cte("look")
    )
    near = (
        select(*_of_a_page(look.c, order, audience))
        .where(look.c.fits)
        .order_by(look.c.place)
        .limit(LIMIT + ONE)
        .cte("near")
    )
    is_page = select(func.count() > LIMIT).select_from(near).scalar_subquery()
    is_end = select(func.count() < MAX_LOOK).select_from(look).scalar_subquery()
    is_enough = or_(is_page, is_end)
    hits = (
        select(*_of_a_page(empleados.c, order, audience))
        .where(~is_enough, matches, _has_posicion())
        .limit(MAX_HITS + ONE)
        .cte("hits")
    )
    are_few = select(func.count() <= MAX_HITS).select_from(hits).scalar_subquery()
    few = _first_of(hits.c, order, audience, are_few).cte("few")
    # By `case` the planner neither uses the index of the words nor thinks that it would have to go far.
    many = _first_of(empleados.c, order, audience, ~are_few, case((matches, true())), _has_posicion()).cte("many")
    found = union_all(select(near).where(is_enough), select(few), select(many)).cte("found")
    return _page(select(*found.c), order, audience)


def list_eventos(audience: Audience) -> ClauseElement:
    """A page of everybody's events: body, and the number of its last one if there are more (else NULL)."""
    return select(*_event_page(_told_to(audience, number=eventos.c.numero).where(_comes_before(eventos.c.numero))))


def first_eventos(audience: Audience) -> ClauseElement:
    """The first page of everybody's events; see ``first_empleados`` and ``list_eventos``."""
    return select(*_event_page(_told_to(audience, number=eventos.c.numero), limit=USUAL_LIMIT))


def list_eventos_of_empleado(audience: Audience) -> ClauseElement:
    """A page of one employee's events; then whether there ever was such an employee.

    They are numbered by their versions, which an index has in order; those that count what is not shown are not.
    """
    number = eventos.c.version if audience is Audience.RRHH else eventos.c.numero
    own = _told_to(audience, number=number).where(eventos.c.empleado_id == ROW_ID, _comes_before(number))
    has_events = exists(select(eventos.c.id).where(eventos.c.empleado_id == ROW_ID))
    exists_now = exists(select(empleados.c.id).where(empleados.c.id == ROW_ID))
    is_known = select(or_(has_events, exists_now)).scalar_subquery()
    return select(*_event_page(own), is_known)


def summarise_empleados(audience: Audience) -> ClauseElement:
    """Head count and salaries by position (head count alone for everybody): body."""
    salario = empleados.c.salario
    count = func.count().label("empleados")
    salaries = [
        func.round(func.avg(salario), 2).label("salario_medio"),
        func.min(salario).label("salario_minimo"),
        func.max(salario).label("salario_maximo"),
    ]
    fila = (
        select(empleados.c.posicion, count, *(salaries if audience is Audience.RRHH else []))
        .group_by(empleados.c.posicion)
        .order_by(count.desc(), empleados.c.posicion)
        .limit(MAX_POSITIONS)
        .cte("fila")
    )
    return _json_array(func.json_agg(fila.table_valued())).select_from(fila)


def mark_evento() -> ClauseElement:
    """Note that one event was published. Returns nothing."""
    return (
        update(eventos)
        .values(publicado_en=func.clock_timestamp(), message_id=bindparam("sns_message_id", type_=Text))
        .where(eventos.c.id == bindparam("event_id", type_=Uuid), eventos.c.publicado_en.is_(None))
    )


def forget_peticiones() -> ClauseElement:
    """Forget the requests that are so old that nobody repeats them. Returns how many they were."""
    old = delete(peticiones).where(peticiones.c.creada_en < _forgotten_before())
    forgotten = old.returning(peticiones.c.clave).cte("forgotten")
    return select(func.count()).select_from(forgotten)


def lock_sweep() -> ClauseElement:
    """Whether this transaction is the only sweep."""
    return select(func.pg_try_advisory_xact_lock(literal_column(str(SWEEP_LOCK)), type_=Boolean))


def pending_eventos() -> ClauseElement:
    """The oldest events that were left unpublished, less those of employees that are held back."""
    held_back = bindparam("held_back", type_=ARRAY(BigInteger))
    return (
        select(cast(eventos.c.id, Text), eventos.c.empleado_id, eventos.c.tipo, cast(eventos.c.payload, Text))
        .where(_is_pending(), eventos.c.empleado_id != func.all(held_back))
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
    return select(func.count(), func.coalesce(age, 0)).where(_is_pending())


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
    counts = select(
        func.count().label("events"),
        func.count().filter(tells).label("telling"),
        func.count().filter(tells, history.c.publicado_en.is_(None)).label("unpublished"),
    ).select_from(history)
    is_there = exists(select(empleados.c.id).where(empleados.c.id == ROW_ID))
    had = union(
        select(empleados.c.email).where(empleados.c.id == ROW_ID), select(history.c.email).where(tells)
    ).subquery("had")
    others = exists(select(empleados.c.id).where(empleados.c.email == had.c.email, empleados.c.id != ROW_ID))
    addresses = select(func.array_agg(had.c.email)).where(~others).scalar_subquery()
    found = counts.cte("found")
    return select(
        is_there, found.c.events, found.c.telling, found.c.unpublished, func.coalesce(addresses, _texts([]))
    ).select_from(found)


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
        .where(eventos.c.empleado_id == ROW_ID, _told(ALWAYS_TOLD).is_not(None))
        .returning(eventos.c.numero)
    )


def count_old_eventos() -> ClauseElement:
    """How many published events older than so many months tell of a person."""
    return select(func.count()).select_from(eventos).where(*_are_old())


def empty_old_eventos() -> ClauseElement:
    """Take the persons out of the first of those events, after a number. Returns how many, and the last number."""
    oldest = select(eventos.c.numero).where(*_are_old(), eventos.c.numero > AFTER).order_by(eventos.c.numero)
    emptied = (
        update(eventos)
        .values(payload=_payload_without_person())
        .where(eventos.c.numero.in_(oldest.limit(LIMIT)))
        .returning(eventos.c.numero)
        .cte("emptied")
    )
    return select(func.count(), func.max(emptied.c.numero)).select_from(emptied)


def _told(name: str) -> ColumnElement[Any]:
    """What an event tells of the employee; NULL if the employee was forgotten."""
    value: ColumnElement[Any] = eventos.c.payload["empleado"][name].as_string()
    return value


def _payload_without_person() -> ColumnElement[Any]:
    """The message as it was, keys in their order, with nothing that says who the employee was."""
    payload = eventos.c.payload
    empleado = {name: payload["empleado"][name] if name in KEPT else null() for name in TOLD}
    facts = {name: payload[name] for name in FACTS}
    return _json_object(facts | {"empleado": _json_object(empleado), "cambios": payload["cambios"]})


def _are_old() -> tuple[ColumnElement[bool], ...]:
    """Conditions. An event that waits for its publication is needed as it is."""
    latest = func.now() - func.make_interval(literal_column("0"), MONTHS, type_=Interval)
    return eventos.c.ocurrido_en < latest, eventos.c.publicado_en.is_not(None), _told(ALWAYS_TOLD).is_not(None)


def _new_value(name: str) -> BindParameter[Any]:
    return bindparam(new_value(name), type_=empleados.c[name].type)


def _locked() -> CTE:
    """The row as it is now, held until the statement ends: what is decided on it stays true."""
    return select(*row_of(empleados.c)).where(empleados.c.id == ROW_ID).with_for_update().cte("actual")


def _is_wanted(actual: CTE) -> ColumnElement[bool]:
    return or_(VERSIONS.is_(None), actual.c.version == func.any(VERSIONS))


def _is_pending() -> ColumnElement[bool]:
    latest = func.now() - literal_column(f"interval '{GRACE_SECONDS} seconds'", type_=Interval)
    return eventos.c.publicado_en.is_(None) & (eventos.c.ocurrido_en < latest)


def _forgotten_before() -> ColumnElement[Any]:
    return func.now() - literal_column(f"interval '{KEPT_HOURS} hours'", type_=Interval)


def _insert_peticion() -> CTE:
    """Take the key for this request: no row if it is taken, and not since so long that it may be forgotten."""
    taken = insert_or_keep(peticiones).values(actor=ACTOR, clave=CLAVE, huella=HUELLA)
    renewed = {name: taken.excluded[name] for name in ("huella", "evento_id", "creada_en")}
    is_old = peticiones.c.creada_en < _forgotten_before()
    keys = [peticiones.c.actor, peticiones.c.clave]
    return (
        taken.on_conflict_do_update(index_elements=keys, set_=renewed, where=is_old)
        .returning(peticiones.c.evento_id)
        .cte("nueva")
    )


def _as_created(name: str, *, is_sent: bool) -> ColumnElement[Any]:
    """A field as the creation that ``eventos`` tells of made it; what was sent is sent again, alike."""
    if is_sent:
        return _new_value(name)
    if isinstance(BY_NAME[name].kind, Instant):
        return eventos.c.ocurrido_en
    given = {
        "id": eventos.c.empleado_id,
        "version": eventos.c.version,
        # the migration's default
        "fecha_contratacion": cast(func.timezone(constant("UTC"), eventos.c.ocurrido_en), Date),
    }
    return given[name]


def _create(added: Insert, *, event_id: ColumnElement[Any] | None = None) -> tuple[CTE, CTE]:
    """The rows that an insertion makes, and their events; see ``_insert_evento``."""
    creado = added.returning(*row_of(empleados.c)).cte("creado")
    cambios = _texts([constant(name) for name in INPUTS])
    return creado, _insert_evento(creado, CREADO, creado.c.version, creado.c.creado_en, cambios, event_id=event_id)


def _insert_evento(  # noqa: PLR0913 - an event has that many parts
    source: CTE,
    tipo: str,
    version: ColumnElement[int],
    moment: ColumnElement[Any],
    cambios: ColumnElement[Any],
    *,
    event_id: ColumnElement[Any] | None = None,
) -> CTE:
    """Write the event of each row in ``source``, with the message as it will be published; a new id unless given."""
    told = [version.label(name) if name == "version" else source.c[name] for name in TOLD]
    event_id = func.gen_random_uuid() if event_id is None else event_id
    draft = select(event_id.label("event_id"), moment.label("moment"), *told, cambios.label("cambios")).cte("draft")
    empleado = select(*(draft.c[name] for name in TOLD)).cte("empleado")
    message = (
        select(
            literal_column(str(MESSAGE_VERSION)).label("version"),
            draft.c.event_id.label("id"),
            constant(tipo).label("tipo"),
            utc_text(draft.c.moment).label("ocurrido_en"),
            ACTOR.label("actor"),
            func.row_to_json(empleado.table_valued()).label("empleado"),
            draft.c.cambios,
        )
        .select_from(draft.join(empleado, true()))
        .cte("message")
    )
    row = {
        "id": draft.c.event_id,
        "empleado_id": draft.c.id,
        "version": draft.c.version,
        "tipo": message.c.tipo,
        "ocurrido_en": draft.c.moment,
        "actor": message.c.actor,
        "payload": func.row_to_json(message.table_valued()),
    }
    written = insert(eventos).from_select(list(row), select(*row.values()).select_from(draft.join(message, true())))
    return written.returning(eventos.c.id, eventos.c.tipo, eventos.c.payload).cte("evento")


def _published(evento: CTE) -> tuple[ColumnElement[Any], ...]:
    return cast(evento.c.id, Text), evento.c.tipo, cast(evento.c.payload, Text)


def _has_posicion() -> ColumnElement[bool]:
    return or_(POSICION.is_(None), empleados.c.posicion == POSICION)


def _first_of(source: Columns, order: Order, audience: Audience, *conditions: ColumnElement[bool]) -> Select[Any]:
    """The rows of a page, and one more, in an order."""
    key = sort_key(source, order.field.name)
    here = (key,) if order.field.name == "id" else (key, source.id)
    there = (bindparam("after_key", type_=empleados.c[order.field.name].type), AFTER_ID)[: len(here)]
    is_after = or_(AFTER_ID.is_(None), _comes_after(tuple_(*here), tuple_(*there), order))
    return _sorted(source, order, audience).where(*conditions, is_after).limit(LIMIT + ONE)


def _sorted(source: Columns, order: Order, audience: Audience) -> Select[Any]:
    return select(*_of_a_page(source, order, audience)).order_by(*_sorting(source, order))


def _of_a_page(source: Columns, order: Order, audience: Audience) -> list[ColumnElement[Any]]:
    """What a page needs of its rows: what they are sorted by, and what is sent."""
    keys = dict.fromkeys(("id", order.field.name))
    return [*(source[name] for name in keys), json_of(source, audience)]


def _sorting(source: Columns, order: Order) -> list[ColumnElement[Any]]:
    key = sort_key(source, order.field.name)
    return _directed([key] if order.field.name == "id" else [key, source.id], order)


def _directed(parts: list[ColumnElement[Any]], order: Order) -> list[ColumnElement[Any]]:
    return [part.desc() for part in parts] if order.is_descending else parts


def _place(sorting: list[ColumnElement[Any]]) -> ColumnElement[int]:
    """The row's number in an order."""
    return func.row_number().over(order_by=sorting).label("place")


def _page(
    rows: Select[Any],
    order: Order,
    audience: Audience,
    *,
    limit: ColumnElement[int] = LIMIT,
    sorting: list[ColumnElement[Any]] | None = None,
) -> ClauseElement:
    """Of the rows of a page, and one more: body, and the sort key and id of the last one shown if there are more.

    Args:
        rows: sorted.
        order: whose sort key.
        audience: who sees them.
        limit: how many are shown.
        sorting: what they are sorted by, if it is more than ``order``.
    """
    page = rows.add_columns(_place(sorting or _sorting(rows.selected_columns, order))).cte("page")
    shown, is_last = page.c.place <= limit, page.c.place == limit
    body = func.string_agg(json_of(page.c, audience), constant(",")).filter(shown)
    is_more = func.count() > limit
    return select(
        func.concat(constant("["), body, constant("]")),
        *(
            case((is_more, func.max(value).filter(is_last)))
            for value in (sort_key_text(page.c, order.field), page.c.id)
        ),
    )


def _start(order: Order) -> ColumnElement[int]:
    """An id that none comes before in the order of ids."""
    return literal_column(str(MAX_BIGINT) if order.is_descending else "0", type_=BigInteger)


def _comes_before(number: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(BEFORE.is_(None), number < BEFORE)


def _comes_after(here: Tuple, there: Tuple, order: Order) -> ColumnElement[bool]:
    return here < there if order.is_descending else here > there


def _told_to(audience: Audience, *, number: ColumnElement[Any]) -> Select[Any]:
    """The events that this audience hears of, each with its ``number`` and ``payload``.

    Everybody hears neither of a change of what is confidential, nor of the version that such a change has made.
    """
    if audience is Audience.RRHH:
        return select(number.label("number"), eventos.c.payload)
    payload = eventos.c.payload
    confidential = _texts([constant(name) for name in CONFIDENTIAL])
    cambios = cast(payload["cambios"], JSONB).op("-", return_type=JSONB())(confidential)
    empleado = {name: payload["empleado"][name] for name in TOLD if name not in CONFIDENTIAL}
    told = {name: payload[name] for name in FACTS}
    public = _json_object(told | {"empleado": _json_object(empleado), "cambios": cambios})
    is_told = or_(eventos.c.tipo != constant(ACTUALIZADO), func.jsonb_array_length(cambios) > literal_column("0"))
    return select(number.label("number"), public.label("payload")).where(is_told)


def _event_page(source: Select[Any], *, limit: ColumnElement[int] = LIMIT) -> tuple[ColumnElement[Any], ...]:
    """Body and last number (NULL if it is the last page) of events that have a ``number`` and a ``payload``."""
    number = source.selected_columns.number
    page = (
        source.add_columns(func.row_number().over(order_by=number.desc()).label("place"))
        .order_by(number.desc())
        .limit(limit + ONE)
        .cte("page")
    )
    shown = page.c.place <= limit
    newest_first = aggregate_order_by(page.c.payload, page.c.number.desc())
    body = _json_array(func.json_agg(newest_first).filter(shown)).select_from(page)
    last = case((func.count() > limit, func.min(page.c.number).filter(shown)))
    return body.scalar_subquery(), select(last).select_from(page).scalar_subquery()


def _json_object(members: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    pairs = ((constant(name), value) for name, value in members.items())
    return func.json_build_object(*chain.from_iterable(pairs))


def _texts(elements: Sequence[ColumnElement[str]]) -> ColumnElement[Any]:
    return array(elements, type_=Text())


def _json_array(rows: ColumnElement[Any]) -> Select[Any]:
    return select(func.coalesce(cast(rows, Text), constant("[]")))
