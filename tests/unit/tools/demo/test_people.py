from __future__ import annotations

import hashlib
import json
import re
import tomllib
from datetime import date

from tools.demo.people import DATA, invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_and_on_each_machine() -> None:
    """Otherwise a second `make demo` would add others. Update the digest after an intended change."""
    everybody = json.dumps([person._asdict() for person in PEOPLE], ensure_ascii=False)
    assert hashlib.sha256(everybody.encode()).hexdigest()[:16] == "319348ee7b4245f1"


def test_there_are_a_thousand_of_them_with_an_address_each_that_is_nobodys() -> None:
    """RFC 2606 reserves example.com."""
    assert len(PEOPLE) == len({person.email for person in PEOPLE}) == 1_000
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+[2-9]?@[a-z]+\.example\.com", person.email) for person in PEOPLE)


def test_their_names_have_accents_and_their_addresses_do_not() -> None:
    assert set("áéíóúñüÁÍÓ'") <= set("".join(person.nombre for person in PEOPLE))
    for person in PEOPLE:
        letters = re.sub("[^a-z]", "", person.nombre.lower().translate(str.maketrans("áéíóúñü", "aeiounu")))
        assert letters.startswith(re.sub("[^a-z]", "", person.email.partition("@")[0]))


def test_salaries_are_within_the_positions_bounds_and_rise_with_the_years() -> None:
    groups = tomllib.loads(DATA.read_text(encoding="utf-8"))
    positions = {name: facts for group in groups.values() if isinstance(group, dict) for name, facts in group.items()}
    assert {person.posicion for person in PEOPLE} == set(positions)
    for person in PEOPLE:
        least, most = positions[person.posicion]["salary"]
        assert least <= person.salario <= most
    by_date = [person.salario for person in sorted(PEOPLE, key=lambda person: person.fecha_contratacion)]
    assert sum(by_date[:500]) > 1.1 * sum(by_date[500:])


def test_they_were_hired_on_working_days() -> None:
    days = [date.fromisoformat(person.fecha_contratacion) for person in PEOPLE]
    assert all(day.weekday() < 5 for day in days)
    assert max(days) <= date(2026, 10, 30)
