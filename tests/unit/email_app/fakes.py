"""Twins of the adapters that live in memory, the app put together with them, and what tests build of emails."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.correos.aws import MailerUnavailable, MailFateUnknown, MailRefused, QueueUnavailable
from chalicelib.correos.bootstrap import Services
from chalicelib.correos.ledger import LedgerUnavailable, RowChanged, sort_key
from chalicelib.correos.mail import Mail, recipient_digest
from chalicelib.correos.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalicelib.correos.mail import Content, State

CONTRACTS = Path(__file__).parents[2] / "contracts"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADDRESS = "ana@example.com"
SETTINGS = Settings(
    email_queue_url="http://127.0.0.1/000000000000/cola",
    email_dlq_url="http://127.0.0.1/000000000000/dlq",
    ledger_table="correos",
    email_from="directorio@example.com",
    notify_to=("rrhh@example.com",),
    notify_employee=False,
    ses_configuration_set="correos",
    mail_rate=1_000,
    mail_language="es",
)


def golden(kind: str = "creado", /, **changes: object) -> dict[str, Any]:
    """A golden event, with some members changed."""
    return {**json.loads((CONTRACTS / f"{kind}.json").read_text("utf-8")), **changes}


def event_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def mail(number: int = 0, recipient: str = ADDRESS, **changes: object) -> Mail:
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


def ses_event(kind: str, row: Mail, **detail: object) -> str:
    """What SES publishes about an email: tags of its own beside ours."""
    tags = {"ses:configuration-set": ["correos"], "evento": [row.event_id], "huella": [row.digest]}
    member = "failure" if kind == "Rendering Failure" else kind[0].lower() + kind[1:]
    message = {"messageId": "ses-event", "destination": [row.recipient], "tags": tags}
    return json.dumps({"eventType": kind, "mail": message, member: detail})


class FakeClock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def advance(self, step: timedelta) -> None:
        self.now += step


class FakeLedger:
    """As DynamoLedger, without DynamoDB: test_ledger.py holds both to the same behaviour."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Mail] = {}
        self._lock = threading.Lock()
        self.is_down = False

    def create(self, row: Mail) -> Mail:
        with self._lock:
            current = self.read(row.event_id, row.digest)
            if current is not None:
                raise RowChanged(current)
            self._rows[row.event_id, row.digest] = row
            return row

    def save(self, row: Mail) -> Mail:
        with self._lock:
            current = self.read(row.event_id, row.digest)
            if current is None or current.revision != row.revision:
                raise RowChanged(current)
            saved = replace(row, revision=row.revision + 1)
            self._rows[row.event_id, row.digest] = saved
            return saved

    def read(self, event_id: str, digest: str) -> Mail | None:
        if self.is_down:
            raise LedgerUnavailable
        return self._rows.get((event_id, digest))

    def of_event(self, event_id: str) -> list[Mail]:
        return [row for row in self.all() if row.event_id == event_id]

    def newest(self, *, state: State | None, employee: int | None, before: str | None, limit: int) -> list[Mail]:
        rows = [
            row
            for row in self.all()
            if state in {None, row.state}
            and employee in {None, row.employee}
            and (before is None or sort_key(row) < before)
        ]
        return rows[:limit]

    def all(self) -> list[Mail]:
        """All rows, newest first."""
        if self.is_down:
            raise LedgerUnavailable
        return sorted(self._rows.values(), key=sort_key, reverse=True)

    def forget(self, row: Mail) -> None:
        """As DynamoDB does with a row that has expired."""
        del self._rows[row.event_id, row.digest]


class Taken(NamedTuple):
    """An email that SES has taken: it will arrive."""

    mail: Mail
    content: Content
    message_id: str


class FakeMailer:
    """SES as it behaves by a plan: one word for each call, ``takes`` when the plan is over.

    ``takes``, ``refuses``, ``is_busy``; ``answer_lost`` (taken, and the client does not learn it) and ``request_lost``
    (not taken, and the client does not learn it). ``happens`` is called during each call.
    """

    def __init__(self, plan: Iterable[str] = ()) -> None:
        self.plan = deque(plan)
        self.happens: Callable[[], object] = lambda: None
        self.taken: list[Taken] = []
        self.calls = 0
        self.connections = 0

    def send(self, mail: Mail, content: Content) -> str:
        self.calls += 1
        behaviour = self.plan.popleft() if self.plan else "takes"
        if behaviour in {"takes", "answer_lost"}:
            self.taken.append(Taken(mail, content, f"ses-{len(self.taken) + 1}"))
        self.happens()
        match behaviour:
            case "takes":
                return self.taken[-1].message_id
            case "refuses":
                raise MailRefused("MessageRejected")
            case "is_busy":
                raise MailerUnavailable("TooManyRequestsException")
            case _:
                raise MailFateUnknown("ReadTimeoutError")

    def forget_connections(self) -> None:
        self.connections += 1


class FakeQueue:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.put_offs: list[tuple[str, timedelta]] = []
        self.is_down = False
        self.dead_letters = 0
        self.before_the_answer_is_lost: Callable[[str], object] | None = None
        """What happens with the next message, which gets into the queue although the sender does not learn it."""

    def send(self, body: str) -> None:
        self._answer()
        self.sent.append(body)
        if self.before_the_answer_is_lost:
            self.before_the_answer_is_lost(body)
            raise QueueUnavailable

    def put_off(self, receipt_handle: str, delay: timedelta) -> None:
        self._answer()
        self.put_offs.append((receipt_handle, delay))

    def depths(self) -> dict[str, dict[str, int]]:
        self._answer()
        return {"cola": {"visibles": len(self.sent)}, "fallidos": {"visibles": self.dead_letters}}

    def redrive(self) -> dict[str, int]:
        self._answer()
        moved, self.dead_letters = self.dead_letters, 0
        return {"reenviados": moved, "quedan": 0}

    def _answer(self) -> None:
        if self.is_down:
            raise QueueUnavailable


class FakeServices(Services):
    """All parts in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.settings = SETTINGS
        self.ledger = FakeLedger()
        self.mailer = FakeMailer()
        self.queue = FakeQueue()
        self._numbers = count(1)

    def now(self) -> datetime:
        return self.clock()

    def new_id(self) -> str:
        return event_id(next(self._numbers))
