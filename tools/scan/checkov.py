"""Checkov: asks its rules about Terraform files, JSON modules and plans."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.scan.report import PROGRAMS, Finding, Report, ScanFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIGURATION = Path(__file__).with_name("checkov.yaml")
# A BC_API_KEY of the person's own would send the results away.
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
NO_REASON = "No comment provided"


def run_checkov(framework: str, *arguments: str | Path, base: Path) -> Report:
    """Ask Checkov's rules for ``framework`` about what ``arguments`` name.

    Args:
        framework: ``terraform``, ``terraform_json`` or ``terraform_plan``.
        arguments: of its command line.
        base: files are named relative to it.

    Raises:
        ScanFailed: it broke, could not read a file, or no rule had anything to say.
    """
    result = subprocess.run(  # noqa: S603 - the project's own
        [PROGRAMS / "checkov", "--config-file", CONFIGURATION, "--framework", framework, *arguments],
        cwd=base,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(result.stdout)
    except ValueError:
        raise ScanFailed(f"Checkov gave no report: {_last_line(result.stderr or result.stdout)}") from None
    if "results" not in answer:
        raise ScanFailed("Checkov found nothing to look at.")
    if answer["summary"]["parsing_errors"]:
        unread = ", ".join(answer["results"].get("parsing_errors", ()))
        raise ScanFailed(f"Checkov could not read {unread or _last_line(result.stderr)}.")
    if not answer["summary"]["passed"] + answer["summary"]["failed"]:
        raise ScanFailed("Checkov found nothing to look at.")
    return _report(answer)


def _report(answer: dict[str, Any]) -> Report:
    summary, results = answer["summary"], answer["results"]
    return Report(
        f"{summary['passed']} times a rule holds, {summary['skipped']} times a reason says why not",
        tuple(sorted({*_failures(results["failed_checks"]), *_unreasoned(results["skipped_checks"])})),
    )


def _failures(checks: Iterable[dict[str, Any]]) -> Iterable[Finding]:
    for check in checks:
        yield Finding(_where(check), check["check_id"], check["check_name"])


def _unreasoned(checks: Iterable[dict[str, Any]]) -> Iterable[Finding]:
    for check in checks:
        if check["check_result"]["suppress_comment"] in {"", NO_REASON}:
            yield Finding(_where(check), check["check_id"], "skipped without a reason")


def _where(check: dict[str, Any]) -> str:
    return f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]} {check['resource']}"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
