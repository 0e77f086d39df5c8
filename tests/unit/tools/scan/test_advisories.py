"""pip-audit, asking a service on this machine that knows one vulnerability."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator import free_port
from tools.scan.accepted import Accepted
from tools.scan.advisories import find_locks, scan_advisories
from tools.scan.report import Finding, ScanFailed, ScanSkipped
from tools.terraform_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADVISORY = {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "It lets everybody in."}
KNOWN_TO_ALL = {"id": "GHSA-0", "summary": "Old.", "affected": []}


class Osv(ThreadingHTTPServer):
    """Answers as OSV does. ``vulnerable`` are the names of packages."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), OsvHandler)
        self.vulnerable = {"jinja2"}
        self.status = 200
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class OsvHandler(BaseHTTPRequestHandler):
    server: Osv

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(self.answer(query["package"]["name"])).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def answer(self, name: str) -> dict[str, Any]:
        self.server.asked.add(name)
        if name not in self.server.vulnerable:
            return {}
        fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [fixed]}]
        return {"vulns": [{**ADVISORY, "affected": affected}]}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


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
    digest = "0" * 64
    lock.write_text(f"good==1 \\\n    --hash=sha256:{digest}\nbad==1 \\\n    --hash=sha256:{digest}\n")
    return lock


def test_a_package_with_a_known_vulnerability_is_found(osv: Osv, lock: Path) -> None:
    osv.vulnerable.add("bad")

    report = scan_advisories(Accepted(), [lock], osv=osv.url)

    assert report.findings == (Finding("bad 1", "CVE-1", "mended in 2"),)
    assert report.looked_at == "2 packages of 1 lock files"


@pytest.mark.parametrize("name", ["GHSA-1", "CVE-1"])
def test_an_advisory_is_accepted_by_any_of_its_names_as_long_as_it_is_there(osv: Osv, lock: Path, name: str) -> None:
    accepted = Accepted(advisories=frozenset({name}))
    assert [each.rule for each in scan_advisories(accepted, [lock], osv=osv.url).findings] == ["outdated"]

    osv.vulnerable.add("bad")
    assert scan_advisories(accepted, [lock], osv=osv.url).findings == ()


def test_every_package_of_every_lock_file_is_asked_about(osv: Osv) -> None:
    locks = find_locks()
    names = {str(lock.relative_to(ROOT)) for lock in locks}
    assert {"crud_app/requirements.txt", "email_app/requirements.txt", "requirements/dev.txt"} <= names
    assert {"requirements/scan.txt", "requirements/emulator.txt", "requirements/load.txt"} <= names

    report = scan_advisories(Accepted(), locks, osv=osv.url)

    assert {"pg8000", "chalice", "ministack", "locust", "checkov"} <= osv.asked
    assert {finding.rule for finding in report.findings} <= {"CVE-1"}


def test_where_nobody_answers_it_is_said_and_never_taken_for_a_pass(lock: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1/query"
    with pytest.raises(ScanSkipped, match=r"127\.0\.0\.1 cannot be reached from here .*nothing is known"):
        scan_advisories(Accepted(), [lock], osv=nobody)
    with pytest.raises(ScanFailed, match="cannot be reached"):
        scan_advisories(Accepted(), [lock], osv=nobody, required=True)


def test_a_proxy_that_refuses_is_nobody(osv: Osv, lock: Path) -> None:
    osv.status = 403
    with pytest.raises(ScanSkipped, match="HTTPStatusError"):
        scan_advisories(Accepted(), [lock], osv=osv.url)


def test_a_service_that_does_not_know_what_everybody_knows_is_no_pass(osv: Osv, lock: Path) -> None:
    osv.vulnerable.clear()
    with pytest.raises(ScanFailed, match="it is not OSV"):
        scan_advisories(Accepted(), [lock], osv=osv.url)


def test_a_lock_file_without_hashes_is_no_pass(osv: Osv, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("good==1\n")
    with pytest.raises(ScanFailed, match="pip-audit gave no report"):
        scan_advisories(Accepted(), [lock], osv=osv.url)
