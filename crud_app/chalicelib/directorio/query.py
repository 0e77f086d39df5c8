"""What a client asks besides the body: filters, order, and where a list goes on.

A list goes on after the last row that was shown, by its sort key and id, never by counting rows: it costs the same on
each page, and rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlencode

from chalicelib.directorio import employee
from chalicelib.directorio.employee import BY_NAME, DAY, KINDS, MAX_BIGINT, MONEY, Audience
from contract.body import read_fields
from contract.email_address import read_address
from contract.events import EVENT_TYPES, LOTE, UUID
from contract.fields import Field
from contract.text import REFUSED, BrokenRule, read_one_of, read_text, too_long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_SEARCH = 200
MAX_POSITION = 80
MAX_EXPANSION = 4
MAX_CURSOR = 2_000
#: Employees that are counted exactly.
MAX_TOTAL = 5_000
DEFAULT_ORDER = "id"
NO_UUID = "No es un UUID en minúsculas.", "It is not a UUID in lower case."
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: Idempotency keys expire after this many hours.
KEPT_HOURS = 24
DEPTHS = ("0", "1")
#: The kinds of fields in whose order a list can begin somewhere.
START_KINDS = ("text", "email")
AMOUNT = re.compile(r"[-+0-9.eE]{1,24}")
#: The types of events in a history.
EVENT_KINDS = (*EVENT_TYPES, LOTE)


class Order(NamedTuple):
    """A field to sort by, and its direction; rows that are alike in it are sorted by id, in the same direction."""

    field: Field
    is_descending: bool

    @property
    def name(self) -> str:
        """As ``orden`` asks for it."""
        return f"-{self.field.name}" if self.is_descending else self.field.name

    def start_at(self, key: object) -> Place:
        """The place before all rows with this sort key."""
        return Place(key, MAX_BIGINT if self.is_descending else 0)


#: The one order of leavers.
LEAVERS = Order(Field("baja_en", "given", {}, ""), is_descending=True)


class Place(NamedTuple):
    """Where a page ends: the sort key and the id of its last row."""

    key: object
    id: int


class Filters(NamedTuple):
    """Which employees are asked for; None is no filter. The ends of a range belong to it."""

    q: str | None
    posicion: str | None
    hired_since: date | None
    hired_until: date | None
    paid_since: Decimal | None
    paid_until: Decimal | None

    @property
    def person(self) -> tuple[int | None, str | None]:
        """The number or the address that the words are, if they are one."""
        try:
            return employee.ROW_ID.read_key((self.q or "").removeprefix("#")), None
        except ValueError:
            pass
        try:
            return None, read_address(self.q)
        except BrokenRule:
            return None, None

    @property
    def has_words_or_ranges(self) -> bool:
        """Whether there is a filter beside ``posicion``."""
        return any(each is not None for each in self._replace(posicion=None))

    def start_of(self, order: Order) -> Place | None:
        """Where a list begins that is sorted by a field with a range, so that nothing before it is read."""
        ranges = {
            "fecha_contratacion": (self.hired_since, self.hired_until),
            "salario": (self.paid_since, self.paid_until),
        }
        key = ranges.get(order.field.name, (None, None))[order.is_descending]
        return None if key is None else order.start_at(key)


@dataclass(frozen=True)
class Listing:
    """A requested page of employees or leavers, and its audience; ``pairs`` are the parameters as sent."""

    audience: Audience
    order: Order
    limit: int
    filters: Filters
    after: Place | None
    pairs: Sequence[tuple[str, str]]

    def next_query(self, row: Mapping[str, Any]) -> str:
        """The query string of the page after this row, as it is sent."""
        content = f"{self.order.name}\n{row['id']}\n{row[self.order.field.name]}".encode()
        return _replacing_cursor(self.pairs, base64.urlsafe_b64encode(content).decode().rstrip("="))


@dataclass(frozen=True)
class History:
    """A requested page of events, newest first: those before the event ``before``, or the newest.

    The others are filters, or None: the employee's id, a batch, who did what, from ``since`` until before ``until``.
    """

    limit: int
    before: str | None
    pairs: Sequence[tuple[str, str]]
    empleado: int | None = None
    lote: str | None = None
    actor: str | None = None
    tipo: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def next_query(self, event_id: str) -> str:
        """The query string of the page before this event. An id tells nothing of how many events there are between."""
        return _replacing_cursor(self.pairs, event_id)


def read_listing(pairs: Sequence[tuple[str, str]], audience: Audience) -> Listing:
    """Read the query of ``GET /empleados``: names and values as sent, decoded.

    Raises:
        InvalidInput: with all violations at once. Rows cannot be sorted by what the audience is not shown.
    """
    return _read_listing(tuple(pairs), audience)


@lru_cache(maxsize=64)  # most lists are asked for again and again
def _read_listing(pairs: Sequence[tuple[str, str]], audience: Audience) -> Listing:
    sent = dict(pairs).get("orden")
    order = _order(sent if sent in orders_of(audience) else DEFAULT_ORDER)
    readers = {
        **_filters_of(audience),
        "desde": lambda text: _start(text, order),
        "orden": lambda text: _check_order(text, audience),
        "limite": _limit,
        "cursor": lambda text: _open_cursor(text, order),
    }
    values = _read(pairs, readers)
    filters = _filters(values)
    after = values["cursor"] or values["desde"] or filters.start_of(order)
    return Listing(audience, order, values["limite"] or DEFAULT_LIMIT, filters, after, pairs)


def read_filters(pairs: Sequence[tuple[str, str]], audience: Audience) -> Filters:
    """Read the query of ``GET /empleados/total``; see ``read_listing``."""
    return _filters(_read(pairs, _filters_of(audience)))


def read_leavers(pairs: Sequence[tuple[str, str]]) -> Listing:
    """Read the query of ``GET /bajas``; see ``read_listing``."""
    cursor = partial(_open_cursor, order=LEAVERS)
    values = _read(pairs, {"q": FILTERS["q"], "limite": _limit, "cursor": cursor})
    filters = _filters({"q": values["q"]})
    return Listing(Audience.RRHH, LEAVERS, values["limite"] or DEFAULT_LIMIT, filters, values["cursor"], pairs)


def read_history(pairs: Sequence[tuple[str, str]], *, has_filters: bool = False) -> History:
    """Read the query of ``GET /eventos``, which has filters, or of an employee's history; see ``read_listing``."""
    values = _read(pairs, {**PAGE_OF_HISTORY, **(FILTERS_OF_HISTORY if has_filters else {})})
    limit, before = values.pop("limite") or DEFAULT_LIMIT, values.pop("cursor")
    since, until = values.pop("desde", None), values.pop("hasta", None)
    return History(limit, before, pairs, since=since, until=until, **values)


def asks_database(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a health check has ``deep=1``. Other parameters are the monitor's own business.

    Raises:
        InvalidInput: ``deep`` is neither 0 nor 1, or is there twice.
    """
    deep = [pair for pair in pairs if pair[0] == "deep"]
    return bool(_read(deep, {"deep": partial(read_one_of, DEPTHS)})["deep"] == "1")


@cache
def orders_of(audience: Audience) -> tuple[str, ...]:
    """What ``orden`` may ask for; "-" before a field turns its order round."""
    return tuple(sign + each.name for each in audience.fields if each.is_sortable for sign in ("", "-"))


def filter_schema(maximum: int) -> dict[str, Any]:
    """JSON Schema of a filter of at most ``maximum`` characters; an empty one filters nothing."""
    return {"type": "string", "maxLength": maximum, "pattern": f"^[^{REFUSED}]*$"}


def _read(pairs: Sequence[tuple[str, str]], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The value of each parameter, None of one that is not there. No parameter may be there twice."""
    sent = dict(pairs)
    if len(sent) < len(pairs):
        names = [name for name, _ in pairs]
        readers = {name: read if names.count(name) <= 1 else _refuse_repeated for name, read in readers.items()}
    return dict.fromkeys(readers) | read_fields(sent, readers, readers)


def _refuse_repeated(_: object) -> None:
    raise BrokenRule("repetido", "Debe estar una sola vez.", "It must be there only once.")


def _filters_of(audience: Audience) -> Mapping[str, Callable[[str], Any]]:
    hidden = () if audience is Audience.RRHH else ("salario_desde", "salario_hasta")
    return {name: read for name, read in FILTERS.items() if name not in hidden}


def _filters(values: Mapping[str, Any]) -> Filters:
    return Filters(*(values.get(name) for name in FILTERS))


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text) if AMOUNT.fullmatch(text) else None
    except InvalidOperation:
        amount = None
    return cast("Decimal", MONEY.read(amount))


def _start(text: str, order: Order) -> Place:
    """Where the texts that begin so stand in the order; U+FFFF sorts after every character."""
    if order.field.kind not in START_KINDS:
        raise BrokenRule(
            "orden",
            "Necesita un orden por nombre, email o posicion.",
            "It needs an order by nombre, email or posicion.",
        )
    start = _filter(text, MAX_POSITION) or ""
    start = start.lower() if order.field.kind == "email" else start
    return order.start_at(start + "\uffff" if order.is_descending else start)


def _filter(text: str, maximum: int) -> str | None:
    """A text to look for, cleaned like those that are stored. Folding must not make it much longer: one character may
    become 18.
    """
    found = read_text(text)
    if max(len(found), len(unicodedata.normalize("NFKD", found)) / MAX_EXPANSION) > maximum:
        raise too_long(maximum)
    return found or None


#: How the parameters that filter employees are read, in the order of ``Filters``.
FILTERS: Mapping[str, Callable[[str], Any]] = {
    "q": lambda text: _filter(text, MAX_SEARCH),
    "posicion": lambda text: _filter(text, MAX_POSITION),
    "contratado_desde": DAY.read,
    "contratado_hasta": DAY.read,
    "salario_desde": _amount,
    "salario_hasta": _amount,
}


def _order(text: str) -> Order:
    return Order(BY_NAME[text.removeprefix("-")], text.startswith("-"))


def _check_order(text: str, audience: Audience) -> None:
    if text not in orders_of(audience):
        names = ", ".join(name for name in orders_of(audience) if not name.startswith("-"))
        raise BrokenRule(
            "orden",
            f"Debe ser uno de {names}, con «-» delante para el orden descendente.",
            f"It must be one of {names}, with “-” before it for descending order.",
        )


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        es, en = f"Debe ser un número entero de 1 a {MAX_LIMIT}.", f"It must be a whole number from 1 to {MAX_LIMIT}."
        raise BrokenRule("rango", es, en)
    return int(text)


def _replacing_cursor(pairs: Sequence[tuple[str, str]], cursor: str) -> str:
    return urlencode([*(pair for pair in pairs if pair[0] != "cursor"), ("cursor", cursor)])


def _open_cursor(text: str, order: Order) -> Place:
    """The place in a cursor of this order.

    A forged one that is well-formed is harmless: it is only a place to go on from.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        content = base64.b64decode(padded, b"-_", validate=True).decode()
        found = re.fullmatch(rf"{order.name}\n(\d+)\n(.*)", content, re.DOTALL)
        if found and len(text) <= MAX_CURSOR:
            return Place(KINDS[order.field.name].read_key(found[2]), employee.ROW_ID.read_key(found[1]))
    except ValueError:
        pass
    raise _bad_cursor()


def _bad_cursor() -> BrokenRule:
    return BrokenRule(
        "cursor",
        "No es un cursor de esta consulta: siga los enlaces de la cabecera Link.",
        "It is not a cursor of this query: follow the links of the Link header.",
    )


def _uuid(text: str, broken: BrokenRule) -> str:
    if not re.fullmatch(UUID, text):
        raise broken
    return text


def _row_id(text: str) -> int:
    try:
        return int(employee.ROW_ID.read_key(text))
    except ValueError:
        raise BrokenRule("formato", "Debe ser el número de una ficha.", "It must be the number of a record.") from None


def _moment(text: str, *, is_end: bool = False) -> datetime:
    """A day in UTC or an instant (RFC 3339). As an end it is included: what is returned is the moment after it."""
    length = timedelta(days=1)
    try:
        try:
            moment = datetime.combine(DAY.read_key(text), time.min, UTC)
        except ValueError:
            if not MOMENT.fullmatch(text):
                raise
            moment, length = datetime.fromisoformat(text.upper()), timedelta(microseconds=1)
        return (moment + length if is_end else moment).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if is_end else datetime.min.replace(tzinfo=UTC)
    except ValueError:
        es, en = "Debe ser una fecha o un instante con zona", "It must be a date or an instant with a zone"
        raise BrokenRule("formato", f"{es}, como 2026-11-24.", f"{en}, such as 2026-11-24.") from None


PAGE_OF_HISTORY: Mapping[str, Callable[[str], Any]] = {
    "limite": _limit,
    "cursor": lambda text: _uuid(text, _bad_cursor()),
}
FILTERS_OF_HISTORY: Mapping[str, Callable[[str], Any]] = {
    "empleado": _row_id,
    "lote": lambda text: _uuid(text, BrokenRule("formato", *NO_UUID)),
    "actor": lambda text: _filter(text, MAX_SEARCH),
    "tipo": partial(read_one_of, EVENT_KINDS),
    "desde": _moment,
    "hasta": partial(_moment, is_end=True),
}
