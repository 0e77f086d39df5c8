"""The copy of the root module that the emulator gets. `make e2e` applies it for real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.emulator_deployment import EmulatorDeployment
from tools.terraform_cli import INFRA

if TYPE_CHECKING:
    from pathlib import Path

    from local.emulator import Emulator
    from tests.unit.tools.conftest import FakeTerraform


@pytest.fixture
def deployment(terraform: FakeTerraform, emulator: Emulator, tmp_path: Path) -> EmulatorDeployment:
    terraform.answer("output", prints=json.dumps({"name": {"value": "crud-app-dev"}}))
    return EmulatorDeployment(
        emulator,
        tmp_path / "work",
        database_url="postgresql://d",
        modules=tmp_path / "modules",
        variables={"notify_employee": True},
    )


def test_the_copy_is_the_root_module_and_the_two_files_for_the_emulator(
    deployment: EmulatorDeployment, tmp_path: Path
) -> None:
    del deployment
    copy = tmp_path / "work" / "infra"
    root = {path.name for path in INFRA.glob("*.tf")}

    assert {path.name for path in copy.glob("*.tf")} == root | {"emulator.tf", "emulator_override.tf"}
    assert (copy / ".terraform.lock.hcl").read_text() == (INFRA / ".terraform.lock.hcl").read_text()
    assert (tmp_path / "work" / "build").readlink() == tmp_path / "modules"


def test_its_variables_name_the_emulator_and_the_database(
    deployment: EmulatorDeployment, emulator: Emulator, tmp_path: Path
) -> None:
    del deployment
    variables = json.loads((tmp_path / "work" / "infra" / "terraform.tfvars.json").read_text())

    assert variables["emulator_endpoint"] == emulator.endpoint
    assert variables["database_url"] == "postgresql://d"
    assert variables["notify_employee"] is True


def test_terraform_talks_to_the_emulator(
    deployment: EmulatorDeployment, terraform: FakeTerraform, emulator: Emulator
) -> None:
    assert deployment.apply() == {"name": "crud-app-dev"}

    assert terraform.commands == ["init", "apply", "output"]
    assert all(call["environment"]["AWS_ENDPOINT_URL"] == emulator.endpoint for call in terraform.calls)


def test_changes_are_told_by_address_but_for_those_that_the_emulator_makes_up(
    deployment: EmulatorDeployment, terraform: FakeTerraform
) -> None:
    changes = [
        {"address": "aws_sns_topic.email", "type": "aws_sns_topic", "change": {"actions": ["update"]}},
        {"address": "aws_vpc.main[0]", "type": "aws_vpc", "change": {"actions": ["no-op"]}},
        {"address": 'aws_cloudwatch_metric_alarm.main["x"]', "type": "aws_cloudwatch_metric_alarm"}
        | {"change": {"actions": ["update"]}},
    ]
    terraform.answer("show", prints=json.dumps({"resource_changes": changes}))

    assert deployment.changes() == ["aws_sns_topic.email"]


def test_destroy_asks_nobody(deployment: EmulatorDeployment, terraform: FakeTerraform) -> None:
    deployment.destroy()

    assert "-auto-approve" in terraform.arguments_of("destroy")
