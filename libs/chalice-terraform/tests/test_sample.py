"""The sample root module, with the app beside it: Terraform accepts it, and plans it without an account."""

import json
import shutil
from pathlib import Path

import pytest

from chalice_terraform.__main__ import main
from tools.terraform_cli import Terraform, TerraformFailed, find_program

SAMPLE = Path(__file__).parents[1] / "sample"
#: Instead of the credentials of an account.
NO_ACCOUNT = """
provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}
"""


def test_the_sample_root_module_validates_and_plans(tmp_path):
    try:
        find_program()
    except TerraformFailed as missing:
        pytest.skip(str(missing))
    folder = shutil.copytree(SAMPLE, tmp_path / "sample")
    (folder / "override.tf").write_text(NO_ACCOUNT)
    assert main([str(folder / "build"), str(folder / "greeter")]) == 0

    terraform = Terraform(folder)
    terraform.init("-backend=false")
    terraform.read("validate")
    terraform.read("plan", "-input=false", "-out=plan")
    planned = json.loads(terraform.read("show", "-json", "plan"))["resource_changes"]

    kinds = {change["type"] for change in planned if change["address"].startswith("module.greeter.")}
    assert {"aws_lambda_function", "aws_lambda_event_source_mapping", "aws_cloudwatch_event_rule"} <= kinds
    functions = [change["change"]["after"] for change in planned if change["type"] == "aws_lambda_function"]
    decided = ("memory_size", "timeout", "reserved_concurrent_executions", "publish")
    assert {function["function_name"]: [function[name] for name in decided] for function in functions} == {
        "greeter-dev-api_handler": [256, 30, -1, False],
        "greeter-dev-deliver": [256, 60, -1, False],
        "greeter-dev-tick": [256, 60, 1, False],
    }
    for function in functions:
        assert function["tracing_config"] == [{"mode": "Active"}]
        [logging] = function["logging_config"]
        assert (logging["log_format"], logging["log_group"][:19]) == ("JSON", "/aws/lambda/greeter")
