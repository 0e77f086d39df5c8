"""SNS, SQS, SES and DynamoDB on their bad days."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import DYNAMODB, SES, SNS, SQS, bad_day, down
from tests.faults.books import FAILED
from tests.faults.directory import LONG, Directory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from tests.faults.aws_front import BadDay
    from tests.faults.trial import Trial

EMPLOYEES = 10
#: A message is dead after five deliveries (infra/messaging.tf).
MOST_DELIVERIES = 5


def create_many(trial: Trial, count: int = EMPLOYEES) -> None:
    """Add employees, each of whom must be taken: no fault of AWS is a reason to refuse one."""
    for _ in range(count):
        assert trial.client.create().is_done, "while AWS fails"


def sweep(trial: Trial, minutes: int) -> None:
    for _ in range(minutes):
        trial.directory.pass_time(60)
        trial.directory.sweep()


@pytest.mark.short
def test_sns_down_for_five_minutes(trial: Trial) -> None:
    """10 employees and five sweeps while it is down."""
    directory = trial.directory
    with directory.aws.broken(SNS, down):
        create_many(trial)
        sweep(trial, 5)
        assert directory.pending_events() == EMPLOYEES, "an event was marked though the topic was down"
    directory.sweep()
    assert directory.pending_events() == 0, "the first sweep afterwards left something behind"
    trial.recover()


def test_sns_slow(trial: Trial) -> None:
    """Answers after 1 s, then after the time-out of 2 s: taken, and not known to be."""
    for seconds, count in ((1, 3), (2.5, 2)):
        with trial.directory.aws.broken(SNS, bad_day(slow=seconds)):
            create_many(trial, count)
    trial.recover()


def test_sns_throttled(trial: Trial) -> None:
    """7 of 10 calls refused."""
    with trial.directory.aws.broken(SNS, bad_day(refused=0.7)):
        create_many(trial)
        sweep(trial, 1)
    trial.recover()


def test_sns_answers_lost(trial: Trial) -> None:
    """Half of its answers lost after it had delivered: requests and three sweeps."""
    with trial.directory.aws.broken(SNS, bad_day(lost=0.5)):
        create_many(trial, 2 * EMPLOYEES)
        sweep(trial, 3)
    trial.recover()


def test_sns_back_after_a_while(trial: Trial) -> None:
    """Back, and throttled: two sweeps publish four events of each of three employees, in order."""
    directory, client = trial.directory, trial.client
    with directory.aws.broken(SNS, bad_day(refused=1, status=403, code="AuthorizationError")):
        for _ in range(3):
            email = client.new_email()
            row_id = client.create(email).row_id
            for position in ("Jefa", "Directora", "Socia"):
                client.update(email, row_id, position)
    directory.pass_time(60)
    with directory.aws.broken(SNS, bad_day(refused=0.5)):
        directory.sweep()
    directory.sweep()
    messages = directory.receive_all()
    versions: defaultdict[int, list[int]] = defaultdict(list)
    for message in messages:
        employee = json.loads(message["Body"])["empleado"]
        versions[employee["id"]].append(employee["version"])
    assert all(each == sorted(each) for each in versions.values()), f"out of order: {dict(versions)}"
    directory.deliver(messages)


def at_once(trial: Trial, consumers: int, batch: Sequence[MessageTypeDef]) -> None:
    """Deliver one batch to this many consumers at a time."""
    event = trial.directory.batch_event(batch)
    with ThreadPoolExecutor(consumers) as threads:
        for outcome in [threads.submit(trial.directory.consumer.invoke, event) for _ in range(consumers)]:
            with suppress(InvocationFailed):
                outcome.result()


@pytest.mark.short
def test_sqs_delivers_twice(trial: Trial) -> None:
    """Every batch to two consumers at once, and once more."""
    create_many(trial)
    while batch := trial.directory.receive():
        at_once(trial, 2, batch)
        trial.directory.deliver(batch)


@pytest.mark.short
def test_sqs_out_of_order(trial: Trial) -> None:
    """Five changes of one employee backwards; SES's events backwards, each twice."""
    directory, client = trial.directory, trial.client
    email = client.new_email()
    row_id = client.create(email).row_id
    for position in ("Jefa", "Directora", "Analista jefa"):
        client.update(email, row_id, position)
    client.delete(email, row_id)
    for message in sorted(directory.receive_all(), key=lambda each: -json.loads(each["Body"])["empleado"]["version"]):
        directory.deliver([message])
    directory.tell_events(backwards=True, twice=True)
    states = set(directory.ledger().values())
    assert states == {"entregado"}, f"an old state came after a newer one: {states}"


def test_sqs_late(trial: Trial) -> None:
    """Again after 13 days, when everything had been sent."""
    directory = trial.directory
    create_many(trial, 3)
    late = directory.receive()
    directory.consumer.invoke(directory.batch_event(late))  # done, and the deletion is lost
    directory.pass_time(13 * 24 * 3600)
    directory.deliver(late)


@pytest.mark.short
def test_sqs_unreadable_messages(trial: Trial) -> None:
    """Five messages that cannot be read, among others."""
    directory, client = trial.directory, trial.client
    create_many(trial, 3)
    for body in (" ", "{", "[]", '{"version": 2}', json.dumps({"Type": "Notification", "Message": "{}"})):
        directory.sqs.send_message(QueueUrl=directory.queue_url, MessageBody=body)
        client.unreadable += 1


def test_sqs_down_for_a_direct_mail(trial: Trial) -> None:
    """POST /notify/email while it is down: refused, never sent."""
    directory = trial.directory
    mail = {"to": "alguien@example.com", "subject": "Hola", "body": "Hola"}
    with directory.aws.broken(SQS, down):
        answer = directory.http.post("/notify/email", json=mail)
    assert answer.status_code == 503, f"answered {answer.status_code}"
    directory.drain()
    assert not directory.mails, "a mail that was refused was sent"


def deliver_under(trial: Trial, service: str, day: BadDay, deliveries: int) -> None:
    """Let mails meet a bad day of a service, some times, and then none."""
    directory = trial.directory
    create_many(trial)
    with directory.aws.broken(service, day):
        for _ in range(deliveries):
            directory.drain()
            directory.tell_events()
            directory.pass_time(LONG)


THROTTLED = {SES: (429, "TooManyRequestsException"), DYNAMODB: (400, "ProvisionedThroughputExceededException")}


@pytest.mark.parametrize("service", THROTTLED)
@pytest.mark.parametrize(("refused", "lost"), [(0.3, 0), (0, 0.3)], ids=["throttled", "answers lost"])
def test_mails_while(trial: Trial, service: str, refused: float, lost: float) -> None:
    """3 of 10 calls refused, or their answers lost; three deliveries, consumer and reader of SES's events alike."""
    status, code = THROTTLED[service]
    deliver_under(trial, service, bad_day(refused=refused, lost=lost, status=status, code=code), 3)


@pytest.mark.short
def test_ses_rejecting(trial: Trial) -> None:
    """Rejects every mail: recorded, acknowledged, not repeated."""
    deliver_under(trial, SES, bad_day(refused=1, code="MessageRejected"), 2)
    states = set(trial.directory.ledger().values())
    assert states == {FAILED}, f"a rejection is not recorded: {states}"
    assert not trial.directory.mails, "a rejected mail was sent"


def test_ses_down(trial: Trial) -> None:
    """Down for five deliveries: all messages die, an administrator brings them back."""
    directory = trial.directory
    deliver_under(trial, SES, bad_day(refused=1, status=503, code="ServiceUnavailable"), MOST_DELIVERIES + 1)
    assert directory.dead_letters() == EMPLOYEES, f"{directory.dead_letters()} dead letters"
    answer = directory.http.post("/cola/reenviar")
    assert answer.status_code == 202, f"the redrive was answered with {answer.status_code}"


@pytest.mark.parametrize(
    "then", [Directory.tell_events, Directory.forget_events], ids=["events come", "events are lost"]
)
def test_ses_after_the_timeout(trial: Trial, then: Callable[[Directory], object]) -> None:
    """Answers after the time-out; its events settle what became of the mails, or a second copy, never a third."""
    create_many(trial, 1)
    with trial.directory.aws.broken(SES, bad_day(slow=6)):
        trial.directory.drain()
    assert trial.directory.mails, "nothing was sent"
    then(trial.directory)


@pytest.mark.short
def test_dynamodb_races_of_consumers(trial: Trial) -> None:
    """Four consumers at once for every message."""
    create_many(trial)
    messages = trial.directory.receive_all()
    for message in messages:
        at_once(trial, 4, [message])
    trial.directory.deliver(messages)
