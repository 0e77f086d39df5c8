"""EventBridge's schedule expressions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.pump.expressions import ExpressionError, parse_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATED = datetime(2026, 11, 24, 10, 15, 30, tzinfo=UTC)  # a Tuesday

moments = st.integers(0, 150 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def next_after(expression: str, moment: datetime = CREATED) -> datetime | None:
    return parse_schedule(expression, created=CREATED).next_after(moment)


@pytest.mark.parametrize(
    ("expression", "period"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(12 hours)", timedelta(hours=12)),
        ("rate(1 day)", timedelta(days=1)),
        ("rate(7 days)", timedelta(days=7)),
    ],
)
def test_a_rate_counts_from_the_creation_of_the_rule(expression: str, period: timedelta) -> None:
    assert next_after(expression) == CREATED + period
    assert next_after(expression, CREATED + period) == CREATED + 2 * period
    assert next_after(expression, CREATED + 10.5 * period) == CREATED + 11 * period


def test_a_rate_begins_with_its_first_period_even_for_a_moment_before_its_creation() -> None:
    assert next_after("rate(5 minutes)", CREATED - timedelta(days=1)) == CREATED + timedelta(minutes=5)


@given(value=st.integers(2, 10_000), unit=st.sampled_from(["minutes", "hours", "days"]), moment=moments)
def test_a_rate_never_skips_a_period(value: int, unit: str, moment: datetime) -> None:
    period = timedelta(**{unit: value})
    following = next_after(f"rate({value} {unit})", moment)
    assert following is not None
    assert following > moment
    assert following <= max(moment, CREATED) + period
    assert (following - CREATED) % period == timedelta(0)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 12 * * ? *)", "2026-11-24T12:00"),
        ("cron(15 10 * * ? *)", "2026-11-25T10:15"),  # this minute has begun
        ("cron(16 10 * * ? *)", "2026-11-24T10:16"),
        ("cron(0/15 * * * ? *)", "2026-11-24T10:30"),
        ("cron(*/20 9-11 * * ? *)", "2026-11-24T10:20"),
        ("cron(5-25/10 10 * * ? *)", "2026-11-24T10:25"),
        ("cron(0 8 1 * ? *)", "2026-12-01T08:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-24T18:00"),
        ("cron(0 8 ? * 1 *)", "2026-11-29T08:00"),  # 1 is Sunday
        ("cron(0 8 ? * sun,Sat *)", "2026-11-28T08:00"),
        ("cron(30 6 31 * ? *)", "2026-12-31T06:30"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00"),
        ("cron(0 0 29 FEB ? *)", "2028-02-29T00:00"),
        ("cron(0 10 ? 1-3 2 2027-2028)", "2027-01-04T10:00"),
        ("cron(1,2,3 0 1 1 ? 2199)", "2199-01-01T00:01"),
    ],
)
def test_a_cron_fires_next_at(expression: str, expected: str) -> None:
    assert next_after(expression) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["cron(0 0 30 2 ? *)", "cron(0 0 1 1 ? 2025)", "cron(0 9 24 11 ? 2026)"])
def test_a_cron_that_never_comes_again_has_no_next_time(expression: str) -> None:
    assert next_after(expression) is None


def test_a_cron_is_in_utc_whatever_the_zone_of_the_moment() -> None:
    moment = datetime.fromisoformat("2026-11-24T11:59:00-05:00")
    assert next_after("cron(0 17 * * ? *)", moment) == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    spans = st.tuples(number, number).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    starts = st.one_of(st.just("*"), number.map(str), spans)
    parts = st.one_of(starts, st.tuples(starts, st.integers(1, highest)).map(lambda pair: f"{pair[0]}/{pair[1]}"))
    return st.lists(parts, min_size=1, max_size=3).map(",".join)


def values(text: str, lowest: int, highest: int) -> set[int]:
    """What a field means, written once more, by trying each value."""
    chosen = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("" if span in {"*", "?"} else span).partition("-")
        begin = int(first or lowest)
        end = int(last or (highest if step or not first else first))
        chosen |= {n for n in range(lowest, highest + 1) if begin <= n <= end and (n - begin) % int(step or 1) == 0}
    return chosen


@settings(deadline=None)  # it tries every minute
@given(
    minutes=field(0, 59),
    hours=field(0, 23),
    days=field(1, 31),
    months=field(1, 12),
    weekdays=field(1, 7),
    by_weekday=st.booleans(),
    moment=moments,
)
@example(minutes="0", hours="0", days="31", months="2,4", weekdays="1", by_weekday=False, moment=CREATED)
def test_a_cron_fires_at_the_first_minute_that_fits(  # noqa: PLR0913 - one for each field
    *, minutes: str, hours: str, days: str, months: str, weekdays: str, by_weekday: bool, moment: datetime
) -> None:
    days, weekdays = ("?", weekdays) if by_weekday else (days, "?")
    following = next_after(f"cron({minutes} {hours} {days} {months} {weekdays} *)", moment)

    minute_set, hour_set = values(minutes, 0, 59), values(hours, 0, 23)
    day_set, month_set, weekday_set = values(days, 1, 31), values(months, 1, 12), values(weekdays, 1, 7)

    def day_fits(day: datetime) -> bool:
        return day.day in day_set and day.month in month_set and day.isoweekday() % 7 + 1 in weekday_set

    def fits(at: datetime) -> bool:
        return day_fits(at) and at.hour in hour_set and at.minute in minute_set

    if following is None:
        assert not any(day_fits(moment + timedelta(days=n)) for n in range(1, 366 * 8 + 1))
        return
    assert following > moment
    assert (following.second, following.microsecond) == (0, 0)
    assert fits(following)
    # No earlier minute fits: neither on the first day, nor on the days between, nor on the last.
    first_minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    first_midnight = first_minute.replace(hour=0, minute=0) + timedelta(days=1)
    last_midnight = following.replace(hour=0, minute=0)
    assert not any(map(fits, steps(first_minute, min(following, first_midnight), timedelta(minutes=1))))
    assert not any(map(day_fits, steps(first_midnight, last_midnight, timedelta(days=1))))
    assert not any(map(fits, steps(max(first_minute, last_midnight), following, timedelta(minutes=1))))


def steps(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += step


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "neither rate"),
        ("every 5 minutes", "neither rate"),
        ("rate(5 minutes", "neither rate"),
        ("rate(0 minutes)", "positive whole number"),
        ("rate(1.5 hours)", "positive whole number"),
        ("rate(-1 day)", "positive whole number"),
        ("rate(5 seconds)", "positive whole number"),
        ("rate(5  minutes)", "positive whole number"),
        ("rate(1 minutes)", "singular for 1"),
        ("rate(5 minute)", "singular for 1"),
        ("cron(0 12 * * ?)", "5 fields"),
        ("cron(0 12 * * ? * *)", "7 fields"),
        ("cron(0 12 * * * *)", "exactly one"),
        ("cron(0 12 ? * ? *)", "exactly one"),
        ("cron(? 12 * * ? *)", "minutes: \\? is for"),
        ("cron(60 12 * * ? *)", "minutes: '60' is not between 0 and 59"),
        ("cron(0 24 * * ? *)", "hours: '24'"),
        ("cron(0 0 0 * ? *)", "day-of-month: '0'"),
        ("cron(0 0 1 JANUARY ? *)", "month: 'JANUARY'"),
        ("cron(0 0 ? * 8 *)", "day-of-week: '8'"),
        ("cron(0 0 1 1 ? 1969)", "year: '1969'"),
        ("cron(10-5 0 1 1 ? *)", "ends before it begins"),
        ("cron(*/0 0 1 1 ? *)", "step of 0"),
        ("cron(1,,2 0 1 1 ? *)", "minutes: '' is not understood"),
        ("cron(0 0 L * ? *)", "day-of-month: 'L'"),
        ("cron(0 0 ? * 2#1 *)", "L, W and # are not supported"),
        ("cron(٣ 0 1 1 ? *)", "is not understood"),
    ],
)
def test_what_eventbridge_refuses_is_refused_with_the_reason(expression: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        parse_schedule(expression, created=CREATED)


@given(st.text())
def test_any_text_is_either_a_schedule_or_refused(text: str) -> None:
    for expression in (text, f"rate({text})", f"cron({text})", f"cron(0 0 {text} * ? *)"):
        try:
            schedule = parse_schedule(expression, created=CREATED)
        except ExpressionError:
            continue
        following = schedule.next_after(CREATED)
        assert following is None or following > CREATED
