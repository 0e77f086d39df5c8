"""The commands of the runbook, in a second environment of the same account."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import ENVIRONMENT

if TYPE_CHECKING:
    from tests.e2e.conftest import Say, Staging
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

FUNCTION = f"crud-app-{ENVIRONMENT}-crud"


def test_an_environment_is_deployed_migrated_given_another_password_rolled_back_and_destroyed(
    system: DeployedSystem, staging: Staging, say: Say
) -> None:
    project = staging.project
    printed = staging.first_deployment.result()
    assert "CREATE TABLE empleados" in printed
    assert "0001  The directory: employees" in printed
    assert project.health() == {"estado": "ok"}
    first_package = code_hash(system)

    say("staging: its next edition, with a migration and another role of the database")
    project.connect_as(system.let_in("directorio_b", ENVIRONMENT))
    project.write_next_edition()
    printed = project.deploy()
    assert "9001  A nickname for each employee." in printed
    assert "Migrated to 9001." in printed
    system.shut_out("directorio_a")
    assert project.health() == {"estado": "ok", "edicion": "2"}

    say("staging: its rollback")
    assert "is back" in project.run(sys.executable, "-m", "infra.rollback")
    # The earlier code on the newer schema.
    assert project.health() == {"estado": "ok"}
    assert "revision 9001" in project.run(sys.executable, "-m", "infra.migration")
    # The same files make the same package.
    assert code_hash(system) == first_package
    assert project.run("git", "status", "--porcelain") == ""

    say("staging: its end, beside the other tests")
    staging.destroy()


def code_hash(system: DeployedSystem) -> str:
    functions = system.aws.client("lambda")
    digest: str = functions.get_function_configuration(FunctionName=FUNCTION)["CodeSha256"]
    return digest
