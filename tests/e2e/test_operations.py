"""The commands of the runbook, in a second environment of the same account, and switches of a running system."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.conftest import Staging, say
from tests.e2e.project import PROGRAM, SENDER, STAGING
from tests.support.sign_in_page import REQUEST_SECONDS

if TYPE_CHECKING:
    from tests.e2e.project import Project
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

SECRET_HEADER = "X-Origin-Secret"
FORBIDDEN = {"type": "about:blank", "title": "Prohibido / Forbidden", "status": 403}
FUNCTION = f"crud-app-{STAGING}-crud"
BALANCER = f"crud-app-{STAGING}-web"
PARAMETER = f"/crud-app-{STAGING}/database-url"


def test_an_environment_is_deployed_migrated_given_another_password_rolled_back_and_destroyed(
    system: DeployedSystem, staging: Staging
) -> None:
    project = staging.project
    printed = staging.first_deployment.result()
    assert "CREATE TABLE empleados" in printed
    assert "0001  The directory: employees" in printed
    assert project.health(system.client) == {"estado": "ok"}
    first_package = code_hash(system)
    assert not is_let_in(system, None)
    assert not is_let_in(system, "a guess")

    say("staging: another role of the database, without a deployment")
    deployed = when_changed(system)
    rotate(system, project, system.let_in("directorio_b", STAGING))
    # The functions that run have a connection of the old one, which ends now.
    system.shut_out("directorio_a")
    assert project.health(system.client) == {"estado": "ok"}
    assert when_changed(system) == deployed

    say("staging: its next edition, with a migration, new clients, another secret, neither firewall nor customer key")
    project.write_next_edition()
    project.let("origin_secret_version", 2)
    project.let("waf_enabled", value=False)
    project.let("customer_key", value=False)
    for client in ("page[0]", f'machine["{PROGRAM}"]'):
        project.run("terraform", "-chdir=infra", "taint", f"aws_cognito_user_pool_client.{client}")
    secrets, clients = origin_secrets(system), client_ids(project)
    printed = project.deploy()
    assert clients.isdisjoint(client_ids(project))
    renewed = origin_secrets(system)
    # Requests that carry the old one still pass.
    assert len(secrets & renewed) == 1
    assert {secret: is_let_in(system, secret) for secret in secrets | renewed} == {
        secret: secret in renewed for secret in secrets | renewed
    }
    released = printed.index("aws_cloudfront_distribution.main[0]: Modifications complete")
    assert released < printed.index("module.waf_cloudfront[0].aws_wafv2_web_acl.main: Destroying...")
    # A message may still wait that is encrypted with it.
    assert "aws_kms_key.main[0]: Destroying" not in printed
    assert "9001  A nickname for each employee." in printed
    assert "Migrated to 9001." in printed
    assert project.health(system.client) == {"estado": "ok", "edicion": "2"}

    say("staging: its rollback, with which the key goes: its queues are empty")
    printed = project.deployment("rollback")
    assert "is back" in printed
    assert "aws_kms_key.main[0]: Destroying" in printed
    # The earlier code on the newer schema.
    assert project.health(system.client) == {"estado": "ok"}
    assert "revision 9001" in project.run(sys.executable, "-m", "tools.migration")
    # The same files make the same package.
    assert code_hash(system) == first_package
    assert project.run("git", "status", "--porcelain") == ""

    assert f"Others send with {SENDER} too (crud-app-{STAGING}-email" in system.project.deployment(
        "destroy", fails=True
    )
    say("staging: its end, beside the other tests")
    staging.destroy()


def rotate(system: DeployedSystem, project: Project, database_url: str) -> None:
    """Give the apps another address of the database, as the runbook has it."""
    project.export("DATABASE_URL", database_url)
    project.run(sys.executable, "-m", "tools.migration")  # gives it the rights
    system.client("ssm").put_parameter(Name=PARAMETER, Value=database_url, Overwrite=True)


def origin_secrets(system: DeployedSystem) -> set[str]:
    """What the load balancer takes as a sign that a request came through our CloudFront."""
    balancers = system.client("elbv2")
    (balancer,) = balancers.describe_load_balancers(Names=[BALANCER])["LoadBalancers"]
    (listener,) = balancers.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = balancers.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    (condition,) = [condition for rule in rules for condition in rule["Conditions"]]
    assert condition["HttpHeaderConfig"]["HttpHeaderName"] == SECRET_HEADER
    return set(condition["HttpHeaderConfig"]["Values"])


def client_ids(project: Project) -> set[str]:
    """The user pool's clients: the page's and the program's."""
    sign_in = project.outputs()["sign_in"]
    return {sign_in["page_client_id"], *sign_in["machine_clients"].values()}


def is_let_in(system: DeployedSystem, secret: str | None) -> bool:
    """Whether a client that found the load balancer's address reaches the page."""
    headers = {} if secret is None else {SECRET_HEADER: secret}
    answer = httpx.get(
        f"{system.balancer_of(BALANCER)}/health",
        headers=headers,
        timeout=REQUEST_SECONDS,
        trust_env=False,
    )
    if answer.status_code == 200:
        return True
    assert (answer.status_code, answer.json()) == (403, FORBIDDEN)
    return False


def when_changed(system: DeployedSystem) -> str:
    moment: str = system.client("lambda").get_function_configuration(FunctionName=FUNCTION)["LastModified"]
    return moment


def code_hash(system: DeployedSystem) -> str:
    functions = system.client("lambda")
    digest: str = functions.get_function_configuration(FunctionName=FUNCTION)["CodeSha256"]
    return digest
