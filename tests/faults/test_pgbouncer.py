"""A transaction pooler between crud_app and PostgreSQL: after each statement the connection serves another client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.employee import Audience, read_changes, read_new
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url
from local.settings import ROOT
from tests.faults.directory import DATABASE
from tests.support.pgbouncer import PoolerMissing, find_pgbouncer, running_pgbouncer

if TYPE_CHECKING:
    from tests.faults.directory import Directory

CLIENTS, POOL_SIZE, THREADS = 1_000, 20, 40
#: How often a client reads, between and after its changes.
READS = 5
#: What cannot be so behind a transaction pooler, by what it is about.
APART = {
    "TLS, which ends at the pooler": ("test_database.py::TestTls",),
    "users and databases, for which the pooler answers": ("test_parameter.py::TestRotation",),
    "the end of a session, for which the pooler gives no reason": (
        "test_database.py::TestLosses::test_a_terminated_write_is_retried_because_it_had_no_effect",
    ),
    "what a session remembers": (
        "test_database.py::TestPlans",
        "test_outbox.py::test_only_the_mark_need_not_be_on_disk",
        "test_database.py::TestRefusals::test_a_standby_is_exchanged_for_another_server",
        "test_problems.py::test_a_replica_answers_every_read_and_refuses_a_change",
    ),
}


def test_pgbouncer_with_a_thousand_clients(directory: Directory) -> None:
    """A thousand connected clients on twenty connections; what they did is checked here, and dropped."""
    folder = directory.data.with_name("pgbouncer")
    try:
        directory.afterwards.enter_context(running_pgbouncer(directory.postgres, folder, pool_size=POOL_SIZE))
    except PoolerMissing as missing:
        pytest.skip(str(missing))
    url = f"postgresql://postgres@/{DATABASE}?host={folder}&pgbouncer=true"
    clients = [PooledClient(number, url) for number in range(CLIENTS)]
    # Before its next statement, each client waits until all others have sent one.
    with ThreadPoolExecutor(THREADS) as threads:
        for step in (PooledClient.create, PooledClient.read, PooledClient.update, PooledClient.read):
            list(threads.map(step, clients))
    counts = directory.sql("SELECT (SELECT count(*) FROM empleados), (SELECT count(*) FROM eventos)")
    assert counts == f"{CLIENTS}|{2 * CLIENTS}", f"rows|events: {counts}"
    for client in clients:
        client.database.close()
    directory.reset()


class PooledClient:
    """Adds an employee, changes it, and reads it back, on a connection of its own."""

    def __init__(self, number: int, url: str) -> None:
        self.database = Database(parse_database_url(url))
        self.database.read(Statement("SELECT 1"))
        self._repository = Repository(self.database)
        self._row: dict[str, Any] = {
            "nombre": f"Multitud {number}",
            "email": f"multitud-{number}@example.com",
            "posicion": "Prueba",
            "salario": number,
        }

    def create(self) -> None:
        self._id = self._repository.create(read_new(self._row), "multitud").id

    def update(self) -> None:
        self._row["posicion"] = f"Puesto {self._row['salario']}"
        self._repository.update(self._id, read_changes({"posicion": self._row["posicion"]}), "multitud", [1])

    def read(self) -> None:
        for _ in range(READS):
            found = json.loads(self._repository.find(self._id, Audience.RRHH).body)
            assert self._row.items() <= found.items(), "a client got another one's answer"


@pytest.mark.usefixtures("directory")
def test_pgbouncer_and_the_tests_of_crud_app() -> None:
    """All of crud_app's tests, but for those that are about a session or the way to it."""
    try:
        find_pgbouncer()
    except PoolerMissing as missing:
        pytest.skip(str(missing))
    command = [sys.executable, "-m", "pytest", "tests/unit/crud_app", "--quiet", "--numprocesses=2", "--no-header"]
    command += [f"--deselect=tests/unit/crud_app/{test}" for tests in APART.values() for test in tests]
    environment = {**os.environ, "CRUD_TESTS_POOLER": "1"}
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr
