"""`make status` with AWS's answers as botocore's models have them, and the command beside an emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.emulator import CREDENTIALS, client_of
from tests.unit.tools.conftest import StubbedSession
from tools.command_line import NotReady
from tools.place import FUNCTIONS, Place
from tools.status import Reader, main

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:{}/crud-app-dev-bff/1"
BALANCER = {
    "LoadBalancerName": "crud-app-dev-web",
    "Scheme": "internal",
    "DNSName": "x",
    "LoadBalancerArn": ARN.format("loadbalancer/app"),
    "State": {"Code": "active"},
}
GROUP = {
    "TargetGroupArn": ARN.format("targetgroup"),
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 35,
}
FUNCTION = {"State": "Active", "Runtime": "python3.11", "MemorySize": 512, "Timeout": 28}
API = {
    "Name": "crud-app-dev-crud-api",
    "ProtocolType": "HTTP",
    "ApiEndpoint": "https://x",
    "RouteSelectionExpression": "r",
}


def health(state, description=""):
    target = {"Target": {"Id": "a:function:bff"}, "TargetHealth": {"State": state, "Description": description}}
    return {"TargetHealthDescriptions": [target]}


def queue(waiting, taken, delayed):
    counts = {"": waiting, "NotVisible": taken, "Delayed": delayed}
    attributes = {f"ApproximateNumberOfMessages{kind}": str(count) for kind, count in counts.items()}
    return [("sqs.get_queue_url", {"QueueUrl": "https://q"}), ("sqs.get_queue_attributes", {"Attributes": attributes})]


def values(*measured):
    return {"MetricDataResults": [{"Id": f"m{index}", "Values": each} for index, each in enumerate(measured)]}


def alarm(name, state):
    return {
        "AlarmName": f"crud-app-dev-{name}",
        "AlarmDescription": "Too slow.",
        "StateValue": state,
        "StateUpdatedTimestamp": NOW,
    }


def read(*answers, is_laptop=False):
    """The concerns, and the parts, the alarms, the requests and the other work: by first cell, the other cells."""
    session: Any = StubbedSession(*answers)
    reader = Reader(Place("here", "crud-app-dev", session, None, "", is_laptop=is_laptop), NOW)
    tables = []
    for table in reader.read():
        rows = zip(*(map(str, column.cells) for column in table.columns), strict=True)
        tables.append({name: [cell for cell in cells if cell] for name, *cells in rows})
    return reader.concerns, *tables


def test_every_part_is_shown_and_what_is_wrong_is_a_concern():
    concerns, parts, alarms, requests, work = read(
        ("elbv2.describe_load_balancers", {"LoadBalancers": [BALANCER | {"LoadBalancerName": "another's"}, BALANCER]}),
        ("elbv2.describe_target_groups", {"TargetGroups": [GROUP]}),
        ("elbv2.describe_target_health", health("healthy")),
        ("lambda.get_function_configuration", FUNCTION, {"FunctionName": "crud-app-dev-bff"}),
        ("lambda.get_function_concurrency", {"ReservedConcurrentExecutions": 7}),
        *[("lambda.get_function_configuration", "ResourceNotFoundException")] * (len(FUNCTIONS) - 1),
        ("lambda.get_account_settings", {"AccountLimit": {"ConcurrentExecutions": 1_000}}),
        *[("apigatewayv2.get_apis", {"Items": [API | {"ApiId": "1"}]})] * 2,
        *queue(0, 1, 1),
        *queue(3, 0, 0),
        ("cloudwatch.describe_alarms", {"MetricAlarms": [alarm("slow", "ALARM"), alarm("fine", "OK")]}),
        (
            "cloudwatch.get_metric_data",
            values(
                *([200], [1], [2], [0.010], [0.020], [0.3]),  # of the load balancer, with both kinds of errors
                *([60, 60], [4], [20], [21], [400], [1], [3, 9]),  # of the function
                *([], [], [], [], []),  # of the API
                *([1, 1], [3], [0], [], [33], [], [12, 75], [5], [5], [5]),
            ),
        ),
    )
    assert parts["crud-app-dev-web"] == ["active", "internal, x"]
    assert parts["target bff"] == ["healthy", "/health every 35 s"]
    assert parts["crud-app-dev-bff"] == ["Active", "python3.11, 512 MB, 28 s, at most 7 at once"]
    assert parts["crud-app-dev-crud"] == parts["crud-app-dev-email-api"] == ["does not exist"]
    assert parts["all functions"] == ["at most 1,000 at once in the account"]
    assert parts["crud-app-dev-crud-api"] == ["HTTP", "https://x"]
    assert parts["crud-app-dev-email-queue"] == ["0 waiting", "1 in flight, 1 delayed"]
    assert parts["crud-app-dev-email-dlq"] == ["3 waiting", "0 in flight, 0 delayed"]
    assert {name: cells[0] for name, cells in alarms.items()} == {
        "crud-app-dev-fine": "OK",
        "crud-app-dev-slow": "ALARM",
    }
    assert concerns == [
        "crud-app-dev-email-dlq holds 3 messages that could not be handled.",
        "crud-app-dev-slow is in alarm: Too slow.",
    ]
    assert requests == {
        "crud-app-dev-web": ["200", "3", "98.5 %", "10.0 ms", "20.0 ms", "300.0 ms"],
        "crud-app-dev-bff": ["120", "4", "96.67 %", "20.0 ms", "21.0 ms", "400.0 ms", "1", "9"],
        "crud-app-dev-crud-api": ["0", "0", "-", "-", "-", "-"],
    }
    assert work == {
        "requests refused": ["2"],
        "emails sent": ["3"],
        "emails failed": ["0"],
        "emails bounced": ["0"],
        "oldest message in crud-app-dev-email-queue": ["0:00:33"],
        "oldest message in crud-app-dev-email-dlq": ["-"],
        "oldest unpublished event": ["0:01:15"],
        **{f"database round trip {each}": ["5.0 ms"] for each in ("p50", "p90", "p99")},
    }


def test_each_trouble_is_a_concern_and_what_may_not_be_read_is_said():
    concerns, parts, alarms, *_ = read(
        ("cloudwatch.describe_alarms", "AccessDenied"),
        ("elbv2.describe_load_balancers", {"LoadBalancers": [BALANCER | {"State": {"Code": "failed"}}]}),
        ("elbv2.describe_target_groups", {"TargetGroups": [GROUP]}),
        ("elbv2.describe_target_health", health("unhealthy", "codes: [502]")),
        is_laptop=True,
    )
    assert alarms == {"alarms": ["DescribeAlarms: AccessDenied"]}
    assert {tuple(cells) for name, cells in parts.items() if "-api" in name or "queue" in name} == {("no answer",)}
    assert concerns == [
        "crud-app-dev-web is failed.",
        "bff is unhealthy (codes: [502]).",
        # Two APIs, two queues, the alarms and the metrics.
        "What could not be read: 6. There may be more.",
    ]
    concerns, *_ = read(
        ("elbv2.describe_load_balancers", {"LoadBalancers": [BALANCER]}),
        ("elbv2.describe_target_groups", {"TargetGroups": [GROUP]}),
        ("elbv2.describe_target_health", {"TargetHealthDescriptions": []}),
        ("lambda.get_function_configuration", FUNCTION | {"State": "Pending"}),
        ("lambda.get_function_concurrency", {"ReservedConcurrentExecutions": 0}),
    )
    assert concerns[:-1] == [
        "crud-app-dev-web has no target.",
        "crud-app-dev-bff is Pending.",
        "crud-app-dev-bff is stopped: its reserved concurrency is 0.",
    ]


def test_the_command_says_where_it_looks_and_what_is_missing(emulator, capsys, monkeypatch, tmp_path, closed_port):
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    main(["--environment=other"], {"AWS_ENDPOINT_URL": emulator.endpoint})
    assert capsys.readouterr().out.startswith("crud-app-other: account …0000, us-east-1, ")

    laptop = {"LOCAL_STATE": str(tmp_path)}
    with pytest.raises(NotReady, match="`make run` has not run here yet"):
        main(["--laptop"], laptop)
    variables = {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}", "DATABASE_URL": "x"}
    written = "\n".join(f"{name}={value}" for name, value in variables.items())
    (tmp_path / "env").write_text(f"# Written by `make run`.\n{written}")
    with pytest.raises(NotReady, match=r"^There is no crud-app: `make run`, .* Does `make run` run\?$"):
        main(["--laptop"], laptop)
    (tmp_path / "env").write_text(f"{written}\nAWS_ENDPOINT_URL={emulator.endpoint}")
    client_of("sqs", emulator.endpoint).create_queue(QueueName="crud-app-email-queue")
    main(["--laptop"], laptop)
    assert capsys.readouterr().out.startswith(f"crud-app: `make run`, {emulator.endpoint}, ")
