"""Secrets in anything that was ever committed: what a later commit took out is still there for everybody to read."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tools.scan.accepted import outdated
from tools.scan.report import PROGRAMS, Finding, Report, ScanFailed, what_is_missing
from tools.terraform_cli import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tools.scan.accepted import Accepted

UNCOMMITTED = "not committed"
# Whatever a person's own git settings are.
PLAIN = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")


def scan_history(accepted: Accepted, repository: Path = ROOT, *, required: bool = False) -> Report:
    """Look for secrets in every change up to here, the uncommitted ones included.

    Raises:
        ScanSkipped: the history is not all there, and it is not ``required``.
        ScanFailed: the history is not all there although it is required, or the detector broke.
    """
    if absence := _absence_of_history(repository):
        raise what_is_missing(absence, required=required)
    changes = _read_changes(repository)
    result = subprocess.run(  # noqa: S603 - the project's own
        [PROGRAMS / "python", "-m", "tools.scan.detector"],
        cwd=ROOT,
        input=changes,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ScanFailed(f"The detector of secrets broke: {result.stderr.strip().rpartition(chr(10))[2]}")
    seen = [json.loads(line) for line in result.stdout.splitlines()]
    findings = [
        # Never the value itself: a terminal's output ends up in logs.
        Finding(f"{each['path']}:{each['line']}", each["kind"], f"in {each['commit']}")
        for each in seen
        if each["value"] not in accepted.secrets
    ]
    return Report(
        f"{changes.count(chr(0))} changes, {len(accepted.secrets)} values in them open nothing",
        tuple(sorted({*findings, *outdated(accepted.secrets, [each["value"] for each in seen])})),
    )


def _absence_of_history(repository: Path) -> str:
    """What is missing; nothing if all is there."""
    try:
        is_shallow = _git(repository, "rev-parse", "--is-shallow-repository").strip() == "true"
    except ScanFailed:
        return "There is no history here to look through: clone the repository with git."
    return "The history is cut off in this clone: run `git fetch --unshallow`." if is_shallow else ""


def _read_changes(repository: Path) -> str:
    # Of a merge, what it changed beyond the two sides.
    committed = _git(repository, "log", "--patch", "--diff-merges=remerge", "--format=%x00%h", *PLAIN)
    return f"{committed}\0{UNCOMMITTED}\n" + _git(repository, "diff", "HEAD", *PLAIN)


def _git(repository: Path, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603 - the person's own git
        ["git", "-c", "core.quotePath=false", *arguments],  # noqa: S607
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode:
        raise ScanFailed(f"git {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout
