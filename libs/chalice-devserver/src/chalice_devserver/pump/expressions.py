"""EventBridge's schedule expressions: ``rate(5 minutes)`` and ``cron(0 9 ? * MON-FRI *)``, in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError


class ExpressionError(ValueError):
    """EventBridge does not accept the expression; the message says which part and why."""


class Schedule(Protocol):
    """When a rule fires."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time strictly later than ``moment`` (which must be aware); None if there is none."""


def parse_schedule(expression: str, *, created: datetime) -> Schedule:
    """Read ``expression``. A rate counts from ``created``, the moment when the rule was made.

    Raises:
        ExpressionError: see there.
    """
    match = re.fullmatch(r"(rate|cron)\((.*)\)", expression.strip())
    if match is None:
        raise ExpressionError(f"{expression!r} is neither rate(…) nor cron(…)")
    kind, inside = match.groups()
    return _parse_rate(inside, created) if kind == "rate" else Cron(inside)


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
        raise ExpressionError(f"rate({inside}): AWS requires the singular for 1 and the plural for all else")
    return Rate(value * timedelta(**{f"{unit}s": 1}), created)


class Cron:
    """The six fields of AWS's cron expressions: minutes, hours, day of month, month, day of week, year."""

    def __init__(self, fields: str) -> None:
        """Read ``fields``.

        Raises:
            ExpressionError: see there.
        """
        try:
            self._cron = AwsCroniter(" ".join(fields.split()))
        except (AwsCroniterExpressionError, ValueError) as error:
            raise ExpressionError(f"cron({fields}): {error}") from error

    def next_after(self, moment: datetime) -> datetime | None:
        """See `Schedule`."""
        following: datetime | None = self._cron.get_next(moment.astimezone(timezone.utc))[0]
        return following
