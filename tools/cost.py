"""`make cost`: a month of traffic, what it uses, what AWS charges for it, and what Fargate would cost."""

from __future__ import annotations

import tomllib
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from tools.command_line import OneSentenceParser, make_table, run, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

# 50 requests a day, as in the original's report, then each power of ten up to a billion a month.
SCALES = (1_500, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
MAX_REQUESTS = 10**12
DEFAULT_BYTES = int(ASSUMPTIONS["response_bytes"])
MAX_RESPONSE_BYTES = 2**20  # an ALB accepts no larger response from a Lambda function
COUNT = {"k": 10**3, "m": 10**6, "b": 10**9}
SIZE = {"b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6}


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
    """Fargate tasks that sustain the busy hours of a month with this many requests; they run all month."""
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


def main(argv: Sequence[str], _: Mapping[str, str]) -> None:
    """The bill line by line, and the same directory from 50 requests a day to a billion a month."""
    profile, console = read_profile(argv), Console(highlight=False)
    console.print(
        f"{profile.requests:,} requests a month (30 days), responses of {profile.response_bytes:,} bytes, "
        f"{profile.emails:,} emails; US dollars",
        style="bold",
    )
    usage, bill = count_usage(profile), []
    for key in (key for key in PRICES if key in usage):
        price = PRICES[key]
        costs = (dollars(price_usage(key, usage[key], free_tier=deducted)) for deducted in (False, True))
        bill.append((f"{price['service']} {price['label']}", f"{short_count(usage[key])} {price['unit']}", *costs))
    bill.append(("total", "", *(dollars(estimate_cost(profile, free_tier=deducted)) for deducted in (False, True))))
    scales = []
    for traffic in map(profile.at, SCALES):
        ways = (estimate_cost(traffic, free_tier=False), estimate_cost(traffic), estimate_cost(traffic, fargate=True))
        scales.append((short_count(traffic.requests), *map(dollars, ways)))
    console.print(
        make_table(("service", ">used", ">list price", ">free tier"), bill),
        "PostgreSQL is your own and not in the bill. The free tier counts once per account.",
        make_table(("requests a month", ">list price", ">free tier", ">on Fargate"), scales),
        f"Prices of {PRICE_LIST['region']}, checked {PRICE_LIST['checked']}: tools/prices.toml. Every "
        "assumption, with its reason: tools/assumptions.toml",
        sep="\n",
    )


def read_profile(argv: Sequence[str]) -> Profile:
    """The traffic asked for; what was not given is derived from the rest."""
    parser = OneSentenceParser(
        "make cost",
        "What the deployment costs on AWS in a month of 30 days, and what Fargate would cost.",
        epilog="Everything else that it assumes is in tools/assumptions.toml.",
    )
    for variable, least, most, units, default, description in (
        ("REQUESTS", 1, MAX_REQUESTS, COUNT, SCALES[0], "HTTP requests a month: 50000, 3M (default: 50 a day)"),
        ("SIZE", 0, MAX_RESPONSE_BYTES, SIZE, DEFAULT_BYTES, "mean bytes of a response: 12kB"),
        ("EMAILS", 0, MAX_REQUESTS, COUNT, None, "emails a month (default: one for each write)"),
    ):
        number = whole_number(variable, least, most, units)
        parser.add_argument(f"--{variable.lower()}", type=number, default=default, help=description)
    given = parser.parse_args(argv)
    emails = int(given.requests * ASSUMPTIONS["writes"]) if given.emails is None else given.emails
    return Profile(given.requests, given.size, emails)


def dollars(amount: Decimal) -> str:
    """``$16.20``, ``$1,569``: the assumptions do not carry cents beside thousands."""
    return f"${amount:,.0f}" if amount >= 1_000 else f"${amount:.2f}"  # noqa: PLR2004


def short_count(number: Decimal | float) -> str:
    """``0.587``, ``1,500``, ``10 k``, ``15 M``, ``1 B``."""
    for factor, suffix in ((10**9, " B"), (10**6, " M"), (10**3, " k")):
        if number >= max(factor, 10**4):
            return f"{float(number) / factor:.3g}{suffix}"
    return f"{number:,.0f}" if number >= 100 else f"{float(number):.3g}"  # noqa: PLR2004 - three digits


if __name__ == "__main__":
    run(main)
