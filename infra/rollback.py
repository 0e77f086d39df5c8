"""`make rollback`: brings back an earlier revision: the one that was deployed before this one, or TO.

It is packaged from git, in a work tree of its own below `build`, and applied by its own Terraform files to the state of
this project: code, settings and resources are as they were. Nothing in the work tree of the person changes. The
database's schema stays: migrations only add (`infra/migration.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from boto3.session import Session

from infra.confirmation import confirm
from infra.deployment import PRIVATE, Deployment
from infra.preflight import NotReady
from infra.revision import find_commit, find_previous
from infra.terraform_cli import BUILD, INFRA, ROOT, TerraformFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

APPS = ("crud_app", "email_app", "bff_app")
# What is beside the root module and in no commit: where the state is, and the environments' variables.
LOCAL_FILES = ("backend.tf", "terraform.tfstate.d", "*.tfvars")


def roll_back(environment: Mapping[str, str], session: Session) -> None:
    """Bring back ``TO``, or what was deployed before, after showing the plan and asking.

    Raises:
        NotReady: there is nothing to bring back, something is missing, or nobody agreed.
        subprocess.CalledProcessError: that revision cannot be packaged; it has said why.
        TerraformFailed: see `Deployment`.
    """
    deployed = Deployment(environment, session).read_revisions()
    commit = find_commit(ROOT, environment.get("TO") or find_previous(deployed))
    print(f"Brings back revision {commit}; deployed is {deployed[0] if deployed else 'none that is remembered'}.")
    with work_tree(commit) as project:
        package(project)
        lend_local_files(project)
        earlier = Deployment(
            environment, session, infra=project / INFRA.name, build=project / BUILD.name, revision=commit
        )
        earlier.plan()
        confirm(f"Bring back revision {commit}?", environment)
        earlier.apply()
    print(f"Revision {commit} is back. The database's schema stays as it is.")


@contextmanager
def work_tree(commit: str) -> Iterator[Path]:
    """The files of ``commit``, in a folder that is gone afterwards."""
    folder = BUILD / f"revision-{commit[:12]}"
    git = ["git", "-C", str(ROOT), "worktree"]
    # What an interrupted rollback has left.
    subprocess.run([*git, "remove", "--force", str(folder)], check=False, capture_output=True)  # noqa: S603
    subprocess.run([*git, "add", "--quiet", "--force", "--detach", str(folder), commit], check=True)  # noqa: S603
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=False)  # noqa: S603


def package(project: Path) -> None:
    """Package the apps of ``project`` as it does itself: its modules fit its root module.

    Raises:
        subprocess.CalledProcessError: it cannot; it has said why.
    """
    command = [sys.executable, "-m", "infra.packaging", BUILD.name, *APPS]
    subprocess.run(command, cwd=project, check=True)  # noqa: S603 - our own interpreter


def lend_local_files(project: Path) -> None:
    """Let the Terraform files of ``project`` work on the state, and with the variables, of this project."""
    for pattern in LOCAL_FILES:
        for file in INFRA.glob(pattern):
            link = project / INFRA.name / file.name
            if not link.exists():  # example.tfvars is in git
                link.symlink_to(file)


def main() -> int:
    os.umask(PRIVATE)
    try:
        roll_back(os.environ, Session())
    except subprocess.CalledProcessError as failure:
        print(f"The rollback ended before it changed anything: {failure}", file=sys.stderr)
        return 1
    except (NotReady, TerraformFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
