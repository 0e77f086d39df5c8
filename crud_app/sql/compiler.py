"""From SQLAlchemy expressions to SQL with named parameters, which ``repository.find_statement`` numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, and_, literal_column
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.sql.visitors import replacement_traverse

from chalicelib.directorio.employee import BY_NAME, INSTANT, KINDS, Audience
from chalicelib.directorio.reads import utc_text
from crud_app.sql import employees, events, upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ClauseElement, ColumnClause, ColumnElement

    from contract.fields import Field

#: It casts each parameter where its type matters: the driver sends no types.
DIALECT = PGDialect_pg8000(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy's
#: All statements that the app sends: what these modules have without arguments.
EXPRESSIONS: list[Callable[[], ClauseElement]] = [
    each
    for module in (employees, events, upkeep)
    for each in vars(module).values()
    if getattr(each, "__module__", "") == module.__name__ and each.__annotations__ == {"return": "sa.ClauseElement"}
]
#: Names that SQLAlchemy adds and no statement uses: of an expression, and of a column that has that name anyway.
UNUSED_NAME = re.compile(r" AS \w+_\d+\b|(?<=\.)(\w+) AS \1\b")
#: A parameter with its type, which PostgreSQL needs only once.
TYPED = re.compile(r"(:[a-z_]+)::[A-Z]+(?: WITH TIME ZONE)?(?:\(\d+, \d+\))?(?:\[\])?")


def compile_statement(expression: ClauseElement) -> str:
    """Compile ``expression`` for PostgreSQL, with its own values as text."""
    written_out: Any = replacement_traverse(expression, {}, _write_out)
    sql = UNUSED_NAME.sub(lambda found: found[1] or "", written_out.compile(dialect=DIALECT).string)
    typed: set[str] = set()

    def type_once(found: re.Match[str]) -> str:
        is_typed = found[1] in typed
        typed.add(found[1])
        return found[1] if is_typed else found[0]

    return TYPED.sub(type_once, sql)


def compile_statements() -> dict[str, str]:
    """All statements, by their names."""
    return {expression.__name__: compile_statement(expression()) for expression in EXPRESSIONS}


def compile_parts() -> dict[str, dict[str, str]]:
    """What stands for placeholders: by audience, and for everyone."""
    parts = {
        each.value: {
            "fields": ", ".join(map(_shown, each.fields)),
            "payload": compile_statement(events.shown_payload(each)),
            "is_told": "true" if each is Audience.RRHH else f"({compile_statement(events.is_public())})",
        }
        for each in Audience
    }
    always = {
        "evento": events.insert_evento(),
        "evento_of_lote": events.insert_evento(events.ASKED["lote"]),
        "without_person": events.payload_without_person(),
        **events.bounds(),
    }
    compiled = {name: compile_statement(part) for name, part in always.items()}
    return parts | {"always": compiled | {"envelope": events.envelope(), "columns": ", ".join(BY_NAME)}}


def compile_histories() -> dict[str, str]:
    """What stands for ``{history}``."""
    return {name: _history(*parts) for name, parts in events.histories().items()}


def _history(conditions: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]]) -> str:
    sorting = ", ".join(f"{each} DESC" for each in (*order, "eventos.numero"))
    return f"{compile_statement(and_(*conditions))} ORDER BY {sorting}"


def _shown(field: Field) -> str:
    return f"{utc_text(field.name)} AS {field.name}" if KINDS[field.name] is INSTANT else field.name


def _write_out(element: object, **_: object) -> ColumnClause[Any] | None:
    """Replace a value that the expression brings along: it never varies, so it is no parameter."""
    if not isinstance(element, BindParameter) or element.required:
        return None
    write = element.type.dialect_impl(DIALECT).literal_processor(DIALECT)
    assert write is not None, f"{element.key}: give it a type"
    return literal_column(write(element.value), type_=element.type)
