from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tools.cost.bill import SCALES, Calculator
from tools.cost.prices import FreeTier, Tier

if TYPE_CHECKING:
    from tools.cost.profile import Profile


def test_a_small_directory_pays_the_original_price_for_the_alb(calculator: Calculator, small: Profile) -> None:
    costs = {line.price.key: line.cost(FreeTier.NONE) for line in calculator.estimate(small).serverless.lines}
    assert costs["alb_hours"] == Decimal("16.20")


def test_services_add_up_to_the_total(calculator: Calculator, small: Profile) -> None:
    for estimate in calculator.report(small, FreeTier.ALWAYS).scales:
        for bill in (estimate.serverless, estimate.fargate):
            for free_tier in FreeTier:
                difference = sum(bill.by_service(free_tier).values()) - bill.total(free_tier)
                assert abs(difference) < Decimal("1e-20")  # a 35th of a second has no last digit


def test_the_alb_dominates_a_small_directory_and_mail_a_large_one(calculator: Calculator, small: Profile) -> None:
    smallest, *_, largest = calculator.report(small, FreeTier.ALWAYS).scales
    assert smallest.serverless.dominant(FreeTier.ALWAYS)[0] == "ALB"
    service, share = largest.serverless.dominant(FreeTier.ALWAYS)
    assert service == "SES"
    assert share == largest.serverless.by_service(FreeTier.ALWAYS)["SES"] / largest.serverless.total(FreeTier.ALWAYS)


def test_scales_keep_the_habits_of_the_profile(calculator: Calculator, small: Profile) -> None:
    scales = calculator.report(replace(small, emails=300), FreeTier.NONE).scales
    assert [row.profile.requests for row in scales] == list(SCALES)
    assert [row.profile.emails for row in scales] == [requests // 5 for requests in SCALES]
    assert {row.profile.writes for row in scales} == {small.writes}


def test_fargate_is_cheaper_from_the_break_even_on_and_not_before(calculator: Calculator, small: Profile) -> None:
    for free_tier in FreeTier:
        requests = calculator.break_even(small, free_tier)
        assert requests is not None
        for factor in (1, 2, 10, 50):
            estimate = calculator.estimate(small.at(requests * factor))
            assert estimate.fargate.total(free_tier) < estimate.serverless.total(free_tier)
        before = calculator.estimate(small.at(requests - requests // 10))
        assert before.fargate.total(free_tier) >= before.serverless.total(free_tier)


def test_there_is_no_break_even_when_a_task_does_too_little(calculator: Calculator, small: Profile) -> None:
    slow = replace(calculator, assumptions=replace(calculator.assumptions, task_cpu_seconds=Decimal(1)))
    assert slow.break_even(small, FreeTier.NONE) is None


def test_free_fargate_would_be_cheaper_at_any_traffic(calculator: Calculator, small: Profile) -> None:
    prices = {
        key: replace(price, tiers=(Tier(Decimal(0)),)) if price.service == "Fargate" else price
        for key, price in calculator.prices.prices.items()
    }
    gift = replace(calculator, prices=replace(calculator.prices, prices=prices))
    assert gift.break_even(small, FreeTier.NONE) == 1_000
