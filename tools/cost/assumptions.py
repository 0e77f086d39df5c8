"""What the cost model assumes about the deployment and its traffic. Tests compare what the repository also states."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

HOURS = Decimal(720)  # a month of 30 days, as in the original's report ($0.0225 an hour = $16.20)
SECONDS = HOURS * 3600
DAYS = HOURS / 24
MINUTES = HOURS * 60
GB = Decimal(2**30)


@dataclass(frozen=True)
class Assumptions:
    """Seconds, bytes, megabytes and counts; a name says which.

    Durations and sizes decide little below a million requests a month and much above it: replace them with what
    `make status` shows of your deployment.
    """

    # Load balancer
    zones: int = 2  # subnets in two availability zones; one ALB node in each, and an address if it faces the internet
    health_check_seconds: int = 35  # interval of the target group, from each node; Lambda bills each check
    request_bytes: int = 1_000  # request line, headers with a token, and a small body
    requests_per_connection: int = 4  # a browser keeps its connection for a few requests
    connection_seconds: int = 60  # idle time-out of the ALB

    # Functions: mean billed durations with cold starts, not measured on AWS
    bff_memory_mb: int = 512  # as in the original
    bff_seconds: Decimal = Decimal("0.060")  # mostly waiting for crud_app
    crud_memory_mb: int = 512  # as in the original
    crud_seconds: Decimal = Decimal("0.030")  # one database round trip
    health_seconds: Decimal = Decimal("0.002")  # answers without touching anything
    email_memory_mb: int = 256  # starts in half of the time that 128 MB take (`make bench ONLY=functions`)
    email_seconds: Decimal = Decimal("0.200")  # a mail: one SES call and two of DynamoDB
    feedback_seconds: Decimal = Decimal("0.050")  # an SES notification: one call of DynamoDB
    email_batch: int = 1  # messages an invocation takes; up to 10 under load, which only makes it cheaper
    sweeps_per_minute: int = 1  # the outbox sweep, rate(1 minute)
    database_bytes: int = 500  # a statement and its parameters leave AWS towards PostgreSQL

    # E-mail
    feedback_per_email: int = 2  # SES publishes Send and Delivery for each mail (bounces are few)
    calls_per_message: int = 3  # SQS: send, receive, delete
    idle_pollers: int = 5  # Lambda polls a queue with five connections, even when it is empty
    poll_seconds: int = 20  # long polling
    ledger_writes: int = 14  # claimed: 4 (table, three indexes); sent, delivered: 5 each (one index moves its row)
    ledger_reads: int = 2  # the row, for each feedback
    ledger_bytes: int = 700  # one row with what DynamoDB adds to it
    ledger_copies: int = 4  # the table and three indexes that hold whole rows
    ledger_days: int = 90  # then TTL deletes the row, which is free

    # Monitoring
    lambda_log_bytes: int = 1_200  # start, report and one access-log line, in JSON
    application_log_bytes: int = 400  # the access-log line alone, as a container would write it
    api_log_bytes: int = 400  # one access-log line of the HTTP API
    log_days: int = 14  # retention of every log group
    log_compression: Decimal = Decimal("0.15")  # bytes stored for each byte ingested, the AWS calculator's factor
    alarms: int = 23  # four of the ALB, two for each of six functions, six of the mail, one of access
    custom_metrics: int = 6  # from the logs
    dashboards: int = 1  # as in the original
    traced_per_second: int = 1  # X-Ray's default: the first request of each second
    traced_share: Decimal = Decimal("0.05")  # X-Ray's default: of all further requests

    # Security
    firewalls: int = 1  # `waf_enabled`, as by default
    firewall_rules: int = 5  # two of our own and three groups of AWS's
    people: int = 100  # who sign in at least once a month; a small organisation
    keys: int = 1  # `customer_key`, as by default in production; AWS adds one dollar in each of the first two years
    keyed_resources: int = 6  # three queues, two topics, one table
    data_key_minutes: int = 5  # for which SNS and DynamoDB keep a data key; SQS keeps it longer

    # The alternative: bff_app and crud_app in one container on Fargate, behind the same ALB
    peak_factor: int = 4  # peak for mean rate: office hours are 8 of 24 hours on 22 of 30 days (4.1)
    task_vcpu: Decimal = Decimal("0.5")
    task_memory_gb: Decimal = Decimal(1)  # the least that goes with comfort beside half a vCPU
    task_cpu_seconds: Decimal = Decimal("0.010")  # CPU for one request through both apps and TLS
    task_utilisation: Decimal = Decimal("0.5")  # of its CPU that a task uses at the peak
    tasks_minimum: int = 2  # one in each zone

    @property
    def requests_per_task(self) -> Decimal:
        """Requests a second that one Fargate task sustains."""
        return self.task_vcpu * self.task_utilisation / self.task_cpu_seconds
