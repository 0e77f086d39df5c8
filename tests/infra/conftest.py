"""Terraform's own tests, with a mock provider. Each folder of them runs once, and tests look at what came of it."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.guardian import Child
from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program

# A data folder of its own: the tests must not touch a backend and workspace in infra/.terraform.
DATA = BUILD / "infra-test"


@dataclass
class Runs:
    """What the runs of one folder planned and made."""

    errors: list[str] = field(default_factory=list)
    changes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # of each plan, by its run
    resources: list[dict[str, Any]] = field(default_factory=list)  # of all states


def run_tests(*arguments, **environment):
    """Run `terraform test`, which ends with this process; a run that fails is among the errors."""
    environment = {**os.environ, "TF_DATA_DIR": str(DATA), **environment}
    Terraform(INFRA, environment).init("-backend=false", "-lockfile=readonly")
    command = [find_program(), f"-chdir={INFRA}", "test", "-json", "-verbose", *arguments]
    process = Child(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed, _ = process.communicate()
    process.stop()
    runs = Runs()
    for line in printed.splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        match event.get("type"):
            case "diagnostic" if event["@level"] == "error":
                runs.errors.append(f"{event.get('@testrun')}: {event['@message']}: {event['diagnostic']['detail']}")
            case "test_plan":
                runs.changes[event["@testrun"]] = event["test_plan"].get("resource_changes", [])
            case "test_state":
                runs.resources += event["test_state"]["root_module"]["resources"]
            case "test_summary":
                runs.errors += [event["@message"]] * (event["test_summary"]["status"] != "pass")
                break
    else:
        runs.errors.append(printed)
    return runs


@pytest.fixture(scope="session", autouse=True)
def _terraform():
    try:
        find_program()
    except TerraformFailed as missing:
        pytest.skip(f"{missing}")
