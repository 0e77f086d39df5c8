"""How many billed units a month of traffic makes, in the deployment and in its Fargate alternative.

The keys are those of ``prices.toml``. Quantities are exact for the assumptions: nothing is rounded here but what AWS
meters in whole units.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from tools.cost.assumptions import DAYS, GB, HOURS, MB_IN_GB, MINUTES, SECONDS, Assumptions

if TYPE_CHECKING:
    from tools.cost.profile import Profile

HTTP_API_METER = 512 * 1024  # bytes; the HTTP API counts a request for each
LCU_CONNECTIONS = Decimal(25 * 3600)  # new connections in an LCU-hour
LCU_ACTIVE = Decimal(3_000)  # connections open at once
LCU_GB_TO_LAMBDA = Decimal("0.4")
LCU_GB_TO_ADDRESS = Decimal(1)

Usage = dict[str, Decimal]


@dataclass(frozen=True)
class Work:
    """Runs of one function in a month."""

    runs: Decimal
    seconds: Decimal
    memory_mb: int

    @property
    def gb_seconds(self) -> Decimal:
        return self.runs * self.seconds * self.memory_mb / MB_IN_GB


@dataclass(frozen=True)
class Flow:
    """What a month of traffic sets in motion, whoever answers the requests."""

    profile: Profile
    given: Assumptions

    @property
    def health_checks(self) -> Decimal:
        return self.given.zones * SECONDS / self.given.health_check_seconds

    @property
    def messages(self) -> Decimal:
        """Through topic and queue: an event may make several mails, and a mail may be sent without an event."""
        return max(self.profile.events, Decimal(self.profile.emails))

    @property
    def feedback(self) -> Decimal:
        return Decimal(self.profile.emails * self.given.feedback_per_email)

    @property
    def peak_rate(self) -> Decimal:
        """Requests a second in the busy hours."""
        return self.profile.requests / SECONDS * self.given.peak_factor

    @property
    def request_work(self) -> list[Work]:
        """The functions that Fargate would replace."""
        given, requests = self.given, Decimal(self.profile.requests)
        return [
            Work(requests, given.bff_seconds, given.bff_memory_mb),
            Work(self.health_checks, given.health_seconds, given.bff_memory_mb),
            Work(requests, given.crud_seconds, given.crud_memory_mb),
        ]

    @property
    def background_work(self) -> list[Work]:
        given = self.given
        return [
            Work(MINUTES * given.sweeps_per_minute, given.crud_seconds, given.crud_memory_mb),
            Work(self.messages / given.email_batch, given.email_seconds, given.email_memory_mb),
            Work(self.feedback, given.feedback_seconds, given.email_memory_mb),
        ]


def serverless_usage(profile: Profile, given: Assumptions) -> Usage:
    """The deployment as ``infra/`` makes it."""
    flow = Flow(profile, given)
    api_calls = profile.requests * _metered(profile.response_bytes, HTTP_API_METER)
    work = [*flow.request_work, *flow.background_work]
    log_bytes = _runs(work) * given.lambda_log_bytes + profile.requests * given.api_log_bytes
    # One trace an entry: crud_app's run belongs to the trace of the request that caused it.
    entries = _runs(work) - profile.requests
    return {
        **_alb(profile, given, LCU_GB_TO_LAMBDA),
        **_lambda(work),
        "http_api_requests": api_calls,
        **_messaging(flow),
        **_ledger(profile, given),
        **_monitoring(given, log_bytes, entries),
        **_transfer(profile, given),
        **_security(profile, given),
    }


def fargate_usage(profile: Profile, given: Assumptions) -> Usage:
    """Both request functions in Fargate tasks behind the same ALB; no HTTP API between them; the rest as it is."""
    flow = Flow(profile, given)
    tasks = tasks_for(flow.peak_rate, given)
    background_runs = _runs(flow.background_work)
    log_bytes = background_runs * given.lambda_log_bytes + profile.requests * given.application_log_bytes
    return {
        **_alb(profile, given, LCU_GB_TO_ADDRESS),
        **_lambda(flow.background_work),
        **_messaging(flow),
        **_ledger(profile, given),
        **_monitoring(given, log_bytes, entries=background_runs + profile.requests),
        **_transfer(profile, given),
        **_security(profile, given),
        "fargate_cpu": tasks * given.task_vcpu * HOURS,
        "fargate_memory": tasks * given.task_memory_gb * HOURS,
        "fargate_addresses": tasks * HOURS,
    }


def tasks_for(peak_rate: Decimal, given: Assumptions) -> int:
    """Fargate tasks that sustain ``peak_rate`` requests a second; they run all month."""
    needed = (peak_rate / given.requests_per_task).to_integral_value(ROUND_CEILING)
    return max(int(needed), given.tasks_minimum)


def _metered(size: int, step: int) -> Decimal:
    """How often ``step`` begins in ``size``; at least once."""
    return Decimal(max(1, -(-size // step)))


def _runs(work: list[Work]) -> Decimal:
    return sum((item.runs for item in work), Decimal(0))


def _alb(profile: Profile, given: Assumptions, lcu_gb: Decimal) -> Usage:
    connections = Decimal(profile.requests) / given.requests_per_connection
    dimensions = (
        connections / LCU_CONNECTIONS,
        connections * given.connection_seconds / 3600 / LCU_ACTIVE,
        profile.requests * (given.request_bytes + profile.response_bytes) / GB / lcu_gb,
    )
    return {
        "alb_hours": HOURS,
        # The dimension that is used most counts. There is one listener rule: evaluations of up to ten are free.
        "alb_capacity": max(dimensions),
        # Behind CloudFront it has none on the internet.
        "alb_addresses": Decimal(0) if profile.cloudfront else given.zones * HOURS,
    }


def _lambda(work: list[Work]) -> Usage:
    return {
        "lambda_requests": _runs(work),
        "lambda_duration": sum((item.gb_seconds for item in work), Decimal(0)),
    }


def _messaging(flow: Flow) -> Usage:
    given = flow.given
    idle_polls = given.idle_pollers * SECONDS / given.poll_seconds
    return {
        "sns_requests": flow.profile.events + flow.feedback,
        "sqs_requests": flow.messages * given.calls_per_message + idle_polls,
        "ses_emails": Decimal(flow.profile.emails),
    }


def _ledger(profile: Profile, given: Assumptions) -> Usage:
    rows = profile.emails * given.ledger_days / DAYS
    table = rows * given.ledger_bytes / GB
    return {
        "dynamodb_writes": Decimal(profile.emails * given.ledger_writes),
        "dynamodb_reads": Decimal(profile.emails * given.ledger_reads),
        "dynamodb_storage": table * given.ledger_copies,
        "dynamodb_recovery": table,  # of the table alone: indexes are built again
    }


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


def _security(profile: Profile, given: Assumptions) -> Usage:
    # Each data key is made once and opened once. The database's address is opened at cold starts: too few to count.
    data_keys = given.keyed_resources * MINUTES / given.data_key_minutes
    return {
        "waf_acl": Decimal(given.firewalls),
        "waf_rules": Decimal(given.firewalls * given.firewall_rules),
        "waf_requests": Decimal(given.firewalls * profile.requests),
        "cognito_people": Decimal(given.people),
        "kms_keys": Decimal(given.keys),
        "kms_requests": 2 * data_keys * given.keys,
    }


def _transfer(profile: Profile, given: Assumptions) -> Usage:
    """Bytes that leave AWS: answers to people, statements to PostgreSQL. From the ALB to CloudFront they are free."""
    answers = Decimal(profile.requests * profile.response_bytes) / GB
    statements = Decimal(profile.requests * given.database_bytes) / GB
    if not profile.cloudfront:
        return {"transfer_out": answers + statements}
    return {
        "transfer_out": statements,
        "cloudfront_transfer": answers,
        "cloudfront_requests": Decimal(profile.requests),
    }
