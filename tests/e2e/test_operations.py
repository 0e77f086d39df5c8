"""The commands of the runbook, in a second environment of the same account."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import ENVIRONMENT

if TYPE_CHECKING:
    from tests.e2e.conftest import Say, Staging
    from tests.e2e.project import Project
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

FUNCTION = f"crud-app-{ENVIRONMENT}-crud"
PARAMETER = f"/crud-app-{ENVIRONMENT}/database-url"


def test_an_environment_is_deployed_migrated_given_another_password_rolled_back_and_destroyed(
    system: DeployedSystem, staging: Staging, say: Say
) -> None:
    project = staging.project
    printed = staging.first_deployment.result()
    assert "CREATE TABLE empleados" in printed
    assert "0001  The directory: employees" in printed
    assert project.health(system.aws) == {"estado": "ok"}
    first_package = code_hash(system)

    say("staging: another role of the database, without a deployment")
    deployed = when_changed(system)
    rotate(system, project, system.let_in("directorio_b", ENVIRONMENT))
    # The functions that run have a connection of the old one, which ends now.
    system.shut_out("directorio_a")
    assert project.health(system.aws) == {"estado": "ok"}
    assert when_changed(system) == deployed

    say("staging: its next edition, with a migration")
    project.write_next_edition()
    printed = project.deploy()
    # It finds the address as it is.
    assert "aws_ssm_parameter.database_url" not in printed
    assert "9001  A nickname for each employee." in printed
    assert "Migrated to 9001." in printed
    assert project.health(system.aws) == {"estado": "ok", "edicion": "2"}

    say("staging: its rollback")
    assert "is back" in project.run(sys.executable, "-m", "infra.rollback")
    # The earlier code on the newer schema.
    assert project.health(system.aws) == {"estado": "ok"}
    assert "revision 9001" in project.run(sys.executable, "-m", "infra.migration")
    # The same files make the same package.
    assert code_hash(system) == first_package
    assert project.run("git", "status", "--porcelain") == ""

    say("staging: its end, beside the other tests")
    staging.destroy()


def rotate(system: DeployedSystem, project: Project, database_url: str) -> None:
    """Give the apps another address of the database, as the runbook has it."""
    project.connect_as(database_url)
    system.aws.client("ssm").put_parameter(Name=PARAMETER, Value=database_url, Overwrite=True)


def when_changed(system: DeployedSystem) -> str:
    """When the function was last deployed."""
    moment: str = system.aws.client("lambda").get_function_configuration(FunctionName=FUNCTION)["LastModified"]
    return moment


def code_hash(system: DeployedSystem) -> str:
    functions = system.aws.client("lambda")
    digest: str = functions.get_function_configuration(FunctionName=FUNCTION)["CodeSha256"]
    return digest
