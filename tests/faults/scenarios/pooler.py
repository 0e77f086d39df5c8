"""A transaction pooler between crud_app and PostgreSQL: after each statement the connection is somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from local.postgres import Postgres
from local.settings import ROOT
from tests.faults.directory import DATABASE
from tests.faults.trial import NotPossibleHere, Scenario
from tests.support.pgbouncer import PoolerMissing, find_pgbouncer, running_pgbouncer

if TYPE_CHECKING:
    from tests.faults.trial import Trial

CLIENTS, POOL_SIZE = 1_000, 20
CROWD_SECONDS, TESTS_SECONDS = 300, 900
#: What cannot be so behind a transaction pooler, by what it is about.
APART = {
    "TLS, which ends at the pooler": ("test_database.py::TestTls",),
    "users and databases, for which the pooler answers": ("test_parameter.py::TestRotation",),
    "round trips, which are counted through a pooler of their own anyway": ("test_round_trips.py",),
    "the end of a session, of which the pooler tells nobody why": (
        "test_database.py::TestLosses::test_a_terminated_write_is_retried_because_it_had_no_effect",
    ),
    "what a session remembers": (
        "test_database.py::TestPlans",
        "test_database.py::TestRefusals::test_a_standby_is_exchanged_for_another_server",
        "test_problems.py::test_a_replica_answers_every_read_and_refuses_a_change",
    ),
}


def crowd(trial: Trial) -> str:
    """A thousand clients on twenty connections; what they did is checked here, and dropped."""
    directory = trial.directory
    server = directory.postgres
    assert isinstance(server, Postgres)
    folder = directory.data.with_name("pgbouncer")
    try:
        trial.afterwards.enter_context(running_pgbouncer(server, folder, pool_size=POOL_SIZE))
    except PoolerMissing as missing:
        raise NotPossibleHere(str(missing)) from None
    began = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "tests.faults.crowd", "--clients", str(CLIENTS)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"postgresql://postgres@/{DATABASE}?host={folder}&pgbouncer=true"},
        capture_output=True,
        text=True,
        timeout=CROWD_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - began
    trial.check(finished.returncode == 0, f"{finished.stdout}{finished.stderr[-500:]}")
    counts = directory.sql("SELECT (SELECT count(*) FROM empleados), (SELECT count(*) FROM eventos)")
    trial.check(counts == f"{CLIENTS}|{2 * CLIENTS}", f"rows|events: {counts}")
    directory.reset()
    rows, _, events = counts.partition("|")
    return (
        f"{CLIENTS} clients at once on {POOL_SIZE} connections, 2 changes and 10 reads each: "
        f"{rows} rows, {events} events, {seconds:.0f} s"
    )


def own_tests(trial: Trial) -> str:
    """All of crud_app's tests, on another PostgreSQL, but for those that are about a session or the way to it."""
    try:
        find_pgbouncer()
    except PoolerMissing as missing:
        raise NotPossibleHere(str(missing)) from None
    apart = [f"--deselect=tests/unit/crud_app/{test}" for tests in APART.values() for test in tests]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/unit/crud_app",
        "--quiet",
        "--numprocesses=2",
        "--no-header",
        *apart,
    ]
    environment = {**os.environ, "CRUD_TESTS_POOLER": "1"}
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TESTS_SECONDS, check=False
    )
    last = finished.stdout.strip().splitlines()[-1] if finished.stdout.strip() else finished.stderr
    trial.check(finished.returncode == 0, f"{last}\n{finished.stdout[-3000:]}")
    return f"crud_app's own tests through it: {last}; apart are those about {', '.join(APART)}"


GROUP = "PgBouncer"
SCENARIOS = (Scenario(GROUP, f"{CLIENTS} clients", crowd), Scenario(GROUP, "crud_app's tests", own_tests))
