"""A real server, and a proxy that counts round trips and breaks connections."""

from contextlib import contextmanager

import pytest

from pg8000_pipeline import PipelinedConnection
from pg8000_pipeline import connection as module
from tests.support.pgbouncer import PoolerMissing, running_pgbouncer
from tests.support.wire import WireProxy

SOCKET = ".s.PGSQL.5432"
#: Far more than an answer takes on a busy machine: only a defect reaches it.
PATIENCE = 60


@pytest.fixture(scope="session")
def database(postgres, worker_id):
    name = f"pipeline_{worker_id}"
    postgres.create_database(name)
    return name


@pytest.fixture(scope="session")
def sql(postgres, database):
    """Runs SQL with psql, past everything that is under test."""
    return lambda statement: postgres.execute(statement, database=database)


@pytest.fixture
def proxy(postgres):
    with WireProxy(str(postgres.socket_folder / SOCKET)) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def pgbouncer(postgres, worker_id):
    """The socket of a pooler in transaction mode, which shares three connections among all clients."""
    folder = postgres.socket_folder.with_name(f"pipeline-pooler-{worker_id}")
    try:
        with running_pgbouncer(postgres, folder, pool_size=3) as socket:
            yield str(socket)
    except PoolerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(module, "OWED_SECONDS", PATIENCE)


@pytest.fixture
def connect(proxy, database):
    """Opens connections through the proxy unless told otherwise, and closes them afterwards."""
    opened = []

    def connect(kind=PipelinedConnection, **options):
        options = {"database": database, "timeout": PATIENCE, **options}
        if not options.keys() & {"unix_sock", "port", "sock"}:
            options |= {"host": "127.0.0.1", "port": proxy.port, "ssl_context": False}
        opened.append(kind(options.pop("user", "postgres"), **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def connection(connect):
    return connect()


@pytest.fixture
def trips(proxy):
    """Counts the round trips that a block takes: what was sent to be executed, and what came back."""

    @contextmanager
    def trips(expected):
        before = proxy.statements, proxy.answers
        yield
        assert (proxy.statements - before[0], proxy.answers - before[1]) == (expected, expected)

    return trips
