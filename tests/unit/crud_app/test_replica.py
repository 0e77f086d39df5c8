"""A read replica answers every read: no read writes, not even a little."""

from __future__ import annotations

import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap
from chalicelib.directorio.database import Database
from chalicelib.directorio.settings import parse_database_url
from crud_app.app import app

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1}


@pytest.fixture
def replica(client, sql, database_url, publisher, worker_id):
    """The app with a session that may write nothing, as a replica's; one employee is there."""
    assert client.post("/empleados", json=ANA).status == 201
    role = f"replica_{worker_id}"
    sql(
        f"CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET default_transaction_read_only = on;"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    database = Database(parse_database_url(database_url.replace("postgres@", f"{role}@")))
    bootstrap.system.replace(bootstrap.assemble(database, publisher))
    yield Client(app, role="rrhh")
    bootstrap.system.replace(None)
    database.close()
    sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    "path",
    [
        "/empleados", "/empleados?q=ana&orden=-nombre", "/empleados?posicion=Analista", "/empleados/1",
        "/empleados/1/eventos", "/eventos", "/resumen", "/health?deep=1",
    ],
)  # fmt: skip
def test_answers_every_read(replica, path):
    assert replica.get(path).status == 200


def test_refuses_a_change_and_keeps_what_it_has(replica):
    answer = replica.post("/empleados", json={**ANA, "email": "b@example.com"})
    assert answer.status >= 500
    assert len(replica.get("/empleados").json()) == 1
