"""The terms that statements are made of.

What is written in braces stays so in the compiled statement; ``chalicelib/directorio/statement.py`` fills it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, Integer, Interval, Text, bindparam, cast, func, literal_column
from sqlalchemy.dialects.postgresql import array

from chalicelib.directorio.idempotency import KEPT_HOURS
from chalicelib.directorio.listing import DEFAULT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.selectable import NamedFromClause

ROW_ID = bindparam("row_id", type_=BigInteger)
ACTOR = bindparam("actor", type_=Text)
LIMIT = bindparam("limit", type_=Integer)
#: The usual length of a page, for the pages that are read most. PostgreSQL expects a tenth of the table from a limit
#: that is a parameter, and plans such a statement anew each time; a statement without parameters is planned once.
USUAL_LIMIT = literal_column(str(DEFAULT_LIMIT), type_=Integer)
ONE = literal_column("1", type_=Integer)
#: Separates the JSON texts of a page (RFC 7464): no JSON text contains this control character.
SEPARATOR = func.chr(30)


def constant(text: str) -> ColumnElement[str]:
    """A text of ours inside the SQL: it never varies, so it is no parameter."""
    return literal_column(f"'{text}'", type_=Text)


def column_of(source: NamedFromClause, name: str) -> ColumnElement[Any]:
    """A column of a source that selects ``*``."""
    return literal_column(f"{source.name}.{name}")


def texts(elements: Iterable[ColumnElement[str]]) -> ColumnElement[Any]:
    """An array of texts."""
    return array(elements, type_=Text())


def utc_text(moment: ColumnElement[Any]) -> ColumnElement[str]:
    """A moment as on the wire: always UTC, always with microseconds."""
    return func.to_char(func.timezone(constant("UTC"), moment), constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))


def json_object(members: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """A JSON object with these members, in this order."""
    return func.json_build_object(*(part for name, value in members.items() for part in (constant(name), value)))


def row_text(source: NamedFromClause) -> ColumnElement[str]:
    """The rows of ``source`` as JSON, without blanks between its parts."""
    return cast(func.row_to_json(source.table_valued()), Text)


def before_now(amount: str) -> ColumnElement[Any]:
    """The moment so long ago, such as ``24 hours``."""
    return func.now() - literal_column(f"interval '{amount}'", type_=Interval)


#: Idempotency-Keys that were used before this moment are forgotten.
FORGOTTEN_BEFORE = before_now(f"{KEPT_HOURS} hours")
VERSIONS = bindparam("versions", type_=ARRAY(Integer))
