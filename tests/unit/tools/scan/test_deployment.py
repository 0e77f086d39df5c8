"""What the scanner of the deployment gets to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.tools.conftest import FakeTerraform
from tools.scan.deployment import copy_root_module, scan_plans
from tools.scan.report import ScanFailed, ScanSkipped
from tools.terraform_cli import INFRA

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    folder = tmp_path / "programs"
    folder.mkdir()
    fake = FakeTerraform(folder)
    monkeypatch.setenv("TERRAFORM", str(fake.program))
    return fake


def test_all_files_of_the_root_module_are_read_and_none_of_a_persons_own(tmp_path: Path) -> None:
    copy = copy_root_module(tmp_path)
    files = {str(path.relative_to(INFRA)) for path in [*INFRA.glob("*.tf"), *INFRA.glob("waf/*.tf")]}

    assert {str(path.relative_to(copy)) for path in copy.rglob("*.tf")} == files - {"backend.tf"}


def test_production_is_planned_with_and_without_cloudfront_in_an_empty_account(
    terraform: FakeTerraform, tmp_path: Path
) -> None:
    terraform.answer("show", prints=json.dumps({"format_version": "1.2"}))

    # There is nothing in such a plan, which must not be a pass.
    with pytest.raises(ScanFailed):
        scan_plans(tmp_path / "work", tmp_path / "modules")

    assert terraform.commands == ["init", "plan", "show", "plan", "show"]
    assert terraform.calls[0]["environment"]["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    variables = json.loads((tmp_path / "work" / "infra" / "terraform.tfvars.json").read_text())
    assert variables["environment"] == "production"
    assert variables["edge"] == "none"
    assert (tmp_path / "work" / "build").readlink() == tmp_path / "modules"


def test_without_terraform_there_are_no_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", str(tmp_path / "nowhere"))

    with pytest.raises(ScanSkipped, match="not on the PATH"):
        scan_plans(tmp_path / "work", tmp_path / "modules")
