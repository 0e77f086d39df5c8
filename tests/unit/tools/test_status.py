from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from local.emulator import CREDENTIALS, DEPLOYMENT_SERVICES, REGION, Emulator
from tools.names import deployed
from tools.status import HOUR, Reader, describe_rule, main, read_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/crud-app-dev-alb/1"
GROUP_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/crud-app-dev-bff/1"
NAMES = deployed("crud-app", "status")

Tables = dict[str, dict[str, list[str]]]


def read_tables(reader: Reader) -> Tables:
    """By title and first cell, the other cells."""
    return {
        section.title: {str(name): [str(cell) for cell in cells] for name, *cells in section.rows}
        for section in reader.read()
    }


def next_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True)
class Account:
    """An account on the emulator; its session does not depend on the environment, which some tests empty."""

    endpoint: str

    @property
    def session(self) -> boto3.Session:
        key, secret = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        return boto3.Session(key, secret, region_name=REGION)

    def client(self, service: Any) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An emulator that enforces IAM."""
    log = tmp_path_factory.mktemp("guarded") / "emulator.log"
    with Emulator(log, services=DEPLOYMENT_SERVICES, enforce_iam=True) as server:
        yield Account(server.endpoint)


@pytest.fixture(scope="module")
def deployment(account: Account) -> Account:
    """A load balancer, two of six functions, one of two HTTP APIs, the queues, an alarm, and traffic."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    account.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=policy)
    target, _ = [_create_function(account, name) for name in NAMES.functions[:2]]
    limit = {"FunctionName": NAMES.functions[1], "ReservedConcurrentExecutions": 7}
    account.client("lambda").put_function_concurrency(**limit)
    account.client("apigatewayv2").create_api(Name=NAMES.apis[0], ProtocolType="HTTP")
    account.client("apigatewayv2").create_api(Name="another project", ProtocolType="HTTP")
    balancer_arn = _create_load_balancer(account, target)
    _create_queues(account)
    cloudwatch = account.client("cloudwatch")
    rule = {"Period": 300, "EvaluationPeriods": 1, "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold"}
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "TargetResponseTime", "Statistic": "Average"}
    cloudwatch.put_metric_alarm(AlarmName=f"{NAMES.prefix}-slow", **metric, **rule)
    cloudwatch.set_alarm_state(AlarmName=f"{NAMES.prefix}-slow", StateValue="ALARM", StateReason="a test")
    door, function = ("LoadBalancer", balancer_arn.partition(":loadbalancer/")[2]), ("FunctionName", NAMES.functions[0])
    for namespace, name, dimension, values in (
        ("AWS/ApplicationELB", "RequestCount", door, [40, 60]),
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", door, [2]),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", door, [3]),
        ("AWS/ApplicationELB", "TargetResponseTime", door, [*[0.020] * 95, *[0.400] * 5]),
        ("AWS/Lambda", "Invocations", function, [120]),
        ("AWS/Lambda", "Errors", function, [4]),
        ("AWS/Lambda", "Throttles", function, [1]),
        ("AWS/Lambda", "ConcurrentExecutions", function, [3, 9]),
        (NAMES.prefix, "Refused", None, [1, 1]),
        (NAMES.prefix, "MailSent", None, [1, 1, 1]),
        (NAMES.prefix, "OutboxLag", None, [12, 75]),
        (NAMES.prefix, "DatabaseRoundTrip", None, [5]),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", NAMES.queues[0]), [33]),
    ):
        dimensions = [{"Name": dimension[0], "Value": dimension[1]}] if dimension else []
        time = datetime.now(UTC) - timedelta(minutes=10)
        data = [{"MetricName": name, "Dimensions": dimensions, "Timestamp": time, "Value": value} for value in values]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    return account


def _create_function(account: Account, name: str) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def app(event, context):\n    return {}\n")
    code = {"Runtime": "python3.11", "Handler": "app.app", "Code": {"ZipFile": package.getvalue()}}
    settings = {"Role": "arn:aws:iam::000000000000:role/any", "MemorySize": 512, "Timeout": 28}
    arn: str = account.client("lambda").create_function(FunctionName=name, **code, **settings)["FunctionArn"]
    return arn


def _create_load_balancer(account: Account, target_arn: str) -> str:
    ec2, elb = account.client("ec2"), account.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    balancer = elb.create_load_balancer(Name=NAMES.load_balancer, Subnets=subnets)["LoadBalancers"][0]
    check = {"HealthCheckEnabled": True, "HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 35}
    group = elb.create_target_group(Name=NAMES.target_group, TargetType="lambda", **check)["TargetGroups"][0]
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": target_arn}])
    arn: str = balancer["LoadBalancerArn"]
    return arn


def _create_queues(account: Account) -> None:
    sqs = account.client("sqs")
    queue, dead_letters = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in NAMES.queues)
    for number in range(3):
        sqs.send_message(QueueUrl=dead_letters, MessageBody=str(number))
    sqs.send_message(QueueUrl=queue, MessageBody="taken")
    sqs.receive_message(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)


def test_every_part_is_shown_and_what_is_wrong_comes_first(deployment: Account) -> None:
    reader = Reader(deployment.session, deployment.endpoint, NAMES, next_minute())
    tables = read_tables(reader)
    parts = tables["Parts"]
    assert parts["crud-app-status-alb"][0] == "active"
    assert parts["target crud-app-status-bff"] == ["healthy", "/health every 35 s"]
    assert parts["crud-app-status-bff"] == ["Active", "python3.11, 512 MB, 28 s, shared concurrency"]
    assert parts["crud-app-status-crud"] == ["Active", "python3.11, 512 MB, 28 s, at most 7 at once"]
    assert parts["crud-app-status-enviar-correos"] == parts["crud-app-status-email-api"] == ["does not exist"]
    assert parts["crud-app-status-crud-api"][0] == "HTTP"
    assert parts["crud-app-status-email-queue"] == ["0 waiting", "1 in flight, 1 delayed"]
    assert parts["crud-app-status-email-dlq"] == ["3 waiting", "0 in flight, 0 delayed"]
    assert tables["Alarms"]["crud-app-status-slow"][:2] == ["ALARM", "TargetResponseTime Average > 10 in 5 min"]
    assert reader.concerns == [
        "crud-app-status-email-dlq holds 3 messages that could not be handled.",
        "crud-app-status-slow is in alarm: TargetResponseTime Average > 10 in 5 min.",
    ]
    requests = tables["The last hour: requests"]
    assert requests["crud-app-status-alb"] == ["100", "5", "95 %", "20.0 ms", "20.0 ms", "400.0 ms"]
    assert requests["crud-app-status-crud-api"] == ["0", "0", "-", "-", "-", "-"]
    assert requests["crud-app-status-bff"] == ["120", "4", "96.67 %", "-", "-", "-", "1", "9"]
    work = {name: cell for name, (cell,) in tables["The last hour: access, email and database"].items()}
    assert [work[name] for name in ("requests refused", "emails sent", "emails failed")] == ["2", "3", "0"]
    assert work["oldest message in crud-app-status-email-queue"] == "0:00:33"
    assert (work["oldest unpublished event"], work["database round trip p50"]) == ("0:01:15", "5.0 ms")


class StubbedSession:
    """A session whose clients give prepared answers; any other call fails like a service that does not answer."""

    region_name = "us-east-1"

    def __init__(self, **answers: list[tuple[str, dict[str, Any]]]) -> None:
        self._clients: dict[str, Any] = {}
        for service in ("elbv2", "lambda", "apigatewayv2", "sqs", "cloudwatch"):
            self._clients[service] = boto3.client(service, region_name=self.region_name)
            stubber = Stubber(self._clients[service])
            for operation, answer in answers.get(service, []):
                stubber.add_response(operation, answer)
            stubber.activate()

    def client(self, service: str, **_: Any) -> Any:
        return self._clients[service]


def read_stubs(**answers: list[tuple[str, dict[str, Any]]]) -> tuple[Reader, Tables]:
    session: Any = StubbedSession(**answers)
    reader = Reader(session, None, deployed("crud-app", "dev"), NOW)
    return reader, read_tables(reader)


def test_each_trouble_is_a_concern_and_the_load_balancer_comes_first() -> None:
    name = {"Scheme": "internal", "DNSName": "alb.example.com", "LoadBalancerArn": ARN}
    balancer = ("describe_load_balancers", {"LoadBalancers": [{**name, "State": {"Code": "failed"}}]})
    check = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 35}
    group = ("describe_target_groups", {"TargetGroups": [{"TargetGroupArn": GROUP_ARN, **check}]})
    health = {"Target": {"Id": "a:function:bff"}, "TargetHealth": {"State": "unhealthy", "Description": "codes: [502]"}}
    function = {"State": "Pending", "Runtime": "python3.11", "MemorySize": 512, "Timeout": 28}
    reader, tables = read_stubs(
        **{
            "elbv2": [balancer, group, ("describe_target_health", {"TargetHealthDescriptions": [health]})],
            "lambda": [
                ("get_function_configuration", function),
                ("get_function_concurrency", {"ReservedConcurrentExecutions": 0}),
            ],
        }
    )
    assert reader.concerns == [
        "crud-app-dev-alb is failed.",
        "bff is unhealthy (codes: [502]).",
        "crud-app-dev-bff is Pending.",
        "crud-app-dev-bff is stopped: its reserved concurrency is 0.",
        "12 parts could not be read, so there may be more.",
    ]
    assert tables["The last hour"] == {"last hour": ["no answer"]}
    reader, _ = read_stubs(
        elbv2=[
            ("describe_load_balancers", {"LoadBalancers": []}),
            group,
            ("describe_target_health", {"TargetHealthDescriptions": []}),
        ]
    )
    assert reader.concerns[0] == "crud-app-dev-bff has no target."


def test_a_reader_without_permissions_sees_what_is_denied(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    reader = Reader(session, account.endpoint, NAMES, next_minute())
    tables = read_tables(reader)
    for part, operation in (
        (NAMES.load_balancer, "DescribeLoadBalancers"),
        (NAMES.functions[1], "GetFunctionConfiguration"),
        (NAMES.apis[1], "GetApis"),
        (NAMES.queues[0], "GetQueueUrl"),
    ):
        assert tables["Parts"][part][0].startswith(f"{operation}: A")
    assert tables["Alarms"]["alarms"][0].startswith("DescribeAlarms: A")
    assert tables["The last hour"]["last hour"][0].startswith("GetMetricData: A")
    assert reader.exists  # unreadable is not missing


def test_metrics_are_read_page_by_page() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    metric = ("N", "latency", "", "p50")

    def page(value: float) -> dict[str, Any]:
        return {"MetricDataResults": [{"Id": "m0", "Timestamps": [NOW], "Values": [value], "StatusCode": "Complete"}]}

    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {**page(0.25), "NextToken": "t"})
        stub.add_response("get_metric_data", page(0.5))
        assert read_metrics(client, [metric], NOW - HOUR, NOW) == {metric: [0.25, 0.5]}
        stub.assert_no_pending_responses()


def test_a_rule_of_an_alarm_is_short() -> None:
    alarm = {"MetricName": "Duration", "ExtendedStatistic": "p99", "Period": 60, "EvaluationPeriods": 3}
    rule = describe_rule({**alarm, "ComparisonOperator": "LessThanOrEqualToThreshold", "Threshold": 2.5})
    assert rule == "Duration p99 <= 2.5 in 3 min"
    assert describe_rule({"ComparisonOperator": "GreaterThanUpperThreshold"}) == "an expression"


def test_the_command_prints_and_writes_a_report_without_the_whole_account(
    deployment: Account, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployment.endpoint)
    monkeypatch.setenv("COLUMNS", "200")
    report = tmp_path / "status.txt"
    environment = {"AWS_ENDPOINT_URL": deployment.endpoint, "TF_VAR_environment": "status"}
    assert main([f"--report={report}"], environment) == 0
    output = capsys.readouterr().out
    assert output.startswith("crud-app-status in us-east-1, account …0000, ")
    assert "! crud-app-status-email-dlq holds 3 messages" in output
    assert report.read_text("utf-8") == output
    assert main([f"--report={tmp_path}/missing/status.txt"], environment) == 1
    assert "REPORT cannot be written: No such file or directory" in capsys.readouterr().err
    assert main(["--environment=nobody"], environment) == 1
    output, error = capsys.readouterr()
    assert (output, error.partition(" in ")[0]) == ("", "make status: There is no crud-app-nobody")


def test_the_laptop_needs_no_settings(
    deployment: Account, capsys: pytest.CaptureFixture[str], tmp_path: Path, closed_port: int
) -> None:
    deployment.client("sqs").create_queue(QueueName="crud-app-email-queue")
    environment = {"LOCAL_STATE": str(tmp_path)}

    def main_at(endpoint: str) -> int:
        variables = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint, "DATABASE_URL": "x"}
        (tmp_path / "env").write_text("\n".join(f"{name}={value}" for name, value in variables.items()))
        return main(["--laptop"], environment)

    assert main(["--laptop"], environment) == 1
    assert "`make run` has not run here yet" in capsys.readouterr().err
    assert main_at(deployment.endpoint) == 0
    assert capsys.readouterr().out.startswith("crud-app in us-east-1, http://127.0.0.1:")
    assert main_at(f"http://127.0.0.1:{closed_port}") == 1
    assert "Does `make run` run?" in capsys.readouterr().err
