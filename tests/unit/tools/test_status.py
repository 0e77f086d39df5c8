from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.emulator import CREDENTIALS, DEPLOYMENT_SERVICES, REGION, Emulator
from tests.unit.tools.conftest import StubbedSession
from tools.command_line import NotReady
from tools.place import APIS, BALANCERS, DEAD_LETTER_QUEUE, FUNCTIONS, QUEUE, Place
from tools.status import Reader, main

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/crud-app-dev-alb/1"
GROUP_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/crud-app-dev-bff/1"
PREFIX = "crud-app-status"
BFF = f"{PREFIX}-{FUNCTIONS[0]}"
SECRET_KEYS = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]


def read_tables(reader):
    """The parts, the alarms, the requests, and the other work: by first cell, the other cells."""
    tables = []
    for table in reader.read():
        rows = zip(*(map(str, column.cells) for column in table.columns), strict=True)
        tables.append({name: [cell for cell in cells if cell] for name, *cells in rows})
    return tables


@dataclass(frozen=True)
class Account:
    endpoint: str

    def client(self, service):
        return boto3.Session(*SECRET_KEYS, region_name=REGION).client(service, endpoint_url=self.endpoint)

    def read(self):
        next_minute = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        session = boto3.Session(*SECRET_KEYS, region_name=REGION)
        reader = Reader(Place("here", PREFIX, session, self.endpoint, "", is_laptop=False), next_minute)
        return reader, read_tables(reader)


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    log = tmp_path_factory.mktemp("guarded") / "emulator.log"
    with Emulator(log, services=DEPLOYMENT_SERVICES) as server:
        yield Account(server.endpoint)


@pytest.fixture(scope="module")
def deployment(account):
    """One of six functions, one of two HTTP APIs, the queues, an alarm, and traffic."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    code = {"Runtime": "python3.11", "Handler": "app.app", "Code": {"ZipFile": package.getvalue()}}
    settings = {"Role": "arn:aws:iam::000000000000:role/any", "MemorySize": 512, "Timeout": 28}
    account.client("lambda").create_function(FunctionName=BFF, **code, **settings)
    account.client("lambda").put_function_concurrency(FunctionName=BFF, ReservedConcurrentExecutions=7)
    for name in (f"{PREFIX}-{APIS[0]}", "another project"):
        account.client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP")
    _create_queues(account)
    cloudwatch = account.client("cloudwatch")
    rule = {"Period": 300, "EvaluationPeriods": 1, "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold"}
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "TargetResponseTime", "Statistic": "Average"}
    cloudwatch.put_metric_alarm(AlarmName=f"{PREFIX}-slow", AlarmDescription="Too slow.", **metric, **rule)
    cloudwatch.set_alarm_state(AlarmName=f"{PREFIX}-slow", StateValue="ALARM", StateReason="a test")
    function = ("FunctionName", BFF)
    for namespace, name, dimension, values in (
        ("AWS/Lambda", "Invocations", function, [60, 60]),
        ("AWS/Lambda", "Errors", function, [4]),
        ("AWS/Lambda", "Duration", function, [*[20] * 95, *[400] * 5]),
        ("AWS/Lambda", "Throttles", function, [1]),
        ("AWS/Lambda", "ConcurrentExecutions", function, [3, 9]),
        (PREFIX, "Refused", None, [1, 1]),
        (PREFIX, "MailSent", None, [1, 1, 1]),
        (PREFIX, "OutboxLag", None, [12, 75]),
        (PREFIX, "DatabaseRoundTrip", None, [5]),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", f"{PREFIX}-{QUEUE}"), [33]),
    ):
        dimensions = [{"Name": dimension[0], "Value": dimension[1]}] if dimension else []
        time = datetime.now(UTC) - timedelta(minutes=10)
        data = [{"MetricName": name, "Dimensions": dimensions, "Timestamp": time, "Value": value} for value in values]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    return account


def _create_queues(account):
    sqs = account.client("sqs")
    queue, dead_letters = (
        sqs.create_queue(QueueName=name)["QueueUrl"] for name in (f"{PREFIX}-{QUEUE}", f"{PREFIX}-{DEAD_LETTER_QUEUE}")
    )
    for _ in range(3):
        sqs.send_message(QueueUrl=dead_letters, MessageBody="dead")
    sqs.send_message(QueueUrl=queue, MessageBody="taken")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=43_200)  # in flight as long as the tests run
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)


def test_every_part_is_shown_and_what_is_wrong_is_a_concern(deployment):
    reader, (parts, alarms, requests, work) = deployment.read()
    assert parts["crud-app-status-bff"] == ["Active", "python3.11, 512 MB, 28 s, at most 7 at once"]
    assert parts["crud-app-status-alb"] == parts["crud-app-status-crud"] == ["does not exist"]
    assert parts["crud-app-status-email-api"] == ["does not exist"]
    assert parts["crud-app-status-crud-api"][0] == "HTTP"
    assert parts["crud-app-status-email-queue"] == ["0 waiting", "1 in flight, 1 delayed"]
    assert parts["crud-app-status-email-dlq"] == ["3 waiting", "0 in flight, 0 delayed"]
    assert alarms["crud-app-status-slow"][0] == "ALARM"
    assert reader.concerns == [
        "crud-app-status-email-dlq holds 3 messages that could not be handled.",
        "crud-app-status-slow is in alarm: Too slow.",
    ]
    assert requests == {
        "crud-app-status-bff": ["120", "4", "96.67 %", "20.0 ms", "20.0 ms", "400.0 ms", "1", "9"],
        "crud-app-status-crud-api": ["0", "0", "-", "-", "-", "-"],
    }
    assert work == {
        **{name: ["0"] for name in ("emails failed", "emails bounced")},
        **{f"database round trip {each}": ["5.0 ms"] for each in ("p50", "p90", "p99")},
        "requests refused": ["2"],
        "emails sent": ["3"],
        "oldest message in crud-app-status-email-queue": ["0:00:33"],
        "oldest message in crud-app-status-email-dlq": ["-"],
        "oldest unpublished event": ["0:01:15"],
    }


def test_each_trouble_is_a_concern_and_the_load_balancer_comes_first():
    balancer = {
        "LoadBalancerName": f"{PREFIX}-{BALANCERS[0]}",
        "Scheme": "internal",
        "DNSName": "x",
        "LoadBalancerArn": ARN,
        "State": {"Code": "failed"},
    }
    group = {
        "TargetGroupArn": GROUP_ARN,
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 35,
    }
    health = {"Target": {"Id": "a:function:bff"}, "TargetHealth": {"State": "unhealthy", "Description": "codes: [502]"}}
    answers: dict[str, Any] = {
        "cloudwatch.describe_alarms": "AccessDenied",
        "elbv2.describe_load_balancers": {"LoadBalancers": [balancer]},
        "elbv2.describe_target_groups": {"TargetGroups": [group]},
        "elbv2.describe_target_health": {"TargetHealthDescriptions": [health]},
    }
    session: Any = StubbedSession(*answers.items())
    reader = Reader(Place("here", PREFIX, session, None, "", is_laptop=True), NOW)
    parts, alarms, *_ = read_tables(reader)
    assert alarms == {"alarms": ["DescribeAlarms: AccessDenied"]}
    assert {tuple(cells) for name, cells in parts.items() if "-api" in name or "queue" in name} == {("no answer",)}
    assert reader.concerns == [
        "crud-app-status-alb is failed.",
        "bff is unhealthy (codes: [502]).",
        # Two APIs, two queues, the alarms and the metrics.
        "What could not be read: 6. There may be more.",
    ]
    answers["elbv2.describe_target_health"] = {"TargetHealthDescriptions": []}
    function = {"State": "Pending", "Runtime": "python3.11", "MemorySize": 512, "Timeout": 28}
    answers["lambda.get_function_configuration"] = function
    answers["lambda.get_function_concurrency"] = {"ReservedConcurrentExecutions": 0}
    session = StubbedSession(*answers.items())
    reader = Reader(Place("here", PREFIX, session, None, "", is_laptop=False), NOW)
    reader.read()
    assert reader.concerns[1:-1] == [
        "crud-app-status-alb has no target.",
        "crud-app-status-bff is Pending.",
        "crud-app-status-bff is stopped: its reserved concurrency is 0.",
    ]


def test_the_command_prints_without_the_whole_account_and_reads_the_laptop_without_settings(
    deployment, capsys, monkeypatch, tmp_path, closed_port
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployment.endpoint)
    monkeypatch.setenv("COLUMNS", "200")
    environment = {"AWS_ENDPOINT_URL": deployment.endpoint, "TF_VAR_environment": "status"}
    main([], environment)
    output = capsys.readouterr().out
    assert output.startswith("crud-app-status: account …0000, us-east-1, ")
    assert "! crud-app-status-email-dlq holds 3 messages" in output
    with pytest.raises(NotReady, match=r"^There is no crud-app-other: "):
        main(["--environment=other"], environment)

    laptop = {"LOCAL_STATE": str(tmp_path)}
    with pytest.raises(NotReady, match="`make run` has not run here yet"):
        main(["--laptop"], laptop)
    variables = {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}", "DATABASE_URL": "x"}
    written = "\n".join(f"{name}={value}" for name, value in variables.items())
    (tmp_path / "env").write_text(f"# Written by `make run`.\n{written}")
    with pytest.raises(NotReady, match=r"Does `make run` run\?$"):
        main(["--laptop"], laptop)
    deployment.client("sqs").create_queue(QueueName="crud-app-email-queue")
    (tmp_path / "env").write_text(f"{written}\nAWS_ENDPOINT_URL={deployment.endpoint}")
    main(["--laptop"], laptop)
    assert capsys.readouterr().out.startswith("crud-app: `make run`, http://127.0.0.1:")
