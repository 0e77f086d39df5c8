"""The git revisions that are deployed, and which of them a rollback restores."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tools.deployment import REVISIONS_KEPT, UNKNOWN, describe_revision, remember
from tools.preflight import NotReady
from tools.rollback import find_commit, find_previous

if TYPE_CHECKING:
    from pathlib import Path

AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")


def git(project: Path, *arguments: str) -> str:
    command = ["git", "-C", str(project), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit, which has a tag."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "--all")
    git(tmp_path, *AUTHOR, "commit", "--quiet", "-m", "One")
    git(tmp_path, "tag", "v1")
    return tmp_path


def test_a_revision_is_a_full_hash_that_says_whether_files_were_changed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(project, "rev-parse", "HEAD")
    assert describe_revision(project) == find_commit(project, "v1") == commit
    (project / "file").write_text("two")
    assert describe_revision(project) == f"{commit}-dirty"

    assert describe_revision(tmp_path_factory.mktemp("no-repository")) == UNKNOWN
    monkeypatch.setenv("PATH", str(project))  # without git
    assert describe_revision(project) == UNKNOWN


@pytest.mark.parametrize("name", ["v2", "0123456789012345678901234567890123456789", "--all"])
def test_a_name_that_git_does_not_know_is_refused(project: Path, name: str) -> None:
    with pytest.raises(NotReady, match=f"^git does not know the revision {name} here"):
        find_commit(project, name)


@pytest.mark.parametrize(
    ("deployed", "revision", "remembered"),
    [
        (["b", "a"], "c", ["c", "b", "a"]),
        (["b", "a"], "b", ["b", "a"]),
        (["c", "b", "a"], "a", ["a"]),  # a rollback: what came after is forgotten
        ([*"9876543210"], "new", ["new", *"987654321"]),
    ],
)
def test_revisions_are_remembered_newest_first(deployed: list[str], revision: str, remembered: list[str]) -> None:
    assert remember(deployed, revision) == remembered
    assert len(remembered) <= REVISIONS_KEPT


def test_a_rollback_restores_the_newest_commit_before_the_deployed_one_or_asks() -> None:
    assert find_previous(["d", "c-dirty", UNKNOWN, "b", "a"]) == "b"
    for deployed in ([], ["a"], ["b", "a-dirty"]):
        with pytest.raises(NotReady, match=r"make rollback TO="):
            find_previous(deployed)
