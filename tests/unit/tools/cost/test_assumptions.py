"""The assumptions that are written down elsewhere too are compared with where they live."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.cost.assumptions import Assumptions

ROOT = Path(__file__).resolve().parents[4]
GIVEN = Assumptions()


def terraform(name: str) -> str:
    return (ROOT / "infra" / name).read_text("utf-8")


def number(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    assert match, f"{pattern} is no longer there"
    return int(match[1])


FUNCTIONS = re.findall(r"(\w+) += { memory_size = (\d+), timeout = \d+ }", terraform("locals.tf"))


@pytest.mark.parametrize(
    ("function", "assumed"),
    [
        ("bff", GIVEN.bff_memory_mb),
        ("crud", GIVEN.crud_memory_mb),
        ("publicar_pendientes", GIVEN.crud_memory_mb),
        ("enviar_correos", GIVEN.email_memory_mb),
        ("registrar_resultado", GIVEN.email_memory_mb),
    ],
)
def test_functions_have_the_memory_that_is_priced(function: str, assumed: int) -> None:
    assert int(dict(FUNCTIONS)[function]) == assumed


def test_alarms_are_counted() -> None:
    names = r"function_alarms = |mail_alarms = |access_alarms = "
    of_alb, of_each_function, *others = [
        len(re.findall(r"^ +description = ", part, re.MULTILINE))
        for part in re.split(names, terraform("alarms.tf"))[:4]
    ]
    assert of_alb + of_each_function * len(FUNCTIONS) + sum(others) == GIVEN.alarms


def test_custom_metrics_are_counted() -> None:
    from_logs = len(set(re.findall(r'{ metric = "(\w+)"', terraform("metrics.tf"))))
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html: six for each route
    detailed = 6 * 2 if "detailed_metrics_enabled = true" in terraform("http_api.tf") else 0
    assert from_logs + detailed == GIVEN.custom_metrics


def test_the_load_balancer_checks_and_listens_as_priced() -> None:
    assert number(r"interval +=\s+(\d+)", terraform("alb.tf")) == GIVEN.health_check_seconds
    assert number(r"alb_idle_timeout += (\d+)", terraform("locals.tf")) == GIVEN.connection_seconds
    subnets = re.search(r'variable "subnet_cidrs".*?default += (\[.*?\])', terraform("variables.tf"), re.DOTALL)
    assert subnets
    assert len(json.loads(subnets[1])) == GIVEN.zones


def test_logs_are_kept_as_long_as_priced() -> None:
    retention = r'variable "log_retention_days" {[^}]*?default +=\s+(\d+)'
    assert number(retention, terraform("variables.tf")) == GIVEN.log_days


def test_the_ledger_is_indexed_and_kept_as_priced() -> None:
    folder = ROOT / "email_app" / "chalicelib" / "correos"
    indexes = json.loads((folder / "ledger_table.json").read_text("utf-8"))["GlobalSecondaryIndexes"]
    assert {index["Projection"]["ProjectionType"] for index in indexes} == {"ALL"}
    assert 1 + len(indexes) == GIVEN.ledger_copies
    create, change_of_state = 1 + len(indexes), 1 + len(indexes) + 1
    assert create + 2 * change_of_state == GIVEN.ledger_writes
    assert number(r"KEPT = timedelta\(days=(\d+)\)", (folder / "mail.py").read_text("utf-8")) == GIVEN.ledger_days


def test_the_firewall_has_the_rules_that_are_priced() -> None:
    own = len(re.findall(r"^  rule \{", terraform("waf/main.tf"), re.MULTILINE))
    groups = len(re.findall(r"^    AWSManagedRules\w+ += ", terraform("waf/main.tf"), re.MULTILINE))
    assert own + groups == GIVEN.firewall_rules


def test_the_key_is_used_where_it_is_priced() -> None:
    uses = [
        len(re.findall(r"kms\w+ += local\.key_arn", terraform(name)))
        for name in ("messaging.tf", "mail.tf", "ledger.tf")
    ]
    assert sum(uses) == GIVEN.keyed_resources
