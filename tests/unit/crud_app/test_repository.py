"""Row and event in one statement, with others at the same row."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from chalicelib.directorio.errors import EmpleadoNotFound, StaleVersion, StatementRefused
from chalicelib.directorio.repository import Repository

NEW = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": Decimal("5000.00")}
#: What a rival does to row 1.
NEXT_VERSION = "UPDATE empleados SET version = 2, posicion = 'Jefa', actualizado_en = clock_timestamp() WHERE id = 1"
DELETION = "DELETE FROM empleados WHERE id = 1"


@pytest.fixture
def repository(database):
    repository = Repository(database)
    repository.create(NEW, "a")
    return repository


def test_without_a_hire_date_it_is_today_in_the_directorys_time_zone(database):
    """These zones are 25 hours apart: they never have the same day."""
    for key in (None, "key"):
        days = [
            json.loads(
                Repository(database, zone)
                .create({**NEW, "email": f"{key}{at}@example.com"}, "a", key and key + zone)
                .body
            )
            for at, zone in enumerate(("Pacific/Pago_Pago", "Pacific/Kiritimati"))
        ]
        assert days[0]["fecha_contratacion"] < days[1]["fecha_contratacion"]


def test_a_change_waits_for_a_rival_and_builds_on_what_the_rival_wrote(repository, while_holding):
    saved = while_holding(NEXT_VERSION, lambda: repository.update(1, {"nombre": "B"}, "a", None))
    assert saved.version == 3
    assert '"nombre":"B"' in saved.body
    assert '"posicion":"Jefa"' in saved.body
    assert '"cambios":["nombre"]' in saved.evento.mensaje


@pytest.mark.parametrize(("rival", "outcome"), [(NEXT_VERSION, StaleVersion), (DELETION, EmpleadoNotFound)])
def test_what_a_rival_does_meanwhile_decides(repository, while_holding, sql, rival, outcome):
    def update():
        return repository.update(1, {"nombre": "B"}, "a", [1])

    def delete():
        return repository.delete(1, "a", [1])

    for call in (update, delete):
        sql("DELETE FROM empleados; INSERT INTO empleados (id, nombre, email, posicion, salario) "
            "OVERRIDING SYSTEM VALUE VALUES (1, 'Ana', 'a@example.com', 'P', 1)")  # fmt: skip
        assert isinstance(while_holding(rival, call), outcome)
    assert sql("SELECT nombre FROM empleados") in ("Ana", "")
    assert sql("SELECT count(*) FROM eventos") == "1"


def test_a_change_that_a_rival_has_made_meanwhile_is_none(repository, while_holding):
    saved = while_holding(NEXT_VERSION, lambda: repository.update(1, {"posicion": "Jefa"}, "a", None))
    assert (saved.version, saved.evento) == (2, None)


def test_rivals_lose_nothing(repository, open_database, sql):
    """Each change makes its own version, and each version has exactly one event."""

    def change(who, field):
        for number in range(25):
            who.update(1, {field: f"{field} {number}"}, "a", None)

    rival = Repository(open_database())
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(change, (repository, rival), ("nombre", "posicion")))
    assert sql("SELECT nombre, posicion, version FROM empleados") == "nombre 24|posicion 24|51"
    assert sql("SELECT count(*), count(DISTINCT version), max(version) FROM eventos") == "51|51|51"
    later = "SELECT ocurrido_en > lag(ocurrido_en) OVER (ORDER BY version) AS is_later FROM eventos"
    assert sql(f"SELECT bool_and(is_later) FROM ({later})") == "t"  # noqa: S608 - both are ours


def test_a_refused_event_leaves_no_row(repository, sql):
    """(empleado_id, version) is unique: as if the event were there already."""
    sql("INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload) "
        "VALUES (gen_random_uuid(), 2, 1, 'creado', now(), 'x', '{}')")  # fmt: skip
    with pytest.raises(StatementRefused) as caught:
        repository.create({**NEW, "email": "b@example.com"}, "a")
    assert caught.value.args == ("23505", "eventos_empleado_id_version_key"), "and nothing of the input"
    assert sql("SELECT count(*) FROM empleados") == "1"
