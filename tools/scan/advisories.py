"""Known vulnerabilities of everything that the lock files install, asked of OSV (https://osv.dev) by pip-audit."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import httpx

from tools.scan.accepted import outdated
from tools.scan.report import PROGRAMS, Finding, Report, ScanFailed, what_is_missing
from tools.terraform_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.scan.accepted import Accepted

OSV = "https://api.osv.dev/v1/query"
SECONDS = 15
# A release that everybody warns of: a service that does not know that knows nothing.
KNOWN_TO_BE_VULNERABLE = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}


def find_locks(root: Path = ROOT) -> list[Path]:
    """The lock files of the apps and of the environments."""
    return sorted([*root.glob("requirements/*.txt"), *root.glob("*_app/requirements.txt")])


def scan_advisories(accepted: Accepted, locks: Sequence[Path], *, osv: str = OSV, required: bool = False) -> Report:
    """Ask ``osv`` about every package of ``locks``.

    Raises:
        ScanSkipped: nobody answers there, and it is not ``required``.
        ScanFailed: nobody answers there although it is required, or the answers are worth nothing.
    """
    try:
        _try_service(osv)
    except httpx.HTTPError as unreachable:
        raise what_is_missing(
            f"{httpx.URL(osv).host} cannot be reached from here ({type(unreachable).__name__}), so nothing is known "
            f"about vulnerabilities of the packages in {len(locks)} lock files. Run `make scan AUDIT=1` where it can.",
            required=required,
        ) from unreachable
    # One by one: pip-audit refuses a package that stands in two of them.
    packages = {
        package["name"] + package.get("version", ""): package for lock in locks for package in _audit(osv, lock)
    }
    seen: set[str] = set()
    findings: list[Finding] = []
    for package in packages.values():
        where = f"{package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package:
            findings.append(Finding(where, "unknown", package["skip_reason"]))
        for advisory in package.get("vulns", ()):
            names = {advisory["id"], *advisory["aliases"]}
            seen |= names
            if not names & accepted.advisories:
                mended = ", ".join(advisory["fix_versions"]) or "no release"
                findings.append(Finding(where, advisory["id"], f"mended in {mended}"))
    return Report(
        f"{len(packages)} packages of {len(locks)} lock files",
        tuple(sorted({*findings, *outdated(accepted.advisories, seen)})),
    )


def _try_service(osv: str) -> None:
    answer = httpx.post(osv, json=KNOWN_TO_BE_VULNERABLE, timeout=SECONDS)
    answer.raise_for_status()
    try:
        is_known = bool(answer.json()["vulns"])
    except (ValueError, KeyError, TypeError):
        is_known = False
    if not is_known:
        raise ScanFailed(f"{httpx.URL(osv).host} answers, but does not know what everybody knows: it is not OSV.")


def _audit(osv: str, lock: Path) -> list[dict[str, Any]]:
    result = subprocess.run(  # noqa: S603 - the project's own
        [
            *(PROGRAMS / "pip-audit", "--vulnerability-service=osv", f"--osv-url={osv}", f"--timeout={SECONDS}"),
            *("--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off"),
            f"--requirement={lock}",
        ],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except ValueError:
        raise ScanFailed(f"pip-audit gave no report: {result.stderr.strip().rpartition(chr(10))[2]}") from None
    return packages
