"""`make infra-test`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.check import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.unit.tools.terraform.conftest import FakeTerraform


def test_the_check_runs_from_format_to_tests_in_a_data_folder_of_its_own(terraform: FakeTerraform) -> None:
    assert main() == 0

    assert terraform.commands == ["fmt", "init", "validate", "test"]
    assert "-lockfile=readonly" in terraform.arguments_of("init")
    assert all(call["environment"]["TF_DATA_DIR"].endswith("infra-test") for call in terraform.calls)


def test_the_check_fails_when_terraform_does(terraform: FakeTerraform, capfd: pytest.CaptureFixture[str]) -> None:
    terraform.answer("validate", exits=1)

    assert main() == 1
    assert "terraform validate failed" in capfd.readouterr().err
    assert "test" not in terraform.commands


def test_the_check_is_skipped_where_terraform_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TERRAFORM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main() == 0
    assert "skipped: terraform is not on the PATH" in capsys.readouterr().out
