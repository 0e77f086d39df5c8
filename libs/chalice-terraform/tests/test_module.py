"""What becomes of the Terraform that Chalice writes."""

import json

import pytest

from chalice_terraform.errors import PackagingFailed
from chalice_terraform.module import adapt

FUNCTIONS = {"api_handler", "tick", "deliver", "file_receipt"}


def only(blocks):
    (block,) = blocks.values()
    return block


def test_only_what_is_reviewed_is_left_of_the_template(template):
    module = adapt(template)

    assert set(module) == {"//", "terraform", "variable", "locals", "resource", "output"}
    triggers = {"cloudwatch_event_rule", "cloudwatch_event_target", "sns_topic_subscription"}
    of_lambda = {"alias", "event_source_mapping", "function", "permission"}
    kinds = {f"aws_{kind}" for kind in triggers} | {f"aws_lambda_{kind}" for kind in of_lambda}
    assert set(module["resource"]) == kinds
    assert set(module["resource"]["aws_lambda_function"]) == set(module["resource"]["aws_lambda_alias"]) == FUNCTIONS
    assert not [word for word in ("api_gateway", "swagger", "apigateway.amazonaws.com") if word in json.dumps(module)]
    # Neither old versions nor other providers.
    assert module["terraform"] == {
        "required_version": ">= 1.5",
        "required_providers": {"aws": {"source": "hashicorp/aws"}},
    }


def test_a_function_keeps_its_code_and_environment_and_with_snapstart_an_alias_names_its_newest_version(template):
    """The plan of the sample shows what the variables decide."""
    network = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    written = template["resource"]["aws_lambda_function"]["tick"]
    written |= {"vpc_config": network, "tags": {"aws-chalice": "version=1.34.0", "team": "people"}}
    module = adapt(template)
    function, alias = (module["resource"][f"aws_lambda_{kind}"]["tick"] for kind in ("function", "alias"))

    kept = ("handler", "runtime", "environment", "vpc_config")
    assert {name: function[name] for name in kept} == {name: written[name] for name in kept}
    assert function["tags"] == {"team": "people"}  # without Chalice's own, which changes with its version
    assert function["dynamic"]["snap_start"]["content"] == {"apply_on": "PublishedVersions"}
    assert (alias["count"], alias["name"]) == ('${var.functions["tick"].snapstart ? 1 : 0}', "live")
    for kind in ("aws_lambda_alias", "aws_lambda_permission", "aws_sns_topic_subscription"):
        blocks = module["resource"][kind].values()
        assert all(block["lifecycle"] == {"create_before_destroy": True} for block in blocks), kind
    assert alias["function_version"] == "${aws_lambda_function.tick.version}"
    chosen = '${var.functions["tick"].snapstart ? one(aws_lambda_alias.tick[*].'
    assert module["locals"]["live"]["tick"] == {
        "name": "${aws_lambda_function.tick.function_name}",
        "arn": chosen + "arn) : aws_lambda_function.tick.arn}",
        "invoke_arn": chosen + "invoke_arn) : aws_lambda_function.tick.invoke_arn}",
        "qualifier": "${one(aws_lambda_alias.tick[*].name)}",
    }
    assert module["output"]["functions"]["value"] == "${local.live}"


def test_triggers_call_what_is_live_and_only_they_may(template):
    module = adapt(template)
    resources = module["resource"]
    subscription, rule = only(resources["aws_sns_topic_subscription"]), only(resources["aws_cloudwatch_event_rule"])
    permissions = {each["principal"]: each for each in resources["aws_lambda_permission"].values()}

    assert only(resources["aws_lambda_event_source_mapping"]) == {
        "event_source_arn": '${var.queues["greetings"].arn}',
        "function_name": "${local.live.deliver.arn}",
        "batch_size": 1,
        "maximum_batching_window_in_seconds": 0,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": '${var.queues["greetings"].maximum_concurrency}'},
    }
    assert subscription["endpoint"] == "${local.live.file_receipt.arn}"
    assert (
        subscription["topic_arn"] == permissions["sns.amazonaws.com"]["source_arn"] == '${var.topics["receipts"].arn}'
    )
    assert permissions["sns.amazonaws.com"]["qualifier"] == "${local.live.file_receipt.qualifier}"
    assert only(resources["aws_cloudwatch_event_target"])["arn"] == "${local.live.tick.arn}"
    assert permissions["events.amazonaws.com"]["qualifier"] == "${local.live.tick.qualifier}"
    # Named after the environment; another schedule may switch it off without a plan undoing that.
    assert (rule["name"], rule["schedule_expression"]) == ("${var.name_prefix}-tick", "rate(1 hour)")
    assert rule["lifecycle"] == {"ignore_changes": ["state"]}
    assert module["output"]["schedules"]["value"]["tick"]["arn"] == "${aws_cloudwatch_event_rule.tick-event.arn}"


def test_variables_are_declared_and_name_every_function_and_queue(template):
    variables = adapt(template)["variable"]

    assert set(variables) == {"name_prefix", "functions", "queues", "topics", "city"}
    assert all(variable["type"] and variable["description"] for variable in variables.values())
    assert variables["functions"]["validation"][0] == {
        "condition": '${toset(keys(var.functions)) == toset(["api_handler", "deliver", "file_receipt", "tick"])}',
        "error_message": "The app has exactly these functions: api_handler, deliver, file_receipt, tick.",
    }
    assert variables["queues"]["validation"]["error_message"] == "The app has exactly these queues: greetings."


def test_an_app_with_routes_and_an_authorizer_only_has_no_empty_blocks(template):
    """Terraform refuses an empty map in JSON. The root module makes the function the authorizer of its own API."""
    kinds = template["resource"]
    invoke = kinds["aws_lambda_permission"]["rest_api_invoke"]
    functions = {name: kinds["aws_lambda_function"][name] for name in ("api_handler", "tick")}
    template["resource"] = {
        "aws_lambda_function": functions,
        "aws_api_gateway_rest_api": kinds["aws_api_gateway_rest_api"],
        "aws_lambda_permission": {
            "rest_api_invoke": invoke,
            "tick_invoke": {**invoke, "function_name": "${aws_lambda_function.tick.arn}"},
        },
    }
    module = adapt(template)

    assert set(module["resource"]) == {"aws_lambda_alias", "aws_lambda_function"}
    assert not {"queues", "topics"} & set(module["variable"])
    assert ("tick" in module["locals"]["live"], "rest_api" in json.dumps(module)) == (True, False)


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        ("aws_apigatewayv2_api", {}, "websocket handlers with `chalice deploy`"),
        ("aws_s3_bucket_notification", {}, r"aws_s3_bucket_notification.*@app\.lambda_function\(\)"),
        ("aws_sns_topic_subscription", {"endpoint": "https://a"}, "https://a is no function's"),
        ("aws_lambda_function", {"dead_letter_config": {}}, "deliver: Chalice set dead_let"),
        (
            "aws_lambda_function",
            {"environment": {"variables": {"Q": "${aws_sqs_queue.a}"}}},
            r"deliver.*Q to .*aws_sqs_queue.*config\.json",
        ),
        ("aws_lambda_event_source_mapping", {"event_source_arn": "${a.arn}"}, "plainly"),
    ],
)
def test_what_no_rule_covers_stops_the_build(template, kind, more, message):
    for block in template["resource"].setdefault(kind, {"new": {}}).values():
        block.update(more)
    with pytest.raises(PackagingFailed, match=message):
        adapt(template)
