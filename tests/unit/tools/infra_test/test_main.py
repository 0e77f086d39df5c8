"""`make infra-test`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.infra_test.__main__ import CONFORMANCE, main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tools.conftest import FakeTerraform


@pytest.fixture
def infra(tmp_path: Path, terraform: FakeTerraform) -> Path:
    """A folder with two files of tests, one of them the plans whose conformance is checked."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "defaults.tftest.hcl").touch()
    (tmp_path / CONFORMANCE).touch()
    plan_domain(terraform, "directorio")
    return tmp_path


def plan_domain(terraform: FakeTerraform, name: str) -> None:
    change = {"address": "aws_cognito_user_pool_domain.x", "type": "aws_cognito_user_pool_domain", "mode": "managed"}
    plan = {"type": "test_plan", "test_plan": {"resource_changes": [{**change, "change": {"after": {"domain": name}}}]}}
    terraform.answer("test", prints=f"{json.dumps({'type': 'version'})}\n{json.dumps(plan)}\n")


def test_the_check_runs_from_format_to_each_file_of_tests_in_a_data_folder_of_its_own(
    terraform: FakeTerraform, infra: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(infra) == 0

    assert terraform.commands == ["fmt", "init", "validate", "test", "test"]
    assert "-lockfile=readonly" in terraform.arguments_of("init")
    assert all(call["environment"]["TF_DATA_DIR"].endswith("infra-test") for call in terraform.calls)
    assert f"{CONFORMANCE}: 1 values of 1 types conform" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["fmt", "init", "validate", "test"])
def test_the_check_fails_when_terraform_does(command: str, terraform: FakeTerraform, infra: Path) -> None:
    terraform.answer(command, exits=1)

    assert main(infra) == 1


def test_the_check_fails_when_aws_would_reject_a_planned_value(
    terraform: FakeTerraform, infra: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_domain(terraform, "The directory's")

    assert main(infra) == 1
    assert 'aws_cognito_user_pool_domain.x.domain = "The directory\'s"' in capsys.readouterr().err


def test_the_check_is_skipped_where_terraform_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TERRAFORM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main() == 0
    assert "skipped: terraform is not on the PATH" in capsys.readouterr().out
