"""`make scan` reports a planted bad rule, a planted secret and a planted advisory, and never takes silence for a pass.

The planted values are put together here, so that this file contains none.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from chalice_devserver.http import HOST, HttpResponse, LoopbackServer
from tests.unit.tools.conftest import Repository
from tools.scan.__main__ import (
    LOCKS,
    UNREASONED,
    ScanFailed,
    ScanSkipped,
    copy_root_module,
    read_accepted,
    run_checkov,
    run_scans,
    scan_advisories,
    scan_history,
    scan_plans,
)
from tools.terraform_cli import INFRA, ROOT, TerraformFailed

ACCESS_KEY = "AKIA" + "Q7RZ2XW4" * 2
PASSWORD_LINE = "PASS" + 'WORD = "' + 'correct-horse-battery"'
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"
RULE = """resource "aws_security_group_rule" "%s" {
%s
  type = "ingress"
  security_group_id = "sg-1"
  cidr_blocks = ["0.0.0.0/0"]
  protocol = "tcp"
  from_port = 22
  to_port = 22
}
"""
CLEAN = RULE.replace("0.0.0.0/0", "10.0.0.0/8") % ("clean", '  description = "from inside"')


def test_an_open_port_is_found_unless_a_reason_says_why(tmp_path):
    skip = "# checkov:skip=CKV_AWS_24"
    text = RULE % ("open", "") + RULE % ("accepted", f"{skip}:honeypot")
    (tmp_path / "main.tf").write_text(text)

    with pytest.raises(ScanFailed) as found:
        run_checkov("terraform", "--directory", tmp_path, base=tmp_path)

    assert "aws_security_group_rule.open\n\tFile: /main.tf:1-" in str(found.value)
    assert str(found.value).count("CKV_AWS_24:") == 1
    assert not UNREASONED.search(text)
    assert UNREASONED.search(f"{skip}\n")
    assert UNREASONED.search(f"{skip}: \n")


def test_a_file_that_cannot_be_read_or_a_folder_without_resources_fails_the_scan(tmp_path):
    (tmp_path / "main.tf").write_text("# nothing\n")
    with pytest.raises(ScanFailed, match="nothing to look at"):
        run_checkov("terraform", "--directory", tmp_path, base=tmp_path)
    (tmp_path / "main.tf").write_text(CLEAN)
    assert run_checkov("terraform", "--directory", tmp_path, base=tmp_path).startswith("Passed checks: ")
    (tmp_path / "broken.tf").write_text('resource "aws_vpc" {{{\n')
    with pytest.raises(ScanFailed):
        run_checkov("terraform", "--directory", tmp_path, base=tmp_path)


def test_the_root_module_is_copied_as_it_is_deployed(tmp_path):
    copy = copy_root_module(tmp_path)
    deployed = {path.relative_to(INFRA) for path in [*INFRA.glob("*.tf"), *INFRA.glob("waf/*.tf")]}
    assert {path.relative_to(copy) for path in copy.rglob("*.tf")} == deployed - {Path("backend.tf")}


def test_without_terraform_plans_are_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv("TERRAFORM", str(tmp_path / "nowhere"))
    with pytest.raises(ScanSkipped, match="not on the PATH"):
        scan_plans(tmp_path)


def find_secrets(accepted, work, repository):
    """By file, the commit of its finding."""
    with pytest.raises(ScanFailed) as found:
        scan_history(accepted, work, repository.folder)
    assert ACCESS_KEY not in str(found.value)
    return {line.split(": ")[0]: line.rsplit(": in ", 1)[1] for line in str(found.value).splitlines()}


def test_a_secret_is_found_wherever_it_came_in_and_never_shown(tmp_path):
    repository = Repository(tmp_path / "repository")
    digest = "0f1e2d3c4b5a6978" * 4
    repository.commit("requirements.txt", f"a==1 \\\n    --hash=sha256:{digest} \\\n    --hash=sha256:{digest}\n")
    commits = {
        name: repository.commit(name, f"# first\n{line}\n")
        for name, line in {
            "key.py": f'KEY = "{ACCESS_KEY}"  # pragma: allowlist secret',
            "password.py": PASSWORD_LINE,
            "id_rsa": PRIVATE_KEY,
            "run.sh": "DATABASE_URL=postgresql://ana:" + "hunter-of-hers@localhost/x",
            "more.txt": f"    --hash=sha256:{digest} {ACCESS_KEY}",
        }.items()
    }
    for name in commits:
        repository.commit(name, "# removed\n")
    repository.git("switch", "--quiet", "--create", "side")
    repository.commit("side.txt", "side\n")
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    commits["merged.txt"] = repository.commit("merged.txt", f"{ACCESS_KEY}\n")
    (repository.folder / "side.txt").write_text(f"{ACCESS_KEY}\n")
    commits["side.txt"] = "not committed"

    found = find_secrets([], tmp_path / "work", repository)
    assert found.keys() == commits.keys()
    assert [name for name, commit in found.items() if not commits[name].startswith(commit)] == []
    assert find_secrets([ACCESS_KEY], tmp_path / "again", repository).keys() == {"password.py", "id_rsa", "run.sh"}


def test_a_history_that_is_missing_or_incomplete_is_never_a_pass(tmp_path):
    repository = Repository(tmp_path / "repository")
    for text in ("A directory.\n", "A directory, again.\n"):
        repository.commit("README.md", text)
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "clone"))
    for folder in (tmp_path, tmp_path / "clone"):
        with pytest.raises(ScanSkipped, match="no complete history"):
            scan_history([], tmp_path / "work", folder)


@pytest.fixture
def lock(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("".join(f"{name}==1 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("good", "bad")))
    return lock


@contextmanager
def running_osv(*vulnerable):
    """Answers as OSV does: the packages ``vulnerable`` have an advisory."""

    class Osv(LoopbackServer):
        def answer(self, request):
            name = json.loads(request.body)["package"]["name"]
            ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]
            affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
            advisory = {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "x", "affected": affected}
            return HttpResponse(200, [], json.dumps({"vulns": [advisory]} if name in vulnerable else {}).encode())

    server = Osv(max_request_bytes=10_000)
    server.start()
    yield f"http://{HOST}:{server.port}/v1/query"
    server.stop()


def test_a_vulnerable_package_is_found_unless_its_advisory_is_accepted(lock):
    with running_osv("jinja2", "bad") as osv:
        with pytest.raises(ScanFailed, match=r"bad +1 +CVE-1 +2"):
            scan_advisories([], [lock], osv)
        assert scan_advisories(["GHSA-1"], [lock], osv) == "2 lock files"
        lock.write_text("good==1\n")
        with pytest.raises(ScanFailed, match="hash"):
            scan_advisories([], [lock], osv)
    with running_osv("jinja2", "preact") as osv, pytest.raises(ScanFailed, match=r"package-lock.json: preact: GHSA-1"):
        scan_advisories([], [], osv)


def test_a_service_that_does_not_answer_or_is_not_osv_is_never_a_pass(lock, closed_port):
    with running_osv() as proxy:
        for url in (f"http://127.0.0.1:{closed_port}/v1/query", proxy):
            with pytest.raises(ScanSkipped, match="OSV cannot be asked"):
                scan_advisories([], [lock], url)


def test_every_environments_lock_file_is_asked_about():
    names = {lock.relative_to(ROOT).as_posix() for lock in LOCKS}
    apps = {f"{app}/requirements.txt" for app in ("crud_app", "email_app", "bff_app")}
    assert apps | {f"requirements/{name}.txt" for name in ("dev", "scan", "emulator", "load")} <= names


def test_a_finding_or_a_failure_fails_the_run_and_a_skipped_scan_if_asked_to(capsys):
    def stop(error):
        def scan():
            raise error

        return scan

    skipped = {"Files": lambda: "3 files", "Advisories": stop(ScanSkipped("OSV is out of reach."))}
    assert run_scans(skipped)
    assert capsys.readouterr().out == "Files: nothing found (3 files)\nAdvisories: SKIPPED: OSV is out of reach.\n"
    assert not run_scans(skipped, may_skip=False)
    for error in (ScanFailed("a.tf:1: is open"), TerraformFailed("It broke.")):
        assert not run_scans({"Plans": stop(error), "Files": lambda: "3 files"})


def test_nothing_is_accepted_without_a_reason(tmp_path):
    file = tmp_path / "accepted.toml"
    file.write_text('[[advisory]]\nvalues = ["CVE-1"]\nreason = "  "\n')
    with pytest.raises(ScanFailed, match="has no reason"):
        read_accepted("advisory", file)
