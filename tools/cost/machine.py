"""The estimate as JSON: money is a string of US dollars with four decimals, so that no reader rounds it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tools.cost.assumptions import HOURS
from tools.cost.prices import FreeTier

if TYPE_CHECKING:
    from tools.cost.bill import Bill, Estimate, Report

STEP = Decimal("0.0001")
COLUMNS = {"list_price": FreeTier.NONE, "free_tier": FreeTier.ALWAYS, "first_year": FreeTier.FIRST_YEAR}


def document(report: Report) -> dict[str, Any]:
    """A JSON object; ``comparisons_use`` says by which column the dominant service and the break-even were found."""
    estimate, prices = report.estimate, report.prices
    profile = estimate.profile
    return {
        "region": prices.region,
        "prices_checked": prices.checked.isoformat(),
        "month_hours": int(HOURS),
        "comparisons_use": next(name for name, value in COLUMNS.items() if value is report.free_tier),
        "profile": {
            "requests": profile.requests,
            "response_bytes": profile.response_bytes,
            "employees": profile.employees,
            "emails": profile.emails,
            "writes": str(profile.writes),
            "cloudfront": profile.cloudfront,
        },
        "lines": [
            {
                "key": line.price.key,
                "service": line.price.service,
                "name": line.price.name,
                "unit": line.price.unit,
                "quantity": str(line.quantity.quantize(STEP, ROUND_HALF_UP)),
                **{name: _money(line.cost(column)) for name, column in COLUMNS.items()},
            }
            for line in estimate.serverless.lines
        ],
        **_summary(estimate, report.free_tier),
        "fargate_cheaper_from_requests": report.fargate_from,
        "scales": [{"requests": row.profile.requests, **_summary(row, report.free_tier)} for row in report.scales],
    }


def _summary(estimate: Estimate, free_tier: FreeTier) -> dict[str, Any]:
    service, share = estimate.serverless.dominant(free_tier)
    return {
        "services": {
            name: {key: _money(estimate.serverless.by_service(column)[name]) for key, column in COLUMNS.items()}
            for name in estimate.serverless.by_service(free_tier)
        },
        "totals": _totals(estimate.serverless),
        "dominant": {"service": service, "share": str(share.quantize(STEP, ROUND_HALF_UP))},
        "peak_requests_per_second": str(estimate.peak_rate.quantize(STEP, ROUND_HALF_UP)),
        "fargate": {"tasks": estimate.tasks, "totals": _totals(estimate.fargate)},
    }


def _totals(bill: Bill) -> dict[str, str]:
    return {name: _money(bill.total(column)) for name, column in COLUMNS.items()}


def _money(amount: Decimal) -> str:
    return str(amount.quantize(STEP, ROUND_HALF_UP))
