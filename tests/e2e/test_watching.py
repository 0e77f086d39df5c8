"""Refusals are counted, and alarms are told. infra/tests/defaults.tftest.hcl looks at what each alarm watches."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e


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
