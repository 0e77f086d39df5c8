"""`make infra-test`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tools.check import main
from tools.resources_table import DocumentStale, Resource, UndescribedResource, files_of_types, render, write
from tools.terraform_cli import Terraform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tools.terraform.conftest import FakeTerraform


PLAN = {
    "type": "test_plan",
    "test_plan": {
        "resource_changes": [
            {"address": "aws_vpc.main[0]", "type": "aws_vpc", "mode": "managed"},
            {"address": "aws_route.internet[0]", "type": "aws_route", "mode": "managed"},
            {"address": "data.aws_partition.current", "type": "aws_partition", "mode": "data"},
        ]
    },
}


@pytest.fixture
def document(terraform: FakeTerraform, tmp_path: Path) -> Path:
    """A document that is up to date."""
    terraform.answer("test", prints=json.dumps(PLAN))
    path = tmp_path / "infra.md"
    with suppress(DocumentStale):
        write(Terraform(tmp_path), path)
    terraform.forget_calls()
    return path


def test_the_check_goes_from_format_to_the_document_in_a_data_folder_of_its_own(
    terraform: FakeTerraform, document: Path
) -> None:
    assert main(document) == 0

    assert terraform.commands == ["fmt", "init", "validate", "test", "test"]
    assert "-lockfile=readonly" in terraform.arguments_of("init")
    assert all(call["environment"]["TF_DATA_DIR"].endswith("infra-test") for call in terraform.calls)


def test_it_fails_when_terraform_does(
    terraform: FakeTerraform, document: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    terraform.answer("validate", exits=1)

    assert main(document) == 1
    assert "terraform validate failed" in capfd.readouterr().err
    assert "test" not in terraform.commands


def test_it_fails_when_the_document_is_out_of_date(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document.write_text("old")

    assert main(document) == 1
    assert "out of date" in capsys.readouterr().err


def test_it_says_that_it_skips_where_terraform_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TERRAFORM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main() == 0
    assert "skipped: terraform is not on the PATH" in capsys.readouterr().out


def test_the_document_is_written_once_and_then_found_right(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.answer("test", prints="\n".join(map(json.dumps, [{"type": "version"}, PLAN, {"type": "test_summary"}])))
    document = tmp_path / "infra.md"

    with pytest.raises(DocumentStale, match=r"infra\.md was out of date and is written anew"):
        write(Terraform(tmp_path), document)
    text = document.read_text("utf-8")
    write(Terraform(tmp_path), document)

    assert "\n2 resources, with the default variables" in text
    assert "| Network | VPC | 1 | 1 | [network.tf](../infra/network.tf) |  |" in text
    assert "| Messaging | SNS topic | 1 | 0 | " in text
    assert "| `aws_route` | 1 | [network.tf](../infra/network.tf) | to the internet |" in text
    assert "aws_partition" not in text
    assert "aws_dynamodb_table" not in text


def test_a_resource_that_nobody_described_is_named() -> None:
    with pytest.raises(UndescribedResource, match=r"says nothing about aws_kms_key\.$"):
        render([Resource("aws_kms_key.a", "aws_kms_key"), Resource("aws_vpc.main", "aws_vpc")], {})


def test_what_is_declared_by_an_app_is_said_to_come_from_chalice(tmp_path: Path) -> None:
    (tmp_path / "topics.tf").write_text('resource "aws_sns_topic" "a" {}\n# resource "aws_vpc" "old" {}\n')
    (tmp_path / "x_app").mkdir()
    (tmp_path / "x_app" / "main.tf.json").write_text('{"resource": {"aws_lambda_function": {}, "aws_sns_topic": {}}}')

    assert files_of_types(tmp_path, tmp_path) == {
        "aws_sns_topic": "[topics.tf](../infra/topics.tf), from Chalice",
        "aws_lambda_function": "from Chalice",
    }
