"""A thousand plausible employees of a Spanish company: the same people at each run, so that none is added twice."""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("people.toml")
# Fixed, because nothing here may depend on the day of the run.
LAST_HIRED = date(2026, 10, 30)
MEAN_DAYS_EMPLOYED, MAX_DAYS_EMPLOYED = 6 * 365, 31 * 365


def invent_people() -> list[dict[str, Any]]:
    """All of them as `POST /empleados` accepts them, in the order in which they are added."""
    departments = tomllib.loads(DATA.read_text(encoding="utf-8"))
    names, surnames = departments.pop("first_names"), departments.pop("surnames")
    positions = [
        (department, position, facts["salary"])
        for department, group in departments.items()
        for position, facts in group.items()
        for _ in range(facts["people"])
    ]
    chance = random.Random(1_000)  # noqa: S311 - invented people are no secret
    chance.shuffle(positions)
    namesakes: Counter[str] = Counter()
    people = []
    for department, position, (least, most) in positions:
        name, first, second = chance.choice(names), *chance.choices(surnames, k=2)
        account = f"{_letters(name)}.{_letters(first)}"
        namesakes[account] += 1
        number = namesakes[account] if namesakes[account] > 1 else ""
        days = min(int(chance.expovariate(1 / MEAN_DAYS_EMPLOYED)), MAX_DAYS_EMPLOYED)
        people.append(
            {
                "nombre": f"{name} {first} {second}",
                "email": f"{account}{number}@{department}.example.com",
                "posicion": position,
                "salario": chance.randrange(least, most + 1, 10),
                "fecha_contratacion": (LAST_HIRED - timedelta(days=days)).isoformat(),
            }
        )
    return people


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", unicodedata.normalize("NFD", name.lower()))
