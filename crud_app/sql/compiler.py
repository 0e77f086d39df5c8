"""From SQLAlchemy expressions to what is sent: SQL with numbered parameters, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, literal_column
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.sql.visitors import replacement_traverse

from chalicelib.directorio.employee import KINDS, Audience, Instant
from crud_app.sql import batches, employees, events
from crud_app.sql.terms import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ClauseElement, ColumnClause, ColumnElement

    from contract.fields import Field

#: It casts each parameter where its type matters: the driver sends no types.
DIALECT = PGDialect_pg8000(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # SQLAlchemy's
#: All statements that the app sends.
EXPRESSIONS: tuple[Callable[[], ClauseElement], ...] = (
    employees.insert_empleado, employees.insert_empleado_once, employees.update_empleado, employees.delete_empleado,
    employees.restore_empleado, employees.find_baja, employees.list_bajas, employees.find_empleado,
    employees.list_empleados, employees.first_empleados, employees.posicion_empleados, employees.search_empleados,
    employees.total_empleados, employees.summarise_empleados, employees.count_empleados, employees.forget_peticiones,
    events.list_eventos, events.list_eventos_of_actor, events.list_eventos_of_tipo, events.list_eventos_of_lote,
    events.list_eventos_of_empleado, events.mark_evento, events.lock_sweep, events.pending_eventos,
    events.mark_eventos, events.measure_outbox, events.find_people, events.describe_person, events.wait_for_sweep,
    events.overdue_bajas, events.erase_people, events.count_old_eventos, events.empty_old_eventos,
    batches.apply_lote, batches.close_lote, batches.close_idle_lotes,
)  # fmt: skip

Compiled = tuple[str, tuple[str, ...]]


def compile_statement(expression: ClauseElement) -> Compiled:
    """Compile ``expression`` for PostgreSQL, with $1, $2 and so on for its parameters, and its own values as text."""
    written_out: Any = replacement_traverse(expression, {}, _write_out)
    compiled = written_out.compile(dialect=DIALECT)
    return compiled.string, tuple(compiled.positiontup or ())


def compile_statements() -> dict[str, Compiled]:
    """All statements, by their names."""
    return {expression.__name__: compile_statement(expression()) for expression in EXPRESSIONS}


def compile_audiences() -> dict[str, dict[str, str]]:
    """What stands for the placeholders of an audience."""
    return {
        each.value: {
            "fields": ", ".join(map(_shown, each.fields)),
            "payload": _text(events.shown_payload(each)),
            "is_told": "true" if each is Audience.RRHH else f"({_text(events.is_public())})",
        }
        for each in Audience
    }


def _shown(field: Field) -> str:
    is_moment = isinstance(KINDS[field.name], Instant)
    return f"{_text(utc_text(literal_column(field.name)))} AS {field.name}" if is_moment else field.name


def _text(expression: ColumnElement[Any]) -> str:
    sql, names = compile_statement(expression)
    assert not names
    return sql


def _write_out(element: object, **_: object) -> ColumnClause[Any] | None:
    """Replace a value that the expression brings along: it never varies, so it is no parameter."""
    if not isinstance(element, BindParameter) or element.required:
        return None
    write = element.type.dialect_impl(DIALECT).literal_processor(DIALECT)
    assert write is not None, f"{element.key}: give it a type"
    return literal_column(write(element.value), type_=element.type)
