"""From an SQLAlchemy expression to what is sent: SQL with numbered parameters, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, literal_column
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.sql.visitors import replacement_traverse

from chalicelib.directorio.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement, ColumnClause

#: It casts each parameter where its type matters: the driver sends no types.
DIALECT = PGDialect_pg8000(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # SQLAlchemy's


def compile_statement(expression: ClauseElement) -> Statement:
    """Compile ``expression`` for PostgreSQL, with $1, $2 and so on for its parameters, and its own values as text."""
    written_out: Any = replacement_traverse(expression, {}, _write_out)
    compiled = written_out.compile(dialect=DIALECT)
    return Statement(compiled.string, tuple(compiled.positiontup or ()))


def _write_out(element: object, **_: object) -> ColumnClause[Any] | None:
    """Replace a value that the expression brings along: it never varies, so it is no parameter."""
    if not isinstance(element, BindParameter) or element.required:
        return None
    write = element.type.dialect_impl(DIALECT).literal_processor(DIALECT)
    assert write is not None, f"{element.key}: give it a type"
    return literal_column(write(element.value), type_=element.type)
