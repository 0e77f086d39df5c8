from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cost.model import (
    ASSUMPTIONS,
    PRICES,
    Profile,
    count_tasks,
    count_usage,
    estimate_cost,
    price_usage,
)

SMALL = Profile(requests=1_500, response_bytes=7_650, emails=150)
MILLION = Profile(requests=1_000_000, response_bytes=5_000, emails=100_000)
DIRECT = ASSUMPTIONS | {"cloudfront": Decimal(0)}
GIB = Decimal(2**30)
AMOUNTS = st.decimals(min_value=0, max_value=10**13, places=3)


@pytest.mark.parametrize(
    ("key", "quantity", "free_tier", "dollars"),
    [
        ("alb_hours", 720, True, "16.20"),  # as in the original's report
        ("http_api_requests", 400_000_000, False, "390"),
        ("lambda_requests", 3_000_000, True, "0.40"),
        # https://aws.amazon.com/lambda/pricing/, first example: 1,500,000 GB-s of which 400,000 are free
        ("lambda_duration", 1_500_000, True, "18.33337"),
        ("lambda_duration", 16_000_000_000, False, "248333.6"),
        ("transfer_out", 160_000, False, "11891.2"),
        ("sqs_requests", 210_000_000_000, False, "72400"),
    ],
)
def test_a_price_applies_its_tiers_and_its_free_units(key, quantity, *, free_tier, dollars):
    assert price_usage(key, Decimal(quantity), free_tier=free_tier) == Decimal(dollars)


@settings(deadline=None)
@given(key=st.sampled_from(sorted(PRICES)), amounts=st.tuples(AMOUNTS, AMOUNTS))
def test_more_never_costs_less_and_free_units_never_more(key, amounts):
    less, more = sorted(amounts)
    for free_tier in (False, True):
        assert 0 <= price_usage(key, less, free_tier=free_tier) <= price_usage(key, more, free_tier=free_tier)
    assert price_usage(key, more) <= price_usage(key, more, free_tier=False)


def test_a_million_requests_use_what_a_calculation_by_hand_says():
    """Those that come from several assumptions; the total guards the others. Update it after an intended change."""
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
    usage = {key: float(quantity) for key, quantity in count_usage(MILLION, DIRECT).items()}
    assert {key: usage[key] for key in expected} == pytest.approx({key: float(each) for key, each in expected.items()})
    assert round(estimate_cost(MILLION, DIRECT, free_tier=False), 2) == Decimal("70.68")


def test_usage_steps_where_aws_meters_in_steps():
    for size, metered in ((0, 1), (512 * 1024, 1), (512 * 1024 + 1, 2), (2**20, 2)):
        assert count_usage(MILLION._replace(response_bytes=size))["http_api_requests"] == 10**6 * metered
    empty, frugal = MILLION._replace(response_bytes=0), ASSUMPTIONS | {"request_bytes": Decimal(0)}
    assert count_usage(empty, frugal)["alb_capacity"] == Decimal(250_000) / 90_000  # new connections
    patient = frugal | {"connection_seconds": Decimal(600)}
    assert count_usage(empty, patient)["alb_capacity"] == Decimal(250_000) * 600 / 3600 / 3_000  # open ones
    busy = Profile(requests=10**9, response_bytes=0, emails=0)
    seconds, entries = 2_592_000, 10**9 + Decimal(2 * 2_592_000) / 35 + 43_200
    assert count_usage(busy, ASSUMPTIONS | {"writes": Decimal(0)})["xray_traces"] == seconds + (
        entries - seconds
    ) * Decimal("0.05")


def test_cloudfront_carries_the_responses_and_hides_the_load_balancer():
    direct, fronted = (count_usage(MILLION, given) for given in (DIRECT, ASSUMPTIONS))
    assert fronted["alb_addresses"] == 0
    assert fronted["cloudfront_transfer"] + fronted["transfer_out"] == direct["transfer_out"]
    assert fronted["cloudfront_requests"] == 1_000_000


def test_fargate_replaces_the_request_functions_and_keeps_the_rest():
    serverless, fargate = count_usage(MILLION), count_usage(MILLION, fargate=True)
    assert "http_api_requests" not in fargate
    assert fargate["lambda_requests"] == 43_200 + 3 * 100_000
    assert fargate["alb_capacity"] == serverless["alb_capacity"] * Decimal("0.4")
    assert (fargate["fargate_cpu"], fargate["fargate_memory"], fargate["fargate_addresses"]) == (720, 1_440, 1_440)
    for key in ("alb_hours", "ses_emails", "sqs_requests", "sns_requests", "dynamodb_writes", "transfer_out"):
        assert fargate[key] == serverless[key]
    for rate, tasks in (("0", 2), ("50", 2), ("50.1", 3), ("2500", 100), ("2500.01", 101)):
        assert count_tasks(Decimal(rate)) == tasks


def test_every_price_is_used_and_counts():
    serverless, fargate = count_usage(MILLION, DIRECT), count_usage(MILLION, fargate=True)
    assert serverless.keys() | fargate.keys() == PRICES.keys()
    by_hand = sum(price_usage(key, used, free_tier=False) for key, used in serverless.items())
    assert estimate_cost(MILLION, DIRECT, free_tier=False) == by_hand
    assert estimate_cost(MILLION, DIRECT) < by_hand
