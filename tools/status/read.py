"""Reads a deployment with boto3. Only what describes is called: nothing is changed, no message is received."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tools.status.access import CONFIG
from tools.status.metrics import api_door, load_balancer_door, read_last_hour, read_oldest_seconds
from tools.status.model import (
    ABSENT,
    NO_ANSWER,
    Alarm,
    Api,
    Function,
    LastHour,
    Listener,
    LoadBalancer,
    Queue,
    Status,
    Target,
    TargetGroup,
    Unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef, LoadBalancerTypeDef

    from tools.status.access import Access
    from tools.status.names import Names

T = TypeVar("T")

_ABSENT_CODES = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "LoadBalancerNotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "TargetGroupNotFound",
}
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


class _NotThereError(Exception):
    """A list of AWS does not hold what was looked for."""


def attempt(name: str, read: Callable[[], T]) -> T | Unread:
    """What ``read`` returns, or an ``Unread`` in the place of the part ``name``."""
    try:
        return read()
    except _NotThereError:
        return Unread(name, ABSENT)
    except ClientError as error:
        return Unread(name, _reason(error))
    except BotoCoreError:
        return Unread(name, NO_ANSWER)


def _reason(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "unknown error")
    if code in _ABSENT_CODES:
        return ABSENT
    if code in _DENIED_CODES:
        return f"access denied ({error.operation_name})"
    return f"{error.operation_name}: {code}"


class Reader:
    """The AWS clients of one session, and what is read with each."""

    def __init__(self, access: Access, names: Names, now: datetime) -> None:
        """``now`` is a full minute: CloudWatch keeps minutes."""
        session, address = access.session, access.endpoint_url
        self._region = session.region_name
        self._names = names
        self._now = now
        self._elb = session.client("elbv2", endpoint_url=address, config=CONFIG)
        self._lambda = session.client("lambda", endpoint_url=address, config=CONFIG)
        self._apis = session.client("apigatewayv2", endpoint_url=address, config=CONFIG)
        self._sqs = session.client("sqs", endpoint_url=address, config=CONFIG)
        self._cloudwatch = session.client("cloudwatch", endpoint_url=address, config=CONFIG)

    def read(self, account: str, endpoint: str | None) -> Status:
        """Everything. ``account`` and ``endpoint`` say where, and are only passed on."""
        names = self._names
        load_balancer = attempt(names.load_balancer, self._load_balancer)
        apis = self._all_apis()
        return Status(
            prefix=names.prefix,
            region=self._region,
            account=account,
            endpoint=endpoint,
            taken_at=self._now,
            load_balancer=load_balancer,
            target_group=attempt(names.target_group, self._target_group),
            functions=tuple(attempt(name, partial(self._function, name)) for name in names.functions),
            account_concurrency=attempt("account concurrency", self._account_concurrency),
            apis=apis,
            queues=self._queues(),
            alarms=attempt("alarms", self._alarms),
            last_hour=attempt("last hour", partial(self._last_hour, load_balancer, apis)),
        )

    def _load_balancer(self) -> LoadBalancer:
        described = _first(self._elb.describe_load_balancers(Names=[self._names.load_balancer])["LoadBalancers"])
        arn = described["LoadBalancerArn"]
        return LoadBalancer(
            name=described["LoadBalancerName"],
            dns_name=described["DNSName"],
            state=described["State"]["Code"],
            scheme=described["Scheme"],
            zones=_zones(described),
            created=described["CreatedTime"],
            listeners=attempt("listeners", partial(self._listeners, arn)),
            metric_dimension=arn.rpartition(":loadbalancer/")[2],
        )

    def _listeners(self, load_balancer_arn: str) -> tuple[Listener, ...]:
        described = self._elb.describe_listeners(LoadBalancerArn=load_balancer_arn)["Listeners"]
        return tuple(
            Listener(listener["Port"], listener["Protocol"], _action(listener["DefaultActions"][0]))
            for listener in sorted(described, key=lambda listener: listener["Port"])
        )

    def _target_group(self) -> TargetGroup:
        described = _first(self._elb.describe_target_groups(Names=[self._names.target_group])["TargetGroups"])
        return TargetGroup(
            name=described["TargetGroupName"],
            check_path=described["HealthCheckPath"],
            check_seconds=described["HealthCheckIntervalSeconds"],
            targets=attempt("targets", partial(self._targets, described["TargetGroupArn"])),
        )

    def _targets(self, target_group_arn: str) -> tuple[Target, ...]:
        described = self._elb.describe_target_health(TargetGroupArn=target_group_arn)["TargetHealthDescriptions"]
        return tuple(
            Target(
                name=target["Target"]["Id"].rpartition(":function:")[2],
                health=target["TargetHealth"]["State"],
                reason=target["TargetHealth"].get("Description", ""),
            )
            for target in described
        )

    def _function(self, name: str) -> Function:
        configuration = self._lambda.get_function_configuration(FunctionName=name)
        return Function(
            name=name,
            runtime=configuration["Runtime"],
            memory_mb=configuration["MemorySize"],
            timeout_seconds=configuration["Timeout"],
            state=configuration["State"],
            reserved=attempt("concurrency", partial(self._reserved_concurrency, name)),
        )

    def _reserved_concurrency(self, function: str) -> int | None:
        answer = self._lambda.get_function_concurrency(FunctionName=function)
        return answer.get("ReservedConcurrentExecutions")

    def _account_concurrency(self) -> int:
        return self._lambda.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    def _all_apis(self) -> tuple[Api | Unread, ...]:
        """AWS finds an API by its id only, so all are listed."""
        found = attempt("HTTP APIs", self._api_list)
        if isinstance(found, Unread):
            return tuple(Unread(name, found.reason) for name in self._names.apis)
        return tuple(found.get(name, Unread(name, ABSENT)) for name in self._names.apis)

    def _api_list(self) -> dict[str, Api]:
        pages = self._apis.get_paginator("get_apis").paginate()
        return {
            api["Name"]: Api(api["Name"], api["ApiId"], api["ProtocolType"], api["ApiEndpoint"])
            for page in pages
            for api in page["Items"]
        }

    def _queues(self) -> tuple[Queue | Unread, ...]:
        queues = (self._names.queue, self._names.dead_letter_queue)
        ages = attempt("ages", partial(read_oldest_seconds, self._cloudwatch, queues, self._now))
        known = {} if isinstance(ages, Unread) else ages
        return tuple(attempt(name, partial(self._queue, name, known.get(name))) for name in queues)

    def _queue(self, name: str, oldest_seconds: float | None) -> Queue:
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        return Queue(
            name=name,
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
            oldest_seconds=oldest_seconds,
        )

    def _alarms(self) -> tuple[Alarm, ...]:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=self._names.alarm_prefix)
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        if not alarms:
            raise _NotThereError
        return tuple(
            Alarm(alarm["AlarmName"], alarm["StateValue"], alarm_rule(alarm), alarm["StateUpdatedTimestamp"])
            for alarm in sorted(alarms, key=lambda alarm: alarm["AlarmName"])
        )

    def _last_hour(self, load_balancer: LoadBalancer | Unread, apis: Iterable[Api | Unread]) -> LastHour:
        doors = [load_balancer_door(load_balancer)] if isinstance(load_balancer, LoadBalancer) else []
        doors += [api_door(api) for api in apis if isinstance(api, Api)]
        return read_last_hour(self._cloudwatch, self._names, doors, self._now)


def _first(found: list[T]) -> T:
    """AWS refuses a name that it does not know; the emulator finds nothing."""
    if not found:
        raise _NotThereError
    return found[0]


def _zones(load_balancer: LoadBalancerTypeDef) -> tuple[str, ...]:
    return tuple(sorted({zone["ZoneName"] for zone in load_balancer["AvailabilityZones"]}))


def _action(action: ActionOutputTypeDef) -> str:
    """``forward to crud-app-dev-bff``, or the action's name alone."""
    target = action.get("TargetGroupArn", "").rpartition(":targetgroup/")[2].partition("/")[0]
    return f"{action['Type']} to {target}" if target else action["Type"]


_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def alarm_rule(alarm: MetricAlarmTypeDef) -> str:
    """``HTTPCode_ELB_5XX_Count Sum > 10 in 5 min``. An alarm over an expression has no metric of its own."""
    if "MetricName" not in alarm:
        return "an expression"
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic", "")
    sign = _SIGNS.get(alarm["ComparisonOperator"], alarm["ComparisonOperator"])
    minutes = alarm["Period"] * alarm["EvaluationPeriods"] / 60
    return f"{alarm['MetricName']} {statistic} {sign} {alarm['Threshold']:g} in {minutes:g} min"
