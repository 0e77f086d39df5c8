"""Reads a deployment with boto3. Only describing calls are made: nothing is changed, no message is received.

A part that does not exist, or that the caller may not read, becomes a row that says so; the rest is still shown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from tools.status.metrics import (
    HOUR,
    SLOT,
    Door,
    Metric,
    Values,
    add_up,
    api_door,
    function_door,
    load_balancer_door,
    percentiles,
    read_metrics,
    worst,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boto3.session import Session

    from tools.names import Names

GOOD, BAD, FAINT = "green", "bold red", "dim"
ABSENT = "does not exist"
NO_ANSWER = "no answer"
NOTHING = "-"  # nothing was measured
LEVELS = "▁▂▃▄▅▆▇█"

# A person waits: a service that does not answer is reported within seconds.
CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})

ABSENT_CODES = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "LoadBalancerNotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "TargetGroupNotFound",
}
DENIED_CODES = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}

T = TypeVar("T")
Row = tuple[str | Text, ...]


class Section(NamedTuple):
    """A table. Columns from ``numbers_from`` on are aligned to the right; ``note`` is a sentence below."""

    title: str
    headings: tuple[str, ...]
    rows: list[Row]
    numbers_from: int | None = None
    note: str = ""


class NotThere(Exception):
    """A list of AWS does not have what was looked for."""


class Reader:
    """The AWS clients of one session, and what ``read`` found with them.

    Attributes:
        concerns: one sentence for each thing that is not as it should be, the most urgent first.
        exists: whether there is a part of that name, or one that the caller may not see.
    """

    def __init__(self, session: Session, endpoint_url: str | None, names: Names, now: datetime) -> None:
        """``now`` is a full minute: CloudWatch keeps minutes."""
        client: Callable[..., Any] = partial(session.client, endpoint_url=endpoint_url, config=CONFIG)
        self._elb, self._lambda, self._apis = client("elbv2"), client("lambda"), client("apigatewayv2")
        self._sqs, self._cloudwatch = client("sqs"), client("cloudwatch")
        self._names = names
        self._now = now
        self._doors: list[Door] = []  # from the outside in
        self._closed = 0
        self.concerns: list[str] = []
        self.exists = False

    def read(self) -> list[Section]:
        """All tables, from the load balancer inwards, then the last hour."""
        sections = [
            self._read_load_balancer(),
            self._read_targets(),
            self._read_functions(),
            self._read_apis(),
            self._read_queues(),
            self._read_alarms(),
            *self._read_last_hour(),
        ]
        # What does not exist may be meant so (no load balancer, a laptop); what is closed to us may hide trouble.
        if self._closed:
            parts = "parts" if self._closed > 1 else "part"
            self.concerns.append(f"{self._closed} {parts} could not be read, so there may be more.")
        return sections

    def _attempt(self, name: str, read: Callable[[], list[Row]], *, is_named: bool = False) -> list[Row]:
        """The rows that ``read`` returns, or one that says why part ``name`` could not be read."""
        try:
            rows = read()
        except NotThere:
            reason = ABSENT
        except ClientError as error:
            reason = describe_error(error)
        except BotoCoreError:
            reason = NO_ANSWER
        else:
            self.exists = self.exists or is_named
            return rows
        if reason != ABSENT:
            self._closed += 1
            self.exists = self.exists or is_named
        return [(name, Text(reason, FAINT))]

    def _judge(self, name: str, state: str, good: str, detail: str = "") -> Text:
        """The state as a cell; a concern unless it is ``good``."""
        if state != good:
            self.concerns.append(f"{name} is {state}{f' ({detail})' if detail else ''}.")
        return Text(state, GOOD if state == good else BAD)

    def _read_load_balancer(self) -> Section:
        name = self._names.load_balancer

        def read() -> list[Row]:
            found = _first(self._elb.describe_load_balancers(Names=[name])["LoadBalancers"])
            arn = found["LoadBalancerArn"]
            self._doors.append(load_balancer_door(name, arn))
            return [
                ("name", name),
                ("state", self._judge(name, found["State"]["Code"], "active")),
                ("scheme", found["Scheme"]),
                ("zones", ", ".join(sorted(zone["ZoneName"] for zone in found["AvailabilityZones"]))),
                ("address", found["DNSName"]),
                ("created", moment(found["CreatedTime"])),
                *self._attempt("listeners", partial(self._listeners, arn)),
            ]

        return Section("Load balancer", ("", ""), self._attempt(name, read, is_named=True))

    def _listeners(self, load_balancer_arn: str) -> list[Row]:
        found = self._elb.describe_listeners(LoadBalancerArn=load_balancer_arn)["Listeners"]
        rows: list[Row] = []
        for listener in sorted(found, key=lambda listener: listener["Port"]):
            action = listener["DefaultActions"][0]
            target = action.get("TargetGroupArn", "").rpartition(":targetgroup/")[2].partition("/")[0]
            does = f"{action['Type']} to {target}" if target else action["Type"]
            rows.append((f"listener {listener['Port']}", f"{listener['Protocol']}, {does}"))
        return rows

    def _read_targets(self) -> Section:
        name, notes = self._names.target_group, [""]

        def read() -> list[Row]:
            group = _first(self._elb.describe_target_groups(Names=[name])["TargetGroups"])
            notes.append(
                f"{name} is asked for {group['HealthCheckPath']} every {group['HealthCheckIntervalSeconds']} s."
            )
            return self._attempt("targets", partial(self._targets, group["TargetGroupArn"]))

        rows = self._attempt(name, read, is_named=True)
        return Section("Targets", ("target", "health", "reason"), rows, note=notes[-1])

    def _targets(self, target_group_arn: str) -> list[Row]:
        found = self._elb.describe_target_health(TargetGroupArn=target_group_arn)["TargetHealthDescriptions"]
        if not found:
            self.concerns.append(f"{self._names.target_group} has no target.")
        rows: list[Row] = []
        for target in found:
            name = target["Target"]["Id"].rpartition(":function:")[2]
            health = target["TargetHealth"]
            reason = health.get("Description", "")
            rows.append((name, self._judge(name, health["State"], "healthy", reason), reason))
        return rows

    def _read_functions(self) -> Section:
        rows = [
            row
            for name in self._names.functions
            for row in self._attempt(name, partial(self._function, name), is_named=True)
        ]
        headings = ("function", "state", "runtime", "memory", "time-out", "concurrency")
        if not rows:
            return Section("Functions", headings, [("none on a laptop",)])
        [(_, shared)] = self._attempt(
            "", lambda: [("", f"{self._lambda.get_account_settings()['AccountLimit']['ConcurrentExecutions']:,}")]
        )
        note = f"Concurrency is a cap of the function's own, or shared: from 0 to the account's limit ({shared})."
        return Section("Functions", headings, rows, numbers_from=3, note=note)

    def _function(self, name: str) -> list[Row]:
        found = self._lambda.get_function_configuration(FunctionName=name)
        state = self._judge(name, found["State"], "Active")
        [(_, concurrency)] = self._attempt("", lambda: [("", self._concurrency(name))])
        limits = (f"{found['MemorySize']:,} MB", f"{found['Timeout']} s", concurrency)
        return [(name, state, found["Runtime"], *limits)]

    def _concurrency(self, function: str) -> str | Text:
        reserved = self._lambda.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
        if reserved == 0:
            self.concerns.append(f"{function} is stopped: its reserved concurrency is 0.")
        return "shared" if reserved is None else Text(str(reserved), "" if reserved else BAD)

    def _read_apis(self) -> Section:
        """AWS finds an API by its id only, so all are listed."""

        def read(name: str) -> list[Row]:
            pages = self._apis.get_paginator("get_apis").paginate()
            api = _first([api for page in pages for api in page["Items"] if api["Name"] == name])
            self._doors.append(api_door(name, api["ApiId"]))
            return [(name, api["ProtocolType"], api["ApiEndpoint"])]

        rows = [row for name in self._names.apis for row in self._attempt(name, partial(read, name), is_named=True)]
        return Section("HTTP APIs", ("HTTP API", "protocol", "address"), rows)

    def _read_queues(self) -> Section:
        rows = [
            row for name in self._names.queues for row in self._attempt(name, partial(self._queue, name), is_named=True)
        ]
        return Section("Queues", ("queue", "waiting", "in flight", "delayed", "oldest"), rows, numbers_from=1)

    def _queue(self, name: str) -> list[Row]:
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = [int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")]
        if name == self._names.queues[1] and counts[0]:
            self.concerns.append(f"{name} holds {counts[0]:,} messages that could not be handled.")
        oldest: str | Text = ""
        if any(counts):
            [(_, oldest)] = self._attempt("", lambda: [("", age(self._oldest_seconds(name)))])
        return [(name, *(f"{count:,}" for count in counts), oldest)]

    def _oldest_seconds(self, queue: str) -> float | None:
        """From CloudWatch's newest value, which is minutes old; None where it has none."""
        metric = Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", queue), "Maximum")
        values = read_metrics(self._cloudwatch, [metric], self._now - 3 * SLOT, self._now, SLOT)[metric]
        return values[max(values)] if values else None

    def _read_alarms(self) -> Section:
        def read() -> list[Row]:
            paginator = self._cloudwatch.get_paginator("describe_alarms")
            pages = paginator.paginate(AlarmNamePrefix=f"{self._names.prefix}-")
            alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
            _first(alarms)
            return [self._alarm(alarm) for alarm in sorted(alarms, key=lambda alarm: str(alarm["AlarmName"]))]

        return Section("Alarms", ("alarm", "state", "goes off when", "since"), self._attempt("alarms", read))

    def _alarm(self, alarm: dict[str, Any]) -> Row:
        name, state, rule = alarm["AlarmName"], alarm["StateValue"], alarm_rule(alarm)
        if state == "ALARM":
            self.concerns.append(f"{name} is in alarm: {rule}.")
        style = {"OK": GOOD, "ALARM": BAD}.get(state, FAINT)
        return name, Text(state, style), rule, moment(alarm["StateUpdatedTimestamp"])

    def _read_last_hour(self) -> list[Section]:
        own = self._names.prefix
        functions = [function_door(name) for name in self._names.functions]
        extra = {
            door: tuple(
                Metric("AWS/Lambda", name, ("FunctionName", door.name), statistic)
                for name, statistic in (("Throttles", "Sum"), ("ConcurrentExecutions", "Maximum"))
            )
            for door in functions
        }
        counts = {
            "requests refused": Metric(own, "Refused", None, "Sum"),
            "e-mails sent": Metric(own, "MailSent", None, "Sum"),
            "e-mails failed": Metric(own, "MailFailed", None, "Sum"),
            "e-mails bounced": Metric(own, "MailBounced", None, "Sum"),
        }
        lag = Metric(own, "OutboxLag", None, "Maximum")
        database = percentiles(own, "DatabaseRoundTrip")
        metrics = [metric for door in (*self._doors, *functions) for metric in door.metrics]
        metrics += [*(metric for pair in extra.values() for metric in pair), *counts.values(), lag, *database]
        start = self._now - HOUR
        values: Values = {}
        slots: Values = {}

        def read() -> list[Row]:
            values.update(read_metrics(self._cloudwatch, metrics, start, self._now, HOUR))
            first = self._doors[0].metrics if self._doors else ()
            slots.update(read_metrics(self._cloudwatch, first, start, self._now, SLOT))
            return []

        if unread := self._attempt("last hour", read):
            return [Section("The last hour", ("", ""), unread)]
        requests = Section(
            "The last hour: requests",
            ("door", "requests", "errors", "success", "p50", "p90", "p99"),
            [_traffic(door, values) for door in self._doors],
            numbers_from=1,
            note=f"{moment(start)} to {moment(self._now)}. Errors are answers of 500 and above.",
        )
        runs = Section(
            "The last hour: functions",
            ("function", "runs", "errors", "success", "p50", "p90", "p99", "throttled", "at once"),
            [
                (*_traffic(door, values), _count(values[throttles]), _number(worst(values[at_once])))
                for door, (throttles, at_once) in extra.items()
            ],
            numbers_from=1,
        )
        bad_counts = {"e-mails failed", "e-mails bounced"}
        work: list[Row] = [
            *((name, _count(values[metric], is_bad=name in bad_counts)) for name, metric in counts.items()),
            ("oldest unpublished event", age(worst(values[lag]))),
            *((f"database round trip {metric.statistic}", milliseconds(worst(values[metric]))) for metric in database),
        ]
        works = Section("The last hour: work", ("access, mail and database", ""), work, numbers_from=1)
        course = [_course(self._doors[0], slots, start)] if self._doors else []
        return [section for section in (requests, runs, works) if section.rows] + course


def describe_error(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "unknown error")
    if code in ABSENT_CODES:
        return ABSENT
    if code in DENIED_CODES:
        return f"access denied ({error.operation_name})"
    return f"{error.operation_name}: {code}"


def alarm_rule(alarm: dict[str, Any]) -> str:
    """``HTTPCode_ELB_5XX_Count Sum > 10 in 5 min``. An alarm over an expression has no metric of its own."""
    if "MetricName" not in alarm:
        return "an expression"
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic", "")
    sign = SIGNS.get(alarm["ComparisonOperator"], alarm["ComparisonOperator"])
    minutes = alarm["Period"] * alarm["EvaluationPeriods"] / 60
    return f"{alarm['MetricName']} {statistic} {sign} {alarm['Threshold']:g} in {minutes:g} min"


def moment(time: datetime) -> str:
    """``2026-11-24 08:05 UTC``."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def milliseconds(value: float | None) -> str:
    """``12 ms``, ``0.8 ms``."""
    if value is None:
        return NOTHING
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"  # noqa: PLR2004 - two digits


def age(seconds: float | None) -> str:
    """``42 s``, ``12 min``, ``5 h``, ``3 d``; unknown where CloudWatch has no value."""
    if seconds is None:
        return "unknown"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def sparkline(values: Sequence[float]) -> str:
    """Each value as a bar of eight heights, the highest full; a blank for nothing."""
    highest = max(values, default=0)
    return "".join(LEVELS[round((len(LEVELS) - 1) * value / highest)] if value else " " for value in values)


def _first(found: list[T]) -> T:
    """AWS refuses a name that it does not know; the emulator finds nothing."""
    if not found:
        raise NotThere
    return found[0]


def _count(values: dict[datetime, float], *, is_bad: bool = True) -> Text:
    count = add_up(values)
    return Text(f"{count:,}", BAD if count and is_bad else "")


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def _errors(door: Door, values: Values) -> int:
    return sum(add_up(values[metric]) for metric in door.errors)


def _traffic(door: Door, values: Values) -> Row:
    """Name, requests, errors, success, and the percentiles of the latency."""
    requests, errors = add_up(values[door.requests]), _errors(door, values)
    success = f"{100 * (requests - errors) / requests:.4g} %" if requests else NOTHING
    latency = (milliseconds(worst(values[metric])) for metric in door.latency)
    return door.name, f"{requests:,}", Text(f"{errors:,}", BAD if errors else ""), success, *latency


def _course(door: Door, values: Values, start: datetime) -> Section:
    """One bar for each five minutes, also where nothing happened. A value belongs to the slot in which it begins."""
    slots: list[Values] = []
    for index in range(HOUR // SLOT):
        begin = start + index * SLOT
        slots.append({m: {t: v for t, v in values[m].items() if begin <= t < begin + SLOT} for m in door.metrics})
    requests = [add_up(slot[door.requests]) for slot in slots]
    slowest = [worst(slot[door.latency[-1]]) or 0.0 for slot in slots]
    rows: list[Row] = [
        ("requests", sparkline(requests), f"at most {max(requests):,} in 5 minutes"),
        ("errors", sparkline([_errors(door, slot) for slot in slots]), ""),
        ("p99", sparkline(slowest), f"at most {milliseconds(max(slowest) or None)}"),
    ]
    return Section("The course of the hour", ("", "", ""), rows if any(requests) else [("requests", "none", "")])
