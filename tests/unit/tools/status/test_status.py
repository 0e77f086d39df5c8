from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from rich.text import Text

from local.emulator import ACCESS_KEY, CREDENTIALS
from local.sign_in import SignIn
from tools.names import deployed
from tools.status.__main__ import main, render_report
from tools.status.metrics import HOUR, Metric, read_metrics
from tools.status.read import (
    BAD,
    Reader,
    Section,
    age,
    alarm_rule,
    describe_error,
    milliseconds,
    sparkline,
)

if TYPE_CHECKING:
    from pathlib import Path

    from local.emulator import Emulator
    from tests.unit.tools.status.conftest import Deployment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/crud-app-dev-alb/1"
GROUP_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/crud-app-dev-bff/1"
NAMES = deployed("crud-app", "dev")

Tables = dict[str, list[list[str]]]


def tables_of(sections: list[Section]) -> Tables:
    return {section.title: [[str(cell) for cell in row] for row in section.rows] for section in sections}


def next_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


@pytest.fixture(scope="module")
def reader(deployment: Deployment) -> Reader:
    names = deployment.names
    balancer = deployment.client("elbv2").describe_load_balancers(Names=[names.load_balancer])["LoadBalancers"][0]
    door = ("LoadBalancer", balancer["LoadBalancerArn"].partition(":loadbalancer/")[2])
    function = ("FunctionName", names.functions[0])
    deployment.publish("AWS/ApplicationELB", "RequestCount", door, 40, 60)
    deployment.publish("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", door, 2)
    deployment.publish("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", door, 3)
    deployment.publish("AWS/ApplicationELB", "TargetResponseTime", door, *([0.020] * 95), *([0.400] * 5))
    deployment.publish("AWS/Lambda", "Invocations", function, 120)
    deployment.publish("AWS/Lambda", "Errors", function, 4)
    deployment.publish("AWS/Lambda", "Throttles", function, 1)
    deployment.publish("AWS/Lambda", "ConcurrentExecutions", function, 3, 9)
    deployment.publish(names.prefix, "Refused", None, 1, 1)
    deployment.publish(names.prefix, "MailSent", None, 1, 1, 1)
    deployment.publish(names.prefix, "OutboxLag", None, 12, 75)
    deployment.publish(names.prefix, "DatabaseRoundTrip", None, 5)
    deployment.publish("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", names.queues[0]), 33)
    return Reader(deployment.session, deployment.endpoint, names, next_minute())


@pytest.fixture(scope="module")
def tables(reader: Reader) -> Tables:
    return tables_of(reader.read())


def test_every_part_is_read_and_missing_ones_are_named(tables: Tables) -> None:
    balancer = dict(tables["Load balancer"])
    assert (balancer["name"], balancer["state"]) == ("crud-app-status-alb", "active")
    assert balancer["listener 80"] == "HTTP, forward to crud-app-status-bff"
    assert balancer["listener 8080"] == "HTTP, fixed-response"
    assert tables["Targets"] == [["crud-app-status-bff", "healthy", ""]]
    assert tables["Functions"] == [
        ["crud-app-status-bff", "Active", "python3.11", "512 MB", "28 s", "shared"],
        ["crud-app-status-crud", "Active", "python3.11", "512 MB", "28 s", "7"],
        ["crud-app-status-publicar-pendientes", "Active", "python3.11", "512 MB", "28 s", "shared"],
        ["crud-app-status-email", "does not exist"],
        ["crud-app-status-enviar-correos", "does not exist"],
        ["crud-app-status-registrar-resultado", "does not exist"],
    ]
    crud, email = tables["HTTP APIs"]
    assert crud[:2] == ["crud-app-status-crud-api", "HTTP"]
    assert email == ["crud-app-status-email-api", "does not exist"]
    assert tables["Queues"] == [
        ["crud-app-status-email-queue", "0", "1", "1", "33 s"],
        ["crud-app-status-email-dlq", "3", "0", "0", "unknown"],
    ]
    assert [row[:3] for row in tables["Alarms"]][1:] == [
        ["crud-app-status-slow", "ALARM", "TargetResponseTime Average > 10 in 5 min"]
    ]


def test_the_last_hour_counts_both_kinds_of_5xx_and_shows_milliseconds(tables: Tables) -> None:
    balancer, api = tables["The last hour: requests"]
    assert balancer[1:5] == ["100", "5", "95 %", "20 ms"]
    assert balancer[-1] == "400 ms"
    assert api == ["crud-app-status-crud-api", "0", "0", "-", "-", "-", "-"]
    bff, crud, *_ = tables["The last hour: functions"]
    assert (bff[1:4], bff[-2:]) == (["120", "4", "96.67 %"], ["1", "9"])
    assert crud[-2:] == ["0", "-"]
    work = dict(tables["The last hour: work"])
    assert [work[name] for name in ("requests refused", "e-mails sent", "e-mails failed")] == ["2", "3", "0"]
    assert (work["oldest unpublished event"], work["database round trip p50"]) == ("75 s", "5 ms")
    course = {name: (bars, words) for name, bars, words in tables["The course of the hour"]}
    assert (course["requests"][0].strip(), course["requests"][1]) == ("█", "at most 100 in 5 minutes")
    assert course["p99"][1] == "at most 400 ms"


def test_concerns_name_what_is_wrong(reader: Reader, tables: Tables) -> None:
    assert tables
    assert reader.exists
    assert reader.concerns == [
        "crud-app-status-email-dlq holds 3 messages that could not be handled.",
        "crud-app-status-slow is in alarm: TargetResponseTime Average > 10 in 5 min.",
    ]


class StubbedSession:
    """A session whose clients give prepared answers; any other call fails like a service that does not answer."""

    def __init__(self, *answers: tuple[str, str, dict[str, Any]]) -> None:
        self._answers = defaultdict(list)
        for service, operation, answer in answers:
            self._answers[service].append((operation, answer))

    def client(self, service: Any, **_: Any) -> Any:
        client = boto3.client(service, region_name="us-east-1")
        stubber = Stubber(client)
        for operation, answer in self._answers[service]:
            stubber.add_response(operation, answer)
        stubber.activate()
        return client


def test_each_trouble_is_a_concern_and_the_load_balancer_comes_first() -> None:
    balancer = {
        "LoadBalancerArn": ARN,
        "State": {"Code": "failed"},
        "Scheme": "internal",
        "AvailabilityZones": [],
        "DNSName": "alb.example.com",
        "CreatedTime": NOW,
    }
    group = {"TargetGroupArn": GROUP_ARN, "HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 35}
    health = {"State": "unhealthy", "Description": "codes: [502]"}
    function = {"State": "Pending", "Runtime": "python3.11", "MemorySize": 512, "Timeout": 28}
    session: Any = StubbedSession(
        ("elbv2", "describe_load_balancers", {"LoadBalancers": [balancer]}),
        ("elbv2", "describe_listeners", {"Listeners": []}),
        ("elbv2", "describe_target_groups", {"TargetGroups": [group]}),
        (
            "elbv2",
            "describe_target_health",
            {"TargetHealthDescriptions": [{"Target": {"Id": "a:function:bff"}, "TargetHealth": health}]},
        ),
        ("lambda", "get_function_configuration", function),
        ("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 0}),
    )
    reader = Reader(session, None, NAMES, NOW)
    tables = tables_of(reader.read())
    assert reader.concerns[:4] == [
        "crud-app-dev-alb is failed.",
        "bff is unhealthy (codes: [502]).",
        "crud-app-dev-bff is Pending.",
        "crud-app-dev-bff is stopped: its reserved concurrency is 0.",
    ]
    assert reader.concerns[4:] == ["12 parts could not be read, so there may be more."]
    assert tables["Functions"][0][-1] == "0"
    assert tables["The last hour"] == [["last hour", "no answer"]]
    empty: Any = StubbedSession(
        ("elbv2", "describe_load_balancers", {"LoadBalancers": []}),
        ("elbv2", "describe_target_groups", {"TargetGroups": [group]}),
        ("elbv2", "describe_target_health", {"TargetHealthDescriptions": []}),
    )
    reader = Reader(empty, None, NAMES, NOW)
    reader.read()
    assert reader.concerns[0] == "crud-app-dev-bff has no target."


def test_a_reader_without_permissions_sees_what_is_denied(guarded_emulator: Emulator) -> None:
    key, secret = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    root = boto3.Session(key, secret, region_name="us-east-1")
    iam = root.client("iam", endpoint_url=guarded_emulator.endpoint)
    iam.create_user(UserName="nobody")
    access_key = iam.create_access_key(UserName="nobody")["AccessKey"]
    session = boto3.Session(access_key["AccessKeyId"], access_key["SecretAccessKey"], region_name="us-east-1")
    reader = Reader(session, guarded_emulator.endpoint, NAMES, next_minute())
    tables = tables_of(reader.read())
    assert tables["Load balancer"] == [["crud-app-dev-alb", "access denied (DescribeLoadBalancers)"]]
    assert tables["Targets"] == [["crud-app-dev-bff", "access denied (DescribeTargetGroups)"]]
    assert tables["Functions"][0] == ["crud-app-dev-bff", "access denied (GetFunctionConfiguration)"]
    assert tables["HTTP APIs"][1] == ["crud-app-dev-email-api", "access denied (GetApis)"]
    assert tables["Queues"][0] == ["crud-app-dev-email-queue", "access denied (GetQueueUrl)"]
    assert tables["Alarms"] == [["alarms", "access denied (DescribeAlarms)"]]
    assert tables["The last hour"] == [["last hour", "access denied (GetMetricData)"]]
    assert reader.exists  # closed is not missing


def test_metrics_are_read_page_by_page_and_scaled() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    seconds = Metric("N", "latency", None, "p50", 1_000)
    start, later = NOW - HOUR, NOW - timedelta(minutes=5)

    def result(time: datetime, value: float) -> dict[str, Any]:
        return {"MetricDataResults": [{"Id": "m0", "Timestamps": [time], "Values": [value], "StatusCode": "Complete"}]}

    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {**result(start, 0.25), "NextToken": "t"})
        stub.add_response("get_metric_data", result(later, 0.5))
        values = read_metrics(client, [seconds, seconds], start, NOW, HOUR)
        stub.assert_no_pending_responses()
    assert values == {seconds: {start: 250, later: 500}}


def test_rules_and_errors_of_aws_are_shortened() -> None:
    alarm = {"MetricName": "Duration", "ExtendedStatistic": "p99", "Period": 60, "EvaluationPeriods": 3}
    rule = alarm_rule({**alarm, "ComparisonOperator": "LessThanThreshold", "Threshold": 2.5})
    assert rule == "Duration p99 < 2.5 in 3 min"
    assert alarm_rule({"ComparisonOperator": "GreaterThanUpperThreshold"}) == "an expression"
    throttled = ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "DescribeAlarms")
    assert describe_error(throttled) == "DescribeAlarms: Throttling"


def test_numbers_are_short() -> None:
    assert [age(value) for value in (0, 119, 120, 7_200, 172_800, None)] == [
        *("0 s", "119 s", "2 min", "2 h", "2 d", "unknown")
    ]
    assert [milliseconds(value) for value in (None, 0.123, 8.25, 10, 1_204)] == [
        *("-", "0.12 ms", "8.2 ms", "10 ms", "1,204 ms")
    ]
    assert sparkline([0, 1, 4, 8]) == " ▂▅█"


def test_a_report_is_a_table_that_no_text_can_break() -> None:
    section = Section("Alarms", ("alarm", "state", "n"), [("a|b <i>`x`", Text("ALARM", BAD), "1"), ("c", "d")], 2)
    assert render_report("crud-app-dev", "here", [], [section]) == (
        "# Status of crud-app-dev\n\nhere. Written by `make status REPORT=…`.\n\nNothing needs attention.\n\n"
        "## Alarms\n\n| alarm | state | n |\n| --- | --- | --: |\n"
        "| a\\|b \\<i\\>\\`x\\` | **ALARM** | 1 |\n| c | d |  |\n"
    )


def test_the_command_prints_and_writes_a_report_without_the_whole_account(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployment.endpoint)
    report = tmp_path / "estado.md"
    environment = {"AWS_ENDPOINT_URL": deployment.endpoint, "TF_VAR_environment": "status"}
    assert main(["--report", str(report)], environment) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"crud-app-status  us-east-1, {deployment.endpoint}, ")
    assert "! crud-app-status-email-dlq holds 3 messages" in output
    assert report.read_text("utf-8").startswith("# Status of crud-app-status\n")
    assert main(["--environment=status"], {}) == 0
    assert "account 000000000000" in capsys.readouterr().out
    assert main(["--environment=status", f"--report={report}"], {}) == 0
    assert "us-east-1, account …0000," in report.read_text("utf-8")
    capsys.readouterr()
    assert main(["--environment=status", f"--report={tmp_path}/missing/estado.md"], environment) == 1
    assert "REPORT cannot be written: No such file or directory" in capsys.readouterr().err
    assert main(["--environment=nobody"], environment) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("make status: Nothing is called crud-app-nobody-")


def test_the_laptop_needs_no_settings(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], tmp_path: Path, closed_port: int
) -> None:
    deployment.client("sqs").create_queue(QueueName="crud-app-email-queue")
    environment = {"LOCAL_STATE": str(tmp_path)}

    def main_at(endpoint: str) -> int:
        file = dict.fromkeys(SignIn.__dataclass_fields__, "") | {"endpoint": endpoint, "credentials": ACCESS_KEY}
        (tmp_path / "sign-in.json").write_text(json.dumps(file), encoding="utf-8")
        return main(["--laptop"], environment)

    assert main(["--laptop"], environment) == 1
    assert "start `make run`" in capsys.readouterr().err
    assert main_at(deployment.endpoint) == 0
    output = capsys.readouterr().out
    assert output.startswith("crud-app  us-east-1, http://127.0.0.1:")
    assert "none on a laptop" in output
    assert main_at(f"http://127.0.0.1:{closed_port}") == 1
    assert "is `make run` running?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--environment=Prod", "ENVIRONMENT must have 2 to 12 lower-case letters or digits, such as dev, not 'Prod'"),
        ("--environment=dev-1", "ENVIRONMENT must have"),
        ("--project=crud-app-is-too-long", "PROJECT must have 2 to 14 lower-case letters, digits or hyphens"),
    ],
)
def test_a_bad_name_is_refused(argument: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument], {})
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(f"make status: {sentence}")
