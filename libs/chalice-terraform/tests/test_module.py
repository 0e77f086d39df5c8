"""What becomes of the Terraform that Chalice writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_terraform.errors import UnknownTemplate
from chalice_terraform.module import adapt

FUNCTIONS = {"api_handler", "sweep", "deliver", "file_receipt"}


def test_only_what_is_reviewed_is_left_of_the_template(template: dict[str, Any]) -> None:
    module = adapt(template)

    assert set(module) == {"//", "terraform", "variable", "locals", "resource", "output"}
    assert set(module["resource"]) == {
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_lambda_alias",
        "aws_lambda_event_source_mapping",
        "aws_lambda_function",
        "aws_lambda_permission",
        "aws_sns_topic_subscription",
    }


def test_nothing_of_the_rest_api_is_left(template: dict[str, Any]) -> None:
    text = json.dumps(adapt(template))

    assert "api_gateway" not in text
    assert "swagger" not in text
    assert "apigateway.amazonaws.com" not in text


def test_neither_old_versions_nor_other_providers_are_asked_for(template: dict[str, Any]) -> None:
    assert adapt(template)["terraform"] == {
        "required_version": ">= 1.5",
        "required_providers": {"aws": {"source": "hashicorp/aws"}},
    }


def test_a_function_keeps_its_code_and_environment_and_takes_the_rest_from_variables(template: dict[str, Any]) -> None:
    function = adapt(template)["resource"]["aws_lambda_function"]["deliver"]

    assert function == {
        "function_name": '${var.functions["deliver"].name}',
        "handler": "app.deliver",
        "runtime": template["resource"]["aws_lambda_function"]["deliver"]["runtime"],
        "architectures": ["x86_64"],
        "environment": {"variables": {"CITY": "${var.city}"}},
        "filename": "${path.module}/deployment.zip",
        "source_code_hash": '${filebase64sha256("${path.module}/deployment.zip")}',
        "role": '${var.functions["deliver"].role_arn}',
        "memory_size": '${var.functions["deliver"].memory_size}',
        "timeout": '${var.functions["deliver"].timeout}',
        "reserved_concurrent_executions": '${var.functions["deliver"].reserved_concurrency}',
        "publish": '${var.functions["deliver"].snapstart}',
        "dynamic": {
            "snap_start": {
                "for_each": '${var.functions["deliver"].snapstart ? [1] : []}',
                "content": {"apply_on": "PublishedVersions"},
            }
        },
        "tracing_config": {"mode": "Active"},
        "logging_config": {
            "log_format": "JSON",
            "log_group": '${var.functions["deliver"].log_group}',
            "application_log_level": "INFO",
            "system_log_level": "INFO",
        },
    }


def test_every_function_of_the_app_is_there(template: dict[str, Any]) -> None:
    module = adapt(template)

    assert set(module["resource"]["aws_lambda_function"]) == FUNCTIONS
    assert module["output"]["functions"]["value"]["sweep"] == {
        "name": "${aws_lambda_function.sweep.function_name}",
        "arn": "${local.live.sweep.arn}",
        "invoke_arn": "${local.live.sweep.invoke_arn}",
        "qualifier": "${local.live.sweep.qualifier}",
    }


def test_with_snapstart_an_alias_names_the_newest_version(template: dict[str, Any]) -> None:
    module = adapt(template)

    assert set(module["resource"]["aws_lambda_alias"]) == FUNCTIONS
    assert module["resource"]["aws_lambda_alias"]["sweep"] == {
        "count": '${var.functions["sweep"].snapstart ? 1 : 0}',
        "name": "live",
        "description": "The newest version, which starts from its snapshot.",
        "function_name": "${aws_lambda_function.sweep.function_name}",
        "function_version": "${aws_lambda_function.sweep.version}",
    }
    assert module["locals"]["live"]["sweep"] == {
        "arn": '${var.functions["sweep"].snapstart ? one(aws_lambda_alias.sweep[*].arn) '
        ": aws_lambda_function.sweep.arn}",
        "invoke_arn": '${var.functions["sweep"].snapstart ? one(aws_lambda_alias.sweep[*].invoke_arn) '
        ": aws_lambda_function.sweep.invoke_arn}",
        "qualifier": "${one(aws_lambda_alias.sweep[*].name)}",
    }


def test_what_starts_a_function_calls_what_is_live_and_may(template: dict[str, Any]) -> None:
    resources = adapt(template)["resource"]
    (schedule,) = resources["aws_cloudwatch_event_target"].values()
    (subscription,) = resources["aws_sns_topic_subscription"].values()
    qualifiers = {block["qualifier"] for block in resources["aws_lambda_permission"].values()}

    assert schedule["arn"] == "${local.live.sweep.arn}"
    assert subscription["endpoint"] == "${local.live.file_receipt.arn}"
    assert qualifiers == {"${local.live.sweep.qualifier}", "${local.live.file_receipt.qualifier}"}


def test_a_trigger_of_something_else_stops_the_build(template: dict[str, Any]) -> None:
    (subscription,) = template["resource"]["aws_sns_topic_subscription"].values()
    subscription["endpoint"] = "https://example.com"

    with pytest.raises(UnknownTemplate, match=r"https://example\.com is no function's ARN"):
        adapt(template)


def test_a_queue_is_read_with_partial_failures_and_a_limit(template: dict[str, Any]) -> None:
    (mapping,) = adapt(template)["resource"]["aws_lambda_event_source_mapping"].values()

    assert mapping == {
        "event_source_arn": '${var.queues["letters"].arn}',
        "function_name": "${local.live.deliver.arn}",
        "batch_size": 5,
        "maximum_batching_window_in_seconds": 0,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": '${var.queues["letters"].maximum_concurrency}'},
    }


def test_a_topic_may_call_its_function_and_only_that_topic(template: dict[str, Any]) -> None:
    resources = adapt(template)["resource"]
    (subscription,) = resources["aws_sns_topic_subscription"].values()
    (permission,) = [
        each for each in resources["aws_lambda_permission"].values() if each["principal"] == "sns.amazonaws.com"
    ]

    assert subscription["topic_arn"] == permission["source_arn"] == '${var.topics["receipts"].arn}'


def test_a_schedule_is_named_after_the_environment(template: dict[str, Any]) -> None:
    module = adapt(template)
    (rule,) = module["resource"]["aws_cloudwatch_event_rule"].values()

    assert rule["name"] == "${var.name_prefix}-sweep"
    assert rule["schedule_expression"] == "rate(1 minute)"
    assert module["output"]["schedules"]["value"] == {
        "sweep": {
            "name": "${aws_cloudwatch_event_rule.sweep-event.name}",
            "arn": "${aws_cloudwatch_event_rule.sweep-event.arn}",
        }
    }


def test_office_hours_may_switch_a_schedule_without_a_plan_undoing_it(template: dict[str, Any]) -> None:
    (rule,) = adapt(template)["resource"]["aws_cloudwatch_event_rule"].values()

    assert rule["lifecycle"] == {"ignore_changes": ["state"]}


def test_every_variable_that_is_used_is_declared(template: dict[str, Any]) -> None:
    variables = adapt(template)["variable"]

    assert set(variables) == {"name_prefix", "functions", "queues", "topics", "city"}
    assert all(variable["type"] and variable["description"] for variable in variables.values())


def test_a_function_or_queue_that_infra_does_not_know_is_named_in_a_sentence(template: dict[str, Any]) -> None:
    variables = adapt(template)["variable"]

    assert variables["functions"]["validation"] == {
        "condition": '${toset(keys(var.functions)) == toset(["api_handler", "deliver", "file_receipt", "sweep"])}',
        "error_message": "The app has exactly these functions: api_handler, deliver, file_receipt, sweep.",
    }
    assert variables["queues"]["validation"]["error_message"] == "The app has exactly these queues: letters."


def test_an_app_with_routes_only_has_no_empty_blocks(template: dict[str, Any]) -> None:
    """Terraform refuses an empty map in JSON."""
    kept = {"aws_lambda_function", "aws_api_gateway_rest_api", "aws_lambda_permission"}
    template["resource"] = {kind: blocks for kind, blocks in template["resource"].items() if kind in kept}
    template["resource"]["aws_lambda_permission"] = {
        name: block
        for name, block in template["resource"]["aws_lambda_permission"].items()
        if name == "rest_api_invoke"
    }

    module = adapt(template)

    assert set(module["resource"]) == {"aws_lambda_alias", "aws_lambda_function"}
    assert "queues" not in module["variable"]
    assert "topics" not in module["variable"]


def test_a_resource_that_nobody_reviewed_stops_the_build(template: dict[str, Any]) -> None:
    template["resource"]["aws_apigatewayv2_api"] = {"websocket_api": {}}

    with pytest.raises(UnknownTemplate, match="aws_apigatewayv2_api"):
        adapt(template)


def test_network_and_tags_of_a_function_are_kept_but_for_the_tag_of_chalice(template: dict[str, Any]) -> None:
    network = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    template["resource"]["aws_lambda_function"]["sweep"] |= {
        "vpc_config": network,
        "tags": {"aws-chalice": "version=1.34.0", "team": "people"},
    }

    function = adapt(template)["resource"]["aws_lambda_function"]["sweep"]

    assert (function["vpc_config"], function["tags"]) == (network, {"team": "people"})


def test_a_setting_of_a_function_that_would_be_lost_stops_the_build(template: dict[str, Any]) -> None:
    template["resource"]["aws_lambda_function"]["sweep"]["dead_letter_config"] = {}

    with pytest.raises(UnknownTemplate, match="sweep: Chalice set dead_letter_config"):
        adapt(template)


def test_an_environment_variable_may_not_refer_to_what_a_module_cannot_see(template: dict[str, Any]) -> None:
    functions = template["resource"]["aws_lambda_function"]
    functions["sweep"]["environment"]["variables"]["QUEUE"] = "${aws_sqs_queue.email.url}"

    with pytest.raises(UnknownTemplate, match=r"sweep.*QUEUE.*aws_sqs_queue.*config\.json"):
        adapt(template)


def test_a_queue_given_by_arn_stops_the_build(template: dict[str, Any]) -> None:
    (mapping,) = template["resource"]["aws_lambda_event_source_mapping"].values()
    mapping["event_source_arn"] = "${aws_sqs_queue.email.arn}"

    with pytest.raises(UnknownTemplate, match="plainly"):
        adapt(template)
