"""What crud_app's tests share. pytest loads this before it has chosen whose `chalicelib` is meant: hence the imports
inside.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalice_frontdoor.testing.client import Client
from tests.support.pgbouncer import running_pgbouncer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.directorio.bootstrap import System
    from chalicelib.directorio.database import Database
    from tests.support.wire import WireProxy
    from tests.unit.crud_app.fakes import FakePublisher

#: Set, all tests of crud_app go through a transaction pooler: `make faults` has them run so.
POOLER = "CRUD_TESTS_POOLER"
TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic"


@pytest.fixture(scope="session")
def server_folder(postgres: Any, worker_id: str) -> Iterator[Path]:
    """Where the socket is that the tests connect to: PostgreSQL's, or that of a pooler before it."""
    if POOLER not in os.environ:
        yield postgres.socket_folder
        return
    folder = postgres.socket_folder.with_name(f"pgbouncer-{worker_id}")
    with running_pgbouncer(postgres, folder, pool_size=20):
        yield folder


@pytest.fixture(scope="session")
def database_url(database_url: str, postgres: Any, server_folder: Path) -> str:
    """The worker's database, through the pooler if there is one."""
    if server_folder == postgres.socket_folder:
        return database_url
    return f"{database_url.partition('?')[0]}?host={server_folder}&pgbouncer=true"


@pytest.fixture(scope="session")
def sql(postgres: Any, database_url: str) -> Callable[..., str]:
    """Runs SQL by psql in the worker's database, past everything that is under test."""
    name = database_url.removeprefix("postgresql://postgres@/").partition("?")[0]
    # Nothing here must outlive a crash of the machine: no test waits for the disk.
    postgres.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    return lambda statement: postgres.execute(statement, database=name)


@pytest.fixture
def empty_tables(sql: Callable[..., str]) -> None:
    """No employee, no event; the next employee has the id 1."""
    sql(
        "DELETE FROM empleados; DELETE FROM eventos; DELETE FROM peticiones;"
        "ALTER TABLE empleados ALTER id RESTART; ALTER TABLE eventos ALTER numero RESTART"
    )


@pytest.fixture(scope="session")
def shared_database(database_url: str, sql: Callable[..., str]) -> Iterator[Database]:
    """One connection for the tests to which it does not matter."""
    del sql  # it comes first: it sets the database up
    from chalicelib.directorio.database import Database  # noqa: PLC0415
    from chalicelib.directorio.settings import parse_database_url  # noqa: PLC0415

    database = Database(parse_database_url(database_url))
    yield database
    database.close()


@pytest.fixture
def database(shared_database: Database, empty_tables: None) -> Database:
    """The database without rows."""
    del empty_tables
    return shared_database


@pytest.fixture
def publisher() -> FakePublisher:
    from tests.unit.crud_app.fakes import FakePublisher  # noqa: PLC0415

    return FakePublisher()


@pytest.fixture
def system(database: Database, publisher: FakePublisher) -> Iterator[System]:
    """The app put together with real PostgreSQL, without rows, and a fake topic."""
    from chalicelib.directorio import bootstrap  # noqa: PLC0415

    system = bootstrap.assemble(database, publisher)
    bootstrap.system.replace(system)
    yield system
    bootstrap.system.replace(None)


@pytest.fixture
def client(system: System) -> Client:
    """Somebody of human resources."""
    del system
    from crud_app.app import app  # noqa: PLC0415

    return Client(app, role="rrhh")


@pytest.fixture
def reader(system: System) -> Client:
    """Somebody who may read, and no more."""
    del system
    from crud_app.app import app  # noqa: PLC0415

    return Client(app, role="lector")


@pytest.fixture
def ana() -> dict[str, Any]:
    """A new employee as a client sends one."""
    return {"nombre": "Ana Pérez", "email": "ana@example.com", "posicion": "Analista", "salario": 5000.00}


@pytest.fixture
def contract() -> Callable[[str], dict[str, Any]]:
    """Reads a golden event."""
    folder = Path(__file__).parents[2] / "contracts"
    return lambda tipo: json.loads((folder / f"{tipo}.json").read_text())


@pytest.fixture
def proxy(server_folder: Path) -> Iterator[WireProxy]:
    """A TCP port before PostgreSQL, or the pooler, that counts, and breaks as it is told."""
    from tests.support.wire import WireProxy  # noqa: PLC0415

    with WireProxy(str(server_folder / ".s.PGSQL.5432")) as proxy:
        yield proxy


@pytest.fixture
def far_database(proxy: WireProxy, database_url: str, empty_tables: None) -> Iterator[Database]:
    """The database without rows, through the proxy."""
    del empty_tables
    from chalicelib.directorio.database import Database  # noqa: PLC0415
    from chalicelib.directorio.settings import parse_database_url  # noqa: PLC0415

    database = Database(parse_database_url(proxy.url(database_url)))
    yield database
    database.close()
