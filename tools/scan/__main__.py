"""``python -m tools.scan``, which ``make scan`` calls."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tools.command_line import OneSentenceParser
from tools.scan.accepted import read_accepted
from tools.scan.advisories import find_locks, scan_advisories
from tools.scan.deployment import scan_files, scan_modules, scan_plans
from tools.scan.history import scan_history
from tools.scan.report import Report, ScanProblem, ScanSkipped
from tools.terraform_cli import TerraformFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

# Each keeps a core busy.
AT_ONCE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_arguments(arguments)
    with TemporaryDirectory(prefix="scan-") as folder:
        return run(scans(Path(folder), audit_required=options.audit))


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = OneSentenceParser("make scan", "Looks for known mistakes: see docs/security.md.")
    parser.add_argument(
        "--audit",
        action="store_true",
        help="AUDIT=1: fail where advisories cannot be asked for, or the history is not all there",
    )
    return parser.parse_args(arguments)


def scans(work: Path, *, audit_required: bool) -> dict[str, Callable[[], Report]]:
    """All scans, by name, the longest first. ``work`` is an empty folder for what they make.

    Raises:
        ScanFailed: what is accepted cannot be read.
    """
    accepted = read_accepted()
    return {
        "Plans": lambda: scan_plans(work / "plans"),
        "Secrets": lambda: scan_history(accepted, required=audit_required),
        "Terraform files": lambda: scan_files(work / "files"),
        "Apps' modules": lambda: scan_modules(work / "modules"),
        "Advisories": lambda: scan_advisories(accepted, find_locks(), required=audit_required),
    }


def run(scans: Mapping[str, Callable[[], Report]]) -> int:
    """Run them, say what they say, and return 0 if nothing was found, and 1 otherwise."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {name: pool.submit(scan) for name, scan in scans.items()}
        outcomes = [_tell(name, future) for name, future in futures.items()]
    return 0 if all(outcomes) else 1


def _tell(name: str, future: Future[Report]) -> bool:
    """Say how a scan went, and whether the day is saved."""
    try:
        report = future.result()
    except ScanSkipped as skipped:
        _say(name, f"SKIPPED: {skipped}")
        return True
    except (ScanProblem, TerraformFailed) as failed:
        _say(name, f"FAILED: {failed}")
        return False
    _say(name, f"{report.looked_at}; {len(report.findings) or 'nothing'} found")
    for finding in report.findings:
        print(f"  {finding.where}: {finding.rule}: {finding.text}")
    return not report.findings


def _say(name: str, words: str) -> None:
    print(f"{name}: {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
