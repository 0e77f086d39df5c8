"""The terms that statements are made of.

What is written in braces stays so in the compiled statement; ``repository.find_statement`` fills it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from chalicelib.directorio import batch_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.sql.selectable import NamedFromClause

ROW_ID = sa.bindparam("row_id", type_=sa.BigInteger)
ACTOR = sa.bindparam("actor", type_=sa.Text)
#: In which the day of an instant is "today".
TIME_ZONE = sa.bindparam("time_zone", type_=sa.Text)
VERSIONS = sa.bindparam("versions", type_=sa.ARRAY(sa.Integer))
LIMIT = sa.bindparam("limit", type_=sa.Integer)
ONE = sa.literal_column("1", type_=sa.Integer)
#: Idempotency-Keys that were used before this moment are forgotten.
FORGOTTEN_BEFORE: sa.ColumnElement[Any] = sa.literal_column(batch_sql.FORGOTTEN_BEFORE)
#: Separates the JSON texts of a page (RFC 7464): no JSON text contains this control character.
SEPARATOR = sa.func.chr(30)


def constant(text: str) -> sa.ColumnElement[str]:
    """A text of ours inside the SQL: it never varies, so it is no parameter."""
    return sa.literal_column(f"'{text}'", type_=sa.Text)


def column_of(source: NamedFromClause, name: str) -> sa.ColumnElement[Any]:
    """A column of a source that selects ``*``."""
    return sa.literal_column(f"{source.name}.{name}")


def texts(elements: Iterable[sa.ColumnElement[str]]) -> sa.ColumnElement[Any]:
    """An array of texts."""
    return array(elements, type_=sa.Text())


def json_object(members: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    """A JSON object with these members, in this order."""
    return sa.func.json_build_object(*(part for name, value in members.items() for part in (constant(name), value)))


def row_text(source: NamedFromClause) -> sa.ColumnElement[str]:
    """The rows of ``source`` as JSON, without blanks between its parts."""
    return sa.cast(sa.func.row_to_json(source.table_valued()), sa.Text)
