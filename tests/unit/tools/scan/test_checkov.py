"""Checkov itself, with mistakes planted for it to find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.tools.scan.planted import OPEN_GROUP, OPEN_PORT
from tools.scan.checkov import run_checkov
from tools.scan.deployment import scan_modules
from tools.scan.report import ScanFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tools.scan.report import Report


def scan_text(folder: Path, text: str) -> Report:
    (folder / "main.tf").write_text(text)
    return run_checkov("terraform", "--directory", folder, base=folder)


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


def test_a_port_open_to_everybody_is_found_in_a_file(tmp_path: Path) -> None:
    found = [finding for finding in scan_text(tmp_path, OPEN_GROUP).findings if finding.rule == OPEN_PORT]

    assert [finding.where for finding in found] == ["main.tf:2 aws_security_group_rule.everybody"]
    assert "port 22" in found[0].text


def test_a_reason_beside_the_resource_is_accepted_and_a_rule_without_one_is_not(tmp_path: Path) -> None:
    with_reason = OPEN_GROUP.replace("{\n", f"{{\n  # checkov:skip={OPEN_PORT}:a honeypot\n", 1)
    without = OPEN_GROUP.replace("everybody", "nobody").replace("{\n", f"{{\n  # checkov:skip={OPEN_PORT}\n", 1)
    report = scan_text(tmp_path, with_reason + without)

    assert [(each.where.split()[1], each.text) for each in report.findings if each.rule == OPEN_PORT] == [
        ("aws_security_group_rule.nobody", "skipped without a reason")
    ]


def test_a_function_that_leaves_no_traces_is_found_in_a_module(tmp_path: Path) -> None:
    module = tmp_path / "build" / "crud_app" / "main.tf.json"
    module.parent.mkdir(parents=True)
    function = {"function_name": "f", "role": "r", "handler": "app.app", "runtime": "python3.11", "filename": "f.zip"}
    template = {"terraform": {"required_version": ">= 1.5"}, "resource": {"aws_lambda_function": {"f": function}}}
    module.write_text(json.dumps(template))

    report = scan_modules(tmp_path / "work", tmp_path / "build")

    assert "CKV_AWS_50" in rules(report), report
    assert all(finding.where.startswith("crud_app/main.tf.json:") for finding in report.findings)


def test_a_port_open_to_everybody_is_found_in_a_plan(tmp_path: Path) -> None:
    address = {"mode": "managed", "type": "aws_security_group_rule", "name": "everybody"}
    values = {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"], "protocol": "tcp", "from_port": 22, "to_port": 22}
    resource = {**address, "address": "aws_security_group_rule.everybody", "values": values}
    change = {
        **address,
        "address": resource["address"],
        "change": {"actions": ["create"], "before": None, "after": values},
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [resource]}},
        "resource_changes": [change],
        "configuration": {"root_module": {"resources": [{**address, "address": resource["address"]}]}},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))

    report = run_checkov("terraform_plan", "--file", tmp_path / "plan.json", base=tmp_path)

    assert OPEN_PORT in rules(report)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# nothing\n", "nothing to look at"),
        ('resource "aws_vpc" {{{\n' + OPEN_GROUP, "could not read|nothing to look at"),
    ],
    ids=["an empty file", "no Terraform"],
)
def test_what_cannot_be_read_is_no_pass(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ScanFailed, match=says):
        scan_text(tmp_path, text)


def test_a_checkov_that_breaks_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed, match="Checkov gave no report"):
        run_checkov("terraform", "--no-such-option", base=tmp_path)
