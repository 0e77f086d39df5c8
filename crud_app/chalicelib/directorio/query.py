"""What a client asks besides the body: filters, order, and where a list goes on.

A list goes on after the last row that was shown, by its sort key and id, never by counting rows: it costs the same on
each page, and rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from chalice_frontdoor import FieldError, InvalidInput
from chalicelib.directorio import employee
from chalicelib.directorio.employee import BY_NAME, KINDS, Audience
from contract.text import REFUSED, BrokenRule, read_text, too_long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contract.fields import Field

T = TypeVar("T")

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_SEARCH = 200
MAX_POSITION = 80
MAX_CURSOR = 2_000
DEFAULT_ORDER = "id"
#: What stands in a cursor of events, or leavers, where a list's cursor has its order.
EVENTS, LEAVERS = "eventos", "bajas"
#: Idempotency keys expire after this many hours.
KEPT_HOURS = 24
DEPTHS = ("0", "1")


class Order(NamedTuple):
    """A field to sort by, and its direction; rows that are alike in it are sorted by id, in the same direction."""

    field: Field
    is_descending: bool

    @property
    def name(self) -> str:
        """As ``orden`` asks for it."""
        return f"-{self.field.name}" if self.is_descending else self.field.name


class Place(NamedTuple):
    """Where a page ends: the sort key and the id of its last row."""

    key: object
    id: int


@dataclass(frozen=True)
class Listing:
    """A requested page of the directory, and its audience.

    ``q`` and ``posicion`` are None without that filter; ``pairs`` are the parameters as sent.
    """

    audience: Audience
    order: Order
    limit: int
    q: str | None
    posicion: str | None
    after: Place | None
    pairs: Sequence[tuple[str, str]]

    def next_query(self, row: Mapping[str, Any]) -> str:
        """The query string of the page after this row, as it is sent."""
        return _with_cursor(self.pairs, self.order.name, str(row[self.order.field.name]), row["id"])


@dataclass(frozen=True)
class Leavers:
    """A requested page of leavers; see ``Listing``."""

    limit: int
    q: str | None
    after: Place | None
    pairs: Sequence[tuple[str, str]]

    def next_query(self, row: Mapping[str, Any]) -> str:
        """The query string of the page after this row, as it is sent."""
        return _with_cursor(self.pairs, LEAVERS, row["baja_en"], row["id"])


@dataclass(frozen=True)
class History:
    """A requested page of events, newest first: those before the number ``before``, or the newest."""

    limit: int
    before: int | None
    pairs: Sequence[tuple[str, str]]

    def next_query(self, number: int) -> str:
        """The query string of the page before the event with this number."""
        return _with_cursor(self.pairs, EVENTS, "", number)


def read_listing(pairs: Sequence[tuple[str, str]], audience: Audience) -> Listing:
    """Read the query of ``GET /empleados``: names and values as sent, decoded.

    Raises:
        InvalidInput: with all violations at once. Rows cannot be sorted by what the audience is not shown.
    """
    reader = _Reader(pairs, known=("q", "posicion", "orden", "limite", "cursor"))
    q = reader.read("q", lambda text: _filter(text, MAX_SEARCH), None)
    posicion = reader.read("posicion", lambda text: _filter(text, MAX_POSITION), None)
    order = reader.read("orden", lambda text: _order(text, audience), _order(DEFAULT_ORDER, audience))
    limit = reader.read("limite", _limit, DEFAULT_LIMIT)
    read_key = KINDS[order.field.name].read_key
    after = reader.read("cursor", lambda text: _open_cursor(text, order.name, read_key), None)
    reader.finish()
    return Listing(audience, order, limit, q, posicion, after, pairs)


def read_leavers(pairs: Sequence[tuple[str, str]]) -> Leavers:
    """Read the query of ``GET /bajas``; see ``read_listing``."""
    reader = _Reader(pairs, known=("q", "limite", "cursor"))
    q = reader.read("q", lambda text: _filter(text, MAX_SEARCH), None)
    limit = reader.read("limite", _limit, DEFAULT_LIMIT)
    after = reader.read("cursor", lambda text: _open_cursor(text, LEAVERS, KINDS["creado_en"].read_key), None)
    reader.finish()
    return Leavers(limit, q, after, pairs)


def read_history(pairs: Sequence[tuple[str, str]]) -> History:
    """Read the query of ``GET /eventos`` and ``GET /empleados/{id}/eventos``; see ``read_listing``."""
    reader = _Reader(pairs, known=("limite", "cursor"))
    limit = reader.read("limite", _limit, DEFAULT_LIMIT)
    before = reader.read("cursor", lambda text: _open_cursor(text, EVENTS, str).id, None)
    reader.finish()
    return History(limit, before, pairs)


def asks_database(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a health check has ``deep=1``. Other parameters are the monitor's own business.

    Raises:
        InvalidInput: ``deep`` is neither 0 nor 1, or is there twice.
    """
    depths = [value for name, value in pairs if name == "deep"]
    if len(depths) > 1 or not set(depths) <= set(DEPTHS):
        message = {"es": "Debe ser 0 o 1, una sola vez.", "en": "It must be 0 or 1, only once."}
        raise InvalidInput([FieldError("deep", "valor", message)])
    return depths == ["1"]


@cache
def orders_of(audience: Audience) -> tuple[str, ...]:
    """What ``orden`` may ask for; "-" before a field turns its order round."""
    return tuple(sign + each.name for each in audience.fields if each.is_sortable for sign in ("", "-"))


def filter_schema(maximum: int) -> dict[str, Any]:
    """JSON Schema of a filter of at most ``maximum`` characters; an empty one filters nothing."""
    return {"type": "string", "maxLength": maximum, "pattern": f"^[^{REFUSED}]*$"}


class _Reader:
    """Reads parameters one by one and remembers what was wrong with them."""

    def __init__(self, pairs: Sequence[tuple[str, str]], known: tuple[str, ...]) -> None:
        self._values = dict(pairs)
        self._violations: list[FieldError] = []
        names = [name for name, _ in pairs]
        for name in self._values:
            if name not in known:
                es, en = "No es un parámetro de esta consulta.", "It is not a parameter of this query."
                self._violations.append(FieldError(name[:MAX_SEARCH], "desconocido", {"es": es, "en": en}))
            elif names.count(name) > 1:
                es, en = "Debe estar una sola vez.", "It must be there only once."
                self._violations.append(FieldError(name, "repetido", {"es": es, "en": en}))

    def read(self, name: str, read: Callable[[str], T], default: T) -> T:
        try:
            return read(self._values[name]) if name in self._values else default
        except BrokenRule as broken:
            self._violations.append(FieldError(name, broken.rule, broken.message))
            return default

    def finish(self) -> None:
        if self._violations:
            raise InvalidInput(self._violations)


def _filter(text: str, maximum: int) -> str | None:
    """A text to look for, cleaned like those that are stored."""
    found = read_text(text)
    if len(found) > maximum:
        raise too_long(maximum)
    return found or None


def _order(text: str, audience: Audience) -> Order:
    if text not in orders_of(audience):
        names = ", ".join(name for name in orders_of(audience) if not name.startswith("-"))
        raise BrokenRule(
            "orden",
            f"Debe ser uno de {names}, con «-» delante para el orden descendente.",
            f"It must be one of {names}, with “-” before it for descending order.",
        )
    return Order(BY_NAME[text.removeprefix("-")], text.startswith("-"))


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        es, en = f"Debe ser un número entero de 1 a {MAX_LIMIT}.", f"It must be a whole number from 1 to {MAX_LIMIT}."
        raise BrokenRule("rango", es, en)
    return int(text)


def _with_cursor(pairs: Sequence[tuple[str, str]], name: str, key: str, row_id: int) -> str:
    content = f"{name}\n{row_id}\n{key}".encode()
    cursor = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return urlencode([*(pair for pair in pairs if pair[0] != "cursor"), ("cursor", cursor)])


def _open_cursor(text: str, name: str, read_key: Callable[[str], object]) -> Place:
    """The place in a cursor of the order ``name``.

    A forged one that is well-formed is harmless: it is only a place to go on from.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        content = base64.b64decode(padded, b"-_", validate=True).decode()
        found = re.fullmatch(rf"{name}\n(\d+)\n(.*)", content, re.DOTALL)
        if found and len(text) <= MAX_CURSOR:
            return Place(read_key(found[2]), employee.ROW_ID.read_key(found[1]))
    except ValueError:
        pass
    raise BrokenRule(
        "cursor",
        "No es un cursor de esta consulta: siga los enlaces de la cabecera Link.",
        "It is not a cursor of this query: follow the links of the Link header.",
    )
