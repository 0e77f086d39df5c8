"""Numbers that stand in more than one place, because Terraform, Chalice and Python each need them."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
INFRA = ROOT / "infra"

SIZES = re.compile(r"^    (\w+)\s*= \{ memory_size = (\d+), timeout = (\d+) \}$", re.MULTILINE)
# The functions of infra/locals.tf, by app and by their names in the app.
FUNCTIONS = {
    ("bff_app", "api_handler"): "bff",
    ("crud_app", "api_handler"): "crud",
    ("crud_app", "publicar_pendientes"): "publicar_pendientes",
    ("email_app", "api_handler"): "email",
    ("email_app", "enviar_correos"): "enviar_correos",
    ("email_app", "registrar_resultado"): "registrar_resultado",
}


# infra/tests/alarms.tftest.hcl looks for them in the access log's format.
OF_THE_ACCESS_LOG = ("status", "integrationStatus")


def sizes() -> dict[str, tuple[int, int]]:
    """Memory (MB) and time-out (s) by function, as infra/locals.tf has them."""
    text = (INFRA / "locals.tf").read_text("utf-8")
    return {name: (int(memory), int(timeout)) for name, memory, timeout in SIZES.findall(text)}


def terraform_local(name: str) -> float:
    (value,) = re.findall(rf"^  {name}\s*= (\d+)$", (INFRA / "locals.tf").read_text("utf-8"), re.MULTILINE)
    return float(value)


def python_constant(path: str, name: str) -> float:
    """A number that a module assigns to ``name``, read without importing the module."""
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if [target.id for target in targets if isinstance(target, ast.Name)] == [name]:
            return float(ast.literal_eval(node.value))  # type: ignore[attr-defined] - an assignment, as was asked
    raise AssertionError(f"{path} has no number {name}")


def test_inner_time_outs_fire_first() -> None:
    """An outer one would answer with a page of AWS instead of our problem document."""
    functions = sizes()
    chain = [
        ("load balancer", terraform_local("alb_idle_timeout")),
        ("health check", terraform_local("health_check_timeout")),
        ("bff_app", functions["bff"][1]),
        ("bff_app's client", python_constant("bff_app/chalicelib/web/limits.py", "TOTAL_SECONDS")),
        ("HTTP API", terraform_local("http_api_timeout")),
        ("crud_app", functions["crud"][1]),
        ("statement", python_constant("crud_app/chalicelib/directorio/database.py", "STATEMENT_SECONDS")),
        ("connection", python_constant("crud_app/chalicelib/directorio/database.py", "CONNECT_SECONDS")),
        ("lock", python_constant("crud_app/chalicelib/directorio/database.py", "LOCK_SECONDS")),
    ]

    for outer, inner in pairwise(chain):
        assert outer[1] > inner[1], f"{outer} must be longer than {inner}"


def test_the_http_api_waits_longer_than_either_of_its_functions() -> None:
    functions = sizes()

    assert terraform_local("http_api_timeout") > max(functions["crud"][1], functions["email"][1])


def test_a_503_of_the_http_api_is_taken_for_a_refusal_only_before_a_function_can_have_timed_out() -> None:
    functions = sizes()

    shed = python_constant("bff_app/chalicelib/web/limits.py", "SHED_SECONDS")
    assert shed < min(functions["crud"][1], functions["email"][1])


def test_http_apis_allow_what_is_asked_of_them() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html: 30 s at most."""
    assert terraform_local("http_api_timeout") <= 30


@pytest.mark.parametrize(("app", "function"), FUNCTIONS)
def test_chalice_and_terraform_know_the_same_sizes(app: str, function: str) -> None:
    """`make run` takes them from Chalice's configuration."""
    configuration = json.loads((ROOT / app / ".chalice" / "config.json").read_text("utf-8"))
    configuration |= configuration.get("lambda_functions", {}).get(function, {})

    memory_and_timeout = configuration["lambda_memory_size"], configuration["lambda_timeout"]
    assert memory_and_timeout == sizes()[FUNCTIONS[app, function]]


def test_every_function_is_compared() -> None:
    assert set(sizes()) == set(FUNCTIONS.values())


@pytest.mark.parametrize(
    ("field", "folder"),
    [
        ("atraso_s", "crud_app/chalicelib"),
        ("database_ms", "crud_app/chalicelib"),
        ("resultado", "email_app/chalicelib"),
        ("refusal", "libs/chalice-frontdoor/src"),
    ],
)
def test_metrics_read_fields_that_the_apps_log(field: str, folder: str) -> None:
    logged = "".join(path.read_text("utf-8") for path in (ROOT / folder).rglob("*.py"))

    assert f"$.{field} " in (INFRA / "metrics.tf").read_text("utf-8")
    assert f'"{field}": ' in logged or f'note("{field}", ' in logged


def test_no_metric_reads_another_field() -> None:
    read = set(re.findall(r"\$\.(\w+)", (INFRA / "metrics.tf").read_text("utf-8")))

    assert read == {"atraso_s", "database_ms", "resultado", "refusal", *OF_THE_ACCESS_LOG}


@pytest.mark.parametrize("result", re.findall(r'resultado = \\"(\w+)\\"', (INFRA / "metrics.tf").read_text("utf-8")))
def test_metrics_count_results_that_email_app_knows(result: str) -> None:
    known = "".join(
        (ROOT / "email_app" / "chalicelib" / "correos" / name).read_text("utf-8") for name in ("mail.py", "consumer.py")
    )

    assert f'"{result}"' in known.lower()
