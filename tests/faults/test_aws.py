"""SNS, SQS, SES and DynamoDB on their bad days."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import DYNAMODB, SES, SNS, bad_day, down
from tests.faults.books import FAILED
from tests.faults.directory import LONG, Directory
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.faults.aws_front import BadDay

EMPLOYEES = 10
#: A message is dead after five deliveries (infra/messaging.tf).
MOST_DELIVERIES = 5


def create_many(directory: Directory, count: int = EMPLOYEES) -> None:
    """Add employees, each of whom must be taken: no fault of AWS is a reason to refuse one."""
    for _ in range(count):
        assert directory.client.create().is_done, "while AWS fails"


def sweep(directory: Directory, minutes: int) -> None:
    for _ in range(minutes):
        directory.pass_time(60)
        directory.sweep()


def sweeps_everything(directory: Directory) -> bool:
    directory.sweep()
    return directory.pending_events() == 0


@pytest.mark.short
def test_sns_down_for_five_minutes(directory: Directory) -> None:
    """10 employees and five sweeps while it is down."""
    with directory.aws.broken(SNS, down):
        create_many(directory)
        sweep(directory, 5)
        assert directory.pending_events() == EMPLOYEES, "an event was marked though the topic was down"
    wait_until(partial(sweeps_everything, directory), "the publication of all events by a sweep")
    directory.recover()


@pytest.mark.parametrize(
    ("day", "employees", "minutes"),
    [
        pytest.param(bad_day(slow=1), 3, 0, id="slow"),
        pytest.param(bad_day(slow=2.5), 2, 0, id="slower than the time-out: taken, and not known to be"),
        pytest.param(bad_day(refused=0.7), EMPLOYEES, 1, id="throttled"),
        pytest.param(bad_day(lost=0.5), 2 * EMPLOYEES, 3, id="answers lost after it had delivered"),
    ],
)
def test_sns_while(directory: Directory, day: BadDay, employees: int, minutes: int) -> None:
    """Requests and sweeps while some of its answers are late, refusals or lost."""
    with directory.aws.broken(SNS, day):
        create_many(directory, employees)
        sweep(directory, minutes)
    directory.recover()


@pytest.mark.short
def test_sqs_delivers_to_many_at_once(directory: Directory) -> None:
    """Every message to four consumers at once, and once more with others."""
    create_many(directory)
    messages = directory.receive_all()
    with ThreadPoolExecutor(4) as consumers:
        for message in messages:
            event = directory.batch_event([message])
            for outcome in [consumers.submit(directory.consumer.invoke, event) for _ in range(4)]:
                with suppress(InvocationFailed):
                    outcome.result()
    directory.deliver(messages)


def test_sqs_late(directory: Directory) -> None:
    """Again after 13 days, when everything had been sent."""
    create_many(directory, 3)
    late = directory.receive()
    directory.consumer.invoke(directory.batch_event(late))  # done, and the deletion is lost
    directory.pass_time(13 * 24 * 3600)
    directory.deliver(late)


@pytest.mark.short
def test_sqs_unreadable_messages(directory: Directory) -> None:
    """Five messages that cannot be read, among others."""
    client = directory.client
    create_many(directory, 3)
    for body in (" ", "{", "[]", '{"version": 2}', json.dumps({"Type": "Notification", "Message": "{}"})):
        directory.sqs.send_message(QueueUrl=directory.queue.url, MessageBody=body)
        client.unreadable += 1


def deliver_under(directory: Directory, service: str, day: BadDay, deliveries: int) -> None:
    """Let mails meet a bad day of a service, some times, and then none."""
    create_many(directory)
    with directory.aws.broken(service, day):
        for _ in range(deliveries):
            directory.drain()
            directory.tell_events()
            directory.pass_time(LONG)


THROTTLED = {SES: (429, "TooManyRequestsException"), DYNAMODB: (400, "ProvisionedThroughputExceededException")}


@pytest.mark.parametrize("service", THROTTLED)
@pytest.mark.parametrize(("refused", "lost"), [(0.3, 0), (0, 0.3)], ids=["throttled", "answers lost"])
def test_mails_while(directory: Directory, service: str, refused: float, lost: float) -> None:
    """3 of 10 calls refused, or their answers lost; three deliveries, consumer and reader of SES's events alike."""
    status, code = THROTTLED[service]
    deliver_under(directory, service, bad_day(refused=refused, lost=lost, status=status, code=code), 3)


@pytest.mark.short
def test_ses_rejecting(directory: Directory) -> None:
    """Rejects every mail: recorded, acknowledged, not repeated."""
    deliver_under(directory, SES, bad_day(refused=1, code="MessageRejected"), 2)
    states = set(directory.ledger().values())
    assert states == {FAILED}, f"a rejection is not recorded: {states}"
    assert not directory.mails, "a rejected mail was sent"


def test_ses_down(directory: Directory) -> None:
    """Down for five deliveries: all messages die, an administrator brings them back."""
    deliver_under(directory, SES, bad_day(refused=1, status=503, code="ServiceUnavailable"), MOST_DELIVERIES + 1)
    assert directory.dead_letters() == EMPLOYEES, f"{directory.dead_letters()} dead letters"
    directory.resend_dead_letters()
