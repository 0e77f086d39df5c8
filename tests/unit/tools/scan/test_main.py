"""`make scan`: what it says, and when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from tools.scan.__main__ import parse_arguments, run, scans
from tools.scan.report import Finding, Report, ScanFailed, ScanProblem, ScanSkipped
from tools.terraform_cli import TerraformFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def clean() -> Report:
    return Report("3 files")


def dirty() -> Report:
    return Report("3 files", (Finding("a.tf:1", "R1", "is open"),))


def broken(problem: Exception) -> Callable[[], NoReturn]:
    def scan() -> NoReturn:
        raise problem

    return scan


def test_it_says_what_it_looked_at_and_passes_when_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"Files": clean}) == 0
    assert capsys.readouterr().out == "Files: 3 files; nothing found\n"


def test_a_finding_fails_it_and_is_shown_and_the_other_scans_are_done_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run({"Files": dirty, "Plans": clean}) == 1
    assert capsys.readouterr().out == (
        "Files: 3 files; 1 found\n  a.tf:1: R1: is open\nPlans: 3 files; nothing found\n"
    )


@pytest.mark.parametrize("problem", [ScanFailed("It broke."), TerraformFailed("It broke.")], ids=["scan", "terraform"])
def test_a_scan_that_broke_fails_it(problem: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"Plans": broken(problem), "Files": clean}) == 1
    assert "Plans: FAILED: It broke.\n" in capsys.readouterr().out


def test_a_scan_that_cannot_be_done_here_is_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"Advisories": broken(ScanSkipped("Nobody answers."))}) == 0
    assert capsys.readouterr().out == "Advisories: SKIPPED: Nobody answers.\n"


def test_there_is_a_scan_for_each_thing_that_may_be_wrong(tmp_path: Path) -> None:
    names = set(scans(tmp_path, audit_required=False))
    assert names == {"Plans", "Secrets", "Terraform files", "Apps' modules", "Advisories"}


@pytest.mark.parametrize(("arguments", "required"), [([], False), (["--audit"], True)])
def test_advisories_are_required_only_when_somebody_says_so(arguments: list[str], *, required: bool) -> None:
    assert parse_arguments(arguments).audit is required


def test_every_problem_of_a_scan_is_one_of_the_two_that_are_told_apart() -> None:
    assert set(ScanProblem.__subclasses__()) == {ScanFailed, ScanSkipped}
