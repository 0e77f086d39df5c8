"""A transaction pooler between crud_app and PostgreSQL: after each statement the connection is somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from infra.local.postgres import Postgres
from infra.local.settings import ROOT
from tests.faults.directory import DATABASE
from tests.faults.pooler import POOL_SIZE, PoolerMissing, running_pgbouncer
from tests.faults.trial import NotPossibleHere, Scenario

if TYPE_CHECKING:
    from tests.faults.trial import Trial

CLIENTS = 1_000
CROWD_SECONDS = 300


def crowd(trial: Trial) -> str:
    """A thousand clients on twenty connections; what they did is checked here, and dropped."""
    directory = trial.directory
    server = directory.postgres
    assert isinstance(server, Postgres)
    try:
        port = trial.afterwards.enter_context(running_pgbouncer(server, directory.data.with_name("pgbouncer")))
    except PoolerMissing as missing:
        raise NotPossibleHere(str(missing)) from None
    began = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "tests.faults.crowd", "--clients", str(CLIENTS)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/{DATABASE}?pgbouncer=true"},
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
    return f"{CLIENTS} clients at once on {POOL_SIZE} connections, 2 changes and 10 reads each: {counts.replace('|', ' rows, ')} events, {seconds:.0f} s"


SCENARIOS = (Scenario("PgBouncer", f"{CLIENTS} clients", crowd),)
