from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
from botocore.stub import Stubber

from tools.status.metrics import HOUR, MOST_QUERIES, Metric, read_metrics, read_oldest_seconds

END = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
START = END - HOUR


def metric(number: int, scale: float = 1) -> Metric:
    return Metric("N", f"metric {number}", ("D", "v"), "Sum", scale)


def query(identity: str, name: str) -> dict[str, object]:
    stat = {
        "Metric": {"Namespace": "N", "MetricName": name, "Dimensions": [{"Name": "D", "Value": "v"}]},
        "Period": 3600,
        "Stat": "Sum",
    }
    return {"Id": identity, "MetricStat": stat}


def result(identity: str, values: dict[datetime, float]) -> dict[str, object]:
    return {"Id": identity, "Timestamps": list(values), "Values": list(values.values()), "StatusCode": "Complete"}


def test_more_metrics_than_one_call_takes_are_asked_for_in_several() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    metrics = [metric(number) for number in range(MOST_QUERIES + 1)]
    with Stubber(client) as stub:
        for first in (0, MOST_QUERIES):
            asked = metrics[first : first + MOST_QUERIES]
            stub.add_response(
                "get_metric_data",
                {"MetricDataResults": [result("m0", {START: first + 1})]},
                {
                    "MetricDataQueries": [query(f"m{index}", item.name) for index, item in enumerate(asked)],
                    "StartTime": START,
                    "EndTime": END,
                },
            )
        values = read_metrics(client, metrics, START, END, HOUR)
        stub.assert_no_pending_responses()
    assert values[metrics[0]] == {START: 1}
    assert values[metrics[-1]] == {START: MOST_QUERIES + 1}
    assert values[metrics[1]] == {}


def test_an_answer_in_pages_is_put_together_and_scaled() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    seconds = metric(1, scale=1_000)
    later = START + timedelta(minutes=5)
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result("m0", {START: 0.25})], "NextToken": "t"})
        stub.add_response("get_metric_data", {"MetricDataResults": [result("m0", {later: 0.5})]})
        values = read_metrics(client, [seconds, seconds], START, END, HOUR)
        stub.assert_no_pending_responses()
    assert values == {seconds: {START: 250, later: 500}}


def test_nothing_asked_is_nothing_called() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    with Stubber(client):
        assert read_metrics(client, [], START, END, HOUR) == {}


def test_the_oldest_message_is_as_old_as_the_newest_measurement_says() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1")
    measured = {END - timedelta(minutes=5): 10.0, END - timedelta(minutes=10): 90.0}
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result("m0", measured), result("m1", {})]})
        assert read_oldest_seconds(client, ["busy", "empty"], END) == {"busy": 10.0}
