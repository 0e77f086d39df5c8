"""The assumptions that are stated elsewhere too agree with those places."""

import json
import re

import pytest

from tests.support.stack import ROOT
from tools.cost.model import ASSUMPTIONS

LEDGER = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text("utf-8"))


def terraform(name):
    return (ROOT / "infra" / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "pattern", "name"),
    [
        ("locals.tf", r" bff += { memory_size = (\d+)", "bff_memory_mb"),
        ("locals.tf", r" crud += { memory_size = (\d+)", "crud_memory_mb"),
        ("locals.tf", r" publicar_pendientes += { memory_size = (\d+)", "crud_memory_mb"),
        ("locals.tf", r" enviar_correos += { memory_size = (\d+)", "email_memory_mb"),
        ("locals.tf", r" registrar_resultado += { memory_size = (\d+)", "email_memory_mb"),
        ("locals.tf", r"alb_idle_timeout += (\d+)", "connection_seconds"),
        ("alb.tf", r"interval +=\s+(\d+)", "health_check_seconds"),
        ("variables.tf", r'variable "log_retention_days" {[^}]*?default +=\s+(\d+)', "log_days"),
        ("../email_app/chalicelib/correos/mail.py", r"KEPT = timedelta\(days=(\d+)\)", "ledger_days"),
    ],
)
def test_a_number_is_the_one_that_is_deployed(file, pattern, name):
    (number,) = re.findall(pattern, terraform(file))
    assert int(number) == ASSUMPTIONS[name]


def test_resources_are_counted():
    functions = re.findall(r"\w+ += { memory_size = \d+, timeout = \d+ }", terraform("locals.tf"))
    of_alb, of_each_function, *others = [
        len(re.findall(r"^ +description = ", part, re.MULTILINE))
        for part in re.split("function_alarms = |mail_alarms = |access_alarms = ", terraform("alarms.tf"))[:4]
    ]
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html: six for each route
    detailed = 6 * 2 if "detailed_metrics_enabled = true" in terraform("http_api.tf") else 0
    (subnets,) = re.findall(r"for index in (\[.*?\])", terraform("network.tf"))
    of_a_rule = r"^  rule \{|^    (?:AWSManagedRules|requests-per-)\w+ += "
    rules = re.findall(of_a_rule, terraform("waf/main.tf"), re.MULTILINE)
    encrypted = "".join(map(terraform, ("messaging.tf", "mail.tf", "ledger.tf")))
    indexes = len(LEDGER["GlobalSecondaryIndexes"])
    expected = {
        "alarms": of_alb + of_each_function * len(functions) + sum(others) + 1,  # and failed sign-ins
        "custom_metrics": len(set(re.findall(r'{ metric = "(\w+)"', terraform("metrics.tf")))) + detailed,
        "zones": len(json.loads(subnets)),
        "firewall_rules": len(rules),
        "keyed_resources": len(re.findall(r"kms\w+ += local\.key_arn", encrypted)),
        "ledger_copies": 1 + indexes,
        "ledger_writes": (1 + indexes) + 2 * (1 + indexes + 1),  # created, then two changes that move an index's row
    }
    assert {name: int(ASSUMPTIONS[name]) for name in expected} == expected
    assert {index["Projection"]["ProjectionType"] for index in LEDGER["GlobalSecondaryIndexes"]} == {"ALL"}
