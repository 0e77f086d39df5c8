"""Twins of the adapters that live in memory, the app put together with them, and what tests build of emails."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.correos.aws import AwsUnavailable, NotTaken
from chalicelib.correos.bootstrap import Services
from chalicelib.correos.ledger import RowChanged, sort_key
from chalicelib.correos.mail import Mail, State, recipient_digest
from chalicelib.correos.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.correos.mail import Content

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
    row = Mail(
        event_id=id_,
        digest=recipient_digest(id_, recipient),
        recipient=recipient,
        type="creado",
        subject="Alta: Ana Pérez",
        created_at=moment,
        updated_at=moment,
        employee=7,
    )
    return replace(row, **changes)


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

    def move_to(self, moment):
        self.now = max(self.now, moment)

    def advance(self, step):
        self.now += step


class FakeLedger:
    """As DynamoLedger, without DynamoDB: test_ledger.py holds both to the same behaviour."""

    def __init__(self):
        self._rows: dict[tuple[str, str], Mail] = {}
        self._lock = threading.Lock()
        self.is_down = False

    def create(self, row):
        return self._write(row, None)

    def save(self, row):
        return self._write(replace(row, revision=row.revision + 1), row.revision)

    def _write(self, row, revision_read):
        with self._lock:
            current = self.read(row.event_id, row.digest)
            if (current and current.revision) != revision_read:
                raise RowChanged(current)
            self._rows[row.event_id, row.digest] = row
            return row

    def read(self, event_id, digest):
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


class Taken(NamedTuple):
    """An email that SES has taken: it will arrive."""

    mail: Mail
    content: Content
    message_id: str


FAILURES = {
    "refuses": NotTaken(State.FAILED, "MessageRejected"),
    "is_busy": NotTaken(State.PENDING, "TooManyRequestsException"),
    "answer_lost": NotTaken(State.UNCERTAIN, "ReadTimeoutError"),
    "request_lost": NotTaken(State.UNCERTAIN, "ReadTimeoutError"),
}


class FakeMailer:
    """SES as it behaves by a plan: one of `FAILURES` for each call, and when it is over, or with another word, success.

    With ``answer_lost`` SES has taken the email all the same. ``happens`` is called during each call.
    """

    def __init__(self):
        self.plan = deque()
        self.happens: Callable[[], object] = lambda: None
        self.taken: list[Taken] = []
        self.calls = 0
        self.connections = 0

    def send(self, mail, content):
        self.calls += 1
        behaviour = self.plan.popleft() if self.plan else "takes"
        if behaviour == "answer_lost" or behaviour not in FAILURES:
            self.taken.append(Taken(mail, content, f"ses-{len(self.taken) + 1}"))
        self.happens()
        if behaviour in FAILURES:
            raise FAILURES[behaviour]
        return self.taken[-1].message_id

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
        self._answer()
        self.sent.append(body)
        if self.before_the_answer_is_lost:
            self.before_the_answer_is_lost(body)
            raise AwsUnavailable

    def put_off(self, receipt_handle, delay):
        self._answer()
        self.put_offs.append((receipt_handle, delay))

    def _answer(self):
        if self.is_down:
            raise AwsUnavailable


class FakeUsers:
    """Everyone whose token says so is an administrator."""

    def require_admin(self, name):
        """Accept them."""


class FakeServices(Services):
    """All parts in memory."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.settings = settings_with()
        self.ledger = FakeLedger()
        self.mailer = FakeMailer()
        self.queue = FakeQueue()
        self.users = FakeUsers()
        self._numbers = count(1)

    def now(self):
        return self.clock()

    def new_id(self):
        return event_id(next(self._numbers))


class Killed(BaseException):
    """The process ends here: no handler may catch it, and nothing cleans up."""


class Steps:
    """Stands for these parts, counts what is done with them, and ends the process before or after one step."""

    def __init__(self, fatal, *parts):
        self._fatal = fatal
        self._parts = parts
        self.passed = 0

    def _point(self):
        self.passed += 1
        if self.passed == self._fatal:
            raise Killed

    def __getattr__(self, name):
        part = next(each for each in self._parts if hasattr(each, name))

        def act(*arguments):
            self._point()
            result = getattr(part, name)(*arguments)
            self._point()
            return result

        return act
