"""An EventBridge rule with a schedule, as it invokes a Lambda function.

Expressions, in UTC: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

from chalice_devserver.project import LOCAL_ACCOUNT, InvocationFailed, region

from .topic import RETRY_DELAYS_SECONDS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from chalice_devserver.project import Function

    # The first time strictly later than an aware moment; None if there is none.
    NextAfter = Callable[[datetime], "datetime | None"]

# How often it looks at the clock. Sleeping until the next time would oversleep with the laptop.
LOOK_SECONDS = 0.25

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScheduleSource:
    """Invokes a function at its times. Those that pass while it runs, or waits for a retry, become one invocation."""

    name: str
    function: Function
    next_after: NextAfter
    retry_delays: Sequence[float] = RETRY_DELAYS_SECONDS

    def run(self, stop: threading.Event) -> None:
        due = self.next_after(datetime.now(timezone.utc))
        while not stop.is_set():
            now = datetime.now(timezone.utc)
            if due and due <= now:
                self._invoke(schedule_event(self.function.name, due), stop)
                due = self.next_after(now)
            stop.wait(LOOK_SECONDS)

    def _invoke(self, event: dict[str, Any], stop: threading.Event) -> None:
        for attempt, delay in enumerate([*self.retry_delays, None], start=1):
            try:
                self.function.invoke(event)
            except InvocationFailed as error:
                if delay is None:
                    # Not `exception`: invoke has written the stack.
                    logger.error("%s: %s; dropped after %d attempts", self.name, error, attempt)  # noqa: TRY400
                    return
                logger.warning("%s: %s; again in %g s", self.name, error, delay)
                if stop.wait(delay):
                    return
            else:
                return


def schedule_event(rule: str, moment: datetime) -> dict[str, Any]:
    """What EventBridge sends at ``moment`` for the rule named ``rule``."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": LOCAL_ACCOUNT,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region(),
        "resources": [f"arn:aws:events:{region()}:{LOCAL_ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


class ExpressionError(ValueError):
    """EventBridge does not accept the expression; the message says which part and why."""


def parse_schedule(expression: str, *, created: datetime) -> NextAfter:
    """Read ``expression``, or raise `ExpressionError`. A rate counts from ``created``, when the rule was made."""
    match = re.fullmatch(r"(rate|cron)\((.*)\)", expression.strip())
    if match is None:
        raise ExpressionError(f"{expression!r} is neither rate(…) nor cron(…)")
    kind, fields = match.groups()
    if kind == "rate":
        period = _read_period(fields)
        return lambda moment: created + max(1, (moment - created) // period + 1) * period
    try:
        cron = AwsCroniter(" ".join(fields.split()))
    except (AwsCroniterExpressionError, ValueError) as error:
        raise ExpressionError(f"cron({fields}): {error}") from error
    return lambda moment: cron.get_next(moment.astimezone(timezone.utc))[0]


def _read_period(rate: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]*) (minute|hour|day)(s?)", rate)
    if match is None:
        raise ExpressionError(f"rate({rate}): it is a positive whole number and minute(s), hour(s) or day(s)")
    value, unit, plural = int(match[1]), match[2], bool(match[3])
    if plural == (value == 1):
        raise ExpressionError(f"rate({rate}): AWS requires the singular for 1 and the plural for all else")
    return value * timedelta(**{f"{unit}s": 1})
