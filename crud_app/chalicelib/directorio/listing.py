"""What a client asks of a list: filters, order, and where to go on. Read from the query, and written into links.

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
from chalicelib.directorio.employee import BY_NAME, ROW_ID, Audience
from chalicelib.directorio.kind import CONTROLS, HAS_CONTROL, BrokenRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.directorio.employee import Field

T = TypeVar("T")

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_SEARCH = 200
MAX_POSITION = 80
MAX_CURSOR = 2_000
DEFAULT_ORDER = "id"
#: What stands in an event cursor where a list's cursor has its order.
EVENTS = "eventos"


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

    ``q`` and ``posicion`` are None without that filter; ``pairs`` are the parameters as sent, less the cursor.
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
class History:
    """A requested page of events, newest first: those before the number ``before``, or the newest."""

    limit: int
    before: int | None
    pairs: Sequence[tuple[str, str]]

    def next_query(self, number: int) -> str:
        """The query string of the page before the event with this number."""
        return _with_cursor(self.pairs, EVENTS, "", number)


def read_listing(pairs: Sequence[tuple[str, str]], audience: Audience) -> Listing:
    """Read the query of ``GET /empleados``.

    Args:
        pairs: parameter names and values as sent, decoded.
        audience: who asks: rows cannot be sorted by what is not shown, for their order would show it.

    Raises:
        InvalidInput: with all violations at once.
    """
    reader = _Reader(pairs, known=("q", "posicion", "orden", "limite", "cursor"))
    q = reader.read("q", lambda text: _filter(text, MAX_SEARCH), None)
    posicion = reader.read("posicion", lambda text: _filter(text, MAX_POSITION), None)
    order = reader.read("orden", lambda text: read_order(text, audience), read_order(DEFAULT_ORDER, audience))
    limit = reader.read("limite", _limit, DEFAULT_LIMIT)
    after = reader.read("cursor", lambda text: _place(text, order), None)
    reader.finish()
    return Listing(audience, order, limit, q, posicion, after, _without_cursor(pairs))


def read_history(pairs: Sequence[tuple[str, str]]) -> History:
    """Read the query of ``GET /eventos`` and ``GET /empleados/{id}/eventos``; see ``read_listing``."""
    reader = _Reader(pairs, known=("limite", "cursor"))
    limit = reader.read("limite", _limit, DEFAULT_LIMIT)
    before = reader.read("cursor", _event_number, None)
    reader.finish()
    return History(limit, before, _without_cursor(pairs))


@cache
def orders_of(audience: Audience) -> tuple[str, ...]:
    """What ``orden`` may ask for; "-" before a field turns its order round."""
    return tuple(sign + each.name for each in audience.fields if each.is_sortable for sign in ("", "-"))


def read_order(text: str, audience: Audience) -> Order:
    """Read ``orden``.

    Raises:
        BrokenRule: this audience cannot have that order.
    """
    if text not in orders_of(audience):
        names = ", ".join(name for name in orders_of(audience) if not name.startswith("-"))
        raise BrokenRule(
            "orden",
            es=f"Debe ser uno de {names}, con «-» delante para el orden descendente.",
            en=f"It must be one of {names}, with “-” before it for descending order.",
        )
    return Order(BY_NAME[text.removeprefix("-")], text.startswith("-"))


def filter_schema(maximum: int) -> dict[str, Any]:
    """JSON Schema of a filter of at most ``maximum`` characters; an empty one filters nothing."""
    return {"type": "string", "pattern": f"^[^{CONTROLS}]{{0,{maximum}}}$"}


class _Reader:
    """Reads parameters one by one and remembers what was wrong with them."""

    def __init__(self, pairs: Sequence[tuple[str, str]], known: tuple[str, ...]) -> None:
        self._values = dict(pairs)
        self._violations: list[FieldError] = []
        for name in self._values:
            if name not in known:
                es, en = "No es un parámetro de esta consulta.", "It is not a parameter of this query."
                self._violations.append(FieldError(name[:MAX_SEARCH], "desconocido", {"es": es, "en": en}))
        names = [name for name, _ in pairs]
        for name in known:
            if names.count(name) > 1:
                es, en = "Debe estar una sola vez.", "It must be there only once."
                self._violations.append(FieldError(name, "repetido", {"es": es, "en": en}))

    def read(self, name: str, read: Callable[[str], T], default: T) -> T:
        try:
            return read(self._values[name]) if name in self._values else default
        except BrokenRule as broken:
            self._violations.append(FieldError(name, broken.regla, broken.mensaje))
            return default

    def finish(self) -> None:
        if self._violations:
            raise InvalidInput(self._violations)


def _filter(text: str, maximum: int) -> str | None:
    if HAS_CONTROL.search(text):
        raise BrokenRule(
            "caracteres",
            es="No puede tener caracteres de control.",
            en="It cannot have control characters.",
        )
    if len(text) > maximum:
        raise BrokenRule(
            "longitud",
            es=f"Debe tener {maximum} caracteres como máximo.",
            en=f"It must have at most {maximum} characters.",
        )
    return text.strip() or None


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        raise BrokenRule(
            "rango",
            es=f"Debe ser un número entero de 1 a {MAX_LIMIT}.",
            en=f"It must be a whole number from 1 to {MAX_LIMIT}.",
        )
    return int(text)


def _place(text: str, order: Order) -> Place:
    """Read a cursor. A forged one that is well-formed is harmless: it is only a place to go on from."""
    try:
        key, row_id = _open_cursor(text, order.name)
        return Place(order.field.kind.read_key(key), row_id)
    except ValueError:
        raise _broken_cursor() from None


def _event_number(text: str) -> int:
    try:
        _, number = _open_cursor(text, EVENTS)
    except ValueError:
        raise _broken_cursor() from None
    return number


def _with_cursor(pairs: Sequence[tuple[str, str]], name: str, key: str, row_id: int) -> str:
    content = f"{name}\n{row_id}\n{key}".encode()
    cursor = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return urlencode([*pairs, ("cursor", cursor)])


def _without_cursor(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return tuple(pair for pair in pairs if pair[0] != "cursor")


def _open_cursor(text: str, name: str) -> tuple[str, int]:
    """The key and the id in a cursor of the order ``name``.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{MAX_CURSOR}}}", text):
        raise ValueError
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    its_name, row_id, key = content.split("\n", 2)
    if its_name != name:
        raise ValueError
    return key, ROW_ID.read_key(row_id)


def _broken_cursor() -> BrokenRule:
    return BrokenRule(
        "cursor",
        es="No es un cursor de esta consulta: siga los enlaces de la cabecera Link.",
        en="It is not a cursor of this query: follow the links of the Link header.",
    )
