"""A month of traffic: what it uses, what AWS charges for it, and what Fargate would cost. Money is ``Decimal``."""

from __future__ import annotations

import tomllib
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any, NamedTuple

ZERO = Decimal(0)
HOURS = Decimal(720)  # a month of 30 days, as in the original's report ($0.0225 an hour = $16.20)
SECONDS, MINUTES, DAYS = HOURS * 3600, HOURS * 60, HOURS / 24
GB = Decimal(2**30)

HTTP_API_METER = 512 * 1024  # bytes; the HTTP API counts a request for each
LCU_CONNECTIONS = Decimal(25 * 3600)  # new connections in an LCU-hour
LCU_ACTIVE = Decimal(3_000)  # open connections
LCU_GB_TO_LAMBDA, LCU_GB_TO_ADDRESS = Decimal("0.4"), Decimal(1)


def _read_numbers(name: str) -> dict[str, Any]:
    # A float would turn $0.0000166667 into something near it.
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"), parse_float=Decimal)


ASSUMPTIONS = {name: Decimal(number) for name, number in _read_numbers("assumptions.toml").items()}
PRICE_LIST = _read_numbers("prices.toml")
PRICES: dict[str, dict[str, Any]] = {key: price for key, price in PRICE_LIST.items() if isinstance(price, dict)}


def price_usage(key: str, quantity: Decimal, *, free_tier: bool = True) -> Decimal:
    """Dollars for ``quantity`` units of a price in a month, not rounded; ``free_tier`` deducts its free units.

    They are the first ones, and the tiers' bounds count from zero. AWS does not say whether they count from the end of
    the free units; the difference is below 0.1 % of any bill.
    """
    price = PRICES[key]
    start, cost = Decimal(price.get("free", 0) if free_tier else 0), ZERO
    for tier in price.get("tiers", [price]):
        end = min(Decimal(tier.get("up_to", quantity)), quantity)
        if end > start:
            cost += (end - start) / price.get("per", 1) * tier["price"]
            start = end
    return cost


class Profile(NamedTuple):
    """A month (30 days) of traffic. ``response_bytes`` is the mean body; an event with two recipients is two emails."""

    requests: int
    response_bytes: int
    emails: int

    def at(self, requests: int) -> Profile:
        """The same habits with another number of requests: emails grow with them."""
        return self._replace(requests=requests, emails=self.emails * requests // self.requests)


def count_tasks(requests: int) -> int:
    """Fargate tasks that sustain the busy hours of so many requests a month; they run all month."""
    given = ASSUMPTIONS
    at_once = requests / SECONDS * given["peak_factor"] * given["task_cpu_seconds"]
    tasks = at_once / (given["task_vcpu"] * given["task_utilisation"])
    return int(max(tasks.to_integral_value(ROUND_CEILING), given["tasks_minimum"]))


def count_usage(profile: Profile, *, fargate: bool = False) -> dict[str, Decimal]:
    """The billed units of a month, as ``infra/`` deploys it or with both request functions on Fargate.

    Nothing is rounded except what AWS meters in whole units.
    """
    given, requests, emails = ASSUMPTIONS, Decimal(profile.requests), Decimal(profile.emails)
    feedback = emails * given["feedback_per_email"]
    # An event may make several emails, and an email may be sent without an event.
    messages = max(requests * given["writes"], emails)
    work = [  # runs of a function, seconds of each, megabytes
        (MINUTES * given["sweeps_per_minute"], given["crud_seconds"], given["crud_memory_mb"]),
        (messages / given["email_batch"], given["email_seconds"], given["email_memory_mb"]),
        (feedback, given["feedback_seconds"], given["email_memory_mb"]),
    ]
    if not fargate:
        health_checks = given["zones"] * SECONDS / given["health_check_seconds"]
        work += [
            (requests, given["bff_seconds"], given["bff_memory_mb"]),
            (health_checks, given["health_seconds"], given["bff_memory_mb"]),
            (requests, given["crud_seconds"], given["crud_memory_mb"]),
        ]
    runs = sum((runs for runs, _, _ in work), ZERO)
    # One trace for each entry: crud_app's run belongs to the trace of the request that caused it.
    entries = runs + requests if fargate else runs - requests
    always_traced = min(entries, SECONDS * given["traced_per_second"])
    request_log_bytes = given["application_log_bytes" if fargate else "api_log_bytes"]
    logged = (runs * given["lambda_log_bytes"] + requests * request_log_bytes) / GB
    connections = requests / given["requests_per_connection"]
    transferred = requests * (given["request_bytes"] + profile.response_bytes) / GB
    ledger = emails * given["ledger_days"] / DAYS * given["ledger_bytes"] / GB
    # Each data key is made once and opened once. The database's address is read at cold starts: too few to count.
    data_keys = given["keyed_resources"] * MINUTES / given["data_key_minutes"]
    # Responses to browsers and statements to PostgreSQL leave AWS. From the ALB to CloudFront they are free.
    responses, statements = requests * profile.response_bytes / GB, requests * given["database_bytes"] / GB
    usage = {
        "alb_hours": HOURS,
        # The most used dimension counts. There is one listener rule: evaluations of up to ten are free.
        "alb_capacity": max(
            connections / LCU_CONNECTIONS,
            connections * given["connection_seconds"] / 3600 / LCU_ACTIVE,
            transferred / (LCU_GB_TO_ADDRESS if fargate else LCU_GB_TO_LAMBDA),
        ),
        "alb_addresses": ZERO if given["cloudfront"] else given["zones"] * HOURS,  # internal behind CloudFront
        "lambda_requests": runs,
        "lambda_duration": sum((runs * seconds * megabytes / 1024 for runs, seconds, megabytes in work), ZERO),
        "sns_requests": requests * given["writes"] + feedback,
        "sqs_requests": messages * given["calls_per_message"] + given["idle_pollers"] * SECONDS / given["poll_seconds"],
        "ses_emails": emails,
        "dynamodb_writes": emails * given["ledger_writes"],
        "dynamodb_reads": emails * given["ledger_reads"],
        "dynamodb_storage": ledger * given["ledger_copies"],
        "dynamodb_recovery": ledger,  # of the table alone: indexes are rebuilt
        "cloudwatch_logs": logged,
        "cloudwatch_log_storage": logged * given["log_compression"] * given["log_days"] / DAYS,
        "cloudwatch_alarms": given["alarms"],
        "cloudwatch_metrics": given["custom_metrics"],
        "cloudwatch_dashboards": given["dashboards"],
        "xray_traces": always_traced + (entries - always_traced) * given["traced_share"],
        "transfer_out": statements if given["cloudfront"] else responses + statements,
        "waf_acl": given["firewalls"],
        "waf_rules": given["firewalls"] * given["firewall_rules"],
        "waf_requests": given["firewalls"] * requests,
        "cognito_people": given["people"],
        "kms_keys": given["keys"],
        "kms_requests": 2 * data_keys * given["keys"],
    }
    if given["cloudfront"]:
        usage |= {"cloudfront_transfer": responses, "cloudfront_requests": requests}
    if fargate:
        task_hours = count_tasks(profile.requests) * HOURS
        return usage | {
            "fargate_cpu": task_hours * given["task_vcpu"],
            "fargate_memory": task_hours * given["task_memory_gb"],
            "fargate_addresses": task_hours,
        }
    return usage | {"http_api_requests": requests * max(1, -(-profile.response_bytes // HTTP_API_METER))}


def estimate_cost(profile: Profile, *, fargate: bool = False, free_tier: bool = True) -> Decimal:
    usage = count_usage(profile, fargate=fargate)
    return sum((price_usage(key, used, free_tier=free_tier) for key, used in usage.items()), ZERO)
