"""Which version of this project is deployed: git revisions, newest first, kept with the Terraform state.

A revision is a commit's full hash; `-dirty` after it says that the files had been changed since, so that nobody can
bring exactly that back.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tools.preflight import NotReady

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNKNOWN = "unknown"
DIRTY = "-dirty"
# How many are remembered.
KEPT = 10


def describe_revision(project: Path) -> str:
    """The revision of the files below ``project``; ``UNKNOWN`` where git has none."""
    return _git(project, "describe", "--always", "--abbrev=40", "--exclude=*", f"--dirty={DIRTY}") or UNKNOWN


def find_commit(project: Path, name: str) -> str:
    """The commit that ``name`` (a hash, a tag, a branch) stands for.

    Raises:
        NotReady: git knows none.
    """
    commit = _git(project, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit is None:
        raise NotReady(f"git does not know the revision {name} here: fetch it, or choose one that `git log` shows.")
    return commit


def remember(deployed: Sequence[str], revision: str) -> list[str]:
    """What is deployed once ``revision`` is: what came after it is forgotten, so that the next rollback goes on."""
    older = deployed[deployed.index(revision) + 1 :] if revision in deployed else deployed
    return [revision, *older][:KEPT]


def find_previous(deployed: Sequence[str]) -> str:
    """The newest revision before the one that runs that can be brought back.

    Raises:
        NotReady: there is none.
    """
    for revision in deployed[1:]:
        if revision != UNKNOWN and not revision.endswith(DIRTY):
            return revision
    raise NotReady("No earlier deployment is remembered: choose one with `make rollback TO=<revision>`.")


def _git(project: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(  # noqa: S603 - the person's own git
            ["git", "-C", str(project), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return None if result.returncode else result.stdout.strip()
