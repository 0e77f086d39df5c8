"""`make rollback`: restores an earlier revision: TO, or the one that was deployed before.

It is packaged from git, in a work tree of its own below `build`, and applied by its own Terraform files to this
project's state. The person's work tree and the database's schema stay as they are (`tools/migration.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.command_line import NotReady, run
from tools.deployment import DIRTY, PRIVATE, UNKNOWN, Deployment, run_git
from tools.preflight import confirm, open_session
from tools.terraform_cli import BUILD, INFRA, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from boto3.session import Session

APPS = ("crud_app", "email_app", "bff_app")
# Beside the root module, and in no commit: the state or its place, and the environments' variables.
LOCAL_FILES = ("backend.tf", "terraform.tfstate.d", "*.tfvars")


def roll_back(environment: Mapping[str, str], session: Session, project: Path = ROOT) -> None:
    """Show the plan for ``TO``, or for what was deployed before, ask, and apply it."""
    infra, build = project / INFRA.name, project / BUILD.name
    deployed = Deployment(environment, session, infra=infra, build=build).read_revisions()
    commit = find_commit(project, environment.get("TO") or find_previous(deployed))
    print(f"Restores revision {commit}; deployed is {deployed[0] if deployed else 'none that is remembered'}.")
    with work_tree(project, commit) as earlier:
        package(earlier)
        lend_local_files(infra, earlier / INFRA.name)
        deployment = Deployment(
            environment, session, infra=earlier / INFRA.name, build=earlier / BUILD.name, revision=commit
        )
        deployment.plan()
        confirm(f"Bring back revision {commit}?", environment)
        deployment.apply()
    print(f"Revision {commit} is back. The database's schema stays as it is.")


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
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)  # noqa: S603
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=False)  # noqa: S603


def package(project: Path) -> None:
    """Package the apps of ``project`` with its own packager: the modules then fit its root module."""
    command = [sys.executable, "-m", "chalice_terraform", BUILD.name, *APPS]
    libraries = os.pathsep.join(str(folder) for folder in sorted(project.glob("libs/*/src")))
    if (project / "package-lock.json").exists():  # of the page's libraries; older revisions have none
        subprocess.run(["make", "page-libraries"], cwd=project, check=True)  # noqa: S607
    subprocess.run(command, cwd=project, check=True, env={**os.environ, "PYTHONPATH": libraries})  # noqa: S603 - our own interpreter


def lend_local_files(infra: Path, borrower: Path) -> None:
    """Give the Terraform files in ``borrower`` the state and variables of those in ``infra``."""
    for pattern in LOCAL_FILES:
        for file in infra.glob(pattern):
            link = borrower / file.name
            if not link.exists():  # example.tfvars is in git
                link.symlink_to(file)


def main(_: Sequence[str], environment: Mapping[str, str]) -> None:
    os.umask(PRIVATE)
    try:
        roll_back(environment, open_session(environment))
    except subprocess.CalledProcessError as failure:  # the packager has said why
        raise NotReady(f"The rollback ended before it changed anything: {failure}") from failure


if __name__ == "__main__":
    run(main)
