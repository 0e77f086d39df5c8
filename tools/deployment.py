"""`make plan`, `make deploy`, `make sender` and `make destroy`: one environment in the AWS account of who runs them.

The environment is ENVIRONMENT (default: dev): a Terraform workspace of that name, with the variables of
`infra/<environment>.tfvars` if there is such a file, and DATABASE_URL, EMAIL_FROM and NOTIFY_TO (comma separated) of
the shell. A deployment migrates the database before new code takes traffic (`tools/migration.py`), and remembers its
git revision for `make rollback` (`tools/rollback.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tools.migration import MigrationFailed, describe, migrate, read_migrations
from tools.names import ENVIRONMENT
from tools.preflight import (
    NotReady,
    check_account,
    check_database_url,
    check_plan,
    check_same_account,
    check_unprotected,
    open_session,
    read_concurrency,
    read_mail_rate,
)
from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform, TerraformFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from boto3.session import Session

# A plan and a local state hold the database's address in the clear.
PRIVATE = 0o077
# A deployed revision is a commit's full hash; with `-dirty` after it, nothing can restore exactly those files.
UNKNOWN = "unknown"
DIRTY = "-dirty"
REVISIONS_KEPT = 10
LOCK_FILE = "infra/.terraform.lock.hcl"


class Deployment:
    """One environment, named in ``environment`` (the process's), in the account of ``session``.

    ``infra`` is the folder of the root module, ``build`` gets the plan, and ``revision`` is what is deployed. A method
    that raises `NotReady` or `TerraformFailed` has said why.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        session: Session,
        *,
        infra: Path = INFRA,
        build: Path = BUILD,
        revision: str | None = None,
    ) -> None:
        self.name = environment.get("ENVIRONMENT", ENVIRONMENT)
        self.account = check_account(session)
        self.plan_file = build / f"{self.name}.tfplan"
        self._revision = revision or describe_revision(ROOT)
        self._session = session
        self._environment = environment
        self._terraform = Terraform(infra, terraform_variables(environment, self.name, self.account.region))
        file = infra / f"{self.name}.tfvars"
        self._variable_files = [f"-var-file={file}"] if file.is_file() else []

    def plan(self) -> str:
        """Show what a deployment would change, and keep the plan for it. Return the database's address."""
        self._terraform.let("revisions", remember(self.read_revisions(), self._revision))
        self._terraform.let("lambda_quota", read_concurrency(self._session))
        self._terraform.let("ses_rate", read_mail_rate(self._session))
        self._terraform.run("plan", "-input=false", f"-out={self.plan_file}", *self._variable_files)
        try:
            return self._check_plan()
        except NotReady:
            self.plan_file.unlink()
            raise

    def plan_with_migrations(self) -> None:
        """Show what a deployment would change, in the database too."""
        url = self.plan()
        print(describe(read_migrations(url), url))

    def deploy(self) -> None:
        """Migrate the database, and make the changes that `make plan` showed, and no others.

        The migration comes first: the running code works with the new schema, and new code might not with the old one.
        """
        migrate(self._check_plan(), self._environment)
        self.apply()

    def apply(self) -> None:
        """Make the changes of the plan."""
        self._terraform.run("apply", "-input=false", str(self.plan_file))
        self.plan_file.unlink()

    def read_revisions(self) -> list[str]:
        """The git revisions that were deployed here, newest first."""
        revisions: list[str] = self._begin().get("revisions", [])
        return revisions

    def create_sender(self) -> None:
        """Ask SES to verify the sender's address; AWS sends an e-mail with a link to it."""
        self._begin()
        self._terraform.run("apply", "-target=aws_sesv2_email_identity.sender", *self._variable_files)

    def destroy(self) -> None:
        """Remove everything, after Terraform has asked."""
        self._begin()
        check_unprotected(self._terraform.read_json("show", "-json"), self.name)
        self._terraform.run("destroy", *self._variable_files)

    def _begin(self) -> dict[str, Any]:
        """Select the environment's workspace, and return its outputs."""
        check_database_url(self._environment)
        self._terraform.init()
        self._terraform.read("workspace", "select", "-or-create=true", self.name)
        outputs = self._terraform.outputs()
        check_same_account(self.account, outputs, self.name)
        return outputs

    def _check_plan(self) -> str:
        """Check what the plan needs, and return the database's address, which is in it."""
        if not self.plan_file.is_file():
            raise NotReady(f"There is no plan for the environment {self.name}: run `make plan` first and read it.")
        plan = self._terraform.read_json("show", "-json", str(self.plan_file))
        check_plan(plan, self._session)
        url: str = plan["variables"]["database_url"]["value"]
        return url


def terraform_variables(environment: Mapping[str, str], name: str, region: str) -> dict[str, str]:
    """What the shell says, as the variables that Terraform reads from it. A file of variables wins over them."""
    variables = {"environment": name, "aws_region": region}
    variables |= {key.lower(): environment[key] for key in ("DATABASE_URL", "EMAIL_FROM") if environment.get(key)}
    if environment.get("NOTIFY_TO"):
        variables["notify_to"] = json.dumps([address.strip() for address in environment["NOTIFY_TO"].split(",")])
    return {f"TF_VAR_{variable}": value for variable, value in variables.items()}


def describe_revision(project: Path) -> str:
    """The revision of the files below ``project``; ``UNKNOWN`` where git has none.

    Terraform on another platform, and OpenTofu, write their own hashes into the lock file: that is no change.
    """
    commit = run_git(project, "rev-parse", "HEAD")
    changes = run_git(project, "status", "--porcelain", "--untracked-files=no", "--", ".", f":(exclude){LOCK_FILE}")
    return f"{commit}{DIRTY if changes else ''}" if commit else UNKNOWN


def remember(deployed: Sequence[str], revision: str) -> list[str]:
    """What is deployed once ``revision`` is: what came after it is forgotten, so that the next rollback goes on."""
    older = deployed[deployed.index(revision) + 1 :] if revision in deployed else deployed
    return [revision, *older][:REVISIONS_KEPT]


def run_git(project: Path, *arguments: str) -> str | None:
    """What git prints, or None if it fails or is missing."""
    command = ["git", "-C", str(project), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the person's own git
    except FileNotFoundError:
        return None
    return None if result.returncode else result.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    commands = {
        "plan": Deployment.plan_with_migrations,
        "deploy": Deployment.deploy,
        "sender": Deployment.create_sender,
        "destroy": Deployment.destroy,
    }
    parser = argparse.ArgumentParser(prog="python -m tools.deployment")
    parser.add_argument("command", choices=commands)
    command = commands[parser.parse_args(arguments).command]
    os.umask(PRIVATE)
    try:
        deployment = Deployment(os.environ, open_session(os.environ))
        print(f"Environment {deployment.name}: account {deployment.account.number}, {deployment.account.region}")
        command(deployment)
    except (NotReady, MigrationFailed, TerraformFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
