"""`make plan`, `make deploy`, `make sender` and `make destroy`: one environment in the AWS account of who runs them.

The environment is ENVIRONMENT (default: dev): a Terraform workspace of that name, with the variables of
`infra/<environment>.tfvars` if there is such a file, and DATABASE_URL, EMAIL_FROM and NOTIFY_TO (comma separated) of
the shell. A deployment migrates the database before new code takes traffic (`tools/migration.py`), and remembers its
git revision for `make rollback` (`tools/rollback.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.command_line import NotReady, run
from tools.migration import OWNER, describe, migrate, read_migrations
from tools.preflight import (
    MOST_RATE,
    check_account,
    check_database,
    check_database_url,
    check_destruction,
    check_plan,
    check_same_account,
    key_is_needed,
    open_session,
    read_limits,
    read_resources,
)
from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from boto3.session import Session

# A plan and a local state hold the database's address in the clear.
PRIVATE = 0o077
# A deployed revision is a commit's full hash; with `-dirty` after it, nothing can restore exactly those files.
UNKNOWN = "unknown"
DIRTY = "-dirty"
REVISIONS_KEPT = 10
LOCK_FILE = "infra/.terraform.lock.hcl"
# Where Terraform leaves a state that it could not store.
ERRORED_STATE = "errored.tfstate"
OPENS = 'aws_scheduler_schedule.office_hours["opens"]'


class Deployment:
    """One environment, named in ``environment`` (the process's), in the account of ``session``.

    ``infra`` is the folder of the root module, ``build`` gets the plan, and ``revision`` is what is deployed.
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
        self.name = environment.get("ENVIRONMENT", "dev")
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
        outputs, url = self._begin(), self._environment["DATABASE_URL"]
        self._terraform.let("revisions", remember(outputs.get("revisions", []), self._revision))
        self._terraform.let("database_url_version", read_url_version(outputs, url, self._session))
        self._terraform.let("database_connections", check_database(url))
        resources = read_resources(self._terraform.read_json("show", "-json"))
        self._terraform.let("keep_key", key_is_needed(resources, self._session))
        limits = read_limits(self._session)
        self._terraform.let("lambda_quota", limits.concurrency)
        self._terraform.let("ses_rate", min(limits.mail_rate, MOST_RATE))
        self._terraform.run("plan", "-input=false", f"-out={self.plan_file}", *self._variable_files)
        try:
            return self._check_plan()
        except NotReady:
            self.plan_file.unlink()
            raise

    def plan_with_migrations(self) -> None:
        url = self.plan()
        owner_url = self._environment.get(OWNER) or url
        print(describe(read_migrations(owner_url), owner_url))

    def deploy(self) -> None:
        """Migrate the database, and make the changes that `make plan` showed, and no others.

        The migration comes first: the running code works with the new schema, and new code might not with the old one.
        """
        migrate(self._check_plan(), self._environment)
        self.apply()

    def apply(self) -> None:
        """Make the changes of the plan, and what Terraform leaves to us."""
        plan = self._terraform.read_json("show", "-json", str(self.plan_file))
        self._terraform.run("apply", "-input=false", str(self.plan_file))
        self.plan_file.unlink()
        resume_sweep(plan["resource_changes"], self._session)
        snapstart = plan["variables"].get("snapstart", {"value": False})["value"]
        prune_versions(self._terraform.outputs().get("functions", {}).values(), self._session, keep=2 * snapstart)

    def read_revisions(self) -> list[str]:
        revisions: list[str] = self._begin(creates=False).get("revisions", [])
        return revisions

    def create_sender(self) -> None:
        """Ask SES to verify the sender's address; AWS sends an e-mail with a link to it."""
        self._begin()
        self._terraform.run("apply", "-target=aws_sesv2_email_identity.sender", *self._variable_files)

    def destroy(self) -> None:
        functions = self._begin(creates=False).get("functions", {})
        check_destruction(self._terraform.read_json("show", "-json"), self._session, self.name, functions.values())
        self._terraform.run("destroy", *self._variable_files)

    def _begin(self, *, creates: bool = True) -> dict[str, Any]:
        """Select the environment's workspace, which is made unless not ``creates``, and return its outputs."""
        check_database_url(self._environment)
        if (self._terraform.folder / ERRORED_STATE).exists():
            raise NotReady(
                "An interrupted deployment could not store its state: run `terraform -chdir=infra state push "
                f"{ERRORED_STATE}`, delete infra/{ERRORED_STATE}, and try again."
            )
        self._terraform.init()
        if self.name not in self._terraform.read("workspace", "list").replace("*", " ").split():
            if not creates:
                raise NotReady(f"There is no environment {self.name}: choose another ENVIRONMENT.")
            # A workspace of a name that cannot be deployed would stay.
            self._terraform.check_variables(*self._variable_files)
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


def read_url_version(outputs: Mapping[str, Any], url: str, session: Session) -> int:
    """The version of the database's address, one higher if it is not what is stored: Terraform only writes it."""
    version: int = outputs.get("database_url_version", 0)
    if not version:
        return 1
    with suppress(ClientError):  # gone, or not ours to decrypt: it is written again
        parameter = f"/{outputs['name']}/database-url"
        stored = session.client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        return version + int(stored != url)
    return version + 1


def resume_sweep(changes: Sequence[Mapping[str, Any]], session: Session) -> None:
    """Switch the sweep on if office_hours went: Terraform ignores whether the rule is on, and at night it is off."""
    for change in changes:
        if change["address"] == OPENS and change["change"]["actions"] == ["delete"]:
            rule = json.loads(change["change"]["before"]["target"][0]["input"])["Name"]
            session.client("events").enable_rule(Name=rule)


def prune_versions(functions: Iterable[str], session: Session, *, keep: int) -> None:
    """Delete all but the newest ``keep`` versions of each function: AWS bills their snapshots (snapstart)."""
    client = session.client("lambda")
    for name in functions:
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        found = sorted(int(each) for each in pages.search("Versions[].Version") if each != "$LATEST")
        for version in found[: len(found) - keep]:
            client.delete_function(FunctionName=name, Qualifier=str(version))


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


COMMANDS = {
    "plan": Deployment.plan_with_migrations,
    "deploy": Deployment.deploy,
    "sender": Deployment.create_sender,
    "destroy": Deployment.destroy,
}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Carry out one of ``COMMANDS``."""
    os.umask(PRIVATE)
    deployment = Deployment(environment, open_session(environment))
    print(f"Environment {deployment.name}: account {deployment.account.number}, {deployment.account.region}")
    COMMANDS[arguments[0]](deployment)


if __name__ == "__main__":
    run(main)
