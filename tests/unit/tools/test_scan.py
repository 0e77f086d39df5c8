"""`make scan` reports a planted bad rule, a planted secret and a planted advisory, and never takes silence for a pass.

The planted values are put together here, so that this file contains none.
"""

from __future__ import annotations

import json
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tools.scan.__main__ import (
    INFRA,
    ROOT,
    Accepted,
    Report,
    ScanFailed,
    ScanSkipped,
    copy_root_module,
    find_locks,
    read_accepted,
    run_checkov,
    run_scans,
    scan_advisories,
    scan_history,
    scan_modules,
    scan_plans,
)
from tools.terraform_cli import TerraformFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.tools.conftest import FakeTerraform

NOTHING = Accepted([], [])
ACCESS_KEY = "AKIA" + "Q7RZ2XW4" * 2
PASSWORD_LINE = "PASS" + 'WORD = "' + 'correct-horse-battery"'
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"
OPEN_PORT = "CKV_AWS_24"
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


class TestCheckov:
    def test_an_open_port_is_found_unless_a_reason_says_why(self, tmp_path: Path) -> None:
        skip = f"# checkov:skip={OPEN_PORT}"
        (tmp_path / "main.tf").write_text(
            RULE % ("open", "") + RULE % ("accepted", f"{skip}:honeypot") + RULE % ("unreasoned", skip)
        )

        report = run_checkov("terraform", "--directory", tmp_path, base=tmp_path)

        found = sorted(line.split(": ", 1) for line in report.findings if OPEN_PORT in line)
        assert [place for place, _ in found] == [
            "main.tf:1 aws_security_group_rule.open",
            "main.tf:19 aws_security_group_rule.unreasoned",
        ]
        assert found[1][1] == f"{OPEN_PORT}: skipped without a reason"

    def test_a_function_without_tracing_is_found_in_a_module_of_chalice(self, tmp_path: Path) -> None:
        module = tmp_path / "build" / "crud_app" / "main.tf.json"
        module.parent.mkdir(parents=True)
        function = {"function_name": "f", "role": "r", "handler": "app.app", "runtime": "python3.11", "filename": "f"}
        module.write_text(json.dumps({"terraform": {}, "resource": {"aws_lambda_function": {"f": function}}}))

        assert any("CKV_AWS_50" in line for line in scan_modules(tmp_path / "work", tmp_path / "build").findings)

    @pytest.mark.parametrize("text", ["# nothing\n", 'resource "aws_vpc" {{{\n' + RULE % ("open", "")])
    def test_a_file_without_resources_or_that_cannot_be_read_fails_the_scan(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "main.tf").write_text(text)

        with pytest.raises(ScanFailed, match="could not read a file, or found nothing"):
            run_checkov("terraform", "--directory", tmp_path, base=tmp_path)

    def test_the_copy_of_the_root_module_has_every_file_but_a_persons_own(self, tmp_path: Path) -> None:
        copy = copy_root_module(tmp_path)

        files = {path.relative_to(INFRA) for path in [*INFRA.glob("*.tf"), *INFRA.glob("waf/*.tf")]}
        assert {path.relative_to(copy) for path in copy.rglob("*.tf")} == {
            file for file in files if file.name != "backend.tf"
        }

    def test_plans_without_resources_fail_the_scan_and_without_terraform_it_is_skipped(
        self, terraform: FakeTerraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terraform.answer("show", prints=json.dumps({"format_version": "1.2"}))
        with pytest.raises(ScanFailed):
            scan_plans(tmp_path / "work", tmp_path / "modules")
        assert terraform.commands == ["init", "plan", "show", "plan", "show"]

        monkeypatch.setenv("TERRAFORM", str(tmp_path / "nowhere"))
        with pytest.raises(ScanSkipped, match="not on the PATH"):
            scan_plans(tmp_path / "more", tmp_path / "modules")


class Repository:
    """A git repository that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        self.git("add", name)
        self.git("commit", "--quiet", "--message=x")
        return self.git("rev-parse", "--short", "HEAD")


class TestHistory:
    def test_a_secret_is_found_wherever_it_came_in_and_never_shown(self, tmp_path: Path) -> None:
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

        report = scan_history(NOTHING, tmp_path / "work", repository.folder)

        found = {line.split(": ")[0]: line.rsplit(": in ", 1)[1] for line in report.findings}
        assert found == commits
        assert ACCESS_KEY not in repr(report)

        accepted = Accepted([ACCESS_KEY], [])
        left = scan_history(accepted, tmp_path / "again", repository.folder).findings
        assert {line.split(": ")[0] for line in left} == {"password.py", "id_rsa", "run.sh"}

    def test_a_history_that_is_missing_or_incomplete_is_never_a_pass(self, tmp_path: Path) -> None:
        repository = Repository(tmp_path / "repository")
        repository.commit("README.md", "A directory.\n")
        repository.commit("README.md", "A directory, again.\n")
        repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "clone"))

        for folder in (tmp_path, tmp_path / "clone"):
            with pytest.raises(ScanSkipped, match="no complete history"):
                scan_history(NOTHING, tmp_path / "work", folder)
            with pytest.raises(ScanFailed, match="no complete history"):
                scan_history(NOTHING, tmp_path / "work", folder, required=True)


class Osv(ThreadingHTTPServer):
    """Answers as OSV does; ``vulnerable`` are names of packages."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), OsvHandler)
        self.vulnerable = {"jinja2"}
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_port}/v1/query"


class OsvHandler(BaseHTTPRequestHandler):
    server: Osv

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
        advisory = {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "x", "affected": affected}
        body = json.dumps({"vulns": [advisory]} if name in self.server.vulnerable else {}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def osv() -> Iterator[Osv]:
    with Osv() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    lock = tmp_path / "requirements.txt"
    lock.write_text("".join(f"{name}==1 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("good", "bad")))
    return lock


class TestAdvisories:
    def test_a_vulnerable_package_is_found_unless_its_advisory_is_accepted(self, osv: Osv, lock: Path) -> None:
        osv.vulnerable.add("bad")

        assert scan_advisories(NOTHING, [lock], osv=osv.url) == Report(
            "2 packages of 1 lock files", ["bad 1: CVE-1: fixed in 2"]
        )
        assert scan_advisories(Accepted([], ["GHSA-1"]), [lock], osv=osv.url).findings == []

    def test_a_service_that_does_not_answer_or_does_not_know_is_never_a_pass(
        self, osv: Osv, lock: Path, closed_port: int
    ) -> None:
        osv.status = 403  # a proxy
        for url in (f"http://127.0.0.1:{closed_port}/v1/query", osv.url):
            with pytest.raises(ScanSkipped, match=r"127\.0\.0\.1 cannot be reached .*nothing is known"):
                scan_advisories(NOTHING, [lock], osv=url)
            with pytest.raises(ScanFailed, match="cannot be reached"):
                scan_advisories(NOTHING, [lock], osv=url, required=True)
        osv.status = 200
        osv.vulnerable.clear()
        with pytest.raises(ScanFailed, match="it is not OSV"):
            scan_advisories(NOTHING, [lock], osv=osv.url)

    def test_a_lock_file_without_hashes_fails_the_scan(self, osv: Osv, lock: Path) -> None:
        lock.write_text("good==1\n")
        with pytest.raises(ScanFailed, match="pip-audit gave no report"):
            scan_advisories(NOTHING, [lock], osv=osv.url)

    def test_every_environment_s_lock_file_is_asked_about(self) -> None:
        names = {lock.relative_to(ROOT).as_posix() for lock in find_locks()}
        assert {f"{app}/requirements.txt" for app in ("crud_app", "email_app", "bff_app")} <= names
        assert {f"requirements/{name}.txt" for name in ("dev", "scan", "emulator", "load")} <= names


def test_a_finding_or_a_failure_fails_the_run_and_a_skipped_scan_is_said_aloud(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def skip() -> Report:
        raise ScanSkipped("OSV is out of reach.")

    def fail() -> Report:
        raise TerraformFailed("It broke.")

    assert run_scans({"Files": lambda: Report("3 files", []), "Advisories": skip})
    assert not run_scans({"Files": lambda: Report("3 files", ["a.tf:1: R1: is open"]), "Advisories": skip})
    assert not run_scans({"Plans": fail, "Files": lambda: Report("3 files", [])})
    assert capsys.readouterr().out.splitlines()[2:] == [
        "Files: 3 files; 1 found",
        "  a.tf:1: R1: is open",
        "Advisories: SKIPPED: OSV is out of reach.",
        "Plans: FAILED: It broke.",
        "Files: 3 files; nothing found",
    ]


def test_nothing_is_accepted_without_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text('[[advisory]]\nid = "CVE-1"\nreason = "  "\n')

    with pytest.raises(ScanFailed, match="has no reason"):
        read_accepted(file)
