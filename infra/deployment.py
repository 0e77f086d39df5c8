"""`make plan`, `make deploy`, `make sender` and `make destroy`: one environment in the AWS account of who runs them.

The environment is ENVIRONMENT (default: dev): a Terraform workspace of that name, with the variables of
`infra/<environment>.tfvars` if there is such a file, and DATABASE_URL, EMAIL_FROM and NOTIFY_TO (comma separated) of
the shell.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from boto3.session import Session

from infra.preflight import NotReady, check_account, check_database_url, check_plan, check_terraform
from infra.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DEFAULT_ENVIRONMENT = "dev"
# A plan and a local state hold the database's address in the clear.
PRIVATE = 0o077


class Deployment:
    """One environment.

    Args:
        environment: of the process: names to values.
        session: the AWS account and region.
        infra: the folder of the root module.
        build: the folder that gets the plan.

    Raises:
        NotReady: there are no credentials, no region, or no usable Terraform.
    """

    def __init__(
        self, environment: Mapping[str, str], session: Session, *, infra: Path = INFRA, build: Path = BUILD
    ) -> None:
        self.name = environment.get("ENVIRONMENT", DEFAULT_ENVIRONMENT)
        self.account = check_account(session)
        self.plan_file = build / f"{self.name}.tfplan"
        self._session = session
        self._environment = environment
        self._terraform = Terraform(infra, terraform_variables(environment, self.name, self.account.region))
        check_terraform(self._terraform.read_json("version", "-json"))
        file = infra / f"{self.name}.tfvars"
        self._variable_files = [f"-var-file={file}"] if file.is_file() else []

    def plan(self) -> None:
        """Show what a deployment would change, and keep the plan for it.

        Raises:
            NotReady: something outside of the plan is missing; the plan is not kept.
            TerraformFailed: the variables or the state are wrong; Terraform has said why.
        """
        self._begin()
        self._terraform.run("plan", "-input=false", f"-out={self.plan_file}", *self._variable_files)
        try:
            self._check_plan()
        except NotReady:
            self.plan_file.unlink()
            raise

    def deploy(self) -> None:
        """Make the changes of the plan that `make plan` showed, and no others.

        Raises:
            NotReady: there is no plan, or something outside of it is missing.
            TerraformFailed: the plan is older than the state, or AWS refused something; Terraform has said why.
        """
        if not self.plan_file.is_file():
            raise NotReady(f"There is no plan for the environment {self.name}: run `make plan` first and read it.")
        self._check_plan()
        self._terraform.run("apply", "-input=false", str(self.plan_file))
        self.plan_file.unlink()

    def create_sender(self) -> None:
        """Ask SES to verify the sender's address; AWS sends an e-mail with a link to it."""
        self._begin()
        self._terraform.run("apply", "-target=aws_sesv2_email_identity.sender", *self._variable_files)

    def destroy(self) -> None:
        """Remove everything, after Terraform has asked."""
        self._begin()
        self._terraform.run("destroy", *self._variable_files)

    def _begin(self) -> None:
        check_database_url(self._environment)
        self._terraform.read("init", "-input=false")
        self._terraform.read("workspace", "select", "-or-create=true", self.name)

    def _check_plan(self) -> None:
        check_plan(self._terraform.read_json("show", "-json", str(self.plan_file)), self._session)


def terraform_variables(environment: Mapping[str, str], name: str, region: str) -> dict[str, str]:
    """What the shell says, as the variables that Terraform reads from it. A file of variables wins over them."""
    variables = {"TF_VAR_environment": name, "TF_VAR_aws_region": region}
    for variable in ("DATABASE_URL", "EMAIL_FROM"):
        if environment.get(variable):
            variables[f"TF_VAR_{variable.lower()}"] = environment[variable]
    if environment.get("NOTIFY_TO"):
        variables["TF_VAR_notify_to"] = json.dumps([name.strip() for name in environment["NOTIFY_TO"].split(",")])
    return variables


def main(arguments: Sequence[str] | None = None) -> int:
    commands = {
        "plan": Deployment.plan,
        "deploy": Deployment.deploy,
        "sender": Deployment.create_sender,
        "destroy": Deployment.destroy,
    }
    parser = argparse.ArgumentParser(prog="python -m infra.deployment")
    parser.add_argument("command", choices=commands)
    command = commands[parser.parse_args(arguments).command]
    os.umask(PRIVATE)
    try:
        deployment = Deployment(os.environ, Session())
        print(f"Environment {deployment.name}: account {deployment.account.number}, {deployment.account.region}")
        command(deployment)
    except (NotReady, TerraformFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
