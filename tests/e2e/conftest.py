"""One deployment for all tests of this folder, made from `make package`'s modules and taken down at the end."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.emulator_deployment import EmulatorDeployment
from infra.local.emulator import CREDENTIALS, HOST, REGION, free_port, running_emulator
from infra.local.postgres import migrate, running_postgres
from infra.local.ses import EventPublisher, SesFront
from infra.terraform_cli import TerraformFailed, find_program
from tests.e2e.inventory import take_inventory
from tests.e2e.system import DATABASE, DeployedSystem, aws_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Say = Callable[[str], None]

SYSTEM = pytest.StashKey[DeployedSystem]()


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Tells the person who waits what is going on, with the time since the beginning."""
    start = time.monotonic()
    terminal = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(f"e2e {time.monotonic() - start:4.0f} s  {line}")

    return tell


@pytest.fixture(scope="session")
def system(pytestconfig: pytest.Config, say: Say) -> Iterator[DeployedSystem]:
    """The deployed system. A test that changes the deployment changes it back."""
    try:
        find_program()
    except TerraformFailed as missing:
        pytest.skip(f"make e2e needs Terraform: {missing}")
    with ExitStack() as stack:
        # Not in pytest's folder: as root, PostgreSQL runs as another user, to whom each new pytest closes that folder.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="e2e-")))
        say("PostgreSQL with an empty, migrated database")
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        database_url = postgres.create_database(DATABASE)
        migrate(database_url)
        say("the AWS emulator, with IAM enforced")
        port = free_port()
        front = stack.enter_context(running_ses_front(f"http://{HOST}:{port}"))
        emulator = stack.enter_context(
            running_emulator(
                port,
                folder / "emulator.log",
                enforce_iam=True,
                functions_environment={"AWS_ENDPOINT_URL_SESV2": f"http://{HOST}:{front.port}"},
            )
        )
        aws = aws_of(emulator)
        before = take_inventory(aws)
        deployment = EmulatorDeployment(emulator, folder / "work", database_url=database_url)
        say("terraform apply (a minute or two)")
        running = DeployedSystem(deployment, deployment.apply(), emulator, postgres)
        say(f"drives {running.url}")
        pytestconfig.stash[SYSTEM] = running
        yield running
        running.http.close()
        say("terraform destroy")
        deployment.destroy()
        assert take_inventory(aws) - before == set()
        say("nothing is left")


@contextmanager
def running_ses_front(endpoint: str) -> Iterator[SesFront]:
    """Tells what became of each mail, as SES does: the emulator stores event destinations, but publishes no events."""
    session = boto3.session.Session(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    clients = {name: session.client(name, region_name=REGION, endpoint_url=endpoint) for name in ("sesv2", "sns")}
    clients["sns"].meta.events.register("provide-client-params.sns.Publish", add_attribute)
    front = SesFront(endpoint, on_mail=EventPublisher(clients["sesv2"], clients["sns"]).publish)
    front.start()
    try:
        yield front
    finally:
        front.stop()


def add_attribute(params: dict[str, Any], **_: object) -> None:
    """Give a message an attribute: without one, the emulator leaves a member out that Lambda's event always has."""
    params["MessageAttributes"] = {"from": {"DataType": "String", "StringValue": "ses"}}


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
