"""One round trip for each request once warm, counted on the wire, also through PgBouncer in transaction mode; nothing
that a read does not need.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.directorio import bootstrap
from chalicelib.directorio.database import Database
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement
from crud_app.app import app
from tests.support.pgbouncer import PoolerMissing, running_pgbouncer
from tests.support.wire import WireProxy

ROOT = Path(__file__).parents[3]
ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1}


@pytest.fixture(scope="session")
def pgbouncer(postgres, worker_id):
    # Fewer connections than the tests' clients: they must share.
    folder = postgres.socket_folder.with_name(f"round-trips-{worker_id}")
    try:
        with running_pgbouncer(postgres, folder, pool_size=3) as socket:
            yield socket
    except PoolerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["direct", "pgbouncer"])
def way(request):
    """How PostgreSQL is reached."""
    return request.param


@pytest.fixture
def proxy(way, postgres, request):
    """Counts what passes, before PostgreSQL or before PgBouncer."""
    server = Path(postgres.socket_folder) / ".s.PGSQL.5432"
    with WireProxy(str(server if way == "direct" else request.getfixturevalue("pgbouncer"))) as proxy:
        yield proxy


@pytest.fixture
def far_database(way, proxy, database_url, empty_tables):
    """The database without rows, through the proxy."""
    del empty_tables
    query = "?pgbouncer=true" if way == "pgbouncer" else ""
    database = Database(parse_database_url(proxy.url(database_url) + query))
    yield database
    database.close()


@pytest.fixture
def cold_client(far_database, publisher):
    """The app with PostgreSQL behind the counting proxy."""
    bootstrap.system.replace(bootstrap.assemble(far_database, publisher))
    yield Client(app, role="rrhh")
    bootstrap.system.replace(None)


@pytest.fixture
def far_client(cold_client):
    """Warm, with one employee."""
    cold_client.post("/empleados", json=ANA)
    cold_client.get("/health?deep=1")  # the create's mark is read
    return cold_client


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_first_request_waits_for_the_greeting_and_for_its_own_trip(cold_client, proxy, method):
    """Its own trip is the second: after the greeting, which ends the authentication, nothing else is asked."""
    proxy.withhold_after(2)
    body = ANA if method == "POST" else None
    assert cold_client.request(method, "/empleados", json=body).status in {200, 201}
    proxy.release()


@pytest.mark.parametrize(
    "path",
    ["/empleados", "/empleados?q=ana&orden=-nombre", "/empleados/1", "/empleados/99", "/empleados/1/eventos",
     "/eventos", "/resumen", "/health?deep=1"],
)  # fmt: skip
def test_a_read_is_one_trip(far_client, proxy, path):
    before = proxy.statements, proxy.answers
    assert far_client.get(path).status in {200, 404}
    assert (proxy.statements, proxy.answers) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/empleados?limite=0", "/empleados/x"])
def test_what_needs_no_database_asks_none(far_client, proxy, path):
    before = proxy.statements
    far_client.get(path)
    assert proxy.statements == before


@pytest.mark.parametrize(
    "write",
    [
        ("POST", "/empleados", {**ANA, "email": "b@example.com"}, 201),
        ("PUT", "/empleados/1", {"nombre": "B"}, 200),
        ("DELETE", "/empleados/1", None, 204),
    ],
)
def test_a_write_with_its_event_waits_for_one_trip(far_client, proxy, write):
    """The answer to the mark is withheld: who waited for it would wait for ever."""
    proxy.withhold_after(1)
    method, path, body, status = write
    headers = {"If-Match": '"1"'} if method != "POST" else {}
    assert far_client.request(method, path, json=body, headers=headers).status == status
    proxy.release()


def test_a_creation_that_has_a_name_waits_for_one_trip_too(far_client, proxy):
    proxy.withhold_after(1)
    other = {**ANA, "email": "b@example.com"}
    assert far_client.post("/empleados", json=other, headers={"Idempotency-Key": '"a"'}).status == 201
    proxy.release()


@pytest.mark.parametrize(("changed", "status"), [({}, 201), ({"nombre": "B"}, 422)])
def test_a_creation_that_is_repeated_is_one_trip(far_client, proxy, changed, status):
    headers = {"Idempotency-Key": '"a"'}
    other = {**ANA, "email": "b@example.com"}
    far_client.post("/empleados", json=other, headers=headers)
    far_client.get("/health?deep=1")  # the create's mark is read
    before = proxy.statements
    assert far_client.post("/empleados", json={**other, **changed}, headers=headers).status == status
    assert proxy.statements == before + 1


@pytest.mark.parametrize(
    "write",
    [
        ("POST", "/empleados", ANA, 409),
        ("PUT", "/empleados/1", {}, 200),
        ("PUT", "/empleados/9", {"nombre": "B"}, 404),
        ("DELETE", "/empleados/9", None, 404),
    ],
)
def test_a_write_that_changes_nothing_is_one_trip(far_client, proxy, write):
    method, path, body, status = write
    before = proxy.statements
    assert far_client.request(method, path, json=body).status == status
    assert proxy.statements == before + 1


def test_the_statements_limits_ride_along(far_database):
    """Behind PgBouncer, which refuses them when a connection starts, and lends the server to somebody else."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    ask = Statement(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}", ())
    assert far_database.read(ask, {}) == [["10s", "3s", "30s"]]


def test_many_clients_share_few_connections(way, proxy, database_url):
    """Each gets the answer to its own question: no statement meets another client's parameters."""
    query = "?pgbouncer=true" if way == "pgbouncer" else ""
    address = parse_database_url(proxy.url(database_url) + query)
    wrong = []

    def work(client: int) -> None:
        database = Database(address)
        for number in range(20):
            count = (client + number) % 5 + 1
            names = tuple(f"p{each}" for each in range(count))
            ask = Statement(f"SELECT {', '.join(f'${each + 1}::int' for each in range(count))}", names)
            values = dict.fromkeys(names, client * 1000 + number)
            if database.read(ask, values) != [[client * 1000 + number] * count]:
                wrong.append((client, number))
        database.close()

    threads = [threading.Thread(target=work, args=(client,)) for client in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert proxy.statements == 8 * 20


def run(code: str, environment: dict[str, str]) -> list[str]:
    """Run ``code`` in a new process in the app's folder; it prints a JSON list."""
    paths = f"import sys; sys.path[:0] = ['vendor', {str(ROOT)!r}]\n"
    command = [sys.executable, "-c", paths + code]
    output = subprocess.run(command, cwd=ROOT / "crud_app", env=environment, check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


def test_importing_the_app_needs_no_environment_and_opens_nothing():
    code = """
import json, socket
def refuse(*_, **__): raise AssertionError("a socket was opened")
socket.socket.connect = refuse
from crud_app import app
from chalicelib.directorio import bootstrap
print(json.dumps([bootstrap.system._made is None]))
"""
    assert run(code, {}) == [True]


def test_a_read_never_imports_boto3(database_url):
    code = """
import json
from crud_app.app import app
from chalice_frontdoor.testing.client import Client
client = Client(app, role="rrhh")
before = set(sys.modules)  # Chalice's test client imports botocore itself
answer = client.get("/empleados")
print(json.dumps([answer.status, [name for name in sys.modules if name.startswith("boto") and name not in before]]))
"""
    assert run(code, {"DATABASE_URL": database_url}) == [200, []]
