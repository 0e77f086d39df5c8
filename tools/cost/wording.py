"""Numbers as people read them, the same in terminal, document and charts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.cost.bill import Report
    from tools.cost.profile import Profile

CENT = Decimal("0.01")
LEAST_SHOWN = Decimal("0.001")
NO_CENTS_FROM = 1_000  # the assumptions do not carry cents beside thousands


def dollars(amount: Decimal) -> str:
    """``$16.20``, ``$1,569``, ``<$0.01``."""
    if 0 < amount < CENT / 2:
        return "<$0.01"
    step = Decimal(1) if amount >= NO_CENTS_FROM else CENT
    return f"${amount.quantize(step, ROUND_HALF_UP):,}"


def quantity(amount: Decimal, unit: str) -> str:
    """``720 hours``, ``3.47 GB``: three digits when there is a fraction."""
    if 0 < amount < LEAST_SHOWN:
        return f"<{LEAST_SHOWN} {unit}"
    if amount == 1:
        return f"1 {unit.removesuffix('s')}"
    if amount == amount.to_integral_value() or amount >= 100:  # noqa: PLR2004 - three digits
        return f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,} {unit}"
    return f"{amount:.3g} {unit}"


def percent(fraction: Decimal) -> str:
    """``64 %``."""
    return f"{(fraction * 100).quantize(Decimal(1), ROUND_HALF_UP)} %"


def short_count(number: int) -> str:
    """``1,500``, ``10 k``, ``15 M``, ``1 B``."""
    for factor, suffix in ((10**9, "B"), (10**6, "M"), (10**4, "k")):
        if number >= factor:
            # "k" begins at ten thousand, so that 1,500 keeps its digits
            return f"{Decimal(number) / (1000 if suffix == 'k' else factor):.3g} {suffix}"
    return f"{number:,}"


def describe(profile: Profile) -> str:
    """The profile in one line."""
    return (
        f"{profile.requests:,} requests a month (30 days), {percent(profile.writes)} writes, "
        f"answers of {profile.response_bytes:,} bytes, {profile.employees:,} employees, {profile.emails:,} e-mails, "
        f"{'CloudFront' if profile.cloudfront else 'no CloudFront'}"
    )


def rate(requests_per_second: Decimal) -> str:
    """``0.0023`` or ``1,543`` requests a second, two digits."""
    if requests_per_second >= 10:  # noqa: PLR2004 - two digits
        return f"{requests_per_second.quantize(Decimal(1), ROUND_HALF_UP):,}"
    return f"{requests_per_second:.2g}"


def fargate_sentence(report: Report) -> str:
    """From which traffic the alternative pays, for people."""
    if report.fargate_from is None:
        return "Fargate is never cheaper than the Lambda functions with this traffic."
    return (
        f"Fargate is cheaper from about {short_count(report.fargate_from)} requests a month; this traffic "
        f"(peak {rate(report.estimate.peak_rate)} requests a second) would need {report.estimate.tasks} tasks."
    )
