"""`make status`: how a deployment is at this moment, and what it did in the last hour.

Only describing calls are made: nothing is changed, no message is received. A part that does not exist, or that the
caller may not read, becomes a row that says so; the rest is still shown.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.command_line import OneSentenceParser, add_environment
from tools.laptop import open_laptop
from tools.names import deployed, on_laptop
from tools.preflight import NotReady, check_account, open_session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from boto3.session import Session

    from tools.names import Names

GOOD, BAD, FAINT = "green", "bold red", "dim"
ABSENT, NO_ANSWER = "does not exist", "no answer"
NOTHING = "-"  # nothing was measured
HOUR = timedelta(hours=1)
PERCENTILES = ("p50", "p90", "p99")
# A person waits: a service that does not answer is reported within seconds.
CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})

EXAMPLES = """\
examples:
  make status                                  the environment dev, in the region and account of your AWS profile
  make status ENVIRONMENT=production REPORT=status.txt
  make status LAPTOP=1                         what `make run` runs on this machine
It only reads. What you may not read, or what does not exist, is shown as such.
"""

Row = tuple[str | Text, ...]
Metric = tuple[str, str, str, str]  # namespace, name, "Dimension=value" or nothing, statistic
Values = dict[Metric, list[float]]


class Section(NamedTuple):
    """A table, and a sentence below it. A heading that begins with ``>`` is of a column of numbers."""

    title: str
    headings: tuple[str, ...]
    rows: list[Row]
    note: str = ""


def make_door(namespace: str, dimension: str, requests: str, latency: str, *errors: str) -> dict[str, list[Metric]]:
    """The metrics of a load balancer, an HTTP API or a function, by column of the table of requests."""
    of = partial(_metric, namespace, dimension)
    columns = {"requests": [of(requests)], "errors": [of(error) for error in errors]}
    columns |= {percentile: [of(latency, percentile)] for percentile in PERCENTILES}
    if namespace == "AWS/Lambda":
        columns |= {"throttled": [of("Throttles")], "at once": [of("ConcurrentExecutions", "Maximum")]}
    return columns


def describe_door(name: str, columns: Mapping[str, list[Metric]], values: Values) -> Row:
    requests, errors = (_total(values, columns[column]) for column in ("requests", "errors"))
    success = f"{100 * (requests - errors) / requests:.4g} %" if requests else NOTHING
    latency = (_highest(values, *columns[percentile]) for percentile in PERCENTILES)
    row: Row = (name, f"{requests:,}", _count(errors), success, *latency)
    if "throttled" in columns:
        row += _count(_total(values, columns["throttled"])), _highest(values, *columns["at once"])
    return row


def _metric(namespace: str, dimension: str, name: str, statistic: str = "Sum") -> Metric:
    return namespace, name, dimension, statistic


class NotFound(Exception):
    """A list from AWS does not have what was looked for: the emulator's answer to an unknown name."""


class Reader:
    """The AWS clients of one session, and what ``read`` found with them.

    Attributes:
        concerns: one sentence for each thing that is not as it should be, the most urgent first.
        exists: whether there is a part of that name, or one that the caller may not see.
    """

    def __init__(self, session: Session, endpoint_url: str | None, names: Names, now: datetime) -> None:
        """``now`` is a full minute: CloudWatch keeps minutes."""
        self._client: Callable[[Any], Any] = partial(session.client, endpoint_url=endpoint_url, config=CONFIG)
        self._names = names
        self._now = now
        self._doors: dict[str, dict[str, list[Metric]]] = {}  # from the outside in
        self._unreadable = 0
        self.concerns: list[str] = []
        self.exists = False

    def read(self) -> list[Section]:
        """All tables: the parts from the load balancer inwards, the alarms, and the last hour."""
        names, parts = self._names, list[Row]()
        for read, found in (
            (self._load_balancer, (names.load_balancer,)),
            (self._targets, (names.target_group,)),
            (self._function, names.functions),
            (self._api, names.apis),
            (self._queue, names.queues),
        ):
            parts += [row for name in found for row in self._part(name, read)]
        if names.functions:
            parts += self._part("all functions", self._limit, is_named=False)
        for name in names.functions:
            dimension = f"FunctionName={name}"
            self._doors[name] = make_door("AWS/Lambda", dimension, "Invocations", "Duration", "Errors")
        sections = [
            Section("Parts", ("part", "state", "details"), parts),
            Section("Alarms", ("alarm", "state", "goes off when", "since"), self._part("alarms", self._alarms)),
            *self._last_hour(),
        ]
        # What does not exist may be meant so (no load balancer, a laptop); what is unreadable may hide trouble.
        if self._unreadable:
            word = "parts" if self._unreadable > 1 else "part"
            self.concerns.append(f"{self._unreadable} {word} could not be read, so there may be more.")
        return sections

    def _part(self, name: str, read: Callable[[str], list[Row]], *, is_named: bool = True) -> list[Row]:
        """The rows that ``read`` returns, or one that says why part ``name`` could not be read."""
        try:
            rows, reason = read(name), ""
        except (NotFound, BotoCoreError, ClientError) as error:
            reason = describe_error(error)
            rows = [(name, Text(reason, FAINT))]
            self._unreadable += reason != ABSENT
        self.exists |= is_named and reason not in {ABSENT, NO_ANSWER}
        return rows

    def _judge(self, name: str, state: str, good: str, detail: str = "") -> Text:
        """The state as a cell; a concern unless it is ``good``."""
        if state != good:
            self.concerns.append(f"{name} is {state}{f' ({detail})' if detail else ''}.")
        return Text(state, GOOD if state == good else BAD)

    def _load_balancer(self, name: str) -> list[Row]:
        found = _first(self._client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"])
        dimension = f"LoadBalancer={found['LoadBalancerArn'].rpartition(':loadbalancer/')[2]}"
        # An ALB counts its own 5XX (timeouts, malformed responses) apart from those of its target.
        metrics = ("RequestCount", "TargetResponseTime", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")
        self._doors[name] = make_door("AWS/ApplicationELB", dimension, *metrics)
        return [(name, self._judge(name, found["State"]["Code"], "active"), f"{found['Scheme']}, {found['DNSName']}")]

    def _targets(self, name: str) -> list[Row]:
        elb, rows = self._client("elbv2"), list[Row]()
        group = _first(elb.describe_target_groups(Names=[name])["TargetGroups"])
        check = f"{group['HealthCheckPath']} every {group['HealthCheckIntervalSeconds']} s"
        for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
            function, health = target["Target"]["Id"].rpartition(":function:")[2], target["TargetHealth"]
            reason = health.get("Description", "")
            state = self._judge(function, health["State"], "healthy", reason)
            rows.append((f"target {function}", state, reason or check))
        if not rows:
            self.concerns.append(f"{name} has no target.")
        return rows

    def _function(self, name: str) -> list[Row]:
        client = self._client("lambda")
        found = client.get_function_configuration(FunctionName=name)
        state = self._judge(name, found["State"], "Active")
        reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        if reserved == 0:
            self.concerns.append(f"{name} is stopped: its reserved concurrency is 0.")
        concurrency = "shared concurrency" if reserved is None else f"at most {reserved} at once"
        details = f"{found['Runtime']}, {found['MemorySize']:,} MB, {found['Timeout']} s, {concurrency}"
        return [(name, state, Text(details, BAD if reserved == 0 else ""))]

    def _limit(self, name: str) -> list[Row]:
        limit = self._client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        return [(name, "", f"at most {limit:,} at once in the account")]

    def _api(self, name: str) -> list[Row]:
        """AWS finds an API by its id only, so all are listed."""
        pages = self._client("apigatewayv2").get_paginator("get_apis").paginate()
        api = _first([api for page in pages for api in page["Items"] if api["Name"] == name])
        self._doors[name] = make_door("AWS/ApiGateway", f"ApiId={api['ApiId']}", "Count", "Latency", "5xx")
        return [(name, api["ProtocolType"], api["ApiEndpoint"])]

    def _queue(self, name: str) -> list[Row]:
        client = self._client("sqs")
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        counts = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting, taken, delayed = (
            int(counts[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")
        )
        is_bad = bool(waiting) and name == self._names.queues[1]
        if is_bad:
            self.concerns.append(f"{name} holds {waiting:,} messages that could not be handled.")
        return [
            (name, Text(f"{waiting:,} waiting", BAD if is_bad else ""), f"{taken:,} in flight, {delayed:,} delayed")
        ]

    def _alarms(self, _: str) -> list[Row]:
        pages = self._client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNamePrefix=f"{self._names.prefix}-").search("MetricAlarms")
        rows: list[Row] = []
        for alarm in sorted(found, key=lambda alarm: str(alarm["AlarmName"])):
            name, state, rule = alarm["AlarmName"], alarm["StateValue"], describe_rule(alarm)
            if state == "ALARM":
                self.concerns.append(f"{name} is in alarm: {rule}.")
            style = {"OK": GOOD, "ALARM": BAD}.get(state, FAINT)
            rows.append((name, Text(state, style), rule, moment(alarm["StateUpdatedTimestamp"])))
        _first(rows)
        return rows

    def _last_hour(self) -> list[Section]:
        own, start = partial(_metric, self._names.prefix, ""), self._now - HOUR
        counts = {
            "requests refused": own("Refused"),
            "emails sent": own("MailSent"),
            "emails failed": own("MailFailed"),
            "emails bounced": own("MailBounced"),
        }
        queue_age = partial(_metric, "AWS/SQS", name="ApproximateAgeOfOldestMessage", statistic="Maximum")
        ages = {f"oldest message in {queue}": queue_age(f"QueueName={queue}") for queue in self._names.queues}
        ages["oldest unpublished event"] = own("OutboxLag", "Maximum")
        database = {f"database round trip {each}": own("DatabaseRoundTrip", each) for each in PERCENTILES}
        metrics = [metric for door in self._doors.values() for column in door.values() for metric in column]
        metrics += [*counts.values(), *ages.values(), *database.values()]
        values: Values = {}

        def read(_: str) -> list[Row]:
            values.update(read_metrics(self._client("cloudwatch"), metrics, start, self._now))
            return []

        if unread := self._part("last hour", read, is_named=False):
            return [Section("The last hour", ("", ""), unread)]
        is_bad = {"emails failed", "emails bounced"}
        work: list[Row] = [
            *((name, _count(_total(values, [metric]), is_bad=name in is_bad)) for name, metric in counts.items()),
            *((name, _highest(values, metric)) for name, metric in (ages | database).items()),
        ]
        headings = ("", ">requests", ">errors", ">success", ">p50", ">p90", ">p99", ">throttled", ">at once")
        note = f"{moment(start)} to {moment(self._now)}. Errors are responses of 500 and above."
        return [
            Section(
                "The last hour: requests",
                headings,
                [describe_door(name, door, values) for name, door in self._doors.items()],
                note,
            ),
            Section("The last hour: access, email and database", ("", ">"), work),
        ]


def read_metrics(client: Any, metrics: Sequence[Metric], start: datetime, end: datetime) -> Values:  # noqa: ANN401
    """The values of each metric (at most 500): AWS gives one for the hour, the emulator cuts at full hours."""
    values: Values = {metric: [] for metric in metrics}
    queries = []
    for index, (namespace, name, dimension, statistic) in enumerate(metrics):
        dimensions = [dict(zip(("Name", "Value"), dimension.split("="), strict=True))] if dimension else []
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": int(HOUR.total_seconds()), "Stat": statistic}
        queries.append({"Id": f"m{index}", "MetricStat": stat})
    pages = client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, StartTime=start, EndTime=end)
    for result in pages.search("MetricDataResults[]"):
        values[metrics[int(result["Id"].removeprefix("m"))]] += result["Values"]
    return values


def describe_error(error: Exception) -> str:
    code = error.response["Error"].get("Code", "unknown error") if isinstance(error, ClientError) else ""
    if isinstance(error, NotFound) or re.search("NotFound|NonExistent|DoesNotExist", code):
        return ABSENT
    return f"{error.operation_name}: {code}" if isinstance(error, ClientError) else NO_ANSWER


def describe_rule(alarm: Mapping[str, Any]) -> str:
    """``HTTPCode_ELB_5XX_Count Sum > 10 in 5 min``. An alarm over an expression has no metric of its own."""
    if "MetricName" not in alarm:
        return "an expression"
    statistic, operator = alarm.get("Statistic") or alarm.get("ExtendedStatistic", ""), alarm["ComparisonOperator"]
    sign = (">" if operator.startswith("Greater") else "<") + ("=" if "OrEqualTo" in operator else "")
    minutes = alarm["Period"] * alarm["EvaluationPeriods"] / 60
    return f"{alarm['MetricName']} {statistic} {sign} {alarm['Threshold']:g} in {minutes:g} min"


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _highest(values: Values, metric: Metric) -> str:
    """The highest value, in the unit that CloudWatch measures it in; an ALB measures its response time in seconds."""
    if not values[metric]:
        return NOTHING
    highest, name = max(values[metric]), metric[1]
    if name in {"OutboxLag", "ApproximateAgeOfOldestMessage"}:
        return str(timedelta(seconds=round(highest)))
    if name == "ConcurrentExecutions":
        return f"{highest:,.0f}"
    return f"{highest * (1_000 if name == 'TargetResponseTime' else 1):,.1f} ms"


def _first(found: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    if not found:
        raise NotFound
    return found[0]


def _total(values: Values, metrics: Sequence[Metric]) -> int:
    return round(sum(sum(values[metric]) for metric in metrics))


def _count(count: int, *, is_bad: bool = True) -> Text:
    return Text(f"{count:,}", BAD if count and is_bad else "")


def print_status(console: Console, title: str, reader: Reader, sections: Sequence[Section]) -> None:
    """What needs attention first, then every table."""
    console.print(Text(title, "bold"))
    for sentence in reader.concerns:
        console.print(Text(f"! {sentence}", BAD))
    if not reader.concerns:
        console.print(Text("Nothing needs attention.", GOOD))
    for section in sections:
        table = Table(
            box=box.SIMPLE_HEAD, pad_edge=False, title=section.title, title_justify="left", title_style="bold"
        )
        for heading in section.headings:
            justify: Literal["left", "right"] = "right" if heading.startswith(">") else "left"
            table.add_column(heading.removeprefix(">"), justify=justify, overflow="fold")
        for row in section.rows:
            table.add_row(*row)
        console.print(table, Text(section.note, FAINT), sep="\n")


def show_status(arguments: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """Print the status, and write the report. The account is shortened: a report may be published."""
    if arguments.laptop:
        names, (_, session, endpoint) = on_laptop(), open_laptop(environment)
        place = endpoint
    else:
        names, session = deployed(arguments.project, arguments.environment), open_session(environment)
        endpoint = environment.get("AWS_ENDPOINT_URL", "")
        place = f"account …{check_account(session).number[-4:]}"
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    reader = Reader(session, endpoint or None, names, now)
    sections = reader.read()
    title = f"{names.prefix} in {session.region_name}, {place}, {moment(now)}"
    if not reader.exists:
        raise NotReady(f"There is no {title}: are PROJECT, ENVIRONMENT and the region right? Does `make run` run?")
    console = Console(highlight=False, record=True)
    print_status(console, title, reader, sections)
    if arguments.report:
        console.save_text(str(arguments.report))


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Show the status; the result is the exit code."""
    parser = OneSentenceParser("make status", "How a deployment is, and what it did in the last hour.", epilog=EXAMPLES)
    add_environment(parser, environment)
    parser.add_argument("--laptop", action="store_true", help="look at what `make run` runs on this machine")
    parser.add_argument("--report", metavar="FILE", help="also write it to a file")
    arguments = parser.parse_args(argv)
    try:
        show_status(arguments, environment)
    except NotReady as problem:
        print(f"make status: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"make status: REPORT cannot be written: {error.strerror}: {arguments.report}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
