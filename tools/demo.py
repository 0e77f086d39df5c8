"""`make demo`: fills the running directory with a thousand plausible employees of a Spanish company."""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
import uuid
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tools.command_line import NotReady, OneSentenceParser, run
from tools.target import add_target, open_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# As many as the directory takes in one request.
MOST_OPERATIONS = 500
PEOPLE = Path(__file__).with_name("people.toml")
# Fixed, because nothing here may depend on the day of the run.
LAST_HIRED = date(2026, 10, 30)
MEAN_DAYS_EMPLOYED, MAX_DAYS_EMPLOYED = 6 * 365, 31 * 365


def invent_people() -> list[dict[str, Any]]:
    """A thousand, as `POST /empleados` accepts them: the same at each run, so that none is added twice."""
    departments = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))
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


def fill(client: httpx.Client, people: Sequence[Mapping[str, Any]]) -> int:
    """Add people to the directory in one batch, with one email about all of them; return how many are new.

    An address belongs to one employee, so no person is added twice.
    """
    batch, added = f"/lotes/{uuid.uuid4()}", 0
    try:
        for start in range(0, len(people), MOST_OPERATIONS):
            body = {"origen": "importacion", "crear": people[start : start + MOST_OPERATIONS]}
            answer = client.post(batch, json=body, headers={"Idempotency-Key": str(uuid.uuid4())}).raise_for_status()
            added += sum(each["estado"] == HTTPStatus.CREATED for each in answer.json()["resultados"])
        if added:
            client.post(f"{batch}/cierre", json={"aviso": True}).raise_for_status()
    except httpx.HTTPError as error:
        reason = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        raise NotReady(f"Not all employees were added ({reason}). Run it again to continue.") from None
    return added


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    parser = OneSentenceParser("make demo", "Fills a running directory with 1,000 invented employees.")
    add_target(parser, environment)
    why = "its directory would be full of invented people"
    with closing(open_directory(parser.parse_args(argv), environment, why=why)) as client:
        people = invent_people()
        added = fill(client, people)
        print(f"{added:,} added, {len(people) - added:,} were there already. Look at them: {client.base_url}")


if __name__ == "__main__":
    run(main)
