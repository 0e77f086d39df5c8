"""`make rollback`, with a terraform that only records its arguments; `make e2e` does it for real."""

import io
import json

import pytest

from tests.unit.tools.conftest import Repository
from tests.unit.tools.terraform.conftest import plan_of
from tools.command_line import NotReady
from tools.deployment import (
    REVISIONS_KEPT,
    UNKNOWN,
    Deployment,
    describe_revision,
    find_commit,
    find_previous,
    lend_local_files,
    remember,
)

# A project whose packaging only leaves a trace of which edition was packaged.
PACKAGING = """
import sys
from pathlib import Path

target, *apps = sys.argv[1:]
Path(target).mkdir()
Path("infra").mkdir(exist_ok=True)
Path("infra/packaged").write_text(Path("edition").read_text() + " " + " ".join(apps))
"""


class Project(Repository):
    """A project with two commits, of which the second runs."""

    def __init__(self, folder):
        super().__init__(folder)
        for name in ("infra", "build", "libs/chalice-terraform/src"):
            (folder / name).mkdir(parents=True)
        (folder / ".gitignore").write_text("/build/\n*.tfvars\n*.tfstate*\nbackend.tf\n")
        self.packager = folder / "libs/chalice-terraform/src/chalice_terraform.py"
        self.packager.write_text(PACKAGING)
        self.first, self.second = (self.commit("edition", edition) for edition in "12")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def environment(terraform, database_url, project):
    """A shell after both commits were deployed, which confirms."""
    terraform.answer("show", prints=json.dumps(plan_of(database_url)))
    terraform.answer("output", prints=json.dumps({"revisions": {"value": [project.second, project.first]}}))
    terraform.answer("workspace", prints="* dev\n")
    return {"DATABASE_URL": database_url, "YES": "1"}


@pytest.fixture
def bring_back(project, environment, session):
    """`make rollback`, with more variables of the shell."""
    return lambda **variables: Deployment(environment | variables, session, project.folder).roll_back()


def test_it_applies_what_was_deployed_before_and_leaves_the_person_s_files_alone(
    project, bring_back, terraform, capsys
):
    (project.folder / "infra" / "dev.tfvars").touch()

    bring_back()

    assert terraform.commands[-6:] == ["show", "plan", "show", "show", "apply", "output"]
    (plan,) = [call for call in terraform.calls if "plan" in call["arguments"]]
    folder = project.folder / "build" / f"revision-{project.first[:12]}"
    assert f"-chdir={folder}/infra" in plan["arguments"]
    assert plan["arguments"][-1].endswith("/infra/dev.tfvars")
    # The next rollback goes further back.
    assert json.loads(plan["environment"]["TF_VAR_revisions"]) == [project.first]
    assert f"Revision {project.first} is back" in capsys.readouterr().out
    assert project.git("rev-parse", "HEAD") == project.second
    assert project.git("status", "--porcelain") == ""
    assert len(project.git("worktree", "list").splitlines()) == 1


def test_another_revision_may_be_named_and_without_a_yes_nothing_is_applied(
    project, bring_back, terraform, monkeypatch
):
    project.git("tag", "v2", project.second)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(NotReady, match="YES=1"):
        bring_back(TO="v2", YES="")

    (plan,) = [call for call in terraform.calls if "plan" in call["arguments"]]
    assert json.loads(plan["environment"]["TF_VAR_revisions"])[0] == project.second
    assert "apply" not in terraform.commands


def test_a_revision_that_cannot_be_packaged_changes_nothing(project, bring_back, terraform):
    project.packager.write_text("raise SystemExit(1)")
    broken = project.commit("edition", "3")

    with pytest.raises(NotReady, match=r"^The rollback ended before it changed anything: .* exit status 1"):
        bring_back(TO=broken)

    assert "plan" not in terraform.commands


def test_what_is_in_no_commit_is_lent_and_what_is_in_it_stays(tmp_path):
    infra, borrower = tmp_path / "infra", tmp_path / "borrower"
    (infra / "terraform.tfstate.d").mkdir(parents=True)
    borrower.mkdir()
    for name in ("backend.tf", "dev.tfvars", "example.tfvars", "main.tf"):
        (infra / name).touch()
    (borrower / "example.tfvars").touch()

    lend_local_files(infra, borrower)

    lent = {file.name for file in borrower.iterdir() if file.is_symlink()}
    assert lent == {"backend.tf", "dev.tfvars", "terraform.tfstate.d"}


def test_a_revision_is_a_full_hash_that_says_whether_files_were_changed(project, tmp_path, monkeypatch):
    project.git("tag", "v2")
    assert describe_revision(project.folder) == find_commit(project.folder, "v2") == project.second
    project.packager.write_text("changed")
    assert describe_revision(project.folder) == f"{project.second}-dirty"

    assert describe_revision(tmp_path) == UNKNOWN  # in no repository
    monkeypatch.setenv("PATH", str(tmp_path))  # without git
    assert describe_revision(project.folder) == UNKNOWN


@pytest.mark.parametrize("name", ["v1", "0123456789012345678901234567890123456789", "--all"])
def test_a_name_that_git_does_not_know_is_refused(project, name):
    with pytest.raises(NotReady, match=f"^git does not know the revision {name} here"):
        find_commit(project.folder, name)


@pytest.mark.parametrize(
    ("deployed", "revision", "remembered"),
    [
        (["b", "a"], "c", ["c", "b", "a"]),
        (["b", "a"], "b", ["b", "a"]),
        (["c", "b", "a"], "a", ["a"]),  # a rollback: what came after is forgotten
        ([*"9876543210"], "new", ["new", *"987654321"]),
    ],
)
def test_revisions_are_remembered_newest_first(deployed, revision, remembered):
    assert remember(deployed, revision) == remembered
    assert len(remembered) <= REVISIONS_KEPT


def test_a_rollback_restores_the_newest_commit_before_the_deployed_one_or_asks():
    assert find_previous(["d", "c-dirty", UNKNOWN, "b", "a"]) == "b"
    for deployed in ([], ["a"], ["b", "a-dirty"]):
        with pytest.raises(NotReady, match=r"make rollback TO="):
            find_previous(deployed)
