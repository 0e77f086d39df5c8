"""Twins of the adapters that live in memory, the app put together with them, and what tests build of emails."""

from __future__ import annotations

import json
import uuid
from collections import deque
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from chalicelib.correos.aws import AwsUnavailable, NotTaken
from chalicelib.correos.bootstrap import Services
from chalicelib.correos.event import Message
from chalicelib.correos.ledger import RowChanged, sort_key
from chalicelib.correos.mail import State
from chalicelib.correos.notices import Outgoing, new_row
from chalicelib.correos.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.correos.mail import Mail

CONTRACTS = Path(__file__).parents[2] / "contracts"
SES_SAMPLES = {event["eventType"]: event for event in json.loads((CONTRACTS / "ses_events.json").read_text("utf-8"))}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADDRESS = "ana@example.com"
ENVIRONMENT = {
    "EMAIL_QUEUE_URL": "http://127.0.0.1/000000000000/cola",
    "EMAIL_DLQ_URL": "http://127.0.0.1/000000000000/dlq",
    "LEDGER_TABLE": "crud-app-correos",
    "EMAIL_FROM": "Directorio <directorio@example.com>",
    "NOTIFY_TO": "rrhh@example.com",
    "NOTIFY_EMPLOYEE": "false",
    "SES_CONFIGURATION_SET": "correos",
    "MAIL_RATE": "1000",
}


def settings_with(**variables):
    return Settings(ENVIRONMENT | variables)


def golden(kind="creado", /, **changes):
    """A golden event, with some members changed."""
    return {**json.loads((CONTRACTS / f"{kind}.json").read_text("utf-8")), **changes}


def event_id(number):
    return str(uuid.UUID(int=number))


def mail(number=0, recipient=ADDRESS, **changes):
    """A row of an event of its own, ``number`` seconds after noon."""
    moment, id_ = NOW + timedelta(seconds=number), str(changes.pop("event_id", event_id(number + 1)))
    event = Message("creado", id_, moment, {"empleado": {"id": 7}})
    return replace(new_row(event, recipient, "Alta: Ana Pérez", moment), **changes)


def ses_event(kind, row, **detail):
    """AWS's sample with our tags, and some of its details changed."""
    sample = deepcopy(SES_SAMPLES[kind])
    sample["mail"]["tags"] |= {"evento": [row.event_id], "huella": [row.digest]}
    if detail:
        sample[kind.lower()] |= detail
    return json.dumps(sample)


class FakeClock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def advance(self, step):
        self.now += step


class FakeLedger:
    """As DynamoLedger, without DynamoDB: test_ledger.py holds both to the same behaviour.

    The ``plan`` says what becomes of each write; when it is over, they succeed. ``twice``: botocore repeats it, because
    its answer was lost; ``silent``: it is never answered; ``lost``: nor is it written; ``expired``: there is no row any
    more. ``happens`` is called during each call.
    """

    def __init__(self, *plan):
        self._rows: dict[tuple[str, str], Mail] = {}
        self.plan = deque(plan)
        self.happens: Callable[[], object] = lambda: None
        self.is_down = False

    def create(self, row):
        return self._write(row, None)

    def save(self, row):
        return self._write(replace(row, revision=row.revision + 1), row.revision)

    def _write(self, row, revision_read):
        behaviour = self.plan.popleft() if self.plan else "takes"
        current = self.read(row.event_id, row.digest)
        if behaviour == "expired":
            raise RowChanged(None)
        if (current and current.revision) != revision_read:
            raise RowChanged(current)
        if behaviour != "lost":
            self._rows[row.event_id, row.digest] = row
        if behaviour in {"silent", "lost"}:
            raise AwsUnavailable
        if behaviour == "twice":
            raise RowChanged(row)
        return row

    def read(self, event_id, digest):
        self.happens()
        if self.is_down:
            raise AwsUnavailable
        return self._rows.get((event_id, digest))

    def newest(self, query):
        return [row for row in self.all() if query.matches(row)][: query.limite]

    def all(self):
        """All rows, newest first."""
        if self.is_down:
            raise AwsUnavailable
        return sorted(self._rows.values(), key=sort_key, reverse=True)


FAILURES = {
    "refuses": NotTaken(State.FAILED, "MessageRejected"),
    "is_busy": NotTaken(State.PENDING, "TooManyRequestsException"),
    "answer_lost": NotTaken(State.UNCERTAIN, "ReadTimeoutError"),
    "request_lost": NotTaken(State.UNCERTAIN, "ReadTimeoutError"),
}


class FakeMailer:
    """SES as it behaves by a plan: one of `FAILURES` for each call, and when it is over, or with another word, success.

    What it has ``taken`` will arrive, with ``answer_lost`` too. ``happens`` is called during each call.
    """

    def __init__(self, *plan):
        self.plan = deque(plan)
        self.happens: Callable[[], object] = lambda: None
        self.taken: list[Outgoing] = []
        self.calls = 0
        self.connections = 0

    def send(self, mail, content):
        self.calls += 1
        behaviour = self.plan.popleft() if self.plan else "takes"
        if behaviour == "answer_lost" or behaviour not in FAILURES:
            self.taken.append(Outgoing(mail, content))
        self.happens()
        if behaviour in FAILURES:
            raise FAILURES[behaviour]
        return f"ses-{len(self.taken)}"

    def forget_connections(self):
        self.connections += 1


class FakeQueue:
    def __init__(self):
        self.sent: list[str] = []
        self.put_offs: list[tuple[str, timedelta]] = []
        self.is_down = False
        self.before_the_answer_is_lost: Callable[[str], object] | None = None
        """What happens with the next message, which gets into the queue although the sender does not learn it."""

    def send(self, body):
        self.sent.append(body)
        if self.before_the_answer_is_lost:
            self.before_the_answer_is_lost(body)
            raise AwsUnavailable

    def put_off(self, receipt_handle, delay):
        if self.is_down:
            raise AwsUnavailable
        self.put_offs.append((receipt_handle, delay))


class FakeServices(Services):
    """All parts in memory, with a time of their own. One thread takes the messages in their order."""

    def __init__(self, *mailer_plan, ledger_plan=(), **variables):
        super().__init__()
        self.clock = FakeClock()
        self.monotonic = 0.0
        self.settings = settings_with(**variables)
        self.ledger = FakeLedger(*ledger_plan)
        self.mailer = FakeMailer(*mailer_plan)
        self.queue = FakeQueue()
        self.users = SimpleNamespace(require_admin=lambda _: None)  # an administrator is who the token says is one
        self._numbers = count(1)
        self.sender = replace(self.sender, monotonic=lambda: self.monotonic, sleep=self.pass_time, threads=1)

    def pass_time(self, seconds):
        self.monotonic += seconds

    def now(self):
        return self.clock()

    def new_id(self):
        return event_id(next(self._numbers))


class Killed(BaseException):
    """The process ends here: no handler may catch it, and nothing cleans up."""


class Steps:
    """Stands for these parts, counts the calls, and ends the process before one, which is right after the last one."""

    def __init__(self, fatal, *parts):
        self._fatal = fatal
        self._parts = parts
        self.passed = 0

    def __getattr__(self, name):
        self.passed += 1
        if self.passed == self._fatal:
            raise Killed
        return getattr(next(part for part in self._parts if hasattr(part, name)), name)
