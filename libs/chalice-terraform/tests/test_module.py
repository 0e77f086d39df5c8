"""What becomes of the Terraform that Chalice writes."""

import json

import pytest

from chalice_terraform.errors import PackagingFailed
from chalice_terraform.module import adapt

FUNCTIONS = {"api_handler", "sweep", "deliver", "file_receipt"}


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


def test_a_function_keeps_its_code_and_environment_and_takes_the_rest_from_variables(template):
    """The plan of the sample shows what the variables decide."""
    written = template["resource"]["aws_lambda_function"]["deliver"].copy()
    function = adapt(template)["resource"]["aws_lambda_function"]["deliver"]

    kept = ("handler", "runtime", "environment")
    assert {name: function[name] for name in kept} == {name: written[name] for name in kept}
    assert function["publish"] == '${var.functions["deliver"].snapstart}'
    assert function["dynamic"]["snap_start"]["content"] == {"apply_on": "PublishedVersions"}


def test_with_snapstart_an_alias_names_the_newest_version(template):
    module = adapt(template)

    alias = module["resource"]["aws_lambda_alias"]["sweep"]
    assert (alias["count"], alias["name"]) == ('${var.functions["sweep"].snapstart ? 1 : 0}', "live")
    for kind in ("aws_lambda_alias", "aws_lambda_permission", "aws_sns_topic_subscription"):
        blocks = module["resource"][kind].values()
        assert all(block["lifecycle"] == {"create_before_destroy": True} for block in blocks), kind
    assert alias["function_version"] == "${aws_lambda_function.sweep.version}"
    chosen = '${var.functions["sweep"].snapstart ? one(aws_lambda_alias.sweep[*].'
    assert module["locals"]["live"]["sweep"] == {
        "arn": chosen + "arn) : aws_lambda_function.sweep.arn}",
        "invoke_arn": chosen + "invoke_arn) : aws_lambda_function.sweep.invoke_arn}",
        "qualifier": "${one(aws_lambda_alias.sweep[*].name)}",
    }
    assert module["output"]["functions"]["value"]["sweep"] == {
        "name": "${aws_lambda_function.sweep.function_name}",
        **{key: f"${{local.live.sweep.{key}}}" for key in ("arn", "invoke_arn", "qualifier")},
    }


def test_triggers_call_what_is_live_and_only_they_may(template):
    module = adapt(template)
    resources = module["resource"]
    subscription, rule = only(resources["aws_sns_topic_subscription"]), only(resources["aws_cloudwatch_event_rule"])
    permissions = {each["principal"]: each for each in resources["aws_lambda_permission"].values()}

    assert only(resources["aws_lambda_event_source_mapping"]) == {
        "event_source_arn": '${var.queues["letters"].arn}',
        "function_name": "${local.live.deliver.arn}",
        "batch_size": 5,
        "maximum_batching_window_in_seconds": 0,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": '${var.queues["letters"].maximum_concurrency}'},
    }
    assert subscription["endpoint"] == "${local.live.file_receipt.arn}"
    assert (
        subscription["topic_arn"] == permissions["sns.amazonaws.com"]["source_arn"] == '${var.topics["receipts"].arn}'
    )
    assert permissions["sns.amazonaws.com"]["qualifier"] == "${local.live.file_receipt.qualifier}"
    assert only(resources["aws_cloudwatch_event_target"])["arn"] == "${local.live.sweep.arn}"
    assert permissions["events.amazonaws.com"]["qualifier"] == "${local.live.sweep.qualifier}"
    # Named after the environment; another schedule may switch it off without a plan undoing that.
    assert (rule["name"], rule["schedule_expression"]) == ("${var.name_prefix}-sweep", "rate(1 minute)")
    assert rule["lifecycle"] == {"ignore_changes": ["state"]}
    assert module["output"]["schedules"]["value"]["sweep"]["arn"] == "${aws_cloudwatch_event_rule.sweep-event.arn}"


def test_variables_are_declared_and_name_every_function_and_queue(template):
    variables = adapt(template)["variable"]

    assert set(variables) == {"name_prefix", "functions", "queues", "topics", "city"}
    assert all(variable["type"] and variable["description"] for variable in variables.values())
    exactly, distinct = variables["functions"]["validation"]
    assert exactly == {
        "condition": '${toset(keys(var.functions)) == toset(["api_handler", "deliver", "file_receipt", "sweep"])}',
        "error_message": "The app has exactly these functions: api_handler, deliver, file_receipt, sweep.",
    }
    assert "a name of its own" in distinct["error_message"]
    assert variables["queues"]["validation"]["error_message"] == "The app has exactly these queues: letters."


def test_an_app_with_routes_only_has_no_empty_blocks(template):
    """Terraform refuses an empty map in JSON."""
    kept = {"aws_lambda_function", "aws_api_gateway_rest_api", "aws_lambda_permission"}
    template["resource"] = {kind: blocks for kind, blocks in template["resource"].items() if kind in kept}
    permissions = template["resource"]["aws_lambda_permission"]
    template["resource"]["aws_lambda_permission"] = {"rest_api_invoke": permissions["rest_api_invoke"]}

    module = adapt(template)

    assert set(module["resource"]) == {"aws_lambda_alias", "aws_lambda_function"}
    assert not {"queues", "topics"} & set(module["variable"])


def test_an_authorizers_function_is_kept_without_the_permission_of_a_rest_api(template):
    """The root module makes it the authorizer of its own API, with the output `functions`."""
    kinds = template["resource"]
    kinds["aws_lambda_function"]["allow"] = {**kinds["aws_lambda_function"]["sweep"], "handler": "app.allow"}
    invoked = {**kinds["aws_lambda_permission"]["rest_api_invoke"], "function_name": "${aws_lambda_function.allow.arn}"}
    kinds["aws_lambda_permission"]["allow_invoke"] = invoked

    module = adapt(template)

    assert "allow" in module["output"]["functions"]["value"]
    assert "rest_api" not in json.dumps(module)


def test_network_and_tags_of_a_function_are_kept_but_for_the_tag_of_chalice(template):
    network = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    tags = {"aws-chalice": "version=1.34.0", "team": "people"}
    template["resource"]["aws_lambda_function"]["sweep"] |= {"vpc_config": network, "tags": tags}

    function = adapt(template)["resource"]["aws_lambda_function"]["sweep"]

    assert (function["vpc_config"], function["tags"]) == (network, {"team": "people"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda kinds: kinds.update(aws_apigatewayv2_api={"websocket_api": {}}),
            "aws_apigatewayv2_api.*websocket handlers with `chalice deploy`",
        ),
        (
            lambda kinds: kinds.update(aws_s3_bucket_notification={"pictures": {}}),
            r"aws_s3_bucket_notification.*@app\.lambda_function\(\)",
        ),
        (
            lambda kinds: only(kinds["aws_sns_topic_subscription"]).update(endpoint="https://example.com"),
            r"https://example\.com is no function's ARN",
        ),
        (
            lambda kinds: kinds["aws_lambda_function"]["sweep"].update(dead_letter_config={}),
            "sweep: Chalice set dead_letter_config",
        ),
        (
            lambda kinds: kinds["aws_lambda_function"]["sweep"]["environment"]["variables"].update(
                Q="${aws_sqs_queue.a}"
            ),
            r"sweep.*Q to .*aws_sqs_queue.*config\.json",
        ),
        (
            lambda kinds: only(kinds["aws_lambda_event_source_mapping"]).update(
                event_source_arn="${aws_sqs_queue.a.arn}"
            ),
            "plainly",
        ),
    ],
)
def test_what_no_rule_covers_stops_the_build(template, change, message):
    change(template["resource"])

    with pytest.raises(PackagingFailed, match=message):
        adapt(template)
