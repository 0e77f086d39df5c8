"""CloudWatch's numbers of the last hour, in two calls of GetMetricData (a cent buys a thousand metrics)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tools.status.model import Api, FunctionTraffic, LastHour, Latency, LoadBalancer, Mail, Slot, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef

    from tools.status.names import Names

HOUR = timedelta(hours=1)
SLOT = timedelta(minutes=5)
MOST_QUERIES = 500  # in one call of GetMetricData
PERCENTILES = ("p50", "p90", "p99")


@dataclass(frozen=True)
class Metric:
    """One statistic of one metric. ``scale`` brings its values to our unit (an ALB measures seconds, we show ms)."""

    namespace: str
    name: str
    dimension: tuple[str, str] | None
    statistic: str
    scale: float = 1


Values = dict[Metric, dict[datetime, float]]


def read_metrics(
    client: CloudWatchClient, metrics: Iterable[Metric], start: datetime, end: datetime, period: timedelta
) -> Values:
    """The values of each metric by the beginning of their period; none where nothing was measured."""
    metrics = list(dict.fromkeys(metrics))
    values: Values = {metric: {} for metric in metrics}
    for first in range(0, len(metrics), MOST_QUERIES):
        batch = metrics[first : first + MOST_QUERIES]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_query(f"m{index}", metric, period) for index, metric in enumerate(batch)],
            StartTime=start,
            EndTime=end,
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                metric = batch[int(result["Id"].removeprefix("m"))]
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


@dataclass(frozen=True)
class Door:
    """The metrics of what takes requests: a load balancer, an HTTP API or a function.

    ``errors`` are added: an ALB counts its own 5XX (time-outs, malformed answers) apart from its target's.
    """

    name: str
    requests: Metric
    errors: tuple[Metric, ...]
    latency: tuple[Metric, Metric, Metric]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (self.requests, *self.errors, *self.latency)


def load_balancer_door(load_balancer: LoadBalancer) -> Door:
    namespace, dimension = "AWS/ApplicationELB", ("LoadBalancer", load_balancer.metric_dimension)
    return Door(
        name=load_balancer.name,
        requests=Metric(namespace, "RequestCount", dimension, "Sum"),
        errors=tuple(
            Metric(namespace, name, dimension, "Sum")
            for name in ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")
        ),
        latency=_percentiles(namespace, "TargetResponseTime", dimension, scale=1_000),
    )


def api_door(api: Api) -> Door:
    namespace, dimension = "AWS/ApiGateway", ("ApiId", api.id)
    return Door(
        name=api.name,
        requests=Metric(namespace, "Count", dimension, "Sum"),
        errors=(Metric(namespace, "5xx", dimension, "Sum"),),
        latency=_percentiles(namespace, "Latency", dimension),
    )


def function_door(name: str) -> Door:
    return Door(
        name=name,
        requests=_of_function(name, "Invocations", "Sum"),
        errors=(_of_function(name, "Errors", "Sum"),),
        latency=_percentiles("AWS/Lambda", "Duration", ("FunctionName", name)),
    )


def _of_function(name: str, metric: str, statistic: str) -> Metric:
    return Metric("AWS/Lambda", metric, ("FunctionName", name), statistic)


def _percentiles(
    namespace: str, name: str, dimension: tuple[str, str] | None, scale: float = 1
) -> tuple[Metric, Metric, Metric]:
    p50, p90, p99 = (Metric(namespace, name, dimension, percentile, scale) for percentile in PERCENTILES)
    return p50, p90, p99


def oldest_message(queue: str) -> Metric:
    return Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", queue), "Maximum")


def read_oldest_seconds(client: CloudWatchClient, queues: Sequence[str], now: datetime) -> dict[str, float]:
    """The age of the oldest message of each queue that CloudWatch knows something of, from its newest value."""
    metrics = {queue: oldest_message(queue) for queue in queues}
    values = read_metrics(client, metrics.values(), now - 3 * SLOT, now, SLOT)
    return {queue: values[metric][max(values[metric])] for queue, metric in metrics.items() if values[metric]}


def read_last_hour(client: CloudWatchClient, names: Names, doors: Sequence[Door], now: datetime) -> LastHour:
    """The hour that ends with the minute ``now``. ``doors`` from the outside in; the first is drawn in slots."""
    functions = [function_door(name) for name in names.functions]
    totals = _Totals(names, doors, functions)
    start = now - HOUR
    hour = read_metrics(client, totals.metrics, start, now, HOUR)
    slots = read_metrics(client, doors[0].metrics if doors else (), start, now, SLOT)
    return LastHour(
        start=start,
        end=now,
        doors=tuple(_traffic(door, hour) for door in doors),
        functions=tuple(_function_traffic(door, hour) for door in functions),
        refused=_sum(hour[totals.refused]),
        mail=Mail(*(_sum(hour[metric]) for metric in totals.mail)),
        outbox_lag_seconds=_worst(hour[totals.outbox_lag]),
        database=_latency(totals.database, hour),
        slots=tuple(_slots(doors[0], slots, start)) if doors else (),
    )


class _Totals:
    """All metrics that are asked for once over the whole hour."""

    def __init__(self, names: Names, doors: Sequence[Door], functions: Sequence[Door]) -> None:
        own = names.metric_namespace
        self.refused = Metric(own, "Refused", None, "Sum")
        self.mail = tuple(Metric(own, name, None, "Sum") for name in ("MailSent", "MailFailed", "MailBounced"))
        self.outbox_lag = Metric(own, "OutboxLag", None, "Maximum")
        self.database = _percentiles(own, "DatabaseRoundTrip", None)
        self.metrics = [
            *(metric for door in (*doors, *functions) for metric in door.metrics),
            *(metric for function in functions for metric in (_throttles(function), _at_once(function))),
            self.refused,
            *self.mail,
            self.outbox_lag,
            *self.database,
        ]


def _throttles(function: Door) -> Metric:
    return _of_function(function.name, "Throttles", "Sum")


def _at_once(function: Door) -> Metric:
    return _of_function(function.name, "ConcurrentExecutions", "Maximum")


def _traffic(door: Door, hour: Values) -> Traffic:
    errors = sum(_sum(hour[metric]) for metric in door.errors)
    return Traffic(door.name, _sum(hour[door.requests]), errors, _latency(door.latency, hour))


def _function_traffic(door: Door, hour: Values) -> FunctionTraffic:
    at_once = _worst(hour[_at_once(door)])
    return FunctionTraffic(
        **vars(_traffic(door, hour)),
        throttled=_sum(hour[_throttles(door)]),
        at_once=None if at_once is None else round(at_once),
    )


def _slots(door: Door, values: Values, start: datetime) -> Iterable[Slot]:
    """Twelve slots, also where nothing happened. A value belongs to the slot in which its period begins."""
    for index in range(HOUR // SLOT):
        begin = start + index * SLOT
        within = {
            metric: {time: value for time, value in values[metric].items() if begin <= time < begin + SLOT}
            for metric in door.metrics
        }
        traffic = _traffic(door, within)
        yield Slot(begin, traffic.requests, traffic.errors, traffic.latency)


def _latency(metrics: tuple[Metric, Metric, Metric], values: Values) -> Latency:
    return Latency(*(_worst(values[metric]) for metric in metrics))


def _sum(values: dict[datetime, float]) -> int:
    return round(sum(values.values()))


def _worst(values: dict[datetime, float]) -> float | None:
    """The highest value. AWS gives one for the hour; the emulator cuts at full hours, and the slower part counts."""
    return max(values.values(), default=None)
