"""One deployment for all tests of this folder, destroyed at the end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest

from local.emulator import DEPLOYMENT_SERVICES, Emulator
from local.postgres import running_postgres
from tests.e2e.inventory import take_inventory
from tests.e2e.project import STAGING, STAGING_VARIABLES, Project
from tests.e2e.system import DATABASE, OWNER, VARIABLES, DeployedSystem, client_maker, let_in
from tools.terraform_cli import TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Future

    from local.postgres import Postgres

SYSTEM = pytest.StashKey[DeployedSystem]()


START = time.monotonic()


def say(line: str) -> None:
    """Tell the person who waits what is going on; `make e2e` lets it pass."""
    print(f"\ne2e {time.monotonic() - START:4.0f} s  {line}", flush=True)  # noqa: T201 - where the person looks


class Laptop(NamedTuple):
    """What a deployment on this machine needs: where its data may lie, a database server, and AWS."""

    folder: Path
    postgres: Postgres
    emulator: Emulator


@pytest.fixture(scope="session")
def laptop() -> Iterator[Laptop]:
    """PostgreSQL and the emulator. In the end there must be as much in it as in the beginning."""
    try:
        find_program()
    except TerraformFailed as missing:
        pytest.skip(f"make e2e needs Terraform: {missing}")
    with ExitStack() as stack:
        # Not in pytest's folder: as root, PostgreSQL runs as another user, to whom each new pytest closes that folder.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="e2e-")))
        say("PostgreSQL")
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        say("the AWS emulator, with IAM enforced")
        emulator = stack.enter_context(
            Emulator(folder / "emulator.log", services=DEPLOYMENT_SERVICES, enforce_iam=True)
        )
        client = client_maker(emulator)
        before = take_inventory(client)
        yield Laptop(folder, postgres, emulator)
        assert take_inventory(client) - before == set()
        say("nothing is left")


class Staging:
    """A second environment, which the project's commands make and destroy while something else goes on."""

    first_deployment: Future[str]

    def __init__(self, project: Project, background: ThreadPoolExecutor) -> None:
        self.project = project
        self._background = background

    def begin(self) -> None:
        """Deploy it. The sender is the other environment's."""
        say("staging, beside it: make plan, make deploy")
        self.first_deployment = self._background.submit(self.project.deploy)

    def destroy(self) -> None:
        self._background.submit(self.project.destroy)

    def wait(self) -> None:
        self._background.submit(int).result()


@pytest.fixture(scope="session")
def staging(laptop: Laptop) -> Iterator[Staging]:
    """The second environment. What it leaves shows at the end, where nothing may be left."""
    laptop.postgres.create_database(STAGING)
    owner_url, database_url = (let_in(laptop.postgres, role, STAGING) for role in (OWNER, "directorio_a"))
    laptop.postgres.execute(f"ALTER DATABASE {STAGING} OWNER TO {OWNER}")
    project = Project(laptop.folder / STAGING, laptop.emulator, STAGING, database_url, STAGING_VARIABLES)
    project.export("MIGRATION_DATABASE_URL", owner_url)

    with ThreadPoolExecutor(1) as background:
        yield Staging(project, background)


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest, laptop: Laptop) -> Iterator[DeployedSystem]:
    """The deployed system. A test that changes the deployment changes it back."""
    staging: Staging | None = None
    if any("staging" in item.fixturenames for item in request.session.items if isinstance(item, pytest.Function)):
        staging = request.getfixturevalue("staging")
    database_url = laptop.postgres.create_database(DATABASE)
    project = Project(laptop.folder / "project", laptop.emulator, "dev", database_url, VARIABLES)
    say("make sender, make plan, make deploy (the provider waits for queues to settle, and for CloudFront)")
    project.deployment("sender", answer="yes\n")
    if staging:
        staging.begin()
    project.deploy()
    running = DeployedSystem(project, laptop.emulator, laptop.postgres)
    say(f"drives {running.page.url}")
    request.config.stash[SYSTEM] = running
    yield running
    running.http.close()
    if staging:
        staging.wait()  # it sends with this environment's identity
    say("make destroy")
    project.destroy()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions logged while a test failed."""
    report = yield
    system = item.config.stash.get(SYSTEM, None)
    if report.failed and call.when == "call" and system is not None:
        report.sections.append(("The functions' logs", "\n".join(system.logs_since(call.start))))
    return report
