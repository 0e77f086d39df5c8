"""CloudWatch's numbers of the last hour, through GetMetricData (a cent buys a thousand metrics)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef

HOUR = timedelta(hours=1)
SLOT = timedelta(minutes=5)
PERCENTILES = ("p50", "p90", "p99")


class Metric(NamedTuple):
    """One statistic of one metric. ``scale`` converts to our unit: an ALB measures seconds, we show milliseconds."""

    namespace: str
    name: str
    dimension: tuple[str, str] | None
    statistic: str
    scale: float = 1


Values = dict[Metric, dict[datetime, float]]


class Door(NamedTuple):
    """The metrics of what takes requests: a load balancer, an HTTP API or a function.

    ``errors`` are added up: an ALB counts its own 5XX (time-outs, malformed answers) apart from those of its target.
    """

    name: str
    requests: Metric
    errors: tuple[Metric, ...]
    latency: tuple[Metric, ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (self.requests, *self.errors, *self.latency)


def load_balancer_door(name: str, arn: str) -> Door:
    namespace, dimension = "AWS/ApplicationELB", ("LoadBalancer", arn.rpartition(":loadbalancer/")[2])
    return Door(
        name,
        Metric(namespace, "RequestCount", dimension, "Sum"),
        (
            Metric(namespace, "HTTPCode_ELB_5XX_Count", dimension, "Sum"),
            Metric(namespace, "HTTPCode_Target_5XX_Count", dimension, "Sum"),
        ),
        percentiles(namespace, "TargetResponseTime", dimension, scale=1_000),
    )


def api_door(name: str, identifier: str) -> Door:
    namespace, dimension = "AWS/ApiGateway", ("ApiId", identifier)
    return Door(
        name,
        Metric(namespace, "Count", dimension, "Sum"),
        (Metric(namespace, "5xx", dimension, "Sum"),),
        percentiles(namespace, "Latency", dimension),
    )


def function_door(name: str) -> Door:
    namespace, dimension = "AWS/Lambda", ("FunctionName", name)
    return Door(
        name,
        Metric(namespace, "Invocations", dimension, "Sum"),
        (Metric(namespace, "Errors", dimension, "Sum"),),
        percentiles(namespace, "Duration", dimension),
    )


def percentiles(
    namespace: str, name: str, dimension: tuple[str, str] | None = None, scale: float = 1
) -> tuple[Metric, ...]:
    return tuple(Metric(namespace, name, dimension, percentile, scale) for percentile in PERCENTILES)


def read_metrics(
    client: CloudWatchClient, metrics: Iterable[Metric], start: datetime, end: datetime, period: timedelta
) -> Values:
    """The values of each metric (at most 500) by the beginning of their period; none where nothing was measured."""
    metrics = list(dict.fromkeys(metrics))
    values: Values = {metric: {} for metric in metrics}
    if not metrics:
        return values
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(f"m{index}", metric, period) for index, metric in enumerate(metrics)],
        StartTime=start,
        EndTime=end,
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            metric = metrics[int(result["Id"].removeprefix("m"))]
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            values[metric] |= {timestamp: value * metric.scale for timestamp, value in pairs}
    return values


def _query(identity: str, metric: Metric, period: timedelta) -> MetricDataQueryTypeDef:
    dimensions: list[DimensionTypeDef] = []
    if metric.dimension:
        name, value = metric.dimension
        dimensions.append({"Name": name, "Value": value})
    return {
        "Id": identity,
        "MetricStat": {
            "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
            "Period": int(period.total_seconds()),
            "Stat": metric.statistic,
        },
    }


def add_up(values: Mapping[datetime, float]) -> int:
    return round(sum(values.values()))


def worst(values: Mapping[datetime, float]) -> float | None:
    """The highest value. AWS gives one for the hour; the emulator cuts at full hours, and the slower part counts."""
    return max(values.values(), default=None)
