"""An EventBridge rule with a schedule, as it invokes a Lambda function."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_devserver.project import LOCAL_ACCOUNT, InvocationFailed, region

from .topic import RETRY_DELAYS_SECONDS

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from chalice_devserver.project import Function

    from .expressions import Schedule

# How often it looks at the clock. Sleeping until the next time would oversleep with the laptop.
LOOK_SECONDS = 0.25

logger = logging.getLogger(__name__)


class _Invocation(NamedTuple):
    due: datetime
    event: dict[str, Any]
    attempts: int = 0
    """How many were made before this one."""


class ScheduleSource:
    """Invokes one function whenever its schedule says so. Times that pass while it runs become one invocation."""

    def __init__(
        self, function: Function, schedule: Schedule, *, retry_delays: Sequence[float] = RETRY_DELAYS_SECONDS
    ) -> None:
        """``retry_delays`` are in seconds."""
        self.name = f"schedule → {function.name}"
        self._function = function
        self._schedule = schedule
        self._retry_delays = retry_delays

    def run(self, stop: threading.Event) -> None:
        """See `Source`."""
        tick = self._schedule.next_after(datetime.now(timezone.utc))
        pending: list[_Invocation] = []
        while not stop.is_set():
            now = datetime.now(timezone.utc)
            if tick and tick <= now:
                pending.append(_Invocation(tick, schedule_event(self._function.name, tick)))
                tick = self._schedule.next_after(now)
            for invocation in [one for one in pending if one.due <= now]:
                pending.remove(invocation)
                pending.extend(self._attempt(invocation))
            stop.wait(LOOK_SECONDS)

    def _attempt(self, invocation: _Invocation) -> Iterator[_Invocation]:
        """Invoke the function; if it fails and may be tried again, that is one more invocation, later."""
        try:
            self._function.invoke(invocation.event)
        except InvocationFailed as error:
            if invocation.attempts < len(self._retry_delays):
                delay = self._retry_delays[invocation.attempts]
                logger.warning("%s: %s; again in %g s", self.name, error, delay)
                due = datetime.now(timezone.utc) + timedelta(seconds=delay)
                yield _Invocation(due, invocation.event, invocation.attempts + 1)
                return
            # Not `exception`: invoke has written the stack.
            logger.error("%s: %s; dropped after %d attempts", self.name, error, invocation.attempts + 1)  # noqa: TRY400


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
