"""The names are those that the Terraform files and ``make run`` give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import resources
from tools.status.names import ENVIRONMENT, ENVIRONMENT_RULE, FUNCTIONS, PROJECT, PROJECT_RULE, deployed, on_laptop

INFRA = Path(__file__).resolve().parents[4] / "infra"


def terraform(name: str) -> str:
    return (INFRA / name).read_text("utf-8")


def variable(name: str) -> str:
    block = re.search(rf'variable "{name}" {{.*?^}}', terraform("variables.tf"), re.DOTALL | re.MULTILINE)
    assert block
    return block[0]


@pytest.mark.parametrize(
    ("name", "default", "rule"),
    [("project_name", PROJECT, PROJECT_RULE), ("environment", ENVIRONMENT, ENVIRONMENT_RULE)],
)
def test_defaults_and_rules_are_those_of_the_variables(name: str, default: str, rule: str) -> None:
    assert f'default     = "{default}"' in variable(name)
    assert f'regex("^{rule}$"' in variable(name)


def test_every_function_of_terraform_is_looked_at() -> None:
    functions = re.findall(r"^ +(\w+) += { memory_size = ", terraform("locals.tf"), re.MULTILINE)
    assert tuple(function.replace("_", "-") for function in functions) == FUNCTIONS


@pytest.mark.parametrize(
    ("file", "suffix", "name"),
    [
        ("alb.tf", "-alb", deployed("p", "e").load_balancer),
        ("alb.tf", "-bff", deployed("p", "e").target_group),
        ("messaging.tf", "-email-queue", deployed("p", "e").queue),
        ("messaging.tf", "-email-dlq", deployed("p", "e").dead_letter_queue),
    ],
)
def test_a_part_is_called_as_in_its_file(file: str, suffix: str, name: str) -> None:
    assert re.search(rf'name += "\${{local\.name}}{suffix}"', terraform(file))
    assert name == f"p-e{suffix}"


def test_apis_functions_alarms_and_metrics_are_called_as_in_their_files() -> None:
    names = deployed("p", "e")
    assert '"${local.name}-${each.key}-api"' in terraform("http_api.tf")
    assert names.apis == ("p-e-crud-api", "p-e-email-api")
    assert '"${local.name}-${replace(key, "_", "-")}"' in terraform("locals.tf")
    assert names.functions[2] == "p-e-publicar-pendientes"
    assert '"${local.name}-${each.key}"' in terraform("alarms.tf")
    assert names.alarm_prefix == "p-e-"
    assert "metric_namespace = local.name" in terraform("metrics.tf")
    assert names.metric_namespace == "p-e"


def test_the_laptop_has_the_names_of_make_run() -> None:
    assert on_laptop().queue == resources.QUEUE
    assert on_laptop().dead_letter_queue == resources.DEAD_LETTER_QUEUE
