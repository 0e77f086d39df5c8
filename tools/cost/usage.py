"""How many billed units a month of traffic makes, in the deployment and in its Fargate alternative.

The keys are those of ``prices.toml``. Nothing is rounded except what AWS meters in whole units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from tools.cost.assumptions import DAYS, GB, HOURS, MINUTES, SECONDS

if TYPE_CHECKING:
    from tools.cost.assumptions import Assumptions

HTTP_API_METER = 512 * 1024  # bytes; the HTTP API counts a request for each
LCU_CONNECTIONS = Decimal(25 * 3600)  # new connections in an LCU-hour
LCU_ACTIVE = Decimal(3_000)  # connections open at once
LCU_GB_TO_LAMBDA = Decimal("0.4")
LCU_GB_TO_ADDRESS = Decimal(1)

PAGE_ROWS = 50  # GET /empleados without `limite`
ROW_BYTES = 300  # one employee as JSON: about 200 bytes of names, 100 of values

Usage = dict[str, Decimal]
Work = list[tuple[Decimal, Decimal, int]]  # runs of a function in a month, seconds of each, megabytes


@dataclass(frozen=True)
class Profile:
    """A month (30 days) of traffic.

    ``response_bytes`` is the mean body; ``writes`` the fraction (0 to 1) of requests that change a row, each of which
    makes one event; ``emails`` counts mails, not events: two recipients make two.
    """

    requests: int
    response_bytes: int
    employees: int
    emails: int
    writes: Decimal
    cloudfront: bool = True

    def at(self, requests: int) -> Profile:
        """The same directory and habits with another number of requests: e-mails grow with them."""
        return replace(self, requests=requests, emails=self.emails * requests // self.requests)


def typical_response_bytes(employees: int) -> int:
    """Half of the requests list a page of rows, half read or write one."""
    return (min(PAGE_ROWS, employees) + 1) * ROW_BYTES // 2


def peak_rate(profile: Profile, given: Assumptions) -> Decimal:
    """Requests a second in the busy hours."""
    return profile.requests / SECONDS * given.peak_factor


def tasks_for(rate: Decimal, given: Assumptions) -> int:
    """Fargate tasks that sustain ``rate`` requests a second; they run all month."""
    needed = (rate / given.requests_per_task).to_integral_value(ROUND_CEILING)
    return max(int(needed), given.tasks_minimum)


def serverless_usage(profile: Profile, given: Assumptions) -> Usage:
    """The deployment as ``infra/`` makes it."""
    requests = Decimal(profile.requests)
    health_checks = given.zones * SECONDS / given.health_check_seconds
    work = [
        (requests, given.bff_seconds, given.bff_memory_mb),
        (health_checks, given.health_seconds, given.bff_memory_mb),
        (requests, given.crud_seconds, given.crud_memory_mb),
        *_background_work(profile, given),
    ]
    return {
        **_shared_usage(profile, given, LCU_GB_TO_LAMBDA),
        **_lambda_usage(work),
        "http_api_requests": requests * max(1, -(-profile.response_bytes // HTTP_API_METER)),
        # One trace for each entry: crud_app's run belongs to the trace of the request that caused it.
        **_monitoring(
            given, _runs(work) * given.lambda_log_bytes + requests * given.api_log_bytes, _runs(work) - requests
        ),
    }


def fargate_usage(profile: Profile, given: Assumptions) -> Usage:
    """Both request functions in Fargate tasks behind the same ALB; no HTTP API between them; the rest as it is."""
    tasks = tasks_for(peak_rate(profile, given), given)
    work = _background_work(profile, given)
    log_bytes = _runs(work) * given.lambda_log_bytes + profile.requests * given.application_log_bytes
    return {
        **_shared_usage(profile, given, LCU_GB_TO_ADDRESS),
        **_lambda_usage(work),
        **_monitoring(given, log_bytes, _runs(work) + profile.requests),
        "fargate_cpu": tasks * given.task_vcpu * HOURS,
        "fargate_memory": tasks * given.task_memory_gb * HOURS,
        "fargate_addresses": tasks * HOURS,
    }


def _messages(profile: Profile) -> Decimal:
    """Through topic and queue: an event may make several mails, and a mail may be sent without an event."""
    return max(profile.requests * profile.writes, Decimal(profile.emails))


def _background_work(profile: Profile, given: Assumptions) -> Work:
    feedback = Decimal(profile.emails * given.feedback_per_email)
    return [
        (MINUTES * given.sweeps_per_minute, given.crud_seconds, given.crud_memory_mb),
        (_messages(profile) / given.email_batch, given.email_seconds, given.email_memory_mb),
        (feedback, given.feedback_seconds, given.email_memory_mb),
    ]


def _runs(work: Work) -> Decimal:
    return sum((runs for runs, _, _ in work), Decimal(0))


def _lambda_usage(work: Work) -> Usage:
    seconds = (runs * seconds * megabytes / 1024 for runs, seconds, megabytes in work)
    return {"lambda_requests": _runs(work), "lambda_duration": sum(seconds, Decimal(0))}


def _monitoring(given: Assumptions, log_bytes: Decimal, entries: Decimal) -> Usage:
    logged = log_bytes / GB
    always_traced = min(entries, SECONDS * given.traced_per_second)
    return {
        "cloudwatch_logs": logged,
        "cloudwatch_log_storage": logged * given.log_compression * given.log_days / DAYS,
        "cloudwatch_alarms": Decimal(given.alarms),
        "cloudwatch_metrics": Decimal(given.custom_metrics),
        "cloudwatch_dashboards": Decimal(given.dashboards),
        "xray_traces": always_traced + (entries - always_traced) * given.traced_share,
    }


def _shared_usage(profile: Profile, given: Assumptions, lcu_gb: Decimal) -> Usage:
    """What both alternatives use, apart from functions and monitoring."""
    requests, emails = profile.requests, Decimal(profile.emails)
    connections = Decimal(requests) / given.requests_per_connection
    capacity = (
        connections / LCU_CONNECTIONS,
        connections * given.connection_seconds / 3600 / LCU_ACTIVE,
        requests * (given.request_bytes + profile.response_bytes) / GB / lcu_gb,
    )
    idle_polls = given.idle_pollers * SECONDS / given.poll_seconds
    ledger = emails * given.ledger_days / DAYS * given.ledger_bytes / GB
    # Each data key is made once and opened once. The database's address is opened at cold starts: too few to count.
    data_keys = given.keyed_resources * MINUTES / given.data_key_minutes
    # Bytes leave AWS as answers to people and statements to PostgreSQL. From the ALB to CloudFront they are free.
    answers, statements = requests * profile.response_bytes / GB, requests * given.database_bytes / GB
    usage = {
        "alb_hours": HOURS,
        # The dimension that is used most counts. There is one listener rule: evaluations of up to ten are free.
        "alb_capacity": max(capacity),
        # Behind CloudFront the ALB does not face the internet.
        "alb_addresses": Decimal(0) if profile.cloudfront else given.zones * HOURS,
        "sns_requests": requests * profile.writes + emails * given.feedback_per_email,
        "sqs_requests": _messages(profile) * given.calls_per_message + idle_polls,
        "ses_emails": emails,
        "dynamodb_writes": emails * given.ledger_writes,
        "dynamodb_reads": emails * given.ledger_reads,
        "dynamodb_storage": ledger * given.ledger_copies,
        "dynamodb_recovery": ledger,  # of the table alone: indexes are built again
        "transfer_out": statements if profile.cloudfront else answers + statements,
        "waf_acl": Decimal(given.firewalls),
        "waf_rules": Decimal(given.firewalls * given.firewall_rules),
        "waf_requests": Decimal(given.firewalls * requests),
        "cognito_people": Decimal(given.people),
        "kms_keys": Decimal(given.keys),
        "kms_requests": 2 * data_keys * given.keys,
    }
    if profile.cloudfront:
        usage |= {"cloudfront_transfer": answers, "cloudfront_requests": Decimal(requests)}
    return usage
