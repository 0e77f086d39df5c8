"""The alarms and the dashboard watch what is there: with a wrong name they would stay silent for ever."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

# What AWS publishes, by namespace and the dimensions that it is published with.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/ses/latest/dg/configuration-sets-export-metrics.html
# https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
CODES = {f"HTTPCode_{code}_Count" for code in ("ELB_5XX", "Target_2XX", "Target_4XX", "Target_5XX")}
MESSAGES = {f"ApproximateNumberOfMessages{state}" for state in ("Visible", "NotVisible")}
OF_AWS = {
    ("AWS/ApplicationELB", frozenset({"LoadBalancer"})): {"RequestCount", "TargetResponseTime", *CODES},
    ("AWS/ApplicationELB", frozenset({"LoadBalancer", "TargetGroup"})): {"HealthyHostCount", "UnHealthyHostCount"},
    ("AWS/Cognito", frozenset({"UserPool", "UserPoolClient"})): {"SignInSuccesses"},
    ("AWS/Lambda", frozenset({"FunctionName"})): {
        *("ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles")
    },
    ("AWS/SES", frozenset({"ses:configuration-set"})): {"Reputation.BounceRate", "Reputation.ComplaintRate"},
    ("AWS/SQS", frozenset({"QueueName"})): {"ApproximateAgeOfOldestMessage", *MESSAGES},
}


class Metric(NamedTuple):
    """One metric as an alarm or a widget names it."""

    namespace: str
    name: str
    dimensions: dict[str, str]


def test_alarms_and_widgets_watch_metrics_that_are_there(system: DeployedSystem) -> None:
    watch, name = system.aws.client("cloudwatch"), system.outputs["name"]
    alarms = watch.describe_alarms(AlarmNamePrefix=f"{name}-")["MetricAlarms"]
    body = watch.get_dashboard(DashboardName=name)["DashboardBody"]
    widgets = [widget["properties"]["metrics"] for widget in json.loads(body)["widgets"]]
    metrics = [
        *(read_alarm(alarm) for alarm in alarms if alarm.get("MetricName")),
        *(read_widget_line(line) for lines in widgets for line in lines),
    ]
    filters = system.aws.client("logs").describe_metric_filters()["metricFilters"]
    ours = {each["metricName"] for one in filters for each in one["metricTransformations"]}
    there = resources(system)

    assert len(alarms) > 25
    assert all(widgets)
    assert [fault for metric in metrics for fault in faults_of(metric, name, ours, there)] == []


def test_every_door_logs_refusals_and_a_metric_counts_them(system: DeployedSystem) -> None:
    """The emulator's logs are text, where Lambda's are JSON: the word is looked for here, the field by `make test`."""
    start = time.time()
    lector = system.person("lector")
    with system.page.client() as page:
        refused = [page.get("/empleados"), page.delete("/empleados/999999999", headers=lector)]
        refused.append(page.get("/cola", headers=lector))
    assert [answer.status_code for answer in refused] == [401, 403, 403]
    groups = {f"/aws/lambda/{system.outputs['functions'][key]}" for key in ("bff", "crud", "email")}

    def refusals() -> set[str]:
        return {line.partition(": ")[0] for line in system.logs_since(start) if "refused (" in line}

    wait_for("the words", lambda: refusals() >= groups)
    logs = system.aws.client("logs")
    filters = logs.describe_metric_filters(metricNamespace=system.outputs["name"], metricName="Refused")
    counted = {each["logGroupName"] for each in filters["metricFilters"]}
    of_apis = {f"/aws/vendedlogs/{system.outputs['name']}-{api}-api" for api in system.outputs["api_urls"]}
    assert counted == groups | of_apis
    assert counted <= {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}


def test_an_alarm_that_goes_off_is_sent_to_the_topic(system: DeployedSystem) -> None:
    watch, queues, topics = (system.aws.client(name) for name in ("cloudwatch", "sqs", "sns"))
    queue = queues.create_queue(QueueName="on-call")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    subscription = topics.subscribe(TopicArn=system.outputs["alarm_topic_arn"], Protocol="sqs", Endpoint=arn)
    alarm = f"{system.outputs['name']}-dlq-not-empty"
    try:
        watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a rehearsal")
        wait_for("the message", lambda: any(alarm in body for body in system.messages_in(queue)))
    finally:
        watch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a rehearsal")
        topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        queues.delete_queue(QueueUrl=queue)


def faults_of(metric: Metric, name: str, ours: set[str], there: dict[str, set[str]]) -> Iterator[str]:
    """Why no one publishes ``metric``."""
    if metric.namespace == name:
        if metric.name not in ours or metric.dimensions:
            yield f"no log filter makes {metric}"
    elif metric.name not in OF_AWS.get((metric.namespace, frozenset(metric.dimensions)), ()):
        yield f"AWS publishes no {metric}"
    else:
        yield from (f"there is no {key} {value}" for key, value in metric.dimensions.items() if value not in there[key])


def resources(system: DeployedSystem) -> dict[str, set[str]]:
    """What there is, by the name that a dimension has for it; asked of AWS, not of Terraform."""
    balancers = system.aws.client("elbv2")
    balancer_arns = [each["LoadBalancerArn"] for each in balancers.describe_load_balancers()["LoadBalancers"]]
    group_arns = [each["TargetGroupArn"] for each in balancers.describe_target_groups()["TargetGroups"]]
    return {
        # The metrics leave the word `loadbalancer/` out, and keep `targetgroup/`.
        "LoadBalancer": {arn.partition(":loadbalancer/")[2] for arn in balancer_arns},
        "TargetGroup": {f"targetgroup/{arn.partition(':targetgroup/')[2]}" for arn in group_arns},
        "FunctionName": {each["FunctionName"] for each in system.aws.client("lambda").list_functions()["Functions"]},
        "QueueName": {url.rpartition("/")[2] for url in system.aws.client("sqs").list_queues()["QueueUrls"]},
        "ses:configuration-set": set(system.aws.client("sesv2").list_configuration_sets()["ConfigurationSets"]),
    }


def read_alarm(alarm: dict[str, Any]) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    return Metric(alarm["Namespace"], alarm["MetricName"], dimensions)


def read_widget_line(line: list[object]) -> Metric:
    """`[namespace, metric, dimension, value, …, {options}]`."""
    namespace, name, *dimensions = [str(word) for word in line if not isinstance(word, dict)]
    return Metric(namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True)))
