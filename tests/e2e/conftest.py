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
from tests.e2e.system import DATABASE, OWNER, VARIABLES, DeployedSystem, aws_of, let_in, wait_for
from tools.terraform_cli import TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from local.postgres import Postgres
    from tests.e2e.system import Aws

    Say = Callable[[str], None]

SYSTEM = pytest.StashKey[DeployedSystem]()


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Tells the person who waits what is going on, with the time since the beginning."""
    start = time.monotonic()
    terminal = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")
    assert terminal
    assert capture

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(f"e2e {time.monotonic() - start:4.0f} s  {line}")

    return tell


class Laptop(NamedTuple):
    """What a deployment on this machine needs: where its data may lie, a database server, and AWS."""

    folder: Path
    postgres: Postgres
    emulator: Emulator


@pytest.fixture(scope="session")
def laptop(say: Say) -> Iterator[Laptop]:
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
        before = take_inventory(aws_of(emulator))
        yield Laptop(folder, postgres, emulator)
        assert take_inventory(aws_of(emulator)) - before == set()
        say("nothing is left")


class Staging:
    """A second environment, which the project's commands make and destroy while something else goes on."""

    def __init__(self, project: Project, aws: Aws, background: ThreadPoolExecutor) -> None:
        self.project = project
        self._aws = aws
        self._background = background
        self.first_deployment = background.submit(self._deploy)

    def _deploy(self) -> str:
        # The sender is the other environment's.
        wait_for(
            "the sender", lambda: self._aws.client("sesv2").list_email_identities()["EmailIdentities"], seconds=600
        )
        return self.project.deploy()

    def destroy(self) -> None:
        self._background.submit(self.project.destroy)

    def wait(self) -> None:
        self._background.submit(int).result()


@pytest.fixture(scope="session")
def staging(laptop: Laptop, say: Say) -> Iterator[Staging]:
    """The second environment. What it leaves shows at the end, where nothing may be left."""
    laptop.postgres.create_database(STAGING)
    owner_url, database_url = (let_in(laptop.postgres, role, STAGING) for role in (OWNER, "directorio_a"))
    laptop.postgres.execute(f"ALTER DATABASE {STAGING} OWNER TO {OWNER}")
    project = Project(laptop.folder / STAGING, laptop.emulator, STAGING, database_url, STAGING_VARIABLES)
    project.export("MIGRATION_DATABASE_URL", owner_url)

    with ThreadPoolExecutor(1) as background:
        say("staging, beside it: make plan, make deploy")
        yield Staging(project, aws_of(laptop.emulator), background)


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest, laptop: Laptop, say: Say) -> Iterator[DeployedSystem]:
    """The deployed system. A test that changes the deployment changes it back."""
    staging: Staging | None = None
    if any("staging" in item.fixturenames for item in request.session.items if isinstance(item, pytest.Function)):
        staging = request.getfixturevalue("staging")  # so that it begins now
    database_url = laptop.postgres.create_database(DATABASE)
    project = Project(laptop.folder / "project", laptop.emulator, "dev", database_url, VARIABLES)
    say("make sender, make plan, make deploy (the provider waits for queues to settle, and for CloudFront)")
    project.deployment("sender", answer="yes\n")
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
