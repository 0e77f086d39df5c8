from __future__ import annotations

import hashlib
import json
import re
import tomllib
from datetime import date

from tools.demo.people import DATA, invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_and_on_each_machine():
    """Otherwise a second `make demo` would add others. Update the digest after an intended change."""
    everybody = json.dumps([person._asdict() for person in PEOPLE], ensure_ascii=False)
    assert hashlib.sha256(everybody.encode()).hexdigest()[:16] == "319348ee7b4245f1"


def test_each_of_the_thousand_is_plausible_and_has_an_address_that_is_nobodys():
    """RFC 2606 reserves example.com."""
    positions: dict[str, dict[str, list[int]]] = {}
    for group in tomllib.loads(DATA.read_text(encoding="utf-8")).values():
        positions |= group if isinstance(group, dict) else {}
    assert len(PEOPLE) == len({person.email for person in PEOPLE}) == 1_000
    assert {person.posicion for person in PEOPLE} == set(positions)
    assert set("áéíóúñüÁÍÓ'") <= set("".join(person.nombre for person in PEOPLE))
    for person in PEOPLE:
        assert re.fullmatch(r"[a-z]+\.[a-z]+[2-9]?@[a-z]+\.example\.com", person.email)
        letters = re.sub("[^a-z]", "", person.nombre.lower().translate(str.maketrans("áéíóúñü", "aeiounu")))
        assert letters.startswith(re.sub("[^a-z]", "", person.email.partition("@")[0]))
        least, most = positions[person.posicion]["salary"]
        assert least <= person.salario <= most
        hired = date.fromisoformat(person.fecha_contratacion)
        assert hired.weekday() < 5
        assert hired <= date(2026, 10, 30)
