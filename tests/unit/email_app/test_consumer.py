"""The consumer: each message becomes its mails, once each, whatever happens in between."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.correos.consumer import BATCH_SECONDS, Received, Retry, Sender
from chalicelib.correos.ledger import CONFLICTS, Ledger, LedgerUnavailable, RowChanged
from chalicelib.correos.mail import LEASE, MAX_SENDS, WAIT_FOR_SEND, Mail, State
from chalicelib.correos.ses_feedback import record_result
from tests.unit.email_app.fakes import SETTINGS, FakeClock, FakeLedger, FakeMailer, FakeQueue, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalicelib.correos.layout import Content
    from chalicelib.correos.mailer import Mailer

QUEUE_PACE = timedelta(minutes=3)
"""The visibility time-out of the queue: six times the function's."""

TWO_RECIPIENTS = replace(SETTINGS, notify_to=("a@example.com", "b@example.com"))


class World:
    """A consumer with everything around it in memory."""

    def __init__(self, plan: Iterable[str] = (), settings: Any = SETTINGS) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger()
        self.mailer = FakeMailer(plan)
        self.queue = FakeQueue()
        self.settings = settings
        self.monotonic = 0.0
        self._claim_ids = count(1)
        self.sender = self.consumer(self.ledger, self.mailer)

    def consumer(self, ledger: Ledger, mailer: Mailer, *, threads: int = 1) -> Sender:
        """With one thread, messages are processed in their order."""
        return Sender(
            ledger=ledger,
            mailer=mailer,
            queue=self.queue,
            settings=self.settings,
            clock=self.clock,
            new_claim_id=lambda: str(next(self._claim_ids)),
            monotonic=lambda: self.monotonic,
            sleep=self._sleep,
            threads=threads,
        )

    def _sleep(self, seconds: float) -> None:
        self.monotonic += seconds

    @property
    def rows(self) -> list[Mail]:
        return self.ledger.newest(estado=None, empleado=None, before=None, limit=99)

    @property
    def row(self) -> Mail:
        [row] = self.rows
        return row

    def ses_says(self, tipo: str, taken: Taken | None = None) -> None:
        record_result(self.ledger, ses_event(tipo, (taken or self.mailer.taken[-1]).mail), self.clock)


def ses_event(tipo: str, mail: Mail) -> str:
    tags = {"evento": [mail.evento], "huella": [mail.digest]}
    return json.dumps({"eventType": tipo, "mail": {"messageId": "ses-event", "tags": tags}})


def received(body: object, number: int = 1) -> Received:
    text = body if isinstance(body, str) else json.dumps(body)
    return Received(message_id=f"m{number}", receipt_handle=f"r{number}", body=text)


@pytest.fixture
def body(contract: Callable[..., dict[str, Any]]) -> str:
    return json.dumps(contract())


# ---- one message -----------------------------------------------------------------------------------------------


def test_a_message_becomes_one_mail_for_each_recipient(body: str) -> None:
    world = World(settings=TWO_RECIPIENTS)

    assert world.sender.process(body) is None

    assert [taken.mail.destinatario for taken in world.mailer.taken] == ["a@example.com", "b@example.com"]
    assert {(row.estado, row.envios) for row in world.rows} == {(State.SENT, 1)}


def test_a_sent_mail_is_recorded_with_the_id_that_ses_gave(body: str) -> None:
    world = World()
    world.sender.process(body)

    assert world.row.mensaje_id == world.mailer.taken[0].mensaje_id


def test_a_message_that_is_delivered_five_times_is_one_mail(body: str) -> None:
    world = World()

    for _ in range(5):
        assert world.sender.process(body) is None

    assert world.mailer.calls == 1


def test_a_mail_that_ses_refuses_has_failed_and_is_not_tried_again(body: str) -> None:
    world = World(["refuses"])

    assert world.sender.process(body) is None
    assert world.sender.process(body) is None

    assert (world.row.estado, world.row.motivo, world.mailer.calls) == (State.FAILED, "MessageRejected", 1)


def test_a_mail_that_ses_does_not_take_now_is_retried_by_the_queue(body: str) -> None:
    world = World(["is_busy", "is_busy"])

    assert world.sender.process(body) == Retry()
    assert world.row.estado is State.PENDING
    assert world.sender.process(body) == Retry()
    assert world.sender.process(body) is None

    assert (world.row.estado, world.row.envios, len(world.mailer.taken)) == (State.SENT, 1, 1)


def test_a_message_of_which_one_mail_failed_sends_only_that_one_again(body: str) -> None:
    world = World(["takes", "is_busy"], TWO_RECIPIENTS)

    assert world.sender.process(body) == Retry()
    assert world.sender.process(body) is None

    assert [taken.mail.destinatario for taken in world.mailer.taken] == ["a@example.com", "b@example.com"]


def test_a_mail_of_unknown_fate_waits_for_ses(body: str) -> None:
    world = World(["answer_lost"])
    until = world.clock() + WAIT_FOR_SEND

    assert world.sender.process(body) == Retry(until)
    world.clock.move_to(until - timedelta(seconds=1))
    assert world.sender.process(body) == Retry(until)

    assert (world.row.estado, world.mailer.calls) == (State.UNCERTAIN, 1)


def test_the_event_of_ses_settles_a_mail_of_unknown_fate(body: str) -> None:
    world = World(["answer_lost"])
    world.sender.process(body)
    world.ses_says("Send")
    world.clock.advance(WAIT_FOR_SEND)

    assert world.sender.process(body) is None

    assert (world.row.estado, world.mailer.calls) == (State.SENT, 1)


def test_a_mail_of_unknown_fate_is_sent_once_more_when_ses_says_nothing(body: str) -> None:
    world = World(["request_lost"])
    world.sender.process(body)
    world.clock.advance(WAIT_FOR_SEND)

    assert world.sender.process(body) is None

    assert (world.row.estado, world.row.envios, len(world.mailer.taken)) == (State.SENT, 2, 1)


def test_a_mail_whose_fate_stays_unknown_is_given_up_and_stays_marked(body: str) -> None:
    world = World(["request_lost"] * 9)
    world.sender.process(body)
    world.clock.advance(WAIT_FOR_SEND)

    assert world.sender.process(body) is None
    world.clock.advance(WAIT_FOR_SEND)
    assert world.sender.process(body) is None

    assert (world.row.estado, world.mailer.calls) == (State.UNCERTAIN, MAX_SENDS)


def test_a_second_send_that_ses_does_not_take_is_tried_again(body: str) -> None:
    world = World(["request_lost", "is_busy"])
    world.sender.process(body)
    world.clock.advance(WAIT_FOR_SEND)

    assert world.sender.process(body) == Retry()
    assert world.sender.process(body) is None

    assert (world.row.estado, world.row.envios) == (State.SENT, 2)


def test_a_refused_second_send_does_not_hide_that_the_first_arrived(body: str) -> None:
    world = World(["answer_lost", "refuses"])
    world.sender.process(body)
    world.clock.advance(WAIT_FOR_SEND)
    world.sender.process(body)

    world.ses_says("Delivery")

    assert (world.row.estado, world.row.motivo) == (State.DELIVERED, None)


def test_a_message_waits_for_all_its_mails_of_unknown_fate(body: str) -> None:
    world = World(["answer_lost", "answer_lost"], TWO_RECIPIENTS)

    assert world.sender.process(body) == Retry(world.clock() + WAIT_FOR_SEND)


def test_a_message_does_not_wait_when_one_of_its_mails_can_be_sent(body: str) -> None:
    world = World(["answer_lost", "is_busy"], TWO_RECIPIENTS)

    assert world.sender.process(body) == Retry()


def test_an_older_change_that_comes_late_is_mailed_too(contract: Callable[..., dict[str, Any]]) -> None:
    world = World()

    for tipo in ("eliminado", "actualizado", "creado"):
        world.sender.process(json.dumps(contract(tipo)))

    assert len(world.mailer.taken) == 3


# ---- somebody else is faster -----------------------------------------------------------------------------------


class Interrupting:
    """A mailer during whose call something else happens."""

    def __init__(self, mailer: FakeMailer, happens: Callable[[], None]) -> None:
        self._mailer = mailer
        self._happens = happens

    def send(self, mail: Mail, content: Content) -> str:
        try:
            return self._mailer.send(mail, content)
        finally:
            self._happens()

    def forget_connections(self) -> None:
        self._mailer.forget_connections()


@pytest.mark.parametrize("tipo", ["Send", "Delivery", "Bounce"])
@pytest.mark.parametrize("plan", ["takes", "answer_lost"])
def test_an_event_of_ses_that_is_faster_than_its_answer_stays(body: str, plan: str, tipo: str) -> None:
    world = World([plan])
    consumer = world.consumer(world.ledger, Interrupting(world.mailer, lambda: world.ses_says(tipo)))

    consumer.process(body)
    settled = world.row.estado

    assert settled in {State.SENT, State.DELIVERED, State.BOUNCED}
    assert world.sender.process(body) is None
    assert (world.row.estado, world.mailer.calls) == (settled, 1)


def test_another_consumer_leaves_a_mail_alone_that_is_being_sent(body: str) -> None:
    world = World()
    answers: list[Retry | None] = []
    consumer = world.consumer(
        world.ledger, Interrupting(world.mailer, lambda: answers.append(world.sender.process(body)))
    )

    assert consumer.process(body) is None

    assert answers == [Retry(world.clock() + LEASE)]
    assert world.mailer.calls == 1


@pytest.mark.parametrize("outcome", ["is_busy", "refuses", "answer_lost"])
def test_who_comes_back_after_its_lease_changes_nothing(body: str, outcome: str) -> None:
    world = World([outcome, "takes"])

    def another_consumer_takes_over() -> None:
        if world.mailer.calls == 1:
            world.clock.advance(LEASE)
            assert world.sender.process(body) == Retry(world.clock() + WAIT_FOR_SEND)

    consumer = world.consumer(world.ledger, Interrupting(world.mailer, another_consumer_takes_over))

    assert consumer.process(body) == Retry()
    assert world.row.estado is State.UNCERTAIN


def test_of_many_consumers_at_once_one_sends(body: str) -> None:
    world = World()
    gate = threading.Barrier(8)

    def consume() -> None:
        gate.wait()
        world.sender.process(body)

    threads = [threading.Thread(target=consume) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (world.mailer.calls, world.row.estado) == (1, State.SENT)


class LosingAnswers(FakeLedger):
    """Writes, and then answers as DynamoDB does to the repetition of a write whose first answer was lost."""

    def create(self, mail: Mail) -> None:
        super().create(mail)
        super().create(mail)

    def save(self, mail: Mail) -> Mail:
        super().save(mail)
        return super().save(mail)


def test_an_answer_of_the_ledger_that_was_lost_does_not_stop_the_mail(body: str) -> None:
    world = World(["is_busy"])
    world.ledger = LosingAnswers()
    consumer = world.consumer(world.ledger, world.mailer)

    for _ in range(3):
        consumer.process(body)

    assert (len(world.mailer.taken), world.row.estado) == (1, State.SENT)


class Silent(FakeLedger):
    """Writes some times without an answer, also to the repetition; or does not even write."""

    def __init__(self, silences: int = 1, *, writes: bool = True, passes: Callable[[], object] = int) -> None:
        super().__init__()
        self.silences = silences
        self._writes = writes
        self._pass = passes

    def create(self, mail: Mail) -> None:
        if self.silences <= 0:
            return super().create(mail)
        self._fall_silent(lambda: super(Silent, self).create(mail))
        return None

    def save(self, mail: Mail) -> Mail:
        if self.silences <= 0:
            return super().save(mail)
        self._fall_silent(lambda: super(Silent, self).save(mail))
        raise AssertionError

    def _fall_silent(self, write: Callable[[], object]) -> None:
        self.silences -= 1
        if self._writes:
            write()
        self._pass()
        raise LedgerUnavailable


def test_a_claim_whose_answer_never_came_is_looked_at_and_sent(body: str) -> None:
    """Two such claims were the end of the mail: `incierto`, and sent by nobody."""
    world = World()
    world.ledger = Silent()

    world.consumer(world.ledger, world.mailer).process(body)

    assert (world.mailer.calls, world.row.estado, world.row.envios) == (1, State.SENT, 1)


def test_a_second_claim_whose_answer_never_came_is_looked_at_too(body: str) -> None:
    world = World(["is_busy"])
    world.ledger = Silent(0)
    consumer = world.consumer(world.ledger, world.mailer)
    consumer.process(body)
    world.ledger.silences = 1

    consumer.process(body)

    assert (len(world.mailer.taken), world.row.estado) == (1, State.SENT)


def test_a_claim_that_was_not_written_sends_nothing_yet(body: str) -> None:
    world = World()
    world.ledger = Silent(writes=False)
    consumer = world.consumer(world.ledger, world.mailer)

    with pytest.raises(LedgerUnavailable):
        consumer.process(body)
    assert world.mailer.calls == 0
    consumer.process(body)

    assert (world.mailer.calls, world.row.estado) == (1, State.SENT)


def test_a_claim_that_took_too_long_begins_no_mail(body: str) -> None:
    world = World()

    def pass_time() -> None:
        world.monotonic += 20

    world.ledger = Silent(passes=pass_time)

    assert world.consumer(world.ledger, world.mailer).process_batch([received(body)]) == ["m1"]

    assert (world.mailer.calls, world.row.estado) == (0, State.SENDING)


class Restless(FakeLedger):
    """A row that changes under every attempt."""

    def save(self, mail: Mail) -> Mail:
        current = super().save(replace(mail, claim_id=None, estado=State.PENDING))
        raise RowChanged(current)


def test_a_claim_is_given_up_when_the_row_changes_under_every_attempt(body: str) -> None:
    world = World(["is_busy"])
    world.sender.process(body)
    ledger = Restless()
    ledger.create(world.row)

    with pytest.raises(LedgerUnavailable):
        world.consumer(ledger, world.mailer).process(body)

    assert world.mailer.calls == 1
    assert ledger.read(world.row.evento, world.row.digest).revision == world.row.revision + CONFLICTS


class Expiring(FakeLedger):
    """A row that expires between two looks at it."""

    def create(self, mail: Mail) -> None:
        super().create(mail)
        self.forget(mail)
        raise RowChanged(None)


def test_a_row_that_expires_while_it_is_claimed_is_retried(body: str) -> None:
    world = World()

    with pytest.raises(LedgerUnavailable):
        world.consumer(Expiring(), world.mailer).process(body)

    assert world.mailer.calls == 0


# ---- batches ---------------------------------------------------------------------------------------------------


def test_a_batch_reports_only_the_messages_that_must_come_again(contract: Callable[..., dict[str, Any]]) -> None:
    world = World(["takes", "is_busy", "refuses", "answer_lost"])
    ids = [f"{number}b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11" for number in range(4)]
    batch = [received(contract(id=id_), number) for number, id_ in enumerate(ids)]

    failed = world.sender.process_batch([*batch, received("no JSON", 4), received(contract(version=99), 5)])

    assert failed == ["m1", "m3", "m4", "m5"]


def test_a_message_that_waits_for_ses_is_put_off_until_then(body: str) -> None:
    world = World(["answer_lost"])

    assert world.sender.process_batch([received(body)]) == ["m1"]

    assert world.queue.put_offs == [("r1", WAIT_FOR_SEND)]


def test_a_message_that_cannot_be_put_off_comes_again_at_the_queue_s_pace(body: str) -> None:
    world = World(["answer_lost"])
    world.queue.is_down = True

    assert world.sender.process_batch([received(body)]) == ["m1"]


def test_a_ledger_that_does_not_answer_sends_nothing(body: str) -> None:
    world = World()
    world.ledger.is_down = True

    assert world.sender.process_batch([received(body)]) == ["m1"]

    assert world.mailer.calls == 0


class Defective(FakeMailer):
    def send(self, mail: Mail, content: Content) -> str:
        if not self.calls:
            self.calls += 1
            raise ZeroDivisionError(mail.asunto)
        return super().send(mail, content)


def test_a_defect_that_one_message_meets_does_not_touch_the_others(
    contract: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    consumer = world.consumer(world.ledger, Defective())
    batch = [received(contract("creado"), 1), received(contract("actualizado"), 2)]

    assert consumer.process_batch(batch) == ["m1"]

    assert "ZeroDivisionError" in caplog.text
    assert "Alta: Ana" not in caplog.text


def test_no_message_is_begun_when_the_time_is_nearly_over(contract: Callable[..., dict[str, Any]]) -> None:
    world = World()

    def take_long() -> None:
        world.monotonic += BATCH_SECONDS + 1

    consumer = world.consumer(world.ledger, Interrupting(world.mailer, take_long))
    batch = [received(contract("creado"), 1), received(contract("actualizado"), 2), received("no JSON", 3)]

    assert consumer.process_batch(batch) == ["m2", "m3"]

    assert world.mailer.calls == 1


def test_no_mail_of_a_message_is_begun_when_the_time_is_nearly_over(body: str) -> None:
    world = World(settings=TWO_RECIPIENTS)

    def take_long() -> None:
        world.monotonic += BATCH_SECONDS + 1

    consumer = world.consumer(world.ledger, Interrupting(world.mailer, take_long))

    assert consumer.process_batch([received(body)]) == ["m1"]
    assert world.mailer.calls == 1
    assert world.sender.process_batch([received(body)]) == []
    assert [taken.mail.destinatario for taken in world.mailer.taken] == ["a@example.com", "b@example.com"]


def test_the_slowest_mail_fits_into_what_a_batch_leaves_of_the_function_s_time() -> None:
    from pathlib import Path  # noqa: PLC0415

    from chalicelib.correos import aws, mailer  # noqa: PLC0415

    config = json.loads((Path(aws.__file__).parents[2] / ".chalice" / "config.json").read_text())
    function = config["lambda_functions"]["enviar_correos"]
    call = aws.CONNECT_SECONDS + aws.READ_SECONDS
    slowest = call * mailer.ATTEMPTS + call * aws.ATTEMPTS

    assert BATCH_SECONDS + slowest <= function["lambda_timeout"]
    assert timedelta(seconds=function["lambda_timeout"]) < LEASE


class Meeting(FakeMailer):
    """Sends when two mails have come together."""

    def __init__(self) -> None:
        super().__init__()
        self._together = threading.Barrier(2, timeout=10)

    def send(self, mail: Mail, content: Content) -> str:
        self._together.wait()
        return super().send(mail, content)


def test_the_messages_of_a_batch_are_processed_at_the_same_time(contract: Callable[..., dict[str, Any]]) -> None:
    world = World()
    consumer = world.consumer(world.ledger, Meeting(), threads=2)

    assert consumer.process_batch([received(contract("creado"), 1), received(contract("actualizado"), 2)]) == []

    assert len(world.rows) == 2


def test_mails_are_sent_as_fast_as_ses_takes_them_and_the_rest_comes_again(
    contract: Callable[..., dict[str, Any]],
) -> None:
    """Half a mail a second: in the twelve seconds of a batch seven are begun."""
    world = World(settings=replace(SETTINGS, mail_rate=0.5))
    ids = [f"{number}b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11" for number in range(9)]

    failed = world.sender.process_batch([received(contract(id=id_), number) for number, id_ in enumerate(ids)])

    assert failed == ["m7", "m8"]
    assert len(world.mailer.taken) == 7
    assert world.monotonic == BATCH_SECONDS


def test_each_batch_begins_with_fresh_connections(body: str) -> None:
    world = World()

    world.sender.process_batch([received(body)])

    assert world.mailer.connections == 1


def test_logs_name_the_mail_and_never_the_recipient_or_the_content(body: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(["is_busy", "answer_lost", "takes"])
    for _ in range(4):
        world.sender.process_batch([received(body), received("no JSON", 2)])
        world.clock.advance(WAIT_FOR_SEND)

    assert f"[SES] Enviado: creado - correo {world.row.id} - MessageId: {world.row.mensaje_id}" in caplog.messages
    everything = "\n".join(str(record.__dict__) for record in caplog.records)
    for secret in ("example.com", "Ana", "Analista", "Alta"):
        assert secret not in everything


# ---- the process dies ------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here: no handler may catch it."""


class Steps:
    """Counts what a consumer does outside itself, and ends the process before or after one step."""

    def __init__(self, world: World, fatal: int) -> None:
        self._world = world
        self._fatal = fatal
        self.passed = 0

    def _point(self) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            raise Killed

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: object) -> object:
            self._point()
            result = call(*arguments)
            self._point()
            return result

        return act

    def __getattr__(self, name: str) -> Callable[..., Any]:
        target = self._world.mailer if name in {"send", "forget_connections"} else self._world.ledger
        return self._around(getattr(target, name))


def deliver(world: World, body: str, fatal: int) -> tuple[bool, int]:
    """One delivery that is killed at a step; whether the message is finished, and how many steps there were."""
    steps = Steps(world, fatal)
    try:
        return world.consumer(steps, steps).process(body) is None, steps.passed
    except Killed:
        return False, steps.passed


def recover(world: World, body: str, *, ses_tells: bool) -> None:
    """Deliver the message again as the queue does, until it is finished."""
    for _ in range(5):
        if ses_tells:
            for taken in world.mailer.taken:
                world.ses_says("Send", taken)
        retry = world.sender.process(body)
        if retry is None:
            return
        world.clock.move_to(retry.not_before or world.clock() + QUEUE_PACE)
    raise AssertionError("the message was not finished within five deliveries")


def steps_of_a_delivery(body: str) -> int:
    return deliver(World(), body, fatal=0)[1]


@pytest.mark.parametrize("ses_tells", [True, False], ids=["SES tells", "SES is silent"])
def test_whoever_is_killed_at_any_step_loses_no_mail_and_sends_none_a_third_time(body: str, *, ses_tells: bool) -> None:
    total = steps_of_a_delivery(body)
    assert total >= 6

    for fatal in range(1, total + 1):
        world = World()
        deliver(world, body, fatal)
        world.clock.advance(QUEUE_PACE)

        recover(world, body, ses_tells=ses_tells)

        assert world.row.estado is State.SENT, fatal
        assert len(world.mailer.taken) in ({1} if ses_tells else {1, 2}), fatal


@pytest.mark.parametrize("ses_tells", [True, False], ids=["SES tells", "SES is silent"])
def test_whoever_is_killed_twice_leaves_a_mail_that_is_sent_or_marked(body: str, *, ses_tells: bool) -> None:
    total = steps_of_a_delivery(body)

    for first in range(1, total + 1):
        for second in range(1, total + 1):
            world = World()
            deliver(world, body, first)
            if ses_tells and world.mailer.taken:
                world.ses_says("Send")
            world.clock.advance(QUEUE_PACE + WAIT_FOR_SEND)
            deliver(world, body, second)
            world.clock.advance(QUEUE_PACE + WAIT_FOR_SEND)
            recover(world, body, ses_tells=ses_tells)

            taken = len(world.mailer.taken)
            assert taken <= (1 if ses_tells else MAX_SENDS), (first, second)
            assert world.row.estado is (State.SENT if taken and ses_tells else world.row.estado)
            assert taken or world.row.estado is State.UNCERTAIN, (first, second)


BEHAVIOURS = st.sampled_from(["takes", "refuses", "is_busy", "answer_lost", "request_lost"])
DELIVERIES = st.lists(
    st.tuples(st.integers(0, 8), BEHAVIOURS, st.booleans(), st.sampled_from([1, 60, 180, 900, 3600])), max_size=8
)


@settings(deadline=None)
@given(deliveries=DELIVERIES)
def test_whatever_happens_no_mail_is_sent_more_than_twice_and_none_is_lost(
    contract: Callable[..., dict[str, Any]], deliveries: list[tuple[int, str, bool, int]]
) -> None:
    """Deliveries that are killed anywhere, at any pace, with SES in any mood and its events heard or not."""
    body = json.dumps(contract())
    world = World()
    heard = 0
    for fatal, mood, ses_tells, seconds in deliveries:
        world.mailer.plan = deque([mood])
        deliver(world, body, fatal)
        world.clock.advance(timedelta(seconds=seconds))
        if ses_tells:
            for taken in world.mailer.taken[heard:]:
                world.ses_says("Send", taken)
            heard = len(world.mailer.taken)
    world.mailer.plan.clear()
    world.clock.advance(QUEUE_PACE)
    recover(world, body, ses_tells=False)

    taken = len(world.mailer.taken)
    assert taken <= MAX_SENDS
    assert world.row.envios <= MAX_SENDS
    assert taken or world.row.estado in {State.FAILED, State.UNCERTAIN}
