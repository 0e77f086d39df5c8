"""`make status`: how a deployment is at this moment, and what it did in the last hour.

Only describing calls are made: nothing is changed, no message is received. A part that does not exist, or that the
caller may not read, becomes a row that says so; the rest is still shown.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from tools.command_line import NotReady, OneSentenceParser, make_table, run
from tools.place import APIS, BALANCERS, DEAD_LETTER_QUEUE, FUNCTIONS, QUEUE, add_place, open_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.table import Table

    from tools.place import Place

GOOD, BAD, FAINT = "green", "bold red", "dim"
ABSENT, NO_ANSWER = "does not exist", "no answer"
NOTHING = "-"  # nothing was measured
HOUR = timedelta(hours=1)
PERCENTILES = ("p50", "p90", "p99")
TROUBLE = {"MailFailed", "MailBounced", "Throttles"}
# A person waits: a service that does not answer is reported within seconds.
CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})

Row = tuple[str | Text, ...]


class Metric(NamedTuple):
    """What CloudWatch keeps; ``dimension`` is ``Name=value``, or empty."""

    namespace: str
    name: str
    statistic: str = "Sum"
    dimension: str = ""

    def describe(self, values: Sequence[float]) -> str | Text:
        """A sum, or the highest value in the unit that CloudWatch measures it in: seconds of an ALB."""
        if self.statistic == "Sum":
            total, is_trouble = sum(values), self.name in TROUBLE
            return Text(f"{total:,.0f}", BAD if total and is_trouble else "")
        if not values:
            return NOTHING
        highest = max(values)
        if self.name in {"OutboxLag", "ApproximateAgeOfOldestMessage"}:
            return str(timedelta(seconds=round(highest)))
        if self.name == "ConcurrentExecutions":
            return f"{highest:,.0f}"
        return f"{highest * (1_000 if self.name == 'TargetResponseTime' else 1):,.1f} ms"


class Reader:
    """Reads the parts of a place; ``concerns`` are sentences about what is wrong, the most urgent first."""

    def __init__(self, place: Place, now: datetime) -> None:
        """``now`` is a full minute: CloudWatch keeps minutes."""
        self._client: Callable[[Any], Any] = partial(place.session.client, endpoint_url=place.endpoint, config=CONFIG)
        self._place = place
        self.title = f"{place.prefix}: {place.title}, {moment(now)}"
        self._now = now
        # From the outside in: requests, errors, latencies, and for functions throttles and concurrency.
        self._doors: dict[str, list[Metric]] = {}
        self._unreadable = 0
        self.concerns: list[str] = []

    def read(self) -> list[Table]:
        """All tables: the parts from the load balancer inwards, the alarms, and the last hour."""
        functions = () if self._place.is_laptop else FUNCTIONS
        parts = list[Row]()
        for read, kinds in (
            (self._load_balancer, BALANCERS[:1]),
            (self._function, functions),
            (self._api, APIS),
            (self._queue, (QUEUE, DEAD_LETTER_QUEUE)),
        ):
            parts += [row for kind in kinds for row in self._part(self._place.name(kind), read)]
        if all(str(row[1]) in {ABSENT, NO_ANSWER} for row in parts):
            raise NotReady(f"There is no {self.title}: are PROJECT, ENVIRONMENT and region right? Does `make run` run?")
        if functions:
            parts += self._part("all functions", self._limit)
        alarms = self._part("alarms", self._alarms)
        period = f"{moment(self._now - HOUR)} to {moment(self._now)}; errors are responses of 500 and above"
        requests = ("", ">requests", ">errors", ">success", ">p50", ">p90", ">p99", ">throttled", ">at once")
        work: list[Row] = []
        traffic = self._part("metrics", lambda _: self._last_hour(work))
        # What does not exist may be meant so (no load balancer, a laptop); what is unreadable may hide trouble.
        if self._unreadable:
            self.concerns.append(f"What could not be read: {self._unreadable}. There may be more.")
        return [
            make_table(("part", "state", "details"), parts, "Parts"),
            make_table(("alarm", "state", "since"), alarms, "Alarms"),
            make_table(requests, traffic, f"Requests from {period}"),
            make_table(("", ">"), work, "Access, email and database in that hour"),
        ]

    def _part(self, name: str, read: Callable[[str], list[Row]]) -> list[Row]:
        """The rows that ``read`` returns, or one that says why part ``name`` could not be read."""
        try:
            return read(name)
        except (StopIteration, IndexError):  # a list from AWS does not have it
            reason = ABSENT
        except ClientError as error:
            code = error.response["Error"].get("Code", "unknown error")
            is_absent = re.search("NotFound|NonExistent|DoesNotExist", code)
            reason = ABSENT if is_absent else f"{error.operation_name}: {code}"
        except BotoCoreError:
            reason = NO_ANSWER
        self._unreadable += reason != ABSENT
        return [(name, Text(reason, FAINT))]

    def _judge(self, name: str, state: str, good: str, detail: str = "") -> Text:
        """The state as a cell; a concern unless it is ``good``."""
        if state != good:
            self.concerns.append(f"{name} is {state}{f' ({detail})' if detail else ''}.")
        return Text(state, GOOD if state == good else BAD)

    def _add_door(self, name: str, namespace: str, dimension: str, requests: str, latency: str, *errors: str) -> None:
        of = partial(Metric, namespace, dimension=dimension)
        at_once = [of("Throttles"), of("ConcurrentExecutions", "Maximum")] if namespace == "AWS/Lambda" else []
        self._doors[name] = [of(requests), *map(of, errors), *(of(latency, each) for each in PERCENTILES), *at_once]

    def _load_balancer(self, _: str) -> list[Row]:
        elb = self._client("elbv2")
        pages = elb.get_paginator("describe_load_balancers").paginate().search("LoadBalancers[]")
        names = [self._place.name(each) for each in BALANCERS]
        found = next(each for each in pages if each["LoadBalancerName"] in names)
        name, arn = found["LoadBalancerName"], found["LoadBalancerArn"]
        dimension = f"LoadBalancer={arn.rpartition(':loadbalancer/')[2]}"
        # An ALB counts its own 5XX (timeouts, malformed responses) apart from those of its target.
        errors = ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")
        self._add_door(name, "AWS/ApplicationELB", dimension, "RequestCount", "TargetResponseTime", *errors)
        state = self._judge(name, found["State"]["Code"], "active")
        rows: list[Row] = [(name, state, f"{found['Scheme']}, {found['DNSName']}")]
        group = elb.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"][0]
        check = f"{group['HealthCheckPath']} every {group['HealthCheckIntervalSeconds']} s"
        for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
            function, health = target["Target"]["Id"].rpartition(":function:")[2], target["TargetHealth"]
            reason = health.get("Description", "")
            rows.append(
                (f"target {function}", self._judge(function, health["State"], "healthy", reason), reason or check)
            )
        if len(rows) == 1:
            self.concerns.append(f"{name} has no target.")
        return rows

    def _function(self, name: str) -> list[Row]:
        client = self._client("lambda")
        found = client.get_function_configuration(FunctionName=name)
        self._add_door(name, "AWS/Lambda", f"FunctionName={name}", "Invocations", "Duration", "Errors")
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
        api = next(api for page in pages for api in page["Items"] if api["Name"] == name)
        self._add_door(name, "AWS/ApiGateway", f"ApiId={api['ApiId']}", "Count", "Latency", "5xx")
        return [(name, api["ProtocolType"], api["ApiEndpoint"])]

    def _queue(self, name: str) -> list[Row]:
        client = self._client("sqs")
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        counts = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting, taken, delayed = (
            int(counts[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")
        )
        is_bad = bool(waiting) and name == self._place.name(DEAD_LETTER_QUEUE)
        if is_bad:
            self.concerns.append(f"{name} holds {waiting:,} messages that could not be handled.")
        state = Text(f"{waiting:,} waiting", BAD if is_bad else "")
        return [(name, state, f"{taken:,} in flight, {delayed:,} delayed")]

    def _alarms(self, _: str) -> list[Row]:
        pages = self._client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNamePrefix=f"{self._place.prefix}-").search("MetricAlarms")
        rows: list[Row] = []
        for alarm in sorted(found, key=lambda alarm: str(alarm["AlarmName"])):
            name, state = alarm["AlarmName"], alarm["StateValue"]
            if state == "ALARM":
                self.concerns.append(f"{name} is in alarm: {alarm.get('AlarmDescription', 'see the runbook.')}")
            style = {"OK": GOOD, "ALARM": BAD}.get(state, FAINT)
            rows.append((name, Text(state, style), moment(alarm["StateUpdatedTimestamp"])))
        return rows or [("alarms", Text(ABSENT, FAINT))]

    def _last_hour(self, work: list[Row]) -> list[Row]:
        """The traffic of each door, and into ``work`` what else was done. Latency includes errors."""
        own = partial(Metric, self._place.prefix)
        queues = map(self._place.name, (QUEUE, DEAD_LETTER_QUEUE))
        age = partial(Metric, "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum")
        metrics = {
            "requests refused": own("Refused"),
            "emails sent": own("MailSent"),
            "emails failed": own("MailFailed"),
            "emails bounced": own("MailBounced"),
            **{f"oldest message in {name}": age(f"QueueName={name}") for name in queues},
            "oldest unpublished event": own("OutboxLag", "Maximum"),
            **{f"database round trip {each}": own("DatabaseRoundTrip", each) for each in PERCENTILES},
        }
        values = self._values_of([*(metric for door in self._doors.values() for metric in door), *metrics.values()])
        work += [(name, metric.describe(values[metric])) for name, metric in metrics.items()]
        rows: list[Row] = []
        for name, (requests, *others) in self._doors.items():
            failed = [metric for metric in others if metric.statistic == "Sum" and metric.name != "Throttles"]
            total, errors = sum(values[requests]), sum(sum(values[metric]) for metric in failed)
            success = f"{100 * (total - errors) / total:.4g} %" if total else NOTHING
            cells = [metric.describe(values[metric]) for metric in others if metric not in failed]
            rows.append((name, f"{total:,.0f}", Text(f"{errors:,.0f}", BAD if errors else ""), success, *cells))
        return rows

    def _values_of(self, metrics: Sequence[Metric]) -> dict[Metric, list[float]]:
        """The values of each metric (at most 500): AWS gives one for the hour, the emulator cuts at full hours."""
        values: dict[Metric, list[float]] = {metric: [] for metric in metrics}
        queries = []
        for index, (namespace, name, statistic, dimension) in enumerate(metrics):
            dimensions = [dict(zip(("Name", "Value"), dimension.split("="), strict=True))] if dimension else []
            metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
            stat = {"Metric": metric, "Period": int(HOUR.total_seconds()), "Stat": statistic}
            queries.append({"Id": f"m{index}", "MetricStat": stat})
        period = {"StartTime": self._now - HOUR, "EndTime": self._now}
        pages = self._client("cloudwatch").get_paginator("get_metric_data")
        for result in pages.paginate(MetricDataQueries=queries, **period).search("MetricDataResults[]"):
            values[metrics[int(result["Id"].removeprefix("m"))]] += result["Values"]
        return values


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Print what needs attention, then every table."""
    parser = OneSentenceParser(
        "make status",
        "How a deployment is, and what it did in the last hour.",
        epilog="It only reads. What you may not read, or what does not exist, is shown as such.",
    )
    add_place(parser, environment)
    place = open_place(parser.parse_args(argv), environment)
    reader = Reader(place, datetime.now(UTC).replace(second=0, microsecond=0))
    tables = reader.read()
    concerns = [Text(f"! {sentence}", BAD) for sentence in reader.concerns] or [Text("Nothing needs attention.", GOOD)]
    Console(highlight=False).print(Text(reader.title, "bold"), *concerns, *tables, sep="\n")


if __name__ == "__main__":
    run(main)
