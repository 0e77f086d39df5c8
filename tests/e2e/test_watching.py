"""The alarms and the dashboard look at what is there: with a wrong name they would stay silent for ever."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

# What AWS publishes, by namespace and the dimensions that it is published with.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/ses/latest/dg/configuration-sets-export-metrics.html
OF_AWS = {
    ("AWS/ApplicationELB", frozenset({"LoadBalancer"})): {
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_Target_2XX_Count",
        "HTTPCode_Target_4XX_Count",
        "HTTPCode_Target_5XX_Count",
        "RequestCount",
        "TargetResponseTime",
    },
    ("AWS/ApplicationELB", frozenset({"LoadBalancer", "TargetGroup"})): {"HealthyHostCount", "UnHealthyHostCount"},
    ("AWS/Lambda", frozenset({"FunctionName"})): {
        "ConcurrentExecutions",
        "Duration",
        "Errors",
        "Invocations",
        "Throttles",
    },
    ("AWS/SES", frozenset({"ses:configuration-set"})): {"Reputation.BounceRate", "Reputation.ComplaintRate"},
    ("AWS/SQS", frozenset({"QueueName"})): {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
    },
}


class Metric(NamedTuple):
    """One metric as an alarm or a widget names it."""

    namespace: str
    name: str
    dimensions: dict[str, str]


def test_every_alarm_watches_a_metric_that_is_there(system: DeployedSystem) -> None:
    alarms = system.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{system.outputs['name']}-")[
        "MetricAlarms"
    ]
    watched = {
        alarm["AlarmName"]: Metric(
            alarm["Namespace"],
            alarm["MetricName"],
            {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]},
        )
        for alarm in alarms
    }

    assert watched.keys() == set(system.outputs["alarms"].values())
    assert {alarm: fault for alarm, metric in watched.items() if (fault := find_fault(system, metric))} == {}


def test_every_widget_shows_metrics_that_are_there(system: DeployedSystem) -> None:
    body = system.aws.client("cloudwatch").get_dashboard(DashboardName=system.outputs["name"])["DashboardBody"]
    widgets = {widget["properties"]["title"]: widget["properties"]["metrics"] for widget in json.loads(body)["widgets"]}
    shown = {title: [read_widget_line(line) for line in lines] for title, lines in widgets.items()}

    assert all(shown.values())
    faults = {
        title: [fault for metric in metrics if (fault := find_fault(system, metric))]
        for title, metrics in shown.items()
    }
    assert faults == {title: [] for title in shown}


def test_every_metric_of_our_own_is_read_from_a_log_that_is_there(system: DeployedSystem) -> None:
    logs = system.aws.client("logs")
    there = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}

    assert {each["logGroupName"] for each in logs.describe_metric_filters()["metricFilters"]} <= there


def test_every_door_writes_down_whom_it_refused_and_a_metric_counts_that(system: DeployedSystem) -> None:
    """The emulator's logs are text, where Lambda's are JSON: the word is looked for here, the field by `make test`."""
    start = time.time()
    lector = system.person("lector")
    with system.page.client() as page:
        refused = [
            page.get("/empleados"),
            page.delete("/empleados/999999999", headers=lector),
            page.get("/cola", headers=lector),
        ]
    assert [answer.status_code for answer in refused] == [401, 403, 403]
    groups = system.outputs["log_groups"]

    def refusals() -> set[str]:
        return {line.partition(": ")[0] for line in system.logs_since(start) if "refused (" in line}

    wait_for("the words", lambda: refusals() >= {groups["bff"], groups["crud"], groups["email"]})
    filters = system.aws.client("logs").describe_metric_filters()["metricFilters"]
    refused_here = (system.outputs["name"], "Refused")
    counted = {
        each["logGroupName"]
        for each in filters
        for metric in each["metricTransformations"]
        if (metric["metricNamespace"], metric["metricName"]) == refused_here
    }
    of_apis = {f"/aws/vendedlogs/{system.outputs['name']}-{api}-api" for api in system.outputs["api_urls"]}
    assert counted == {groups["bff"], groups["crud"], groups["email"], *of_apis}


def test_an_alarm_that_goes_off_is_told_to_the_topic(system: DeployedSystem) -> None:
    watch, queues, topics = (system.aws.client(name) for name in ("cloudwatch", "sqs", "sns"))
    queue = queues.create_queue(QueueName="on-call")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    queues.set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
    )
    subscription = topics.subscribe(TopicArn=system.outputs["alarm_topic_arn"], Protocol="sqs", Endpoint=arn)
    alarm = system.outputs["alarms"]["dlq-not-empty"]
    try:
        watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a rehearsal")
        wait_for("the message", lambda: any(alarm in body for body in system.messages_in(queue)))
    finally:
        watch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a rehearsal")
        topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        queues.delete_queue(QueueUrl=queue)


def find_fault(system: DeployedSystem, metric: Metric) -> str | None:
    """Why nobody publishes ``metric``, or None."""
    if metric.namespace == system.outputs["name"]:
        filters = system.aws.client("logs").describe_metric_filters()["metricFilters"]
        ours = {each["metricName"] for one in filters for each in one["metricTransformations"]}
        return None if metric.name in ours and not metric.dimensions else f"no log filter makes {metric}"
    if metric.name not in OF_AWS.get((metric.namespace, frozenset(metric.dimensions)), ()):
        return f"AWS publishes no {metric}"
    there = resources(system)
    missing = [f"{name} {value}" for name, value in metric.dimensions.items() if value not in there[name]]
    return f"there is no {missing}" if missing else None


def resources(system: DeployedSystem) -> dict[str, set[str]]:
    """What there is, by the name that a dimension has for it; asked of AWS, not of Terraform."""
    balancers = system.aws.client("elbv2")
    arns = {
        "LoadBalancer": [each["LoadBalancerArn"] for each in balancers.describe_load_balancers()["LoadBalancers"]],
        "TargetGroup": [each["TargetGroupArn"] for each in balancers.describe_target_groups()["TargetGroups"]],
    }
    sets = system.aws.client("sesv2").list_configuration_sets()["ConfigurationSets"]
    return {
        # The metrics leave the word `loadbalancer/` out, and keep `targetgroup/`.
        "LoadBalancer": {arn.partition(":loadbalancer/")[2] for arn in arns["LoadBalancer"]},
        "TargetGroup": {f"targetgroup/{arn.partition(':targetgroup/')[2]}" for arn in arns["TargetGroup"]},
        "FunctionName": {each["FunctionName"] for each in system.aws.client("lambda").list_functions()["Functions"]},
        "QueueName": {url.rpartition("/")[2] for url in system.aws.client("sqs").list_queues()["QueueUrls"]},
        "ses:configuration-set": set(sets),
    }


def read_widget_line(line: list[object]) -> Metric:
    """`[namespace, metric, dimension, value, …, {options}]`."""
    words = [str(word) for word in line if not isinstance(word, dict)]
    namespace, name, *dimensions = words
    return Metric(namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True)))
