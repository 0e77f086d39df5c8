"""What crud_app's tests share: PostgreSQL in several states, and the app put together with it."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap, parameter, service
from chalicelib.directorio import database as postgresql
from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.settings import parse_database_url
from crud_app.app import app
from pg8000_pipeline import connection
from tests.support.pgbouncer import running_pgbouncer
from tests.support.waiting import PATIENCE_SECONDS, patient
from tests.support.wire import WireProxy
from tests.unit.crud_app.fakes import FakePublisher

#: Set, all tests of crud_app go through a transaction pooler: `make faults` has them run so.
POOLER = "CRUD_TESTS_POOLER"
#: What the product gives others in seconds. A busy machine stops a process for longer.
SECONDS = {
    connection: ("OWED_SECONDS",),
    postgresql: ("ANSWER_SECONDS", "CONNECT_SECONDS", "HEALTH_SECONDS", "RETRY_SECONDS", "WAIT_SECONDS"),
    parameter: ("STEP_SECONDS",),
    service: ("PUBLISH_WITHIN_SECONDS",),
}
UNTIL_A_SESSION_IS_BLOCKED = Statement("""DO $$ BEGIN
    WHILE NOT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    ) LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP;
END $$""")


@pytest.fixture(scope="module", autouse=True)
def _patience():
    """Only a defect, or a test that sets a limit, reaches one. For a whole module: its fixtures use databases, too."""
    limit = str(PATIENCE_SECONDS * 1000)
    with patient(SECONDS) as patch:
        patch.setattr(postgresql, "SERVER_LIMITS", dict.fromkeys(postgresql.SERVER_LIMITS, limit))
        patch.setattr(postgresql, "LIMITS_STATEMENT", re.sub(r"'\d+'", f"'{limit}'", postgresql.LIMITS_STATEMENT))
        yield


@pytest.fixture(scope="session")
def server_folder(postgres, worker_id):
    """The folder of PostgreSQL's socket, or of a pooler's before it."""
    if POOLER not in os.environ:
        yield postgres.socket_folder
        return
    folder = postgres.socket_folder.with_name(f"pgbouncer-{worker_id}")
    with running_pgbouncer(postgres, folder, pool_size=20):
        yield folder


@pytest.fixture(scope="session")
def database_url(database_url, postgres, server_folder):
    """The worker's database, through the pooler if there is one."""
    if server_folder == postgres.socket_folder:
        return database_url
    return f"{database_url.partition('?')[0]}?host={server_folder}&pgbouncer=true"


@pytest.fixture(scope="session")
def sql(postgres, database_url):
    """Runs SQL by psql in the worker's database, past everything that is under test."""
    name = database_url.removeprefix("postgresql://postgres@/").partition("?")[0]
    # Nothing here must outlive a crash of the machine: no test waits for the disk.
    postgres.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    return lambda statement: postgres.execute(statement, database=name)


@pytest.fixture
def empty_tables(sql):
    """No employee, no event; the next employee has the id 1."""
    sql(
        # First, so that a mark of the test before, which was not waited for, has ended and cannot stop halfway.
        "BEGIN; LOCK TABLE empleados, bajas, eventos, peticiones, lotes;"
        "DELETE FROM empleados; DELETE FROM bajas; DELETE FROM eventos; DELETE FROM peticiones; DELETE FROM lotes;"
        "ALTER TABLE empleados ALTER id RESTART; ALTER TABLE eventos ALTER numero RESTART; COMMIT"
    )


@pytest.fixture(scope="session")
def shared_database(database_url, sql):
    """One connection for the tests to which it does not matter."""
    del sql  # it comes first: it sets the database up
    database = Database(parse_database_url(database_url))
    yield database
    database.close()


@pytest.fixture
def database(shared_database, empty_tables):
    del empty_tables
    return shared_database


@pytest.fixture
def open_database(database_url):
    """Opens the database, or another one, as often as needed."""
    opened = []

    def open_database(url=database_url, **options):
        opened.append(Database(parse_database_url(url), **options))
        return opened[-1]

    yield open_database
    for database in opened:
        database.close()


@pytest.fixture
def while_holding(open_database):
    """Makes a change in a rival's transaction, and ends that when a call waits for it; returns what the call did."""
    rival, watcher = open_database(), open_database()

    def while_holding(change, call, end="COMMIT"):
        with ThreadPoolExecutor(1) as threads, rival.transaction() as run:
            run(Statement(change))
            outcome = threads.submit(call)
            watcher.read(UNTIL_A_SESSION_IS_BLOCKED, {})
            run(Statement(end))
        return outcome.exception() or outcome.result()

    return while_holding


@pytest.fixture
def publisher():
    return FakePublisher()


@pytest.fixture
def serve(publisher):
    """Puts the app together with a database and a fake topic; returns a client of Human Resources."""

    def serve(database, *, is_demo=False):
        bootstrap.system.replace(bootstrap.assemble(database, publisher, is_demo=is_demo))
        return Client(app, role="rrhh")

    yield serve
    bootstrap.system.replace(None)


@pytest.fixture
def client(database, serve):
    """A client with the role rrhh; real PostgreSQL, without rows."""
    return serve(database)


@pytest.fixture
def reader(client):
    del client
    return Client(app, role="lector")


@pytest.fixture
def system(client):
    del client
    return bootstrap.system()


@pytest.fixture
def ana():
    return {"nombre": "Ana Pérez", "email": "ana@example.com", "posicion": "Analista", "salario": 5000.00}


@pytest.fixture
def proxy(server_folder):
    """A TCP port before PostgreSQL, or the pooler, that counts, and breaks on request."""
    with WireProxy(str(server_folder / ".s.PGSQL.5432")) as proxy:
        yield proxy
        proxy.release()


@pytest.fixture
def far_database(proxy, database_url, open_database, empty_tables):
    """The database without rows, through the proxy."""
    del empty_tables
    return open_database(proxy.url(database_url))


@pytest.fixture
def far_client(far_database, serve):
    """The app with PostgreSQL behind the proxy, connected."""
    far_database.ping()
    return serve(far_database)
