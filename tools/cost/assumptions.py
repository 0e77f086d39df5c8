"""What the model assumes about the deployment and its traffic: every number with its reason, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, get_type_hints

HOURS = Decimal(720)  # a month of 30 days, as in the original's report ($0.0225 an hour = $16.20)
SECONDS = HOURS * 3600
DAYS = HOURS / 24
MINUTES = HOURS * 60
GB = Decimal(2**30)
MB_IN_GB = Decimal(1024)


@dataclass(frozen=True)
class Assumptions:
    """Seconds, bytes, megabytes and counts; a name says which. The annotation holds the reason."""

    zones: Annotated[
        int, "subnets in two availability zones; one ALB node in each, and an address if it faces the internet"
    ] = 2
    health_check_seconds: Annotated[int, "interval of the target group, from each node; Lambda bills each check"] = 35

    bff_memory_mb: Annotated[int, "as in the original"] = 512
    bff_seconds: Annotated[
        Decimal, "mean billed duration with cold starts: mostly waiting for crud_app; not measured on AWS"
    ] = Decimal("0.060")
    crud_memory_mb: Annotated[int, "as in the original"] = 512
    crud_seconds: Annotated[
        Decimal, "mean billed duration with cold starts and one database round trip; not measured on AWS"
    ] = Decimal("0.030")
    health_seconds: Annotated[Decimal, "answers without touching anything"] = Decimal("0.002")
    email_memory_mb: Annotated[int, "starts in half of the time that 128 MB take (docs/performance.md)"] = 256
    email_seconds: Annotated[Decimal, "a mail: one SES call and two of DynamoDB"] = Decimal("0.200")
    feedback_seconds: Annotated[Decimal, "a SES notification: one call of DynamoDB"] = Decimal("0.050")
    email_batch: Annotated[int, "messages an invocation takes; up to 10 under load, which only makes it cheaper"] = 1
    sweeps_per_minute: Annotated[int, "the outbox sweep, rate(1 minute)"] = 1

    request_bytes: Annotated[int, "request line, headers with a token, and a small body"] = 1_000
    requests_per_connection: Annotated[int, "a browser keeps its connection for a few requests"] = 4
    connection_seconds: Annotated[int, "idle time-out of the ALB"] = 60
    database_bytes: Annotated[int, "a statement and its parameters leave AWS towards PostgreSQL"] = 500

    feedback_per_email: Annotated[int, "SES publishes Send and Delivery for each mail (bounces are few)"] = 2
    calls_per_message: Annotated[int, "SQS: send, receive, delete"] = 3
    idle_pollers: Annotated[int, "Lambda polls a queue with five connections, also when it is empty"] = 5
    poll_seconds: Annotated[int, "long polling"] = 20
    ledger_writes: Annotated[
        int, "claimed (table and three indexes: 4), sent and delivered (5 each: `por_estado` moves its row)"
    ] = 14
    ledger_reads: Annotated[int, "the row, for each feedback"] = 2
    ledger_bytes: Annotated[int, "one row with what DynamoDB adds to it"] = 700
    ledger_copies: Annotated[int, "the table and three indexes that hold whole rows"] = 4
    ledger_days: Annotated[int, "then TTL deletes the row, which is free"] = 90

    lambda_log_bytes: Annotated[int, "start, report and one access-log line, in JSON"] = 1_200
    application_log_bytes: Annotated[int, "the access-log line alone, as a container would write it"] = 400
    api_log_bytes: Annotated[int, "one access-log line of the HTTP API"] = 400
    log_days: Annotated[int, "retention of every log group"] = 14
    log_compression: Annotated[Decimal, "stored for ingested bytes, the AWS calculator's factor"] = Decimal("0.15")
    alarms: Annotated[int, "four of the ALB, two for each of six functions, six of the mail, one of access"] = 23
    custom_metrics: Annotated[int, "six from the logs"] = 6
    dashboards: Annotated[int, "as in the original"] = 1
    traced_per_second: Annotated[int, "X-Ray's default: the first request of each second"] = 1
    traced_share: Annotated[Decimal, "X-Ray's default: of all further requests"] = Decimal("0.05")

    firewalls: Annotated[int, "`waf_enabled`, as by default"] = 1
    firewall_rules: Annotated[int, "two of our own and three groups of AWS's"] = 5
    people: Annotated[int, "who sign in at least once a month; a small organisation"] = 100
    keys: Annotated[int, "`customer_key`, as by default in production; AWS adds one dollar in each of two years"] = 1
    keyed_resources: Annotated[int, "three queues, two topics, one table"] = 6
    data_key_minutes: Annotated[int, "for which SNS and DynamoDB keep a data key; SQS is told to keep it longer"] = 5

    peak_factor: Annotated[int, "peak for mean rate: office hours are 8 of 24 hours on 22 of 30 days (4.1)"] = 4
    task_vcpu: Annotated[Decimal, "a Fargate task holds bff_app and crud_app together"] = Decimal("0.5")
    task_memory_gb: Annotated[Decimal, "the least that goes with comfort beside half a vCPU"] = Decimal(1)
    task_cpu_seconds: Annotated[Decimal, "CPU for one request through both apps and TLS"] = Decimal("0.010")
    task_utilisation: Annotated[Decimal, "of its CPU that a task uses at the peak"] = Decimal("0.5")
    tasks_minimum: Annotated[int, "one in each zone"] = 2

    @property
    def requests_per_task(self) -> Decimal:
        """Requests a second that one Fargate task sustains."""
        return self.task_vcpu * self.task_utilisation / self.task_cpu_seconds


def reasons(assumptions: Assumptions) -> list[tuple[str, str, str]]:
    """Name, value and reason of every assumption, in order."""
    hints = get_type_hints(Assumptions, include_extras=True)
    return [(name, f"{getattr(assumptions, name):,}", hint.__metadata__[0]) for name, hint in hints.items()]
