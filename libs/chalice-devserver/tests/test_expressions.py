"""EventBridge's schedule expressions."""

from datetime import UTC, datetime, timedelta

import pytest

from chalice_devserver.pump.schedule import ExpressionError, parse_schedule

CREATED = datetime(2026, 11, 24, 10, 15, 30, tzinfo=UTC)  # a Tuesday


def next_after(expression, moment=CREATED):
    return parse_schedule(expression, created=CREATED)(moment)


def test_a_rate_counts_from_the_creation_of_the_rule():
    for expression, period in (("rate(1 minute)", timedelta(minutes=1)), ("rate(12 hours)", timedelta(hours=12))):
        assert next_after(expression, CREATED - timedelta(days=1)) == CREATED + period
        assert next_after(expression) == CREATED + period
        assert next_after(expression, CREATED + period) == CREATED + 2 * period
        assert next_after(expression, CREATED + 10.5 * period) == CREATED + 11 * period


def test_a_cron_is_in_utc_whatever_the_zone_of_the_moment_and_one_that_names_no_day_never_fires():
    moment = datetime.fromisoformat("2026-11-24T11:59:00-05:00")
    assert next_after("cron(0 17 * * ? *)", moment) == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert next_after("cron(0 0 30 2 ? *)") is None


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("every 5 minutes", "neither rate"),
        ("rate(0 minutes)", "positive whole number"),
        ("rate(5 seconds)", "positive whole number"),
        ("rate(1 minutes)", "singular for 1"),
        ("cron(0 12 * * ?)", "5 provided"),
        ("cron(60 12 * * ? *)", "minute value '60'"),
    ],
)
def test_what_eventbridge_refuses_is_refused_with_the_reason(expression, complaint):
    with pytest.raises(ExpressionError, match=complaint):
        parse_schedule(expression, created=CREATED)
