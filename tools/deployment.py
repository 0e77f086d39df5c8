"""`make plan`, `deploy`, `rollback`, `sender` and `destroy`: one environment in the AWS account of who runs them.

The environment is ENVIRONMENT (default: dev): a Terraform workspace of that name, with the variables of
`infra/<environment>.tfvars` if there is such a file, and DATABASE_URL, EMAIL_FROM and NOTIFY_TO (comma separated) of
the shell. A deployment migrates the database before new code takes traffic (`tools/migration.py`), and remembers its
git revision for `make rollback`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.command_line import NotReady, run
from tools.migration import OWNER, migrate, show_migrations
from tools.preflight import (
    MOST_RATE,
    check_account,
    check_database,
    check_database_url,
    check_destruction,
    check_plan,
    check_same_account,
    confirm,
    key_is_needed,
    open_session,
    read_limits,
    read_resources,
)
from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
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
APPS = ("crud_app", "email_app", "bff_app")
# Beside the root module, and in no commit: the state or its place, and the environments' variables.
LOCAL_FILES = ("backend.tf", "terraform.tfstate.d", "*.tfvars")
OPENS = 'aws_scheduler_schedule.office_hours["opens"]'


class Deployment:
    """One environment, named in ``environment`` (the process's), in the account of ``session``.

    ``project`` has the root module, and gets the plan; ``revision`` is what is deployed.
    """

    def __init__(
        self, environment: Mapping[str, str], session: Session, project: Path = ROOT, revision: str | None = None
    ) -> None:
        infra = project / INFRA.name
        self.name = environment.get("ENVIRONMENT", "dev")
        self.account = check_account(session)
        self.plan_file = project / BUILD.name / f"{self.name}.tfplan"
        self._project = project
        self._revision = revision or describe_revision(project)
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
        show_migrations(self._environment.get(OWNER) or url)

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

    def roll_back(self) -> None:
        """Show the plan for the revision TO, or for what was deployed before, ask, and apply it.

        The revision is packaged from git, in a work tree of its own below `build`, and applied by its own Terraform
        files to this project's state. The person's work tree and the database's schema stay as they are.
        """
        deployed = self._begin(creates=False).get("revisions", [])
        commit = find_commit(self._project, self._environment.get("TO") or find_previous(deployed))
        print(f"Restores revision {commit}; deployed is {deployed[0] if deployed else 'none that is remembered'}.")
        with work_tree(self._project, commit) as earlier:
            package(earlier)
            lend_local_files(self._terraform.folder, earlier / INFRA.name)
            deployment = Deployment(self._environment, self._session, earlier, commit)
            deployment.plan()
            confirm(f"Bring back revision {commit}?", self._environment)
            deployment.apply()
        print(f"Revision {commit} is back. The database's schema stays as it is.")

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


def find_commit(project: Path, name: str) -> str:
    """The commit that ``name`` (a hash, a tag, a branch) stands for."""
    commit = run_git(project, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit is None:
        raise NotReady(f"git does not know the revision {name} here: fetch it, or choose one that `git log` shows.")
    return commit


def find_previous(deployed: Sequence[str]) -> str:
    """The newest revision before the running one that is exactly a commit."""
    for revision in deployed[1:]:
        if revision != UNKNOWN and not revision.endswith(DIRTY):
            return revision
    raise NotReady("No earlier deployment is remembered: choose one with `make rollback TO=<revision>`.")


@contextmanager
def work_tree(project: Path, commit: str) -> Iterator[Path]:
    """The files of ``commit`` in a folder of their own, which is gone afterwards."""
    folder = project / BUILD.name / f"revision-{commit[:12]}"
    git = ["git", "-C", str(project), "worktree"]
    # Left by an interrupted rollback.
    subprocess.run([*git, "remove", "--force", str(folder)], check=False, capture_output=True)  # noqa: S603
    if subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=False).returncode:  # noqa: S603
        raise NotReady("The rollback ended before it changed anything: git has said why.")
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=False)  # noqa: S603


def package(project: Path) -> None:
    """Package the apps of ``project`` with its own packager: the modules then fit its root module."""
    command = [sys.executable, "-m", "chalice_terraform", BUILD.name, *APPS]
    libraries = os.pathsep.join(str(folder) for folder in sorted(project.glob("libs/*/src")))
    try:
        if (project / "package-lock.json").exists():  # of the page's libraries; older revisions have none
            subprocess.run(["make", "page-libraries"], cwd=project, check=True)  # noqa: S607
        subprocess.run(command, cwd=project, check=True, env={**os.environ, "PYTHONPATH": libraries})  # noqa: S603 - our own interpreter
    except subprocess.CalledProcessError as failure:  # the packager has said why
        raise NotReady(f"The rollback ended before it changed anything: {failure}") from failure


def lend_local_files(infra: Path, borrower: Path) -> None:
    """Give the Terraform files in ``borrower`` the state and variables of those in ``infra``."""
    for pattern in LOCAL_FILES:
        for file in infra.glob(pattern):
            link = borrower / file.name
            if not link.exists():  # example.tfvars is in git
                link.symlink_to(file)


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
    "rollback": Deployment.roll_back,
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
