"""Row and event in one statement, with others at the same row."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest

from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import EmailTaken, EmpleadoNotFound, StaleVersion, StatementRefused
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url

NEW = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": Decimal("5000.00")}


@pytest.fixture
def repository(database):
    return Repository(database)


@pytest.fixture
def rival(database_url):
    """A second process."""
    database = Database(parse_database_url(database_url))
    yield Repository(database)
    database.close()


@pytest.fixture
def while_locked(sql):
    """Runs ``during`` while another session has changed row 1 and not committed; returns what came of it."""

    def while_locked(change: str, during):
        outcome = []

        def run():
            try:
                outcome.append(during())
            except Exception as error:  # noqa: BLE001 - it is what the test asks for
                outcome.append(error)

        holder = threading.Thread(target=lambda: sql(f"BEGIN; {change}; SELECT pg_sleep(0.6); COMMIT"))
        holder.start()
        time.sleep(0.25)
        runner = threading.Thread(target=run)
        runner.start()
        holder.join()
        runner.join()
        return outcome[0]

    return while_locked


def test_a_change_waits_for_a_rival_and_builds_on_what_he_wrote(repository, while_locked):
    repository.create(NEW, "a")
    rival = "UPDATE empleados SET posicion = 'Jefa', version = 2, actualizado_en = clock_timestamp() WHERE id = 1"
    saved = while_locked(rival, lambda: repository.update(1, {"nombre": "B"}, "a", None))
    assert saved.etag == '"3"'
    assert '"nombre":"B"' in saved.body
    assert '"posicion":"Jefa"' in saved.body
    assert '"cambios":["nombre"]' in saved.evento.mensaje


def test_a_change_of_a_version_that_a_rival_replaces_meanwhile_is_stale(repository, while_locked, sql):
    repository.create(NEW, "a")
    rival = "UPDATE empleados SET version = 2 WHERE id = 1"
    outcome = while_locked(rival, lambda: repository.update(1, {"nombre": "B"}, "a", [1]))
    assert isinstance(outcome, StaleVersion)
    assert sql("SELECT nombre FROM empleados") == "Ana"


def test_a_change_of_what_a_rival_deletes_meanwhile_is_not_found(repository, while_locked, sql):
    repository.create(NEW, "a")
    for during in (lambda: repository.update(1, {"nombre": "B"}, "a", [1]), lambda: repository.delete(1, "a", None)):
        sql("DELETE FROM empleados")
        sql("INSERT INTO empleados (id, nombre, email, posicion, salario) OVERRIDING SYSTEM VALUE "
            "VALUES (1, 'Ana', 'a@example.com', 'P', 1)")  # fmt: skip
        assert isinstance(while_locked("DELETE FROM empleados WHERE id = 1", during), EmpleadoNotFound)


def test_a_deletion_of_a_version_that_a_rival_replaces_meanwhile_is_stale(repository, while_locked, sql):
    repository.create(NEW, "a")
    outcome = while_locked("UPDATE empleados SET version = 2 WHERE id = 1", lambda: repository.delete(1, "a", [1]))
    assert isinstance(outcome, StaleVersion)
    assert sql("SELECT count(*) FROM empleados") == "1"


def test_a_change_that_a_rival_has_made_meanwhile_is_none(repository, while_locked):
    repository.create(NEW, "a")
    rival = "UPDATE empleados SET nombre = 'B', version = 2 WHERE id = 1"
    saved = while_locked(rival, lambda: repository.update(1, {"nombre": "B"}, "a", None))
    assert (saved.etag, saved.evento) == ('"2"', None)


def test_rivals_lose_nothing(repository, rival, sql):
    """Each change makes its own version, and each version has exactly one event."""
    repository.create(NEW, "a")

    def change(who, field):
        for number in range(25):
            who.update(1, {field: f"{field} {number}"}, "a", None)

    threads = [
        threading.Thread(target=change, args=(repository, "nombre")),
        threading.Thread(target=change, args=(rival, "posicion")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sql("SELECT nombre, posicion, version FROM empleados") == "nombre 24|posicion 24|51"
    assert sql("SELECT count(*), count(DISTINCT version), max(version) FROM eventos") == "51|51|51"
    later = "SELECT ocurrido_en > lag(ocurrido_en) OVER (ORDER BY version) AS is_later FROM eventos"
    assert sql(f"SELECT bool_and(is_later) FROM ({later})") == "t"  # noqa: S608 - both are ours


def test_of_two_who_change_the_same_version_one_wins(repository, rival):
    repository.create(NEW, "a")
    outcomes = []

    def change(who, nombre):
        try:
            outcomes.append(who.update(1, {"nombre": nombre}, "a", [1]).etag)
        except StaleVersion:
            outcomes.append(None)

    threads = [threading.Thread(target=change, args=pair) for pair in ((repository, "B"), (rival, "C"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == ['"2"', None]


def test_a_refused_row_leaves_no_event(repository, sql):
    repository.create(NEW, "a")
    with pytest.raises(EmailTaken):
        repository.create(NEW, "a")
    assert sql("SELECT count(*) FROM eventos") == "1"


def test_a_refused_event_leaves_no_row(repository, sql):
    """(empleado_id, version) is unique: as if the event were there already."""
    sql("INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload) "
        "VALUES (gen_random_uuid(), 1, 1, 'creado', now(), 'x', '{}')")  # fmt: skip
    with pytest.raises(StatementRefused, match="eventos_empleado_id_version_key"):
        repository.create(NEW, "a")
    assert sql("SELECT count(*) FROM empleados") == "0"
