"""A thousand plausible employees of a Spanish company: the same people at each run, on each machine.

They are of our own making (people.toml and a seed), because a library of invented names promises the same ones for one
of its versions only, and a second `make demo` must find those of the first.
"""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DATA = Path(__file__).with_name("people.toml")
SEED = 1_000
# The last hire date: fixed, because nothing here may depend on the day of the run.
LAST_HIRED = date(2026, 10, 30)
MEAN_DAYS_EMPLOYED = 6 * 365
MOST_DAYS_EMPLOYED = 31 * 365
# Who has been there for so long earns the most that the position has.
DAYS_TO_THE_TOP = 15 * 365
SATURDAY = 5


@dataclass(frozen=True)
class Position:
    """A position and its salary range."""

    name: str
    department: str
    least: int
    """Euros a month, gross; ``most``, too."""
    most: int


@dataclass(frozen=True)
class Person:
    """An employee, as `POST /empleados` takes it."""

    nombre: str
    email: str
    posicion: str
    salario: int
    """Euros a month, gross."""
    fecha_contratacion: str


def invent_people() -> list[Person]:
    """All of them, in the order in which they are added."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    chance = random.Random(SEED)  # noqa: S311 - invented people are no secret
    positions = [position for position, people in _positions(data) for _ in range(people)]
    chance.shuffle(positions)
    addresses = _Addresses()
    return [_invent(position, data, chance, addresses) for position in positions]


def _positions(data: Mapping[str, Any]) -> Iterator[tuple[Position, int]]:
    """Each position, and how many people have it."""
    for department, positions in data.items():
        if isinstance(positions, dict):
            for name, facts in positions.items():
                yield Position(name, department, *facts["salary"]), facts["people"]


def _invent(position: Position, data: Mapping[str, Any], chance: random.Random, addresses: _Addresses) -> Person:
    first_name = _choose(data["first_names"], chance)
    surnames = [_choose(data["surnames"], chance) for _ in range(2)]
    days_employed = min(int(chance.expovariate(1 / MEAN_DAYS_EMPLOYED)), MOST_DAYS_EMPLOYED)
    return Person(
        nombre=" ".join([first_name, *surnames]),
        email=addresses.give(first_name, surnames[0], position.department),
        posicion=position.name,
        salario=_salary(position, days_employed, chance),
        fecha_contratacion=_working_day(LAST_HIRED - timedelta(days=days_employed)).isoformat(),
    )


def _choose(names: Sequence[str], chance: random.Random) -> str:
    """One of ``names``; those at the beginning are more frequent, about as in life."""
    frequencies = [1 / (rank + 20) for rank in range(len(names))]
    return chance.choices(names, frequencies)[0]


def _salary(position: Position, days_employed: int, chance: random.Random) -> int:
    """Within the position's bounds, in steps of ten euros: more for those who came earlier, and some luck."""
    merit = 0.75 * min(days_employed / DAYS_TO_THE_TOP, 1) + 0.25 * chance.random()
    return 10 * round((position.least + merit * (position.most - position.least)) / 10)


def _working_day(day: date) -> date:
    """``day``, or the Friday before."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


class _Addresses:
    """Gives each person a unique address."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, first_name: str, surname: str, department: str) -> str:
        """``ana.perez@ventas.example.com``, and ``ana.perez2@…`` for the next of that name."""
        local_part = f"{_letters(first_name)}.{_letters(surname)}"
        numbers = chain([""], count(2))
        candidates = (f"{local_part}{number}@{department}.example.com" for number in numbers)
        address = next(address for address in candidates if address not in self._taken)
        self._taken.add(address)
        return address


def _letters(name: str) -> str:
    """The letters of a name, in lower case, without accents."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFD", name.lower()))
