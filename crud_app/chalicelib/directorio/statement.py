"""A statement as it is sent.

The folder ``sql`` contains the statements, written with SQLAlchemy; ``make statements`` compiles them into
``statements.py`` before packaging, because importing SQLAlchemy would double a cold start (docs/design/database.md).
The table holds templates: a column, a direction and an audience vary, and are filled in at first use, only with our
own names.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.directorio.employee import BY_NAME
from chalicelib.directorio.kind import Line
from chalicelib.directorio.statements import AUDIENCES, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Statement(NamedTuple):
    """SQL, and the names of its parameters $1, $2 and so on."""

    sql: str
    names: tuple[str, ...]

    def values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in the order in which they are sent."""
        return tuple(map(parameters.__getitem__, self.names))


@cache
def find_statement(name: str, audience: str = "rrhh", order: str = "id") -> Statement:
    """The statement of this name.

    Args:
        name: as in ``STATEMENTS``.
        audience: the value of an ``Audience``.
        order: a field to sort by, with ``-`` before it for descending order.
    """
    sql, names = STATEMENTS[name]
    for placeholder, text in {**AUDIENCES[audience], **_words_of_order(order)}.items():
        sql = sql.replace(f"{{{placeholder}}}", text)
    return Statement(sql, names)


def _words_of_order(order: str) -> dict[str, str]:
    """What stands for the placeholders of an order; text is sorted without regard to case and accents."""
    field = order.removeprefix("-")
    fold = "fold_text" if isinstance(BY_NAME[field].kind, Line) else ""
    if order.startswith("-"):
        return {"field": field, "fold": fold, "direction": "DESC", "after": "<", "until": ">="}
    return {"field": field, "fold": fold, "direction": "ASC", "after": ">", "until": "<="}
