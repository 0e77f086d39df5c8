"""Every part is made with boto3 on the emulator and read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator import free_port
from tests.unit.tools.status.conftest import Deployment, access_to, publish
from tools.status.access import Access, find_account
from tools.status.model import (
    ABSENT,
    NO_ANSWER,
    Alarm,
    Api,
    Function,
    FunctionTraffic,
    LastHour,
    Latency,
    Listener,
    LoadBalancer,
    Mail,
    Queue,
    Status,
    Target,
    TargetGroup,
    Traffic,
    Unread,
)
from tools.status.names import Names, deployed
from tools.status.read import Reader, alarm_rule, attempt

if TYPE_CHECKING:
    from local.emulator import Emulator


def read(access: Access, names: Names) -> Status:
    now = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Reader(access, names, now).read("000000000000", access.endpoint_url)


@pytest.fixture(scope="module")
def status(deployment: Deployment) -> Status:
    names = deployment.names
    balancer = deployment.client("elbv2").describe_load_balancers(Names=[names.load_balancer])["LoadBalancers"][0]
    dimension = ("LoadBalancer", balancer["LoadBalancerArn"].partition(":loadbalancer/")[2])
    publish(deployment, "AWS/ApplicationELB", "RequestCount", dimension, 40, 60)
    publish(deployment, "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", dimension, 2)
    publish(deployment, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", dimension, 3)
    publish(deployment, "AWS/ApplicationELB", "TargetResponseTime", dimension, *([0.020] * 95), *([0.400] * 5))
    function = ("FunctionName", names.functions[0])
    publish(deployment, "AWS/Lambda", "Invocations", function, 120)
    publish(deployment, "AWS/Lambda", "Errors", function, 4)
    publish(deployment, "AWS/Lambda", "Throttles", function, 1)
    publish(deployment, "AWS/Lambda", "ConcurrentExecutions", function, 3, 9)
    publish(deployment, names.metric_namespace, "Refused", None, 1, 1)
    publish(deployment, names.metric_namespace, "MailSent", None, 1, 1, 1)
    publish(deployment, names.metric_namespace, "OutboxLag", None, 12, 75)
    publish(deployment, names.metric_namespace, "DatabaseRoundTrip", None, 5)
    publish(deployment, "AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", names.queue), 33)
    return read(deployment.access, names)


def test_the_load_balancer_is_read_with_its_listeners(status: Status) -> None:
    balancer = status.load_balancer
    assert isinstance(balancer, LoadBalancer)
    assert (balancer.name, balancer.state, balancer.scheme) == ("crud-app-status-alb", "active", "internet-facing")
    assert balancer.dns_name.startswith("crud-app-status-alb")
    assert balancer.zones[0] == "us-east-1a"
    assert datetime.now(UTC) - balancer.created < timedelta(hours=1)
    assert balancer.listeners == (
        Listener(80, "HTTP", "forward to crud-app-status-bff"),
        Listener(8080, "HTTP", "fixed-response"),
    )


def test_the_target_is_read_with_its_health(status: Status) -> None:
    assert status.target_group == TargetGroup(
        name="crud-app-status-bff",
        check_path="/health",
        check_seconds=35,
        targets=(Target("crud-app-status-bff", "healthy", ""),),
    )


def test_functions_are_read_with_their_limits_and_missing_ones_are_named(status: Status) -> None:
    assert status.functions == (
        Function("crud-app-status-bff", "python3.11", 512, 28, "Active", reserved=None),
        Function("crud-app-status-crud", "python3.11", 512, 28, "Active", reserved=7),
        Function("crud-app-status-publicar-pendientes", "python3.11", 512, 28, "Active", reserved=None),
        Unread("crud-app-status-email", ABSENT),
        Unread("crud-app-status-enviar-correos", ABSENT),
        Unread("crud-app-status-registrar-resultado", ABSENT),
    )
    assert isinstance(status.account_concurrency, int)


def test_apis_are_found_by_name_among_all(status: Status) -> None:
    crud, email = status.apis
    assert isinstance(crud, Api)
    assert (crud.name, crud.protocol) == ("crud-app-status-crud-api", "HTTP")
    assert crud.id in crud.endpoint
    assert email == Unread("crud-app-status-email-api", ABSENT)


def test_queues_are_read_with_depths_and_the_age_that_cloudwatch_tells(status: Status) -> None:
    assert status.queues == (
        Queue("crud-app-status-email-queue", waiting=0, in_flight=1, delayed=1, oldest_seconds=33),
        Queue("crud-app-status-email-dlq", waiting=3, in_flight=0, delayed=0, oldest_seconds=None),
    )


def test_alarms_are_read_with_state_and_rule(status: Status) -> None:
    assert not isinstance(status.alarms, Unread)
    assert all(isinstance(alarm, Alarm) for alarm in status.alarms)
    assert [(alarm.name, alarm.rule) for alarm in status.alarms] == [
        ("crud-app-status-own-5xx", "HTTPCode_ELB_5XX_Count Sum > 10 in 5 min"),
        ("crud-app-status-slow", "TargetResponseTime Average > 10 in 5 min"),
    ]
    assert status.alarms[1].state == "ALARM"


@pytest.mark.parametrize(
    ("alarm", "rule"),
    [
        (
            {
                "MetricName": "Duration",
                "ExtendedStatistic": "p99",
                "Period": 60,
                "ComparisonOperator": "LessThanThreshold",
            },
            "Duration p99 < 2.5 in 3 min",
        ),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "an expression"),
    ],
)
def test_an_alarm_on_a_percentile_or_an_expression_has_a_rule_too(alarm: dict[str, Any], rule: str) -> None:
    assert alarm_rule({**alarm, "EvaluationPeriods": 3, "Threshold": 2.5}) == rule


def test_the_last_hour_counts_both_kinds_of_5xx_and_shows_milliseconds(status: Status) -> None:
    assert isinstance(status.last_hour, LastHour)
    balancer, api = status.last_hour.doors
    assert (balancer.requests, balancer.errors) == (100, 5)
    assert balancer.latency.p50 == pytest.approx(20)
    assert balancer.latency.p99 == pytest.approx(400)
    assert api == Traffic("crud-app-status-crud-api", 0, 0, Latency(None, None, None))


def test_the_last_hour_of_a_function_has_throttles_and_the_most_at_once(status: Status) -> None:
    assert isinstance(status.last_hour, LastHour)
    bff, crud, *_ = status.last_hour.functions
    assert bff == FunctionTraffic("crud-app-status-bff", 120, 4, Latency(None, None, None), throttled=1, at_once=9)
    assert crud.at_once is None


def test_the_last_hour_of_mail_and_database_comes_from_our_own_metrics(status: Status) -> None:
    assert isinstance(status.last_hour, LastHour)
    assert status.last_hour.refused == 2
    assert status.last_hour.mail == Mail(sent=3, failed=0, bounced=0)
    assert status.last_hour.outbox_lag_seconds == 75
    assert status.last_hour.database == Latency(5, 5, 5)


def test_the_hour_is_cut_into_twelve_slots(status: Status) -> None:
    assert isinstance(status.last_hour, LastHour)
    slots = status.last_hour.slots
    assert [slot.start for slot in slots] == [status.last_hour.start + timedelta(minutes=5 * n) for n in range(12)]
    assert sum(slot.requests for slot in slots) == 100
    busy = next(slot for slot in slots if slot.requests)
    assert busy.errors == 5
    assert busy.latency.p50 == pytest.approx(20)


def test_a_name_that_nobody_has_is_a_status_of_nothing(deployment: Deployment) -> None:
    nothing = read(deployment.access, deployed("crud-app", "nobody"))
    assert not nothing.exists
    assert nothing.load_balancer == Unread("crud-app-nobody-alb", ABSENT)
    assert nothing.alarms == Unread("alarms", ABSENT)
    assert isinstance(nothing.last_hour, LastHour)
    assert nothing.last_hour.doors == nothing.last_hour.slots == ()


def test_a_deployment_without_load_balancer_exists(status: Status) -> None:
    assert status.exists


def test_a_reader_without_permissions_sees_that_he_has_none(guarded_emulator: Emulator) -> None:
    iam = access_to(guarded_emulator).session.client("iam", endpoint_url=guarded_emulator.endpoint)
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    access = Access(session, guarded_emulator.endpoint)
    assert find_account(access) == ("000000000000", guarded_emulator.endpoint)
    status = read(access, deployed("crud-app", "dev"))
    assert status.load_balancer == Unread("crud-app-dev-alb", "access denied (DescribeLoadBalancers)")
    assert status.target_group == Unread("crud-app-dev-bff", "access denied (DescribeTargetGroups)")
    assert status.functions[0] == Unread("crud-app-dev-bff", "access denied (GetFunctionConfiguration)")
    assert status.apis[1] == Unread("crud-app-dev-email-api", "access denied (GetApis)")
    assert status.queues[0] == Unread("crud-app-dev-email-queue", "access denied (GetQueueUrl)")
    assert status.alarms == Unread("alarms", "access denied (DescribeAlarms)")
    assert status.last_hour == Unread("last hour", "access denied (GetMetricData)")
    assert status.exists  # closed is not missing


def test_services_that_do_not_answer_are_said_so() -> None:
    status = read(Access(boto3.Session(), f"http://127.0.0.1:{free_port()}"), deployed("crud-app", "dev"))
    assert {part.reason for part in status.parts if isinstance(part, Unread)} == {NO_ANSWER}
    assert len([part for part in status.parts if isinstance(part, Unread)]) == len(status.parts)


def test_what_else_aws_says_is_told_by_its_code() -> None:
    def read_too_often() -> None:
        raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "DescribeAlarms")

    assert attempt("alarms", read_too_often) == Unread("alarms", "DescribeAlarms: Throttling")
