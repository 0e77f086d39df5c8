"""Twins of the adapters that live in memory, and the app put together with them."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from chalicelib.correos.bootstrap import Services
from chalicelib.correos.idempotency import KeyTaken
from chalicelib.correos.ledger import LedgerUnavailable, RowChanged, sort_key
from chalicelib.correos.mailer import MailerUnavailable, MailFateUnknown, MailRefused
from chalicelib.correos.queue import Depth, QueueUnavailable, Redrive
from chalicelib.correos.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalicelib.correos.idempotency import KeyedRequest
    from chalicelib.correos.layout import Content
    from chalicelib.correos.mail import Mail, State

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


class FakeClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def advance(self, step: timedelta) -> None:
        self.now += step


class FakeLedger:
    """As DynamoLedger, without DynamoDB: tests/unit/email_app/test_ledger.py holds both to the same behaviour."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Mail] = {}
        self._lock = threading.Lock()
        self.is_down = False

    def create(self, mail: Mail) -> None:
        with self._lock:
            current = self._current(mail)
            if current is not None:
                raise RowChanged(current)
            self._rows[mail.evento, mail.digest] = mail

    def save(self, mail: Mail) -> Mail:
        with self._lock:
            current = self._current(mail)
            if current is None or current.revision != mail.revision:
                raise RowChanged(current)
            saved = replace(mail, revision=mail.revision + 1)
            self._rows[mail.evento, mail.digest] = saved
            return saved

    def read(self, evento: str, digest: str) -> Mail | None:
        self._answer()
        return self._rows.get((evento, digest))

    def of_event(self, evento: str) -> list[Mail]:
        return self._newest(row for row in self._rows.values() if row.evento == evento)

    def newest(self, *, estado: State | None, empleado: int | None, before: str | None, limit: int) -> list[Mail]:
        rows = [
            row
            for row in self._rows.values()
            if (estado is None or row.estado is estado)
            and (empleado is None or row.empleado == empleado)
            and (before is None or sort_key(row) < before)
        ]
        return self._newest(rows)[:limit]

    def forget(self, mail: Mail) -> None:
        """As DynamoDB does with a row that has expired."""
        del self._rows[mail.evento, mail.digest]

    def _current(self, mail: Mail) -> Mail | None:
        self._answer()
        return self._rows.get((mail.evento, mail.digest))

    def _newest(self, rows: Iterable[Mail]) -> list[Mail]:
        self._answer()
        return sorted(rows, key=sort_key, reverse=True)

    def _answer(self) -> None:
        if self.is_down:
            raise LedgerUnavailable


class FakeKeyStore:
    """As DynamoPeticiones, without DynamoDB: test_idempotency.py holds both to the same behaviour."""

    def __init__(self) -> None:
        self._items: dict[str, KeyedRequest] = {}
        self._lock = threading.Lock()
        self.is_down = False

    def create(self, keyed: KeyedRequest) -> None:
        with self._lock:
            current = self._current(keyed)
            if current is not None and current.caduca_en > keyed.pedido_en.replace(microsecond=0):
                raise KeyTaken(current)
            self._items[keyed.key] = keyed

    def change(self, read: KeyedRequest, changed: KeyedRequest) -> None:
        with self._lock:
            current = self._current(read)
            if current is None:
                raise LedgerUnavailable
            if (current.mail, current.lease_until) != (read.mail, read.lease_until):
                raise KeyTaken(current)
            self._items[changed.key] = changed

    def forget(self, keyed: KeyedRequest) -> None:
        """As DynamoDB does with an item that has expired."""
        del self._items[keyed.key]

    def _current(self, keyed: KeyedRequest) -> KeyedRequest | None:
        if self.is_down:
            raise LedgerUnavailable
        return self._items.get(keyed.key)


@dataclass(frozen=True)
class Taken:
    """A mail that SES has taken: it will arrive."""

    mail: Mail
    content: Content
    mensaje_id: str


class FakeMailer:
    """SES as it behaves by a plan: one word for each call, ``takes`` when the plan is over.

    ``takes``, ``refuses``, ``is_busy``; ``answer_lost`` (taken, and the client does not learn it) and ``request_lost``
    (not taken, and the client does not learn it).
    """

    def __init__(self, plan: Iterable[str] = ()) -> None:
        self.plan = deque(plan)
        self.taken: list[Taken] = []
        self.calls = 0
        self.connections = 0

    def send(self, mail: Mail, content: Content) -> str:
        self.calls += 1
        behaviour = self.plan.popleft() if self.plan else "takes"
        match behaviour:
            case "takes":
                return self._take(mail, content)
            case "answer_lost":
                self._take(mail, content)
                raise MailFateUnknown("ReadTimeoutError")
            case "request_lost":
                raise MailFateUnknown("ReadTimeoutError")
            case "refuses":
                raise MailRefused("MessageRejected")
            case "is_busy":
                raise MailerUnavailable("TooManyRequestsException")
            case _:
                raise AssertionError(behaviour)

    def _take(self, mail: Mail, content: Content) -> str:
        mensaje_id = f"ses-{len(self.taken) + 1}"
        self.taken.append(Taken(mail, content, mensaje_id))
        return mensaje_id

    def forget_connections(self) -> None:
        self.connections += 1


class FakeQueue:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.put_offs: list[tuple[str, timedelta]] = []
        self.is_down = False
        self.dead_letters = 0
        self.before_the_answer_is_lost: Callable[[str], object] | None = None
        """What happens with the next message, which gets into the queue although nobody is told so."""

    def send(self, body: str) -> None:
        self._answer()
        self.sent.append(body)
        if self.before_the_answer_is_lost:
            self.before_the_answer_is_lost(body)
            raise QueueUnavailable

    def put_off(self, receipt_handle: str, delay: timedelta) -> None:
        self._answer()
        self.put_offs.append((receipt_handle, delay))

    def depths(self) -> tuple[Depth, Depth]:
        self._answer()
        return (
            Depth(visibles=len(self.sent), en_proceso=0, retrasados=0, edad_maxima=7),
            Depth(visibles=self.dead_letters, en_proceso=0, retrasados=0, edad_maxima=None),
        )

    def redrive(self) -> Redrive:
        self._answer()
        moved, self.dead_letters = self.dead_letters, 0
        return Redrive(reenviados=moved, quedan=0)

    def _answer(self) -> None:
        if self.is_down:
            raise QueueUnavailable


class FakeServices(Services):
    """All parts in memory."""

    notify_to = ("rrhh@example.com",)

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self._numbers = count(1)

    @cached_property
    def settings(self) -> Settings:
        return replace(SETTINGS, notify_to=self.notify_to)

    @cached_property
    def ledger(self) -> FakeLedger:
        return FakeLedger()

    @cached_property
    def keys(self) -> FakeKeyStore:
        return FakeKeyStore()

    @cached_property
    def mailer(self) -> FakeMailer:
        return FakeMailer()

    @cached_property
    def queue(self) -> FakeQueue:
        return FakeQueue()

    def now(self) -> datetime:
        return self.clock()

    def new_id(self) -> str:
        return str(uuid.UUID(int=next(self._numbers)))
