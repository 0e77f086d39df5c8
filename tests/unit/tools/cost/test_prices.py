from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cost.prices import PRICES, BadPriceListError, FreeTier, Price, load_prices

if TYPE_CHECKING:
    from pathlib import Path

AMOUNTS = st.decimals(min_value=0, max_value=10**13, places=3)


PRICE_LIST = load_prices()


def price(key: str) -> Price:
    return PRICE_LIST.prices[key]


def test_the_original_alb_costs_16_dollars_20_a_month() -> None:
    hours_of_a_month = Decimal(720)
    assert price("alb_hours").cost(hours_of_a_month, FreeTier.NONE) == Decimal("16.20")


@pytest.mark.parametrize(
    ("key", "quantity", "free_tier", "dollars"),
    [
        ("http_api_requests", 300_000_000, FreeTier.NONE, "300"),
        ("http_api_requests", 400_000_000, FreeTier.NONE, "390"),
        ("http_api_requests", 1_000_000, FreeTier.ALWAYS, "1"),
        ("http_api_requests", 1_000_000, FreeTier.FIRST_YEAR, "0"),
        ("lambda_requests", 1_000_000, FreeTier.ALWAYS, "0"),
        ("lambda_requests", 3_000_000, FreeTier.ALWAYS, "0.40"),
        # https://aws.amazon.com/lambda/pricing/, first example: 1,500,000 GB-s of which 400,000 are free
        ("lambda_duration", 1_500_000, FreeTier.ALWAYS, "18.33337"),
        ("lambda_duration", 15_000_000_000, FreeTier.NONE, "235000.2"),
        ("lambda_duration", 16_000_000_000, FreeTier.NONE, "248333.6"),
        ("transfer_out", 100, FreeTier.ALWAYS, "0"),
        ("transfer_out", 10_240, FreeTier.NONE, "921.6"),
        ("transfer_out", 51_200, FreeTier.NONE, "4403.2"),
        ("transfer_out", 160_000, FreeTier.NONE, "11891.2"),
        ("sqs_requests", 100_000_000_000, FreeTier.NONE, "40000"),
        ("sqs_requests", 210_000_000_000, FreeTier.NONE, "72400"),
        ("sqs_requests", 1_000_000, FreeTier.ALWAYS, "0"),
        ("sns_requests", 3_000_000, FreeTier.ALWAYS, "1"),
        ("ses_emails", 10_000, FreeTier.ALWAYS, "1"),
        ("ses_emails", 10_000, FreeTier.FIRST_YEAR, "0.7"),
        ("cloudwatch_logs", 30_720, FreeTier.NONE, "10240"),
        ("cloudwatch_alarms", 11, FreeTier.ALWAYS, "0.1"),
    ],
)
def test_tiers_and_free_allowances_are_honoured(key: str, quantity: int, free_tier: FreeTier, dollars: str) -> None:
    assert price(key).cost(Decimal(quantity), free_tier) == Decimal(dollars)


@settings(deadline=None)
@given(key=st.sampled_from(sorted(PRICE_LIST.prices)), amounts=st.tuples(AMOUNTS, AMOUNTS))
def test_more_never_costs_less(key: str, amounts: tuple[Decimal, Decimal]) -> None:
    less, more = sorted(amounts)
    for free_tier in FreeTier:
        assert 0 <= price(key).cost(less, free_tier) <= price(key).cost(more, free_tier)


@settings(deadline=None)
@given(key=st.sampled_from(sorted(PRICE_LIST.prices)), amount=AMOUNTS)
def test_an_allowance_never_makes_a_bill_larger(key: str, amount: Decimal) -> None:
    costs = [price(key).cost(amount, free_tier) for free_tier in FreeTier]
    assert costs == sorted(costs, reverse=True)


def test_the_price_list_names_region_day_and_source() -> None:
    assert PRICE_LIST.region == "us-east-1"
    assert PRICE_LIST.checked >= date(2026, 11, 24)
    assert "not read from the live pages" in PRICE_LIST.note
    assert all(item.page.startswith("https://aws.amazon.com/") for item in PRICE_LIST.prices.values())


def test_no_price_went_through_a_float() -> None:
    text = PRICES.read_text("utf-8")
    written = {Decimal(number) for number in re.findall(r"\bprice = ([0-9.]+)", text)}
    assert {tier.price for item in PRICE_LIST.prices.values() for tier in item.tiers} == written


@pytest.mark.parametrize(
    ("tiers", "rule"),
    [
        ("[]", "the last tier"),
        ("[{ up_to = 5, price = 1 }]", "the last tier"),
        ("[{ price = 1 }, { price = 2 }]", "the last tier"),
        ("[{ up_to = 9, price = 1 }, { up_to = 5, price = 1 }, { price = 1 }]", "must rise"),
        ("[{ price = -0.1 }]", "0 or more"),
        ("[{ up_to = 5 }, { price = 1 }]", "lacks 'price'"),
    ],
)
def test_a_price_list_that_breaks_a_rule_is_refused_by_name(tmp_path: Path, tiers: str, rule: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        'region = "x"\nchecked = 2026-01-01\nnote = ""\n'
        '[odd]\nservice = "s"\nlabel = "l"\nname = "n"\npage = "/p"\nunit = "u"\nper = 1\n'
        f"tiers = {tiers}\n",
        "utf-8",
    )
    with pytest.raises(BadPriceListError, match=f"price 'odd'.*{rule}"):
        load_prices(file)
