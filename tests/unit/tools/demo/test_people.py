from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from datetime import date

from tools.demo.people import DATA, invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_and_on_each_machine() -> None:
    """Others would be added to those of an earlier `make demo`. Who changes them on purpose changes this, too."""
    everybody = json.dumps([asdict(person) for person in PEOPLE], ensure_ascii=False)
    assert invent_people() == PEOPLE
    assert hashlib.sha256(everybody.encode()).hexdigest()[:16] == "319348ee7b4245f1"


def test_there_are_a_thousand_of_them_with_an_address_each() -> None:
    assert len(PEOPLE) == len({person.email for person in PEOPLE}) == 1_000


def test_nobody_real_has_their_addresses() -> None:
    """RFC 2606 keeps example.com for such uses."""
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+[0-9]?@[a-z]+\.example\.com", person.email) for person in PEOPLE)


def test_who_shares_a_name_and_a_department_gets_a_number() -> None:
    numbered = [person.email for person in PEOPLE if re.search(r"[0-9]@", person.email)]
    assert numbered
    everybody = {person.email for person in PEOPLE}
    assert all(email.replace("2@", "@") in everybody for email in numbered if "2@" in email)


def test_their_names_are_spanish_with_accents_and_all() -> None:
    letters = set("".join(person.nombre for person in PEOPLE))
    assert set("áéíóúñüÁÍÓ'") <= letters
    assert all(len(person.nombre.split()) >= 2 and len(person.nombre) <= 120 for person in PEOPLE)


def test_their_address_is_made_of_their_name_without_accents() -> None:
    for person in PEOPLE:
        letters = re.sub("[^a-z]", "", person.nombre.lower().translate(str.maketrans("áéíóúñü", "aeiounu")))
        assert letters.startswith(re.sub("[^a-z]", "", person.email.partition("@")[0]))


def test_their_salaries_are_within_the_bounds_of_their_position() -> None:
    bounds = {
        name: (int(least), int(most))
        for name, least, most in re.findall(
            r'^"(.+?)" = \{.*salary = \[(\d+), (\d+)\]', DATA.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert {person.posicion for person in PEOPLE} == set(bounds)
    for person in PEOPLE:
        least, most = bounds[person.posicion]
        assert least <= person.salario <= most


def test_who_came_earlier_earns_more_on_the_whole() -> None:
    comercial = sorted(
        (person.fecha_contratacion, person.salario) for person in PEOPLE if person.posicion == "Comercial"
    )
    early, late = comercial[: len(comercial) // 2], comercial[len(comercial) // 2 :]
    assert sum(salary for _, salary in early) > 1.1 * sum(salary for _, salary in late)


def test_they_were_hired_on_working_days_of_the_last_31_years() -> None:
    days = [date.fromisoformat(person.fecha_contratacion) for person in PEOPLE]
    assert all(day.weekday() < 5 for day in days)
    assert date(1995, 11, 1) <= min(days)
    assert max(days) <= date(2026, 10, 30)
