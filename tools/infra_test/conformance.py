"""Checks planned values against botocore's models: AWS rejects what neither Terraform's provider nor the emulator does.

Terraform's names are AWS's in snake case, so most arguments find the member of the same name; `RENAMED` holds the rest.
An argument without a counterpart (a flag of the provider, a nested block of another shape) is not checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The operation that creates each type of resource, as botocore names service and operation, and the member of its
#: input that holds the arguments, if not the input itself. Of the types that are missing here (most of EC2 and S3),
#: botocore knows no rules.
OPERATIONS = {
    "aws_apigatewayv2_api": "apigatewayv2 CreateApi",
    "aws_apigatewayv2_authorizer": "apigatewayv2 CreateAuthorizer",
    "aws_apigatewayv2_integration": "apigatewayv2 CreateIntegration",
    "aws_apigatewayv2_route": "apigatewayv2 CreateRoute",
    "aws_apigatewayv2_stage": "apigatewayv2 CreateStage",
    "aws_cloudcontrolapi_resource": "cloudcontrol CreateResource",
    "aws_cloudfront_distribution": "cloudfront CreateDistribution DistributionConfig",
    "aws_cloudfront_vpc_origin": "cloudfront CreateVpcOrigin",
    "aws_cloudwatch_dashboard": "cloudwatch PutDashboard",
    "aws_cloudwatch_event_rule": "events PutRule",
    "aws_cloudwatch_event_target": "events PutTargets",
    "aws_cloudwatch_log_delivery": "logs CreateDelivery",
    "aws_cloudwatch_log_delivery_destination": "logs PutDeliveryDestination",
    "aws_cloudwatch_log_delivery_source": "logs PutDeliverySource",
    "aws_cloudwatch_log_group": "logs CreateLogGroup",
    "aws_cloudwatch_log_metric_filter": "logs PutMetricFilter",
    "aws_cloudwatch_metric_alarm": "cloudwatch PutMetricAlarm",
    "aws_cognito_resource_server": "cognito-idp CreateResourceServer",
    "aws_cognito_user_group": "cognito-idp CreateGroup",
    "aws_cognito_user_pool": "cognito-idp CreateUserPool",
    "aws_cognito_user_pool_client": "cognito-idp CreateUserPoolClient",
    "aws_cognito_user_pool_domain": "cognito-idp CreateUserPoolDomain",
    "aws_dynamodb_table": "dynamodb CreateTable",
    "aws_iam_role": "iam CreateRole",
    "aws_iam_role_policy": "iam PutRolePolicy",
    "aws_kms_alias": "kms CreateAlias",
    "aws_kms_key": "kms CreateKey",
    "aws_lambda_alias": "lambda CreateAlias",
    "aws_lambda_event_source_mapping": "lambda CreateEventSourceMapping",
    "aws_lambda_function": "lambda CreateFunction",
    "aws_lambda_function_event_invoke_config": "lambda PutFunctionEventInvokeConfig",
    "aws_lambda_permission": "lambda AddPermission",
    "aws_lb": "elbv2 CreateLoadBalancer",
    "aws_lb_listener": "elbv2 CreateListener",
    "aws_lb_listener_rule": "elbv2 CreateRule",
    "aws_lb_target_group": "elbv2 CreateTargetGroup",
    "aws_scheduler_schedule": "scheduler CreateSchedule",
    "aws_security_group": "ec2 CreateSecurityGroup",
    "aws_sesv2_configuration_set": "sesv2 CreateConfigurationSet",
    "aws_sesv2_configuration_set_event_destination": "sesv2 CreateConfigurationSetEventDestination",
    "aws_sesv2_email_identity": "sesv2 CreateEmailIdentity",
    "aws_sns_topic": "sns CreateTopic",
    "aws_sns_topic_subscription": "sns Subscribe",
    "aws_sqs_queue": "sqs CreateQueue",
    "aws_ssm_parameter": "ssm PutParameter",
    "aws_subnet": "ec2 CreateSubnet",
    "aws_vpc": "ec2 CreateVpc",
    "aws_wafv2_web_acl": "wafv2 CreateWebACL",
    "aws_wafv2_web_acl_logging_configuration": "wafv2 PutLoggingConfiguration LoggingConfiguration",
}
RENAMED = {
    "aws_cloudwatch_log_group.name": "logGroupName",
    "aws_cloudwatch_log_metric_filter.name": "filterName",
    "aws_cognito_user_group.name": "GroupName",
    "aws_cognito_user_pool.name": "PoolName",
    "aws_cognito_user_pool_client.name": "ClientName",
    "aws_iam_role.name": "RoleName",
    "aws_iam_role_policy.name": "PolicyName",
    "aws_kms_alias.name": "AliasName",
    "aws_security_group.name": "GroupName",
    "aws_sqs_queue.name": "QueueName",
}
#: Plural and singular differ, as do members that AWS calls by a longer name.
_ENDINGS = ("", "s", "es", "list")


@dataclass
class Conformance:
    """What was checked, and what AWS would reject."""

    checked: int = 0
    types: set[str] = field(default_factory=set)
    unmapped: set[str] = field(default_factory=set)
    violations: set[str] = field(default_factory=set)


def check_changes(changes: Iterable[Mapping[str, Any]]) -> Conformance:
    """Check the known values of a plan's ``resource_changes``."""
    result = Conformance()
    for change in changes:
        kind = change["type"]
        if change["mode"] != "managed" or change["change"]["after"] is None:
            continue
        if kind not in OPERATIONS:
            result.unmapped.add(kind)
            continue
        result.types.add(kind)
        arguments = {RENAMED.get(f"{kind}.{name}", name): value for name, value in change["change"]["after"].items()}
        for path, shape, value in _pairs(input_of(OPERATIONS[kind]), arguments, change["address"]):
            result.checked += 1
            if rule := _broken_rule(shape, value):
                result.violations.add(f"{path} = {value!r}: {OPERATIONS[kind]} requires {rule}")
    return result


@cache
def input_of(operation: str) -> Shape:
    service, name, *member = operation.split()
    shape = ServiceModel(Loader().load_service_model(service, "service-2")).operation_model(name).input_shape
    assert shape is not None
    return shape.members[member[0]] if member else shape


def _pairs(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, Shape, Any]]:  # noqa: ANN401 - JSON
    """Each known value in ``value`` with the shape that AWS gives it."""
    if value is None or value == []:  # a block that is not there
        return
    if isinstance(value, list) and isinstance(shape, ListShape):
        yield path, shape, value
    if not isinstance(value, list | dict):
        yield path, shape, value
    for inner_shape, inner, name in _inside(shape, value):
        yield from _pairs(inner_shape, inner, f"{path}.{name}" if name else path)


def _inside(shape: Shape, value: Any) -> Iterator[tuple[Shape, Any, str]]:  # noqa: ANN401 - JSON
    """What ``value`` consists of, and the names in it: Terraform writes a nested structure as a list of one block."""
    match value:
        case list() if isinstance(shape, ListShape):
            yield from ((shape.member, item, "") for item in value)
        case list() if isinstance(shape, StructureShape) and "Items" in shape.members:
            yield shape.members["Items"], value, ""  # a list of CloudFront's, which carries its length
        case list():
            yield from ((shape, block, "") for block in value)
        case dict() if isinstance(shape, StructureShape):
            yield from ((member, value[name], name) for name in value if (member := _member(shape, name)))
        case dict() if isinstance(shape, MapShape):
            for name, inner in value.items():
                yield shape.key, name, ""
                yield shape.value, inner, name


def _member(shape: StructureShape, name: str) -> Shape | None:
    members = {member.lower(): inner for member, inner in shape.members.items()}
    plain = name.replace("_", "").lower()
    return next((members[plain + ending] for ending in _ENDINGS if plain + ending in members), None)


def _broken_rule(shape: Shape, value: Any) -> str | None:  # noqa: ANN401 - JSON
    """What the shape requires of the value and the value does not satisfy."""
    limits = shape.metadata
    if allowed := limits.get("enum"):
        return None if value in allowed else f"one of {', '.join(allowed)}"
    if isinstance(value, bool):
        return None
    size = value if isinstance(value, int | float) else len(value)
    if not limits.get("min", size) <= size <= limits.get("max", size):
        return f"between {limits.get('min', 0)} and {limits.get('max', 'any number')}, not {size}"
    pattern = limits.get("pattern")
    return f"the pattern {pattern}" if pattern and isinstance(value, str) and not _matches(pattern, value) else None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # Java's \p{L} and possessive quantifiers
        return True
