"""What there is in an account: `destroy` must leave it as `apply` found it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.system import Aws

# A sweep takes a second when the machine is idle.
RUN_SECONDS = 10

# Service, operation, the member of the answer, and what names one resource of it; each kind that the Terraform makes.
KINDS = (
    ("apigatewayv2", "get_apis", "Items", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "EventSourceArn"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", "metricFilters", "filterName"),
    ("sesv2", "list_configuration_sets", "ConfigurationSets", None),
    ("sesv2", "list_email_identities", "EmailIdentities", "IdentityName"),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", None),
)


def take_inventory(aws: Aws) -> set[str]:
    """Every resource in the account, of the kinds that the Terraform makes, as `service: name`."""
    return {
        f"{service}: {resource if name is None else resource[name]}"
        for service, operation, member, name in KINDS
        for resource in _list(aws, service, operation, member)
    }


def stop_schedules(aws: Aws, prefix: str) -> None:
    """Let no run of a schedule be under way while its log group is removed: the emulator would make the group anew.

    On AWS it would stay away, because our roles may not make log groups.
    """
    events = aws.client("events")
    for rule in events.list_rules(NamePrefix=prefix)["Rules"]:
        events.disable_rule(Name=rule["Name"])
    time.sleep(RUN_SECONDS)


def _list(aws: Aws, service: str, operation: str, member: str) -> list[Any]:
    # No list of an account this small has a second page.
    resources: list[Any] = getattr(aws.client(service), operation)().get(member, [])
    return resources
