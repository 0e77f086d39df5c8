"""A row as JSON text, built by PostgreSQL: it must be what any JSON writer would make of the fields."""

import json
import uuid
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.directorio.employee import FIELDS, Audience, line, read_new
from chalicelib.directorio.repository import Repository
from contract.text import BrokenRule


def is_accepted(text):
    try:
        return bool(line(80).read(text))  # a position's limit
    except BrokenRule:
        return False


LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=80).filter(is_accepted)


@given(nombre=LINES, posicion=LINES, salario=st.decimals(0, 9_999_999, places=2), day=st.dates())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
def test_what_was_sent_is_what_is_read(database, nombre, posicion, salario, day):
    sent = {"nombre": nombre, "posicion": posicion, "salario": salario, "fecha_contratacion": day.isoformat()}
    values = read_new({**sent, "email": f"{uuid.uuid4()}@example.com"})
    repository = Repository(database)
    saved = repository.create(values, "a")

    row = json.loads(saved.body, parse_float=Decimal)
    assert {name: row[name] for name in values} == {**values, "fecha_contratacion": day.isoformat()}
    assert list(row) == [each.name for each in FIELDS]
    assert repository.find(saved.id, Audience.RRHH).body == saved.body
    public = json.loads(repository.find(saved.id, Audience.LECTOR).body)
    assert public == {each.name: row[each.name] for each in Audience.LECTOR.fields}
