"""Writes `docs/infra.md`: every resource of a plan with the default variables, beside the list of the original report.

`make infra-test` writes it, and fails if it was out of date. The plan comes from the mock provider
(`infra/tests/defaults.tftest.hcl`): no account is asked.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tools.terraform_cli import BUILD, INFRA, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tools.terraform_cli import Terraform

DOCUMENT = ROOT / "docs" / "infra.md"
DEFAULTS = "tests/defaults.tftest.hcl"


class DocumentFailed(Exception):
    """The base of what is wrong with the document; the message says what to do."""


class DocumentStale(DocumentFailed):
    """The document was out of date; it is written anew."""


class UndescribedResource(DocumentFailed):
    """A plan holds a type of resource that no table describes; the message names it."""


class Resource(NamedTuple):
    """One planned resource."""

    address: str
    type: str


@dataclass(frozen=True)
class Reported:
    """A line of the original report, and the types of resources that correspond to it."""

    group: str
    item: str
    count: int
    types: tuple[str, ...]
    remark: str = ""


# `archivos_obsoletos/TAREA2_ENTREGA_FINAL.md` of alex008c/CrudEmpleados, "Recursos Totales Desplegados".
REPORT = (
    Reported("Network", "VPC", 1, ("aws_vpc",)),
    Reported("Network", "public subnets", 2, ("aws_subnet",), "without a route to the internet, behind CloudFront"),
    Reported("Network", "internet gateway", 1, ("aws_internet_gateway",)),
    Reported("Network", "route tables", 2, ("aws_route_table",), "AWS makes the second with each VPC"),
    Reported("Network", "security group", 1, ("aws_security_group",)),
    Reported("Load balancing", "application load balancer", 1, ("aws_lb",)),
    Reported("Load balancing", "target group", 1, ("aws_lb_target_group",)),
    Reported("Load balancing", "listener", 1, ("aws_lb_listener",)),
    Reported(
        "Load balancing",
        "target group attachments",
        2,
        ("aws_lb_target_group_attachment",),
        "a target group of type Lambda takes one target",
    ),
    Reported("Compute", "Lambda functions", 3, ("aws_lambda_function",), "three apps; each trigger is a function"),
    Reported("API Gateway", "HTTP APIs", 2, ("aws_apigatewayv2_api",)),
    Reported("Messaging", "SNS topic", 1, ("aws_sns_topic",), "with those for SES's feedback and for alarms"),
    Reported("Messaging", "SQS queues (one of them a DLQ)", 2, ("aws_sqs_queue",), "and a DLQ for what SES says"),
    Reported("Monitoring", "alarms", 5, ("aws_cloudwatch_metric_alarm",), "each function has its own; see alarms.tf"),
    Reported("Monitoring", "dashboard", 1, ("aws_cloudwatch_dashboard",)),
    Reported(
        "IAM",
        "roles and policies (“10+”)",
        10,
        ("aws_iam_role", "aws_iam_role_policy"),
        "one of each for each function",
    ),
)
REPORTED_TOTAL = 51

# What the report's list does not name, and what it is for.
BEYOND = {
    "aws_apigatewayv2_authorizer": "no request without a token",
    "aws_apigatewayv2_integration": "HTTP API → Lambda, payload 2.0",
    "aws_apigatewayv2_route": "`$default`, and what needs no token",
    "aws_apigatewayv2_stage": "deploys itself; access log, throttling",
    "aws_cloudcontrolapi_resource": "the look of the sign-in page",
    "aws_cloudfront_distribution": "HTTPS, the page's files near the people",
    "aws_cloudfront_response_headers_policy": "HSTS and its like",
    "aws_cloudfront_vpc_origin": "the way from CloudFront to the load balancer",
    "aws_cloudwatch_event_rule": "the sweep of the outbox, every minute",
    "aws_cloudwatch_event_target": "rule → function",
    "aws_cloudwatch_log_delivery": "CloudFront's access log → bucket",
    "aws_cloudwatch_log_delivery_destination": "the bucket",
    "aws_cloudwatch_log_delivery_source": "CloudFront",
    "aws_cloudwatch_log_group": "logs of functions, HTTP APIs and firewall, with an end",
    "aws_cloudwatch_log_metric_filter": "metrics from logs: outbox, e-mails, database, refused requests",
    "aws_cognito_resource_server": "the roles as scopes, for programs",
    "aws_cognito_user_group": "the roles",
    "aws_cognito_user_pool": "the people who may sign in",
    "aws_cognito_user_pool_client": "the page",
    "aws_cognito_user_pool_domain": "the address of the sign-in page",
    "aws_default_security_group": "takes the rules out of the group that AWS makes with each VPC",
    "aws_dynamodb_table": "the ledger: one row an e-mail",
    "aws_lambda_function_event_invoke_config": "what registrar_resultado could not take → its queue",
    "aws_lambda_event_source_mapping": "queue → consumer, with partial failures",
    "aws_lambda_permission": "who may call which function",
    "aws_route": "to the internet",
    "aws_route_table_association": "subnet → route table",
    "aws_s3_bucket": "access logs of the page",
    "aws_s3_bucket_lifecycle_configuration": "deletes them",
    "aws_s3_bucket_ownership_controls": "they are the account's own",
    "aws_s3_bucket_policy": "who may write there",
    "aws_s3_bucket_public_access_block": "nobody else reads them",
    "aws_s3_bucket_server_side_encryption_configuration": "encrypted",
    "aws_sesv2_configuration_set": "reputation, suppression, feedback",
    "aws_sesv2_configuration_set_event_destination": "what became of each e-mail → feedback topic",
    "aws_sesv2_email_identity": "the sender",
    "aws_sns_topic_policy": "who may publish",
    "aws_sns_topic_subscription": "topic → queue, feedback → function",
    "aws_sqs_queue_policy": "only the topic may send",
    "aws_sqs_queue_redrive_allow_policy": "only the queue may use the DLQ",
    "aws_ssm_parameter": "the database's address, encrypted",
    "aws_vpc_security_group_egress_rule": "HTTPS to the AWS APIs",
    "aws_vpc_security_group_ingress_rule": "from CloudFront alone",
    "aws_wafv2_web_acl": "the firewall before the page",
    "aws_wafv2_web_acl_logging_configuration": "what it refused",
}


def planned_resources(terraform: Terraform) -> list[Resource]:
    """The resources of a plan with the default variables, in the order of their addresses.

    Raises:
        TerraformFailed: the test of the defaults fails.
    """
    events = [
        json.loads(line) for line in terraform.read("test", "-json", "-verbose", f"-filter={DEFAULTS}").splitlines()
    ]
    (plan,) = [event["test_plan"] for event in events if event["type"] == "test_plan"]
    changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
    return sorted(Resource(change["address"], change["type"]) for change in changes)


def files_of_types(infra: Path, modules: Path) -> dict[str, str]:
    """The files that declare each type of resource, as Markdown; what `make package` makes is called so."""
    found: dict[str, set[str]] = {}
    for file in sorted([*infra.glob("*.tf"), *infra.glob("waf/*.tf")]):
        for kind in re.findall(r'^resource "(\w+)"', file.read_text("utf-8"), re.MULTILINE):
            name = file.relative_to(infra).as_posix()
            found.setdefault(kind, set()).add(f"[{name}](../infra/{name})")
    for file in sorted(modules.glob("*_app/main.tf.json")):
        for kind in json.loads(file.read_text("utf-8"))["resource"]:
            found.setdefault(kind, set()).add("from Chalice")
    return {kind: ", ".join(sorted(files)) for kind, files in found.items()}


def render(resources: Iterable[Resource], files: Mapping[str, str]) -> str:
    """The document.

    Raises:
        UndescribedResource: there is a type in neither ``REPORT`` nor ``BEYOND``.
    """
    counts = Counter(resource.type for resource in resources)
    described = {kind for line in REPORT for kind in line.types} | set(BEYOND)
    if missing := sorted(set(counts) - described):
        raise UndescribedResource(f"tools/resources_table.py says nothing about {', '.join(missing)}.")
    named = sum(line.count for line in REPORT)
    return f"""<!-- Written by `make infra-test`. Changes here are lost. -->

# What a deployment consists of

{counts.total()} resources, with the default variables (`make plan` shows them for yours). The diagram is in
[the README](../README.md), the reasons stand beside the numbers in [`infra/`](../infra/).

## Beside the original's list

The report of the original project counts {REPORTED_TOTAL} resources, and names {named} of them (its “10+” roles and
policies taken as 10). The others are not named there, so that they cannot be compared one by one.

| group | the report names | there | here | file | |
|---|---|--:|--:|---|---|
{_report_lines(counts, files)}

## Beyond it

| resource | here | file | what for |
|---|--:|---|---|
{_beyond_lines(counts, files)}
"""


def _report_lines(counts: Mapping[str, int], files: Mapping[str, str]) -> str:
    lines = []
    for line in REPORT:
        here = sum(counts.get(kind, 0) for kind in line.types)
        where = ", ".join(dict.fromkeys(files[kind] for kind in line.types if kind in files))
        lines.append(f"| {line.group} | {line.item} | {line.count} | {here} | {where} | {line.remark} |")
    return "\n".join(lines)


def _beyond_lines(counts: Mapping[str, int], files: Mapping[str, str]) -> str:
    return "\n".join(
        f"| `{kind}` | {counts[kind]} | {files.get(kind, '')} | {reason} |"
        for kind, reason in BEYOND.items()
        if counts.get(kind)
    )


def write(terraform: Terraform, document: Path) -> None:
    """Write the document, if it is not what it should be.

    Raises:
        DocumentStale: it was not.
        TerraformFailed: the test of the defaults fails.
        UndescribedResource: see ``render``.
    """
    text = render(planned_resources(terraform), files_of_types(INFRA, BUILD))
    if not document.exists() or document.read_text("utf-8") != text:
        document.write_text(text, "utf-8")
        raise DocumentStale(f"{document.name} was out of date and is written anew: commit it.")
