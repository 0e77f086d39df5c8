"""What there is in an account: `destroy` must leave it as `apply` found it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.system import MakeClient

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


def take_inventory(client: MakeClient) -> set[str]:
    """Every resource in the account, of the kinds that the Terraform makes, as `service: name`.

    Without the sweep's log: a run that ends after the log was removed makes it anew here. On AWS its role may not.
    """
    found = {
        f"{service}: {resource if name is None else resource[name]}"
        for service, operation, member, name in KINDS
        for resource in _list(client, service, operation, member)
    }
    return {each for each in found if not re.fullmatch("logs: /aws/lambda/.*-publicar-pendientes", each)}


def _list(client: MakeClient, service: str, operation: str, member: str) -> list[Any]:
    # No list of an account this small has a second page.
    resources: list[Any] = getattr(client(service), operation)().get(member, [])
    return resources
