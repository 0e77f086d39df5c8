"""A transaction pooler between crud_app and PostgreSQL: after each statement the connection serves another client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import Audience, read_changes, read_new
from chalicelib.directorio.errors import CrudError
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url
from local.settings import ROOT
from tests.faults.directory import DATABASE
from tests.support.pgbouncer import PoolerMissing, find_pgbouncer, running_pgbouncer

if TYPE_CHECKING:
    from tests.faults.trial import Trial

CLIENTS, POOL_SIZE = 1_000, 20
STACK_BYTES = 512 * 1024
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


def test_pgbouncer_with_a_thousand_clients(trial: Trial) -> None:
    """A thousand clients on twenty connections; what they did is checked here, and dropped."""
    directory = trial.directory
    folder = directory.data.with_name("pgbouncer")
    try:
        trial.afterwards.enter_context(running_pgbouncer(directory.postgres, folder, pool_size=POOL_SIZE))
    except PoolerMissing as missing:
        pytest.skip(str(missing))
    url = f"postgresql://postgres@/{DATABASE}?host={folder}&pgbouncer=true"
    barrier, stack_bytes = threading.Barrier(CLIENTS), threading.stack_size(STACK_BYTES)
    with ThreadPoolExecutor(CLIENTS) as clients:
        outcomes = list(clients.map(lambda number: be_client(url, number, barrier), range(CLIENTS)))
    threading.stack_size(stack_bytes)
    for outcome in {outcome for outcome in outcomes if outcome}:
        raise AssertionError(f"{outcomes.count(outcome)} times: {outcome}")
    counts = directory.sql("SELECT (SELECT count(*) FROM empleados), (SELECT count(*) FROM eventos)")
    assert counts == f"{CLIENTS}|{2 * CLIENTS}", f"rows|events: {counts}"
    directory.reset()


def be_client(url: str, number: int, barrier: threading.Barrier) -> str:
    """Add an employee, change it, and read it back, on a connection of its own; the result says what went wrong."""
    database = Database(parse_database_url(url))
    repository = Repository(database)
    email = f"multitud-{number}@example.com"

    def read(row_id: int) -> list[tuple[str, str]]:
        rows = (json.loads(repository.find(row_id, Audience.RRHH).body) for _ in range(READS))
        return [(row["email"], row["posicion"]) for row in rows]

    try:
        database.ping()
        barrier.wait()
        row_id = repository.create(
            read_new({"nombre": email, "email": email, "posicion": "Prueba", "salario": number}), "multitud"
        ).id
        seen = read(row_id)
        repository.update(row_id, read_changes({"posicion": f"Puesto {number}"}), "multitud", [1])
        seen += read(row_id)
    except (CrudError, threading.BrokenBarrierError) as error:
        barrier.abort()  # else those that are connected wait for this one for ever
        return f"{type(error).__name__} {error.args}"
    finally:
        database.close()
    right = [(email, "Prueba")] * READS + [(email, f"Puesto {number}")] * READS
    return "" if seen == right else "a client got another one's answer"


@pytest.mark.usefixtures("trial")
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
