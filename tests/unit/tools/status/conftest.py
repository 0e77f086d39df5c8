from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.emulator import CREDENTIALS, DEPLOYMENT_SERVICES, REGION, Emulator
from tools.names import Names, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Deployment:
    """What Terraform would have made, on the emulator."""

    endpoint: str
    names: Names

    @property
    def session(self) -> boto3.Session:
        """A session that does not depend on the environment, which some tests empty."""
        key, secret = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        return boto3.Session(key, secret, region_name=REGION)

    def client(self, service: Any) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)

    def publish(self, namespace: str, metric: str, dimension: tuple[str, str] | None, *values: float) -> None:
        """Put measured values of the minute ten minutes ago."""
        dimensions = [{"Name": dimension[0], "Value": dimension[1]}] if dimension else []
        time = datetime.now(UTC) - timedelta(minutes=10)
        data = [{"MetricName": metric, "Dimensions": dimensions, "Timestamp": time, "Value": value} for value in values]
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


@pytest.fixture(scope="session")
def guarded_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator that enforces IAM."""
    log = tmp_path_factory.mktemp("guarded") / "emulator.log"
    with Emulator(log, services=DEPLOYMENT_SERVICES, enforce_iam=True) as server:
        yield server


@pytest.fixture(scope="session")
def deployment(guarded_emulator: Emulator) -> Deployment:
    """One environment: a load balancer, three of its six functions, one of its two HTTP APIs, queues and two alarms."""
    made = Deployment(guarded_emulator.endpoint, deployed("crud-app", "status"))
    names = made.names
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=policy)
    target, capped, _ = [_create_function(made, name) for name in names.functions[:3]]
    _create_load_balancer(made, target)
    made.client("lambda").put_function_concurrency(FunctionName=capped, ReservedConcurrentExecutions=7)
    made.client("apigatewayv2").create_api(Name=names.apis[0], ProtocolType="HTTP")
    made.client("apigatewayv2").create_api(Name="another project", ProtocolType="HTTP")
    _create_queues(made)
    _create_alarms(made)
    return made


def _create_function(made: Deployment, name: str) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def app(event, context):\n    return {}\n")
    created = made.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="app.app",
        Code={"ZipFile": package.getvalue()},
        MemorySize=512,
        Timeout=28,
    )
    arn: str = created["FunctionArn"]
    return arn


def _create_load_balancer(made: Deployment, target_arn: str) -> None:
    ec2, elb = made.client("ec2"), made.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    balancer = elb.create_load_balancer(Name=made.names.load_balancer, Subnets=subnets)["LoadBalancers"][0]
    group = elb.create_target_group(
        Name=made.names.target_group,
        TargetType="lambda",
        HealthCheckEnabled=True,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=35,
    )["TargetGroups"][0]
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": target_arn}])
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=8080,
        DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
        ],
    )
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )


def _create_queues(made: Deployment) -> None:
    sqs = made.client("sqs")
    queue, dead_letters = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in made.names.queues)
    for number in range(3):
        sqs.send_message(QueueUrl=dead_letters, MessageBody=str(number))
    sqs.send_message(QueueUrl=queue, MessageBody="taken")
    sqs.receive_message(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)


def _create_alarms(made: Deployment) -> None:
    cloudwatch = made.client("cloudwatch")
    rule = {"Period": 300, "EvaluationPeriods": 1, "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(
        AlarmName=f"{made.names.prefix}-own-5xx",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_ELB_5XX_Count",
        Statistic="Sum",
        **rule,
    )
    cloudwatch.put_metric_alarm(
        AlarmName=f"{made.names.prefix}-slow",
        Namespace="AWS/ApplicationELB",
        MetricName="TargetResponseTime",
        Statistic="Average",
        **rule,
    )
    cloudwatch.set_alarm_state(AlarmName=f"{made.names.prefix}-slow", StateValue="ALARM", StateReason="a test")
