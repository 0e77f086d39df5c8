"""A deployment on a busy morning: every kind of part, some of them missing or closed to the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.status.markdown import document
from tools.status.model import (
    ABSENT,
    Alarm,
    Api,
    Function,
    FunctionTraffic,
    LastHour,
    Latency,
    Listener,
    LoadBalancer,
    Mail,
    Queue,
    Slot,
    Status,
    Target,
    TargetGroup,
    Traffic,
    Unread,
)

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
START = NOW - timedelta(hours=1)
UNMEASURED = Latency(None, None, None)

REQUESTS = [0, 40, 120, 300, 280, 310, 0, 500, 640, 610, 580, 420]
SLOTS = tuple(
    Slot(
        start=START + timedelta(minutes=5 * index),
        requests=requests,
        errors=requests // 100,
        latency=Latency(20 + index, 60 + 5 * index, 150 + 40 * index) if requests else UNMEASURED,
    )
    for index, requests in enumerate(REQUESTS)
)

BUSY = Status(
    prefix="crud-app-dev",
    region="us-east-1",
    account="123456789012",
    endpoint=None,
    taken_at=NOW,
    load_balancer=LoadBalancer(
        name="crud-app-dev-alb",
        dns_name="crud-app-dev-alb-1.us-east-1.elb.amazonaws.com",
        state="active",
        scheme="internet-facing",
        zones=("us-east-1a", "us-east-1b"),
        created=datetime(2026, 11, 3, 5, 37, 14, tzinfo=UTC),
        listeners=(Listener(80, "HTTP", "forward to crud-app-dev-bff"),),
        metric_dimension="app/crud-app-dev-alb/1",
    ),
    target_group=TargetGroup(
        name="crud-app-dev-bff",
        check_path="/health",
        check_seconds=35,
        targets=(Target("crud-app-dev-bff", "unhealthy", "Health checks failed with these codes: [502]"),),
    ),
    functions=(
        Function("crud-app-dev-bff", "python3.11", 512, 28, "Active", reserved=None),
        Function("crud-app-dev-crud", "python3.11", 512, 22, "Active", reserved=0),
        Function("crud-app-dev-email", "python3.11", 128, 22, "Pending", reserved=50),
        Function(
            "crud-app-dev-enviar-correos",
            "python3.11",
            128,
            30,
            "Active",
            reserved=Unread("concurrency", "access denied (GetFunctionConcurrency)"),
        ),
        Unread("crud-app-dev-registrar-resultado", ABSENT),
    ),
    account_concurrency=1_000,
    apis=(
        Api("crud-app-dev-crud-api", "a1", "HTTP", "https://a1.execute-api.us-east-1.amazonaws.com"),
        Unread("crud-app-dev-email-api", "access denied (GetApis)"),
    ),
    queues=(
        Queue("crud-app-dev-email-queue", waiting=1_200, in_flight=10, delayed=0, oldest_seconds=754.0),
        Queue("crud-app-dev-email-dlq", waiting=3, in_flight=0, delayed=0, oldest_seconds=None),
    ),
    alarms=(
        Alarm("crud-app-dev-alb-own-5xx", "OK", "HTTPCode_ELB_5XX_Count Sum > 10 in 5 min", START),
        Alarm("crud-app-dev-bounce-rate", "INSUFFICIENT_DATA", "Reputation.BounceRate Maximum > 0.05 in 15 min", START),
        Alarm("crud-app-dev-dlq-not-empty", "ALARM", "ApproximateNumberOfMessagesVisible Maximum > 0 in 1 min", NOW),
    ),
    last_hour=LastHour(
        start=START,
        end=NOW,
        doors=(
            Traffic("crud-app-dev-alb", sum(REQUESTS), 34, Latency(25.3, 96.0, 590.0)),
            Traffic("crud-app-dev-crud-api", 0, 0, UNMEASURED),
        ),
        functions=(
            FunctionTraffic("crud-app-dev-bff", 3_903, 0, Latency(22.0, 90.5, 1_204.0), throttled=0, at_once=12),
            FunctionTraffic("crud-app-dev-crud", 3_790, 2, Latency(8.25, 30.0, 210.0), throttled=1, at_once=None),
        ),
        refused=7,
        mail=Mail(sent=380, failed=1, bounced=0),
        outbox_lag_seconds=61.0,
        database=Latency(4.2, 6.0, 19.0),
        slots=SLOTS,
    ),
)

CLOSED = Status(
    prefix="crud-app-dev",
    region="us-east-1",
    account="123456789012",
    endpoint="http://127.0.0.1:4566",
    taken_at=NOW,
    load_balancer=Unread("crud-app-dev-alb", ABSENT),
    target_group=Unread("crud-app-dev-bff", ABSENT),
    functions=(Unread("crud-app-dev-bff", "access denied (GetFunctionConfiguration)"),),
    account_concurrency=Unread("account concurrency", "access denied (GetAccountSettings)"),
    apis=(Unread("crud-app-dev-crud-api", ABSENT),),
    queues=(Unread("crud-app-dev-email-queue", ABSENT),),
    alarms=Unread("alarms", "no answer"),
    last_hour=Unread("last hour", "access denied (GetMetricData)"),
)
"""A deployment of which its reader may see next to nothing."""

REPORTS = {"busy.md": BUSY, "closed.md": CLOSED}

if __name__ == "__main__":
    # `python -m tests.unit.tools.status.sample` renews the golden documents; read the difference.
    for name, status in REPORTS.items():
        Path(__file__).with_name(name).write_text(document(status), "utf-8")
