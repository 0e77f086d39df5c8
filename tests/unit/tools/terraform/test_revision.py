"""The git revisions that are deployed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tools.preflight import NotReady
from tools.revision import KEPT, UNKNOWN, describe_revision, find_commit, find_previous, remember

if TYPE_CHECKING:
    from pathlib import Path

AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")


def git(project: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(project), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "--all")
    git(tmp_path, *AUTHOR, "commit", "--quiet", "-m", "One")
    git(tmp_path, "tag", "v1")
    return tmp_path


def test_a_revision_is_the_whole_hash_also_of_a_tagged_commit(project: Path) -> None:
    assert describe_revision(project) == git(project, "rev-parse", "HEAD")


def test_changed_files_are_no_commit(project: Path) -> None:
    (project / "file").write_text("two")

    assert describe_revision(project) == git(project, "rev-parse", "HEAD") + "-dirty"


def test_outside_of_git_nobody_knows(tmp_path: Path) -> None:
    assert describe_revision(tmp_path) == UNKNOWN


def test_without_git_nobody_knows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))

    assert describe_revision(project) == UNKNOWN


def test_a_commit_is_found_by_its_tag(project: Path) -> None:
    assert find_commit(project, "v1") == git(project, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["v2", "0123456789012345678901234567890123456789", "--all"])
def test_a_name_that_git_does_not_know_is_refused(project: Path, name: str) -> None:
    with pytest.raises(NotReady, match=f"^git does not know the revision {name} here"):
        find_commit(project, name)


def test_the_newest_comes_first() -> None:
    assert remember(["b", "a"], "c") == ["c", "b", "a"]


def test_the_same_again_changes_nothing() -> None:
    assert remember(["b", "a"], "b") == ["b", "a"]


def test_a_rollback_forgets_what_came_after() -> None:
    assert remember(["c", "b", "a"], "a") == ["a"]


def test_not_all_are_remembered() -> None:
    assert len(remember([str(number) for number in range(KEPT)], "new")) == KEPT


def test_the_previous_one_is_the_newest_that_can_be_brought_back() -> None:
    assert find_previous(["d", "c-dirty", UNKNOWN, "b", "a"]) == "b"


@pytest.mark.parametrize("deployed", [[], ["a"], ["b", "a-dirty"]])
def test_without_a_previous_one_a_person_must_choose(deployed: list[str]) -> None:
    with pytest.raises(NotReady, match=r"make rollback TO="):
        find_previous(deployed)
