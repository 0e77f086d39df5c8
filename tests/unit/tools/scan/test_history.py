"""Secrets in the history of a repository that is made for it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.tools.scan.planted import ACCESS_KEY, GITHUB_TOKEN, PRIVATE_KEY
from tools.scan.accepted import Accepted
from tools.scan.history import scan_history
from tools.scan.report import ScanFailed, ScanSkipped

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_KNOWN = Accepted()


class Repository:
    """A git repository, and the person who works in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
        result = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return result.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self, name: str, text: str) -> str:
        """Commit a file, and return the commit's short name."""
        self.write(name, text)
        self.git("add", name)
        self.git("commit", "--quiet", "--message=x")
        return self.git("rev-parse", "--short", "HEAD")

    def places(self, accepted: Accepted = NOTHING_KNOWN) -> list[tuple[str, str]]:
        return [(finding.where, finding.text) for finding in scan_history(accepted, self.folder).findings]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.commit("README.md", "A directory.\n")
    return repository


def test_there_is_nothing_where_nothing_is(repository: Repository) -> None:
    assert repository.places() == []


@pytest.mark.parametrize(
    "line",
    [
        f"aws_access_key_id = {ACCESS_KEY}",
        f'token = "{GITHUB_TOKEN}"',
        PRIVATE_KEY,
        "DATABASE_URL=postgresql://ana:" + "hunter-of-hers@localhost/x",
        "PASS" + 'WORD = "' + 'correct-horse-battery"',
    ],
    ids=["AWS", "GitHub", "private key", "database", "password"],
)
def test_what_was_taken_out_again_is_found_where_it_came_in(repository: Repository, line: str) -> None:
    commit = repository.commit("settings.py", f"# first\n{line}\n")
    repository.commit("settings.py", "# first\n")

    places = repository.places()

    assert set(places) == {("settings.py:2", f"in {commit}")}


def test_a_comment_does_not_hide_a_secret(repository: Repository) -> None:
    commit = repository.commit("settings.py", f'KEY = "{ACCESS_KEY}"  # pragma: allowlist secret\n')

    assert ("settings.py:1", f"in {commit}") in repository.places()


def test_what_is_not_committed_yet_is_found(repository: Repository) -> None:
    repository.write("README.md", f"A directory.\n{ACCESS_KEY}\n")

    assert repository.places() == [("README.md:2", "in not committed")]


def test_what_a_merge_brings_in_by_itself_is_found(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "side")
    repository.commit("side.txt", "side\n")
    repository.git("switch", "--quiet", "main")
    repository.commit("main.txt", "main\n")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    merge = repository.commit("merged.txt", f"{ACCESS_KEY}\n")

    assert repository.places() == [("merged.txt:1", f"in {merge}")]


def test_a_value_that_opens_nothing_is_accepted_as_long_as_it_is_there(repository: Repository) -> None:
    known = Accepted(secrets=frozenset({ACCESS_KEY}))
    assert repository.places(known) == [("accepted.toml", f"{ACCESS_KEY!r} is found no more")]

    repository.commit("settings.py", f"{ACCESS_KEY}\n")
    assert repository.places(known) == []


def test_hashes_of_packages_are_no_secrets_but_what_stands_beside_them_may_be_one(repository: Repository) -> None:
    digest = "0f1e2d3c4b5a6978" * 4
    repository.commit("requirements.txt", f"a==1 \\\n    --hash=sha256:{digest} \\\n    --hash=sha256:{digest}\n")
    assert repository.places() == []

    commit = repository.commit("more.txt", f"    --hash=sha256:{digest} {ACCESS_KEY}\n")
    assert set(repository.places()) == {("more.txt:1", f"in {commit}")}


def test_the_report_never_shows_a_secret(repository: Repository) -> None:
    repository.commit("settings.py", f"{ACCESS_KEY}\n")

    assert ACCESS_KEY not in repr(scan_history(NOTHING_KNOWN, repository.folder))


def test_a_history_that_is_cut_off_is_no_pass(repository: Repository, tmp_path: Path) -> None:
    repository.commit("README.md", "A directory, again.\n")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "clone"))

    with pytest.raises(ScanSkipped, match="cut off"):
        scan_history(NOTHING_KNOWN, tmp_path / "clone")
    with pytest.raises(ScanFailed, match="cut off"):
        scan_history(NOTHING_KNOWN, tmp_path / "clone", required=True)


def test_a_folder_without_a_history_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(ScanSkipped, match="no history here"):
        scan_history(NOTHING_KNOWN, tmp_path)
    with pytest.raises(ScanFailed, match="no history here"):
        scan_history(NOTHING_KNOWN, tmp_path, required=True)
