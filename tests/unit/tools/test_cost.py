"""`make cost`: prices, usage, and assumptions that are stated elsewhere too."""

import json
import re
from decimal import Decimal

import pytest

from tests.support.stack import ROOT
from tools import cost
from tools.cost import ASSUMPTIONS, Profile, count_usage, dollars, estimate_cost, main, price_usage, read_profile

MILLION = Profile(requests=1_000_000, response_bytes=5_000, emails=100_000)
GIB = Decimal(2**30)
LEDGER = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text("utf-8"))


@pytest.fixture
def assume(monkeypatch):
    """Changes assumptions for this test."""
    return lambda **given: [monkeypatch.setitem(ASSUMPTIONS, name, Decimal(value)) for name, value in given.items()]


def test_arguments_have_defaults_and_short_forms():
    assert read_profile([]) == Profile(requests=1_500, response_bytes=7_650, emails=150)
    for text, requests in (("1500", 1_500), ("30k", 30_000), ("1.5M", 1_500_000), ("1B", 10**9)):
        assert read_profile(["--requests", text]).requests == requests
    for text, size in (("0", 0), ("800B", 800), ("12kB", 12_000), ("1.5k", 1_500), ("1MB", 10**6)):
        assert read_profile(["--size", text]).response_bytes == size
    assert [read_profile(["--requests=1000", *emails]).emails for emails in ([], ["--emails=0"])] == [100, 0]
    for refused in ("--requests=0", "--requests=1001B", "--size=2MB", "--emails=-1"):
        with pytest.raises(SystemExit):
            read_profile([refused])


def test_the_terminal_shows_the_month_and_the_same_habits_with_a_billion_requests(capsys):
    main(["--requests=2k"], {})
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["ALB", "hours", "720", "hours", "$16.20", "$16.20"] in rows
    month, billion = Profile(2_000, 7_650, 200), Profile(10**9, 7_650, 10**8)
    assert ["total", *(dollars(estimate_cost(month, free_tier=deducted)) for deducted in (False, True))] in rows
    costs = (estimate_cost(billion, free_tier=False), estimate_cost(billion), estimate_cost(billion, fargate=True))
    assert ["1", "B", *map(dollars, costs)] in rows


@pytest.mark.parametrize(
    ("key", "quantity", "free_tier", "dollars"),
    [
        ("alb_hours", 720, True, "16.20"),  # as in the original's report
        ("http_api_requests", 400_000_000, False, "390"),
        ("lambda_requests", 3_000_000, True, "0.40"),
        ("lambda_requests", 900_000, True, "0"),
        # https://aws.amazon.com/lambda/pricing/, first example: 1,500,000 GB-s of which 400,000 are free
        ("lambda_duration", 1_500_000, True, "18.33337"),
        ("lambda_duration", 16_000_000_000, False, "248333.6"),
        ("transfer_out", 160_000, False, "11891.2"),
        ("sqs_requests", 210_000_000_000, False, "72400"),
    ],
)
def test_a_price_applies_its_tiers_and_its_free_units(key, quantity, *, free_tier, dollars):
    assert price_usage(key, Decimal(quantity), free_tier=free_tier) == Decimal(dollars)


def test_a_million_requests_use_what_a_calculation_by_hand_says(assume):
    """Those that come from several assumptions; the total guards the others. Update it after an intended change."""
    assume(cloudfront=0)
    health_checks, sweeps, idle_polls = Decimal(2 * 2_592_000) / 35, 43_200, 648_000
    runs = 2_000_000 + health_checks + sweeps + 100_000 + 200_000
    seconds_half_gb = 1_000_000 * Decimal("0.090") + health_checks * Decimal("0.002") + sweeps * Decimal("0.030")
    expected = {
        "alb_capacity": 1_000_000 * 6_000 / GIB / Decimal("0.4"),  # bytes: 0.4 GB an hour to a Lambda are an LCU
        "lambda_requests": runs,
        "lambda_duration": seconds_half_gb / 2 + (100_000 * Decimal("0.200") + 200_000 * Decimal("0.050")) / 4,
        "sns_requests": 100_000 + 2 * 100_000,
        "sqs_requests": 3 * 100_000 + idle_polls,
        "cloudwatch_logs": (runs * 1_200 + 1_000_000 * 400) / GIB,
        "xray_traces": runs - 1_000_000,
        "kms_requests": 2 * 6 * 43_200 / 5,
    }
    usage = {key: float(quantity) for key, quantity in count_usage(MILLION).items()}
    assert {key: usage[key] for key in expected} == pytest.approx({key: float(each) for key, each in expected.items()})
    assert round(estimate_cost(MILLION, free_tier=False), 2) == Decimal("70.68")
    assert usage.keys() | count_usage(MILLION, fargate=True).keys() | {
        "cloudfront_transfer",
        "cloudfront_requests",
    } == (cost.PRICES.keys())


def test_usage_steps_where_aws_meters_in_steps(assume):
    for size, metered in ((0, 1), (512 * 1024, 1), (512 * 1024 + 1, 2), (2**20, 2)):
        assert count_usage(MILLION._replace(response_bytes=size))["http_api_requests"] == 10**6 * metered
    empty = MILLION._replace(response_bytes=0)
    assume(request_bytes=0)
    assert count_usage(empty)["alb_capacity"] == Decimal(250_000) / 90_000  # new connections
    assume(connection_seconds=600)
    assert count_usage(empty)["alb_capacity"] == Decimal(250_000) * 600 / 3600 / 3_000  # open ones
    assume(writes=0)
    seconds, entries = 2_592_000, 10**9 + Decimal(2 * 2_592_000) / 35 + 43_200
    assert count_usage(Profile(requests=10**9, response_bytes=0, emails=0))["xray_traces"] == seconds + (
        entries - seconds
    ) * Decimal("0.05")


def test_cloudfront_carries_the_responses_and_hides_the_load_balancer(assume):
    fronted = count_usage(MILLION)
    assume(cloudfront=0)
    assert fronted["alb_addresses"] == 0
    assert fronted["cloudfront_transfer"] + fronted["transfer_out"] == count_usage(MILLION)["transfer_out"]
    assert fronted["cloudfront_requests"] == 1_000_000


def test_fargate_replaces_the_request_functions_and_keeps_the_rest():
    serverless, fargate = count_usage(MILLION), count_usage(MILLION, fargate=True)
    assert serverless.keys() - fargate.keys() == {"http_api_requests"}
    assert fargate["lambda_requests"] == 43_200 + 3 * 100_000
    assert fargate["alb_capacity"] == serverless["alb_capacity"] * Decimal("0.4")
    assert (fargate["fargate_cpu"], fargate["fargate_memory"], fargate["fargate_addresses"]) == (720, 1_440, 1_440)
    for key in ("alb_hours", "ses_emails", "sqs_requests", "sns_requests", "dynamodb_writes", "transfer_out"):
        assert fargate[key] == serverless[key]
    # Four times the mean at the busiest; a task has a quarter of a processor for that, and a request needs 0.010 s.
    for at_once, tasks in ((0, 2), (50, 2), (51, 3), (2_500, 100), (2_501, 101)):
        assert cost.count_tasks(at_once * 2_592_000 // 4) == tasks


def terraform(name):
    return (ROOT / "infra" / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "pattern", "name"),
    [
        ("locals.tf", r" bff += { memory_size = (\d+)", "bff_memory_mb"),
        ("locals.tf", r" crud += { memory_size = (\d+)", "crud_memory_mb"),
        ("locals.tf", r" publicar_pendientes += { memory_size = (\d+)", "crud_memory_mb"),
        ("locals.tf", r" enviar_correos += { memory_size = (\d+)", "email_memory_mb"),
        ("locals.tf", r" registrar_resultado += { memory_size = (\d+)", "email_memory_mb"),
        ("locals.tf", r"alb_idle_timeout += (\d+)", "connection_seconds"),
        ("alb.tf", r"interval +=\s+(\d+)", "health_check_seconds"),
        ("variables.tf", r'variable "log_retention_days" {[^}]*?default +=\s+(\d+)', "log_days"),
        ("../email_app/chalicelib/correos/mail.py", r"KEPT = timedelta\(days=(\d+)\)", "ledger_days"),
    ],
)
def test_a_number_is_the_one_that_is_deployed(file, pattern, name):
    (number,) = re.findall(pattern, terraform(file))
    assert int(number) == ASSUMPTIONS[name]


def test_resources_are_counted():
    functions = re.findall(r"\w+ += { memory_size = \d+, timeout = \d+ }", terraform("locals.tf"))
    of_alb, of_each_function, *others = [
        len(re.findall(r"^ +description = ", part, re.MULTILINE))
        for part in re.split("function_alarms = |mail_alarms = |access_alarms = ", terraform("alarms.tf"))[:4]
    ]
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html: six for each route
    detailed = 6 * 2 if "detailed_metrics_enabled = true" in terraform("http_api.tf") else 0
    (subnets,) = re.findall(r"for index in (\[.*?\])", terraform("network.tf"))
    of_a_rule = r"^  rule \{|^    (?:AWSManagedRules|requests-per-)\w+ += "
    rules = re.findall(of_a_rule, terraform("waf/main.tf"), re.MULTILINE)
    encrypted = "".join(map(terraform, ("messaging.tf", "mail.tf", "ledger.tf")))
    indexes = len(LEDGER["GlobalSecondaryIndexes"])
    expected = {
        "alarms": of_alb + of_each_function * len(functions) + sum(others) + 1,  # and failed sign-ins
        "custom_metrics": len(set(re.findall(r'{ metric = "(\w+)"', terraform("metrics.tf")))) + detailed,
        "zones": len(json.loads(subnets)),
        "firewall_rules": len(rules),
        "keyed_resources": len(re.findall(r"kms\w+ += local\.key_arn", encrypted)),
        "ledger_copies": 1 + indexes,
        "ledger_writes": (1 + indexes) + 2 * (1 + indexes + 1),  # created, then two changes that move an index's row
    }
    assert {name: int(ASSUMPTIONS[name]) for name in expected} == expected
    assert {index["Projection"]["ProjectionType"] for index in LEDGER["GlobalSecondaryIndexes"]} == {"ALL"}
