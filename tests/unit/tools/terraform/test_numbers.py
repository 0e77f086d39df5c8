"""Numbers and names that stand in more than one place, because Terraform, Chalice and Python each need them."""

import json
import re
from itertools import pairwise
from pathlib import Path

from chalicelib.directorio.database import CONNECT_SECONDS, LOCK_SECONDS, STATEMENT_SECONDS
from chalicelib.web import limits
from local import resources
from tools import place

ROOT = Path(__file__).resolve().parents[4]
INFRA = ROOT / "infra"
LOCALS, METRICS = ((INFRA / name).read_text("utf-8") for name in ("locals.tf", "metrics.tf"))
# Memory (MB) and time-out (s) by function.
SIZES = {
    name: (int(memory), int(timeout))
    for name, memory, timeout in re.findall(
        r"^    (\w+)\s*= \{ memory_size = (\d+), timeout = (\d+) \}$", LOCALS, re.MULTILINE
    )
}
# Their names in the apps. Of an HTTP API there is one in each.
FUNCTIONS = {name: name for name in SIZES} | dict.fromkeys(("bff", "crud", "email"), "api_handler")
APPS = {"bff": "bff_app", "crud": "crud_app", "publicar_pendientes": "crud_app"}


def seconds(name):
    (value,) = re.findall(rf"^  {name}\s*= (\d+)$", LOCALS, re.MULTILINE)
    return float(value)


def test_inner_time_outs_fire_first():
    """An outer one would answer with a page of AWS instead of our problem document."""
    chain = {
        "load balancer": seconds("alb_idle_timeout"),
        "health check": seconds("health_check_timeout"),
        "bff_app": SIZES["bff"][1],
        "bff_app's client": limits.TOTAL_SECONDS,
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html: 30 s at most.
        "HTTP API": seconds("http_api_timeout"),
        "crud_app, email_app": max(SIZES["crud"][1], SIZES["email"][1]),
        "statement": STATEMENT_SECONDS,
        "connection": CONNECT_SECONDS,
        "lock": LOCK_SECONDS,
    }

    for outer, inner in pairwise(chain.items()):
        assert outer[1] > inner[1], f"{outer} must be longer than {inner}"
    # A 503 of the HTTP API is a refusal only before a function can have timed out.
    assert min(SIZES["crud"][1], SIZES["email"][1]) > limits.SHED_SECONDS


def test_chalice_and_terraform_know_the_same_sizes():
    """`make run` takes them from Chalice's configuration."""
    known = {}
    for name, function in FUNCTIONS.items():
        app = APPS.get(name, "email_app")
        configuration = json.loads((ROOT / app / ".chalice" / "config.json").read_text("utf-8"))
        configuration |= configuration.get("lambda_functions", {}).get(function, {})
        known[name] = (configuration["lambda_memory_size"], configuration["lambda_timeout"])

    assert known == SIZES


def test_a_command_looks_for_the_names_that_terraform_and_make_run_give():
    for file, text in (
        ("variables.tf", f'default     = "{place.PROJECT}"'),
        ("variables.tf", f'default     = "{place.ENVIRONMENT}"'),
        ("messaging.tf", f'"${{local.name}}-{place.QUEUE}"'),
        ("messaging.tf", f'"${{local.name}}-{place.DEAD_LETTER_QUEUE}"'),
        ("ledger.tf", f'"${{local.name}}-{place.LEDGER}"'),
        ("alb.tf", 'alb_kind    = local.is_internal ? "{}" : "{}"'.format(*place.BALANCERS)),
        ("alb.tf", '"${local.name}-${local.alb_kind}"'),
        ("locals.tf", '"${local.name}-${replace(key, "_", "-")}"'),
        ("http_api.tf", '"${local.name}-${each.key}-api"'),
        ("alarms.tf", '"${local.name}-${each.key}"'),
        ("metrics.tf", "metric_namespace = local.name"),
    ):
        assert text in (INFRA / file).read_text("utf-8"), f"{file} has another name than tools/place.py: {text}"
    assert tuple(name.replace("_", "-") for name in SIZES) == place.FUNCTIONS
    assert place.APIS == ("crud-api", "email-api")
    named = [f"{place.PROJECT}-{part}" for part in (place.QUEUE, place.DEAD_LETTER_QUEUE, place.LEDGER)]
    assert named == [resources.QUEUE, resources.DEAD_LETTER_QUEUE, resources.LEDGER_TABLE]


def test_metrics_read_fields_that_the_apps_log():
    folders = ("crud_app/chalicelib", "email_app/chalicelib", "libs/chalice-frontdoor/src")
    logged = "".join(path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))

    # infra/tests/defaults.tftest.hcl looks for these two in the access log's format.
    fields = set(re.findall(r"\$\.(\w+)", METRICS)) - {"status", "integrationStatus"}
    assert len(fields) == 5
    assert [field for field in fields if f'"{field}": ' not in logged and f'note("{field}", ' not in logged] == []


def test_metrics_count_results_that_email_app_knows():
    known = "".join(path.read_text("utf-8") for path in (ROOT / "email_app" / "chalicelib").rglob("*.py")).lower()

    results = re.findall(r'resultado = \\"(\w+)\\"', METRICS)
    assert len(results) == 4
    assert [result for result in results if f'"{result}"' not in known] == []


def test_the_firewall_takes_the_bodies_that_a_load_balancer_passes_to_a_lambda():
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html: 1 MB."""
    assert '"^[0-9]{7,}$"' in (INFRA / "waf" / "main.tf").read_text("utf-8")
