"""The servers that tests share, and how their files are handed out to the workers."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from local.emulator import CREDENTIALS, SERVICES, Emulator
from local.ports import port_of, reserve
from local.postgres import Postgres, migrate, running_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from xdist.workermanage import WorkerController

# A property must hold however busy the machine is.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("project", **PATIENT)
settings.register_profile("fuzz", **PATIENT, max_examples=int(os.environ.get("EXAMPLES", "500")))  # `make fuzz`
settings.load_profile("project")


class OneStackScheduling(LoadScopeScheduling):
    """Hands out whole files, and `tests/stack` as one, so that only one worker starts the whole system."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "tests/stack" if path.startswith("tests/stack/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneStackScheduling:
    return OneStackScheduling(config, log)


# Where all workers of a run keep PostgreSQL's data: pytest's own folder is closed to the user that it runs as for root.
_data_folder = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    # A shell ignores Ctrl-C for what it starts in the background, and the programs under test would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    given = getattr(config, "workerinput", {}).get("data_folder")
    config.stash[_data_folder] = Path(given or tempfile.mkdtemp(prefix="crud-empleados-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    node.workerinput["data_folder"] = str(node.config.stash[_data_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the controller ends last
        shutil.rmtree(config.stash[_data_folder], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> Generator[None]:
    """End the run when a fixture of the session cannot be made: all tests that need it would fail for one reason."""
    try:
        return (yield)
    except Exception:
        if fixturedef.scope == "session":
            request.session.shouldfail = f"the session's fixture {fixturedef.argname} could not be made"
        raise


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> Iterator[None]:
    """No test may meet the AWS account of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for PostgreSQL's data: started by root, it runs as a user to whom pytest closes its own folder."""
    with tempfile.TemporaryDirectory(prefix="crud-empleados-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """The embedded server, one for all workers."""
    with running_postgres(pytestconfig.stash[_data_folder] / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres, shared_folder: Path) -> Callable[[str], str]:
    """Makes a migrated database and returns its address: a copy of one that is migrated once for all workers."""
    template = "migrated_template"
    with (shared_folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared_folder / "template.ready").exists():
            migrate(postgres.create_database(template))
            (shared_folder / "template.ready").touch()

    def make(name: str) -> str:
        # PostgreSQL copies a database for one session at a time.
        with (shared_folder / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return postgres.create_database(name, template=template)

    return make


@pytest.fixture(scope="session")
def database_url(migrated_database: Callable[[str], str], worker_id: str) -> str:
    """A migrated database of this worker's own. A test that changes rows cleans up: see crud_app's conftest."""
    return migrated_database(f"test_{worker_id}")


@pytest.fixture(scope="session")
def emulator(shared_folder: Path, worker_id: str) -> Iterator[Emulator]:
    """An AWS emulator of this worker's own; the resources in it are the test's to make."""
    log = shared_folder / f"emulator-{worker_id}.log"
    with Emulator(log, services=SERVICES | {"ssm", "s3", "events"}) as server:
        yield server


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which connections are refused: reserved by the test, so that no other process listens there."""
    with reserve() as reserved:
        yield port_of(reserved)


@pytest.fixture(autouse=True)
def _own_aws_session() -> Iterator[None]:
    """boto3's default session keeps the keys of the test that used it first."""
    yield
    if boto3 := sys.modules.get("boto3"):
        boto3.DEFAULT_SESSION = None  # type: ignore[attr-defined]
