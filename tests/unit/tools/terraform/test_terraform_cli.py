"""How the project's commands run Terraform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.terraform_cli import (
    Terraform,
    TerraformFailed,
    cli_environment,
    find_mirror,
    find_program,
    mirror_configuration,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tools.conftest import FakeTerraform


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "machine" / "opt" / "providers"
    (folder / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0").mkdir(parents=True)
    return folder


def test_run_calls_terraform_in_its_folder_with_more_environment(terraform: FakeTerraform, tmp_path: Path) -> None:
    Terraform(tmp_path, {"TF_VAR_environment": "dev"}).run("plan", "-input=false")

    (call,) = terraform.calls
    assert call["arguments"] == [f"-chdir={tmp_path}", "plan", "-input=false"]
    assert call["environment"]["TF_VAR_environment"] == "dev"


def test_read_returns_what_terraform_prints(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.answer("show", prints='{"a": 1}')

    assert Terraform(tmp_path).read_json("show", "-json") == {"a": 1}


def test_outputs_are_values_by_name(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.answer("output", prints=json.dumps({"url": {"value": "http://a", "type": "string", "sensitive": False}}))

    assert Terraform(tmp_path).outputs() == {"url": "http://a"}


def test_a_failure_names_the_command(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.answer("apply", complains="Error: no such thing", exits=1)

    with pytest.raises(TerraformFailed, match="terraform apply failed"):
        Terraform(tmp_path).run("apply")
    with pytest.raises(TerraformFailed, match="no such thing"):
        Terraform(tmp_path).read("apply")


@pytest.fixture
def no_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERRAFORM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_terraform")
def test_a_missing_terraform_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TerraformFailed, match=r"^terraform is not on the PATH: install"):
        find_program()
    monkeypatch.setenv("TERRAFORM", "tofu")
    with pytest.raises(TerraformFailed, match=r"^tofu is not on the PATH"):
        find_program()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_a_configuration_of_the_person_s_own_is_left_alone(tmp_path: Path, mirror: Path, home: Path) -> None:
    own = tmp_path / "own.rc"
    own.touch()
    named = {"TF_CLI_CONFIG_FILE": str(own)}
    assert cli_environment(named, tmp_path / "build", root=mirror) == named

    (home / ".terraformrc").touch()
    assert cli_environment({}, tmp_path / "build", root=mirror) == {}
    assert not (tmp_path / "build").exists()


@pytest.mark.usefixtures("home")
def test_without_a_configuration_a_mirror_of_the_machine_is_used(tmp_path: Path, mirror: Path) -> None:
    build = tmp_path / "build"
    missing = {"TF_CLI_CONFIG_FILE": "/no/such/file", "OTHER": "kept"}

    environment = cli_environment(missing, build, root=mirror.parents[1])

    assert environment == {"TF_CLI_CONFIG_FILE": str(build / "terraform.rc"), "OTHER": "kept"}
    assert (build / "terraform.rc").read_text() == mirror_configuration(mirror)


@pytest.mark.usefixtures("home")
def test_without_a_mirror_a_variable_that_names_a_missing_file_is_dropped(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    assert cli_environment({"TF_CLI_CONFIG_FILE": "/no/such/file"}, tmp_path / "build", root=empty) == {}


def test_the_registry_is_not_asked_for_what_the_mirror_holds(mirror: Path) -> None:
    lines = [line.strip() for line in mirror_configuration(mirror).splitlines()]

    assert f'path    = "{mirror}"' in lines
    assert 'include = ["registry.terraform.io/hashicorp/aws"]' in lines
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in lines


def test_a_mirror_is_found_three_folders_deep_and_no_deeper(tmp_path: Path, mirror: Path) -> None:
    assert find_mirror(tmp_path) == mirror
    assert find_mirror(mirror) == mirror

    deep = tmp_path / "other" / "a" / "b" / "c" / "d"
    (deep / "registry.terraform.io").mkdir(parents=True)
    assert find_mirror(tmp_path / "other") is None
    assert find_mirror(tmp_path / "other" / "a") == deep
