"""The consumer: each message becomes its emails, once each, with any failure in between."""

import json
import logging
import math
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos import aws
from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.consumer import BATCH_SECONDS, Retry
from chalicelib.correos.ledger import CONFLICTS, RowChanged
from chalicelib.correos.mail import LEASE, MAX_SENDS, WAIT_FOR_SEND, State
from chalicelib.correos.ses_feedback import STATES, record_result
from tests.support.waiting import PATIENCE_SECONDS
from tests.unit.email_app.fakes import FakeServices, Killed, Steps, event_id, golden, ses_event

QUEUE_PACE = timedelta(minutes=3)
"""The visibility timeout of the queue: six times the function's."""
BODY = json.dumps(golden())
AGAIN, WAIT, DONE = "at the queue's pace", "when SES has had its time", "finished"
TWO_RECIPIENTS = {"NOTIFY_TO": "a@example.com,b@example.com"}


class World(FakeServices):
    """A consumer with everything around it in memory."""

    def deliver(self, times=1):
        """Process the message, and return the last result."""
        return [self.sender.process(BODY) for _ in range(times)][-1]

    @property
    def row(self):
        [row] = self.ledger.all()
        return row

    @property
    def result(self):
        """State, sends as counted in the row, calls of SES, and emails that SES took."""
        return self.row.state, self.row.sends, self.mailer.calls, len(self.mailer.taken)

    def recipients(self):
        return [taken.mail.recipient for taken in self.mailer.taken]

    def ses_reports(self, kind):
        for taken in self.mailer.taken:
            record_result(self.ledger, ses_event(kind, taken.mail), self.clock)


def batch(*bodies):
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return [{"messageId": f"m{n}", "receiptHandle": f"r{n}", "body": text} for n, text in enumerate(texts)]


# ---- one message -----------------------------------------------------------------------------------------------


def test_a_message_becomes_one_email_for_each_recipient_however_often_it_is_delivered():
    world = World(**TWO_RECIPIENTS)

    assert world.deliver(5) is None

    assert world.recipients() == ["a@example.com", "b@example.com"]
    assert {(row.state, row.sends) for row in world.ledger.all()} == {(State.SENT, 1)}
    assert {row.message_id for row in world.ledger.all()} == {"ses-1", "ses-2"}


@pytest.mark.parametrize(
    ("plan", "reported", "retries", "result"),
    [
        (["refuses"], None, [DONE, DONE], (State.FAILED, 0, 1, 0)),
        (["is_busy", "is_busy"], None, [AGAIN, AGAIN, DONE], (State.SENT, 1, 3, 1)),
        (["answer_lost"], "Send", [WAIT, DONE], (State.SENT, 1, 1, 1)),
        (["answer_lost"], None, [WAIT, DONE], (State.SENT, 2, 2, 2)),
        (["request_lost", "is_busy"], None, [WAIT, AGAIN, DONE], (State.SENT, 2, 3, 1)),
        (["request_lost", "request_lost"], None, [WAIT, DONE, DONE], (State.UNCERTAIN, 2, 2, 0)),
        (["answer_lost", "refuses"], None, [WAIT, DONE], (State.FAILED, 1, 2, 1)),
    ],
)
def test_an_email_is_sent_retried_settled_or_given_up(plan, reported, retries, result):
    world = World(*plan)

    for expected in retries:
        assert world.deliver() == {WAIT: Retry(world.clock() + WAIT_FOR_SEND), AGAIN: Retry(), DONE: None}[expected]
        if reported:
            world.ses_reports(reported)
        if expected != DONE:
            assert world.row.reason is None
        if expected == WAIT and not reported:
            until, calls = world.clock() + WAIT_FOR_SEND, world.mailer.calls
            world.clock.now = until - timedelta(seconds=1)
            assert (world.deliver(), world.mailer.calls) == (Retry(until) if calls < MAX_SENDS else None, calls)
            world.clock.now = until

    assert world.result == result
    if "refuses" in plan:
        assert world.row.reason == "MessageRejected"
        world.ses_reports("Delivery")  # of the first copy, if there was one
        assert world.row.state is (State.DELIVERED if world.mailer.taken else State.FAILED)


def test_a_message_with_two_emails_waits_for_both_and_sends_only_the_one_that_failed():
    waits = World("answer_lost", "answer_lost", **TWO_RECIPIENTS)
    waits.mailer.happens = lambda: waits.clock.advance(timedelta(seconds=1))
    goes_on = World("answer_lost", "is_busy", **TWO_RECIPIENTS)

    assert waits.deliver() == Retry(waits.clock() + WAIT_FOR_SEND), "for the last of them"
    assert goes_on.deliver() == Retry()
    goes_on.deliver()
    assert goes_on.recipients() == ["a@example.com", "b@example.com"]


# ---- concurrent consumers and events ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Send", "Delivery", "Bounce"])
@pytest.mark.parametrize("plan", ["takes", "answer_lost"])
def test_an_event_of_ses_that_is_faster_than_its_answer_stays(plan, kind):
    world = World(plan)
    world.mailer.happens = lambda: world.ses_reports(kind)

    world.deliver()

    assert world.deliver() is None
    assert (world.row.state, world.mailer.calls) == (STATES[kind], 1)


def test_another_consumer_leaves_an_email_alone_that_is_being_sent():
    world, answers = World(), []
    world.mailer.happens = lambda: answers.append(world.deliver())

    assert world.deliver() is None

    assert answers == [Retry(world.clock() + LEASE)]
    assert world.mailer.calls == 1


@pytest.mark.parametrize("outcome", ["is_busy", "refuses", "answer_lost"])
def test_a_consumer_that_comes_back_after_its_lease_changes_nothing(outcome):
    world = World(outcome)

    def another_consumer_takes_over():
        world.clock.advance(LEASE)
        assert world.deliver() == Retry(world.clock() + WAIT_FOR_SEND)

    world.mailer.happens = another_consumer_takes_over

    assert world.deliver() == Retry()
    assert world.row.state is State.UNCERTAIN


@pytest.mark.parametrize(
    ("ledger_plan", "mailer_plan"),
    [
        (["twice"] * 6, ["is_busy"]),
        (["silent"], []),  # two such claims were the end of the email: `incierto`, and sent by no one
        (["writes", "writes", "silent"], ["is_busy"]),
        (["lost"], []),
        (["expired"], []),
    ],
)
def test_trouble_with_the_ledger_neither_stops_nor_repeats_the_email(ledger_plan, mailer_plan):
    world = World(*mailer_plan, ledger_plan=ledger_plan)

    for _ in range(3):
        with suppress(AwsUnavailable):
            world.deliver()

    assert world.result == (State.SENT, 1, 1 + len(mailer_plan), 1)


@pytest.mark.parametrize(("seconds", "calls"), [(BATCH_SECONDS + 1, 1), (BATCH_SECONDS / 2 + 1, 2)])
def test_a_claim_that_took_too_long_begins_no_email(seconds, calls):
    """To write it, or to read what was written."""
    world, times = World(ledger_plan=["silent"]), []
    world.ledger.happens = lambda: (times.append(seconds), world.pass_time(seconds))

    assert world.sender.process_batch(batch(BODY)) == ["m0"]
    assert (world.mailer.calls, len(times)) == (0, calls)


def test_a_claim_is_given_up_when_the_row_changes_under_every_attempt():
    world, attempts = World("is_busy"), []
    world.deliver()

    def save_too_late(row):
        attempts.append(row)
        raise RowChanged(world.row)

    world.ledger.save = save_too_late

    with pytest.raises(AwsUnavailable):
        world.deliver()
    assert (world.mailer.calls, len(attempts)) == (1, CONFLICTS)


# ---- batches ---------------------------------------------------------------------------------------------------


def test_a_batch_reports_only_the_messages_that_must_come_again():
    world = World("takes", "is_busy", "refuses", "answer_lost")
    events = [golden(id=event_id(number)) for number in range(4)]

    failed = world.sender.process_batch(batch(*events, "no JSON", golden(version=99)))

    assert failed == ["m1", "m3", "m4", "m5"]
    assert world.queue.put_offs == [("r3", WAIT_FOR_SEND)], "one waits for SES; the others come at the queue's pace"
    assert world.mailer.connections == 1, "each batch begins with fresh connections"


@pytest.mark.parametrize(("part", "calls"), [("queue", 1), ("ledger", 0)])
def test_a_part_that_does_not_answer_brings_the_message_again(part, calls):
    world = World("answer_lost")
    getattr(world, part).is_down = True

    assert (world.sender.process_batch(batch(BODY)), world.mailer.calls) == (["m0"], calls)


def test_a_defect_that_one_message_meets_does_not_touch_the_others(caplog):
    world = World()

    def fail_once():
        world.mailer.happens = int
        raise ZeroDivisionError(world.mailer.taken[-1].content.subject)

    world.mailer.happens = fail_once

    assert world.sender.process_batch(batch(golden("creado"), golden("actualizado"))) == ["m0"]

    assert "ZeroDivisionError" in caplog.text
    assert "Alta: Ana" not in caplog.text


def test_no_message_and_no_email_of_a_message_is_begun_when_the_time_is_nearly_over():
    world = World(**TWO_RECIPIENTS)
    world.mailer.happens = lambda: world.pass_time(BATCH_SECONDS + 1)

    assert world.sender.process_batch(batch(BODY, golden("actualizado"), "no JSON")) == ["m0", "m1", "m2"]
    assert world.recipients() == ["a@example.com"]

    assert world.sender.process_batch(batch(BODY)) == []
    assert world.recipients() == ["a@example.com", "b@example.com"]


def test_the_slowest_email_fits_into_what_a_batch_leaves_of_the_function_s_time():
    config = json.loads((Path(aws.__file__).parents[2] / ".chalice" / "config.json").read_text())
    timeout = config["lambda_functions"]["enviar_correos"]["lambda_timeout"]
    call = aws.CONNECT_SECONDS + aws.READ_SECONDS

    assert BATCH_SECONDS + call * aws.MAIL_ATTEMPTS + call * aws.ATTEMPTS <= timeout
    assert timedelta(seconds=timeout) < LEASE


def test_the_messages_of_a_batch_are_processed_at_the_same_time():
    world = World()
    world.mailer.happens = threading.Barrier(2, timeout=PATIENCE_SECONDS).wait

    assert replace(world.sender, threads=2).process_batch(batch(golden("creado"), golden("actualizado"))) == []

    assert len(world.ledger.all()) == 2


def test_turns_are_evenly_spaced_and_a_pause_saves_none_up():
    world = World(MAIL_RATE="2")

    def send(number, seconds=math.inf):
        return world.sender.process(json.dumps(golden(id=event_id(number))), world.monotonic + seconds)

    assert ([send(number) for number in range(3)], world.monotonic) == ([None] * 3, 1.0), "two waits of half a second"
    world.pass_time(60)
    assert (send(3), world.monotonic) == (None, 61.0)
    assert (send(4, 0.4), world.monotonic) == (Retry(), 61.0)
    assert (send(4, 0.5), world.monotonic) == (None, 61.5), "the turn that came too late was not taken"


def test_logs_name_the_email_and_never_the_recipient_or_the_content(caplog):
    caplog.set_level(logging.DEBUG)
    world = World("is_busy", "answer_lost", "takes")
    for _ in range(4):
        world.sender.process_batch(batch(BODY, "no JSON"))
        world.clock.advance(WAIT_FOR_SEND)

    assert f"[SES] Enviado: creado - correo {world.row.id} - MessageId: ses-2" in caplog.messages
    results = [record.resultado for record in caplog.records if hasattr(record, "resultado")]
    assert results == ["aplazado", "incierto", "enviado"]
    everything = "\n".join(str(record.__dict__) for record in caplog.records)
    assert [word for word in ("example.com", "Ana Pérez", "Analista", "Alta:") if word in everything] == []


# ---- the process dies ------------------------------------------------------------------------------------------


def deliver_until(world, fatal):
    """One delivery that is killed at a step; how many steps there were."""
    steps = Steps(fatal, world.mailer, world.ledger)
    with suppress(Killed):
        replace(world.sender, ledger=steps, mailer=steps).process(BODY)
    return steps.passed


def live_through(deliveries):
    """The world after these deliveries, and those that follow until the message is finished."""
    world = World()
    for fatal, mood, ses_reports, seconds in deliveries:
        world.mailer.plan = deque([mood])
        deliver_until(world, fatal)
        world.clock.advance(timedelta(seconds=seconds))
        if ses_reports:
            world.ses_reports("Send")
    world.mailer.plan.clear()
    world.clock.advance(QUEUE_PACE)
    for _ in range(5):
        if (retry := world.deliver()) is None:
            return world
        world.clock.now = retry.not_before or world.clock() + QUEUE_PACE
    raise AssertionError("the message was not finished within five deliveries")


@pytest.mark.parametrize("ses_reports", [True, False], ids=["SES reports", "SES is silent"])
def test_a_consumer_that_dies_at_any_step_loses_no_email_and_sends_none_a_third_time(*, ses_reports):
    steps = deliver_until(World(), fatal=0)
    assert steps >= 3

    for fatal in range(1, steps + 1):
        world = live_through([(fatal, "takes", ses_reports, 0)])

        assert world.row.state is State.SENT, fatal
        assert len(world.mailer.taken) in ({1} if ses_reports else {1, 2}), fatal


BEHAVIOURS = st.sampled_from(["takes", "refuses", "is_busy", "answer_lost", "request_lost"])
DELIVERIES = st.lists(
    st.tuples(st.integers(0, 4), BEHAVIOURS, st.booleans(), st.sampled_from([1, 60, 180, 900, 3600])), max_size=8
)


@given(deliveries=DELIVERIES)
def test_whatever_happens_no_email_is_sent_more_than_twice_and_none_is_lost(deliveries):
    """Deliveries that are killed anywhere, at any pace, with SES in any mood and its events heard or not."""
    world = live_through(deliveries)

    taken = len(world.mailer.taken)
    assert taken <= MAX_SENDS
    assert world.row.sends <= MAX_SENDS
    assert taken or world.row.state in {State.FAILED, State.UNCERTAIN}
