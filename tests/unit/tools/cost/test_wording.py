from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tools.cost.prices import FreeTier
from tools.cost.wording import describe, dollars, fargate_sentence, percent, quantity, rate, short_count

if TYPE_CHECKING:
    from tools.cost.bill import Calculator
    from tools.cost.profile import Profile


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "$0.00"),
        ("0.0001", "<$0.01"),
        ("0.005", "$0.01"),
        ("16.2", "$16.20"),
        ("999.99", "$999.99"),
        ("1234.5", "$1,235"),
        ("15524.87", "$15,525"),
    ],
)
def test_dollars_have_cents_below_a_thousand(amount: str, words: str) -> None:
    assert dollars(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        ("720", "hours", "720 hours"),
        ("1440", "hours", "1,440 hours"),
        ("1", "dashboards", "1 dashboard"),
        ("0", "e-mails", "0 e-mails"),
        ("0.21834", "GB", "0.218 GB"),
        ("0.0001", "GB", "<0.001 GB"),
        ("194764.29", "requests", "194,764 requests"),
    ],
)
def test_a_quantity_has_three_digits_or_is_whole(amount: str, unit: str, words: str) -> None:
    assert quantity(Decimal(amount), unit) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(999, "999"), (1_500, "1,500"), (10_000, "10 k"), (1_500_000, "1.5 M"), (15_000_000, "15 M"), (10**9, "1 B")],
)
def test_counts_are_short(number: int, words: str) -> None:
    assert short_count(number) == words


def test_rates_and_shares_have_two_digits() -> None:
    assert rate(Decimal("0.002315")) == "0.0023"
    assert rate(Decimal("1543.2")) == "1,543"
    assert percent(Decimal("0.6375")) == "64 %"


def test_a_profile_is_one_line(small: Profile) -> None:
    assert describe(small) == (
        "1,500 requests a month (30 days), 10 % writes, answers of 7,650 bytes, 1,000 employees, 150 e-mails, "
        "CloudFront"
    )
    assert describe(replace(small, cloudfront=False)).endswith(", no CloudFront")


def test_the_break_even_is_a_sentence(calculator: Calculator, small: Profile) -> None:
    report = calculator.report(small, FreeTier.ALWAYS)
    assert fargate_sentence(replace(report, fargate_from=15_000_000)) == (
        "Fargate is cheaper from about 15 M requests a month; this traffic (peak 0.0023 requests a second) would need "
        "2 tasks."
    )
    assert fargate_sentence(replace(report, fargate_from=None)) == (
        "Fargate is never cheaper than the Lambda functions with this traffic."
    )
