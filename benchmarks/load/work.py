"""The requests of a load, one after the other, for however many people to take.

Only the standard library: this runs under locust, too.
"""

from __future__ import annotations

import json
import random
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from benchmarks.load.profile import Kind, Profile, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Whoever has an address there was made by a load test, and is removed by it. Nobody real can have one (RFC 2606).
OWN_DOMAIN = "prueba-de-carga.example.com"
OWN_POSITION = "Prueba de carga"
PAGE_SIZE = 50
SHORTEST_SEARCH, LONGEST_SEARCH = 2, 6
LEAST_SALARY = 1_000


@dataclass(frozen=True)
class Excerpt:
    """What the requests ask for: a part of what the directory holds; at least one of each."""

    ids: tuple[int, ...]
    words: tuple[str, ...]
    """Of names, long enough to be searched for."""
    positions: tuple[str, ...]
    second_page: str
    """The query of the list's second page."""


@dataclass(frozen=True)
class OwnRow:
    """An employee that the load test has made, and may change and remove."""

    id: int
    etag: str


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is to be done, as it is handed to the process that does it."""

    url: str
    headers: Mapping[str, str]
    """Of every request: they say who asks."""
    profile: Profile
    users: int
    """How many requests are under way at once."""
    requests: int
    """How many in all, at most."""
    seconds: float
    """How long at most; requests that are under way then are waited for."""
    seed: int
    """The same one, and the same excerpt, give the same requests."""
    excerpt: Excerpt
    run: str = ""
    """Tells the addresses of this run's employees from those of another's."""
    own_rows: tuple[OwnRow, ...] = ()

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Load:
        """What `to_json` wrote."""
        document = json.loads(text)
        document["profile"] = Profile(document["profile"])
        excerpt = document["excerpt"]
        document["excerpt"] = Excerpt(
            tuple(excerpt["ids"]), tuple(excerpt["words"]), tuple(excerpt["positions"]), excerpt["second_page"]
        )
        document["own_rows"] = tuple(OwnRow(**row) for row in document["own_rows"])
        return cls(**document)


@dataclass(frozen=True)
class Request:
    """A request to send, and the status that makes it a success."""

    kind: Kind
    method: str
    path: str
    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    row: OwnRow | None = None
    """The row that is changed."""


class Work:
    """Hands out the requests of a load, and remembers the rows that came of them."""

    def __init__(self, load: Load) -> None:
        """The time runs from here on."""
        self._load = load
        # One for the kinds, one for what is read: neither depends on how quickly answers come.
        self._kinds = islice(kinds_of(load.profile, _chance(load.seed)), load.requests)
        self._chance = _chance(load.seed)
        self._numbers = count(len(load.own_rows))
        self._salaries = count(LEAST_SALARY + 1)
        self._own_rows = deque(load.own_rows)
        self._deadline = time.monotonic() + load.seconds
        self._is_stopped = False

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of every request."""
        return self._load.headers

    def stop(self) -> None:
        """Hand out nothing any more."""
        self._is_stopped = True

    def next(self) -> Request | None:
        """The next request; None when all have been sent, the time is up, or `stop` was called."""
        if self._is_stopped or time.monotonic() > self._deadline:
            return None
        kind = next(self._kinds, None)
        return None if kind is None else self._request(kind)

    def settle(self, request: Request, headers: Mapping[str, str]) -> None:
        """Learn from the answer to a request that succeeded. One that failed has used up its row."""
        if request.kind is Kind.CREATE:
            self._own_rows.append(OwnRow(int(headers["Location"].rpartition("/")[2]), headers["ETag"]))
        elif request.kind is Kind.CHANGE and request.row:
            self._own_rows.append(OwnRow(request.row.id, headers["ETag"]))

    def _request(self, kind: Kind) -> Request:
        match kind:
            case Kind.CREATE:
                return self._creation()
            case Kind.CHANGE | Kind.REMOVE if self._own_rows:
                return self._change(kind, self._own_rows.popleft())
            case Kind.CHANGE | Kind.REMOVE:
                # The rows have run out, because creations failed.
                return self._creation()
            case _:
                return Request(kind, "GET", self._path(kind))

    def _path(self, kind: Kind) -> str:
        excerpt, chance = self._load.excerpt, self._chance
        row_id, word = chance.choice(excerpt.ids), chance.choice(excerpt.words)
        paths = {
            Kind.LIST: _list_path(),
            Kind.NEXT_PAGE: f"/empleados?{excerpt.second_page}",
            Kind.SEARCH: _list_path(q=word[: chance.randint(SHORTEST_SEARCH, LONGEST_SEARCH)]),
            Kind.FILTER: _list_path(posicion=chance.choice(excerpt.positions)),
            Kind.SUMMARY: "/resumen",
            Kind.SHOW: f"/empleados/{row_id}",
            Kind.HISTORY: f"/empleados/{row_id}/eventos",
            Kind.MAILS: f"/correos?empleado={row_id}",
        }
        return paths[kind]

    def _creation(self) -> Request:
        return Request(Kind.CREATE, "POST", "/empleados", 201, body=own_employee(self._load.run, next(self._numbers)))

    def _change(self, kind: Kind, row: OwnRow) -> Request:
        path, headers = f"/empleados/{row.id}", {"If-Match": row.etag}
        if kind is Kind.REMOVE:
            return Request(kind, "DELETE", path, 204, headers=headers, row=row)
        return Request(kind, "PUT", path, body={"salario": next(self._salaries)}, headers=headers, row=row)


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a load is no secret


def own_employee(run: str, number: int) -> dict[str, Any]:
    """A new employee of a load test, as `POST /empleados` takes it."""
    return {
        "nombre": f"Prueba de carga {number}",
        "email": f"{run}-{number}@{OWN_DOMAIN}",
        "posicion": OWN_POSITION,
        "salario": LEAST_SALARY,
    }


def words_of(names: Iterator[str]) -> Iterator[str]:
    """The words of names that can be searched for: letters only, and long enough."""
    for name in names:
        yield from (word for word in name.split() if word.isalpha() and len(word) > SHORTEST_SEARCH)


def _list_path(**query: str) -> str:
    """A list as the page asks for it."""
    return f"/empleados?{urlencode({'orden': 'nombre', **query, 'limite': PAGE_SIZE})}"
