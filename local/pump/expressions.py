"""EventBridge's schedule expressions: ``rate(5 minutes)`` and ``cron(0 9 ? * MON-FRI *)``, in UTC.

Both answer one question, ``next_after(moment)``. The grammar is that of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html without ``L``, ``W`` and ``#``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol


class ExpressionError(ValueError):
    """The expression is none that EventBridge takes; the message says which part is wrong and why."""


class Schedule(Protocol):
    """When a rule fires."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time strictly later than ``moment`` (which must be aware), or None when there is none any more."""


def parse_schedule(expression: str, *, created: datetime) -> Schedule:
    """Read ``expression``. A rate counts from ``created``, the moment when the rule was made.

    Raises:
        ExpressionError: see there.
    """
    match = re.fullmatch(r"(rate|cron)\((.*)\)", expression.strip())
    if match is None:
        raise ExpressionError(f"{expression!r} is neither rate(…) nor cron(…)")
    kind, inside = match.groups()
    return _parse_rate(inside, created) if kind == "rate" else _parse_cron(inside)


# ---- rate(value unit) ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """Every ``period``, counted from ``created``."""

    period: timedelta
    created: datetime

    def next_after(self, moment: datetime) -> datetime:
        """See `Schedule`. A rate never ends."""
        passed = (moment - self.created) // self.period
        return self.created + max(1, passed + 1) * self.period


def _parse_rate(inside: str, created: datetime) -> Rate:
    match = re.fullmatch(r"([1-9][0-9]*) (minute|hour|day)(s?)", inside)
    if match is None:
        raise ExpressionError(f"rate({inside}): it is a positive whole number and minute(s), hour(s) or day(s)")
    value, unit, plural = int(match[1]), match[2], bool(match[3])
    if plural == (value == 1):
        raise ExpressionError(f"rate({inside}): AWS wants the singular for 1 and the plural for all else")
    return Rate(value * timedelta(**{f"{unit}s": 1}), created)


# ---- cron(minutes hours day-of-month month day-of-week year) ---------------------------------------------------------


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """What may be written instead of numbers, the first one for ``lowest``."""


_MINUTES = _Field("minutes", 0, 59)
_HOURS = _Field("hours", 0, 23)
_DAYS = _Field("day-of-month", 1, 31)
_MONTHS = _Field("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
_WEEKDAYS = _Field("day-of-week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_YEARS = _Field("year", 1970, 2199)
_FIELDS = (_MINUTES, _HOURS, _DAYS, _MONTHS, _WEEKDAYS, _YEARS)


@dataclass(frozen=True)
class Cron:
    """Every minute whose parts are all among the sorted values given here. Sunday is weekday 1, as AWS has it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    years: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        """See `Schedule`."""
        start = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        if self._has_day(start):
            for hour in self.hours:
                for minute in self.minutes:
                    if (hour, minute) >= (start.hour, start.minute):
                        return start.replace(hour=hour, minute=minute)
        day = self._next_day_after(start)
        return day and day.replace(hour=self.hours[0], minute=self.minutes[0])

    def _has_day(self, day: datetime) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 + 1 in self.weekdays
        )

    def _next_day_after(self, day: datetime) -> datetime | None:
        # Month by month, so that a rule for one far year is found at once.
        for year in self.years:
            for month in self.months:
                if (year, month) < (day.year, day.month):
                    continue
                for number in self.days:
                    try:
                        candidate = datetime(year, month, number, tzinfo=UTC)
                    except ValueError:
                        break  # the month has no such day, nor later ones
                    if candidate > day and self._has_day(candidate):
                        return candidate
        return None


def _parse_cron(inside: str) -> Cron:
    texts = inside.split()
    if len(texts) != len(_FIELDS):
        raise ExpressionError(f"cron({inside}): it has {len(texts)} fields; AWS wants six (the sixth is the year)")
    if (texts[2] == "?") == (texts[4] == "?"):
        raise ExpressionError(f"cron({inside}): exactly one of day-of-month and day-of-week must be ?")
    return Cron(*(_parse_field(field, text) for field, text in zip(_FIELDS, texts, strict=True)))


def _parse_field(field: _Field, text: str) -> tuple[int, ...]:
    if text == "?" and field not in (_DAYS, _WEEKDAYS):
        raise ExpressionError(f"{field.name}: ? is for day-of-month and day-of-week only")
    values: set[int] = set()
    for part in text.split(","):
        values.update(_parse_part(field, part))
    return tuple(sorted(values))


def _parse_part(field: _Field, part: str) -> range:
    """One item of a list: ``*``, ``?``, ``5``, ``MON-FRI``, ``*/15``, ``3/4`` or ``10-20/5``."""
    match = re.fullmatch(r"(\*|\?|(\w+)(?:-(\w+))?)(?:/([0-9]+))?", part, flags=re.ASCII)
    if match is None:
        raise ExpressionError(f"{field.name}: {part!r} is not understood (L, W and # are not supported here)")
    everything = match[1] in {"*", "?"}
    first = field.lowest if everything else _value(field, match[2])
    last = field.highest if everything or (match[4] and not match[3]) else _value(field, match[3] or match[2])
    if last < first:
        raise ExpressionError(f"{field.name}: {part!r} ends before it begins")
    step = int(match[4] or 1)
    if step == 0:
        raise ExpressionError(f"{field.name}: {part!r} has a step of 0")
    return range(first, last + 1, step)


def _value(field: _Field, text: str) -> int:
    name = text.upper()
    if name in field.names:
        return field.lowest + field.names.index(name)
    if not text.isdecimal() or not field.lowest <= int(text) <= field.highest:
        raise ExpressionError(f"{field.name}: {text!r} is not between {field.lowest} and {field.highest}")
    return int(text)
