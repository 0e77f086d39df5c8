"""Every statement that the app sends, in each variant, by the names that `chalicelib/statements.py` has."""

from __future__ import annotations

from itertools import chain, compress, product
from typing import TYPE_CHECKING

from chalicelib.directorio.employee import INPUTS, REQUIRED, Audience
from chalicelib.directorio.listing import orders_of, read_order
from crud_app.sql import expressions
from crud_app.sql.compiler import compile_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ClauseElement

    from chalicelib.directorio.statement import Statement

#: Those that have no variants.
SINGLE = (
    expressions.update_empleado,
    expressions.delete_empleado,
    expressions.mark_evento,
    expressions.forget_peticiones,
    expressions.lock_sweep,
    expressions.pending_eventos,
    expressions.mark_eventos,
    expressions.measure_outbox,
    expressions.find_people,
    expressions.describe_person,
    expressions.wait_for_sweep,
    expressions.empty_eventos_of_empleado,
    expressions.count_old_eventos,
    expressions.empty_old_eventos,
)
#: Those that show each audience what it may see.
SHOWN = (
    expressions.find_empleado,
    expressions.list_eventos,
    expressions.first_eventos,
    expressions.list_eventos_of_empleado,
    expressions.summarise_empleados,
)
#: Those that show it in each order.
ORDERED = (expressions.list_empleados, expressions.first_empleados, expressions.search_empleados)
#: Those that show it in the order of ids alone: an index has the employees of one position so.
SORTED_BY_ID = (expressions.posicion_empleados,)
BY_ID = ("id", "-id")


def compile_all() -> dict[str, Statement]:
    """All statements, in the order of their names."""
    return {" ".join(words): compile_statement(expression) for words, expression in sorted(_expressions())}


def _expressions() -> Iterator[tuple[tuple[str, ...], ClauseElement]]:
    for make in SINGLE:
        yield (make.__name__,), make()
    for names in _insertable():
        yield ("insert_empleado", *names), expressions.insert_empleado(names)
        yield ("insert_empleado_once", *names), expressions.insert_empleado_once(names)
    for audience in Audience:
        for show in SHOWN:
            yield (show.__name__, audience.value), show(audience)
        for sort, order in chain(product(ORDERED, orders_of(audience)), product(SORTED_BY_ID, BY_ID)):
            yield (sort.__name__, audience.value, order), sort(read_order(order, audience), audience)


def _insertable() -> Iterator[tuple[str, ...]]:
    """The sets of fields that a new employee may come with: the database has a default for those that are missing."""
    for chosen in product(*((True,) if name in REQUIRED else (True, False) for name in INPUTS)):
        yield tuple(compress(INPUTS, chosen))
