"""A thousand plausible employees of a Spanish company: the same people at each run, on each machine.

A second `make demo` must find those of the first, and Faker's names change with its versions: hence people.toml.
"""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = Path(__file__).with_name("people.toml")
SEED = 1_000
# Fixed, because nothing here may depend on the day of the run.
LAST_HIRED = date(2026, 10, 30)
MEAN_DAYS_EMPLOYED, MAX_DAYS_EMPLOYED = 6 * 365, 31 * 365
# After this time, people earn the most that the position pays.
DAYS_TO_THE_TOP = 15 * 365
SATURDAY = 5


class Person(NamedTuple):
    """An employee, as `POST /empleados` accepts it. The salary is in euros a month, gross."""

    nombre: str
    email: str
    posicion: str
    salario: int
    fecha_contratacion: str


def invent_people() -> list[Person]:
    """All of them, in the order in which they are added."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    names, surnames = data.pop("first_names"), data.pop("surnames")
    chance = random.Random(SEED)  # noqa: S311 - invented people are no secret
    positions = [
        (department, position, facts["salary"])
        for department, group in data.items()
        for position, facts in group.items()
        for _ in range(facts["people"])
    ]
    chance.shuffle(positions)
    emails: set[str] = set()
    people = []
    for department, position, salary in positions:
        name, first, second = (_choose(each, chance) for each in (names, surnames, surnames))
        days = min(int(chance.expovariate(1 / MEAN_DAYS_EMPLOYED)), MAX_DAYS_EMPLOYED)
        email = _free_email(f"{_letters(name)}.{_letters(first)}", department, emails)
        emails.add(email)
        hired = _working_day(LAST_HIRED - timedelta(days=days)).isoformat()
        people.append(Person(f"{name} {first} {second}", email, position, _salary(salary, days, chance), hired))
    return people


def _choose(names: Sequence[str], chance: random.Random) -> str:
    """One of ``names``; the first ones are more frequent, about as in life."""
    return chance.choices(names, [1 / (rank + 20) for rank in range(len(names))])[0]


def _salary(bounds: Sequence[int], days_employed: int, chance: random.Random) -> int:
    """Within the position's bounds, in steps of ten euros: more for those hired earlier, and some luck."""
    least, most = bounds
    merit = 0.75 * min(days_employed / DAYS_TO_THE_TOP, 1) + 0.25 * chance.random()
    return 10 * round((least + merit * (most - least)) / 10)


def _working_day(day: date) -> date:
    """``day``, or the Friday before."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def _free_email(local_part: str, department: str, taken: set[str]) -> str:
    """``ana.perez@ventas.example.com``, and ``ana.perez2@…`` for the next person of that name."""
    candidates = (f"{local_part}{'' if n == 1 else n}@{department}.example.com" for n in count(1))
    return next(email for email in candidates if email not in taken)


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", unicodedata.normalize("NFD", name.lower()))
