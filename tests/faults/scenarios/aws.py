"""SNS, SQS, SES and DynamoDB on their bad days."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import DYNAMODB, SES, SNS, SQS, down, losing_answers, refusing, slow
from tests.faults.books import FAILED
from tests.faults.directory import LONG
from tests.faults.trial import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from tests.faults.aws_front import Fault
    from tests.faults.directory import Directory
    from tests.faults.trial import Trial

EMPLOYEES = 10
#: A message is dead after five deliveries (infra/messaging.tf).
MOST_DELIVERIES = 5


def create_many(trial: Trial, count: int = EMPLOYEES) -> None:
    """Add employees, each of whom must be taken: no fault of AWS is a reason to refuse one."""
    told = [trial.client.create() for _ in range(count)]
    refused = [each.status for each in told if not each.is_done]
    trial.check(not refused, f"employees were refused: {refused}")


# ---- SNS -------------------------------------------------------------------------------------------------------------


def topic_down(trial: Trial) -> str:
    directory = trial.directory
    with directory.aws.broken(SNS, down):
        create_many(trial)
        for _ in range(5):
            directory.pass_time(60)
            directory.sweep()
        trial.check(directory.pending_events() == EMPLOYEES, "an event was marked though the topic was down")
    directory.sweep()
    trial.check(directory.pending_events() == 0, "the first sweep afterwards left something behind")
    trial.recover()
    return f"down for five minutes: {EMPLOYEES} employees and five sweeps meanwhile"


def topic_slow(trial: Trial) -> str:
    with trial.directory.aws.broken(SNS, slow(1)):
        create_many(trial, 3)
    with trial.directory.aws.broken(SNS, slow(2.5)):  # longer than crud_app waits: taken, and not known to be
        create_many(trial, 2)
    trial.recover()
    return "answers after 1 s, then after the time-out of 2 s"


def topic_throttled(trial: Trial) -> str:
    with trial.directory.aws.broken(SNS, refusing(400, "Throttling", share=0.7)):
        create_many(trial)
        trial.directory.pass_time(60)
        trial.directory.sweep()
    trial.recover()
    return "throttled: 7 of 10 calls refused"


def topic_answers_lost(trial: Trial) -> str:
    with trial.directory.aws.broken(SNS, losing_answers(0.5)):
        create_many(trial, 2 * EMPLOYEES)
        for _ in range(3):
            trial.directory.pass_time(60)
            trial.directory.sweep()
    trial.recover()
    return "half of its answers lost after it had delivered: requests and three sweeps"


def topic_back(trial: Trial) -> str:
    """What a sweep publishes is in order for each employee."""
    directory, client = trial.directory, trial.client
    with directory.aws.broken(SNS, refusing(403, "AuthorizationError")):
        for _ in range(3):
            email = client.new_email()
            row_id = client.create(email).row_id
            for position in ("Jefa", "Directora", "Socia"):
                client.update(email, row_id, position)
    directory.pass_time(60)
    with directory.aws.broken(SNS, refusing(400, "Throttling", share=0.5)):
        directory.sweep()
    directory.sweep()
    batches = list(iter(directory.receive, []))
    versions: defaultdict[int, list[int]] = defaultdict(list)
    for message in (message for batch in batches for message in batch):
        employee = json.loads(message["Body"])["empleado"]
        versions[employee["id"]].append(employee["version"])
    trial.check(all(each == sorted(each) for each in versions.values()), f"out of order: {dict(versions)}")
    for batch in batches:
        directory.deliver(batch)
    return "back, and throttled: two sweeps publish four events of each of three employees, in order"


# ---- SQS -------------------------------------------------------------------------------------------------------------


def delivered_twice(trial: Trial) -> str:
    directory = trial.directory
    create_many(trial)
    while batch := directory.receive():
        both(directory, directory.deliver, batch)
    return "every batch to two consumers at once, and once more"


def both(directory: Directory, deliver: Callable[[list[MessageTypeDef]], object], batch: list[MessageTypeDef]) -> None:
    """Deliver a batch to two consumers at once; then once more."""
    with ThreadPoolExecutor(2) as consumers:
        for outcome in [consumers.submit(directory.consumer.invoke, directory.batch_event(batch)) for _ in range(2)]:
            outcome.result()
    deliver(batch)


def out_of_order(trial: Trial) -> str:
    """All changes of one employee, the last one first; and SES's events backwards, each twice."""
    directory, client = trial.directory, trial.client
    email = client.new_email()
    row_id = client.create(email).row_id
    for position in ("Jefa", "Directora", "Analista jefa"):
        client.update(email, row_id, position)
    client.delete(email, row_id)
    messages = [message for batch in iter(directory.receive, []) for message in batch]
    for message in sorted(messages, key=version_of, reverse=True):
        directory.deliver([message])
    directory.tell_events(backwards=True, twice=True)
    states = {row.state for row in directory.ledger()}
    trial.check(states == {"entregado"}, f"an old state came after a newer one: {states}")
    return "five changes of one employee backwards; SES's events backwards, each twice"


def version_of(message: MessageTypeDef) -> int:
    """Of the employee that it tells of."""
    version: int = json.loads(message["Body"])["empleado"]["version"]
    return version


def delivered_late(trial: Trial) -> str:
    directory = trial.directory
    create_many(trial, 3)
    late = directory.receive()
    directory.consumer.invoke(directory.batch_event(late))  # done, and the deletion is lost
    directory.pass_time(13 * 24 * 3600)
    directory.deliver(late)
    return "again after 13 days, when everything had been sent"


def unreadable(trial: Trial) -> str:
    directory, client = trial.directory, trial.client
    create_many(trial, 3)
    for body in ("", "{", "[]", '{"version": 2}', json.dumps({"Type": "Notification", "Message": "{}"})):
        directory.sqs.send_message(QueueUrl=directory.queue_url, MessageBody=body or " ")
        client.unreadable += 1
    return f"{client.unreadable} messages that nobody can read, among others"


# ---- SES -------------------------------------------------------------------------------------------------------------


def under(fault: Fault, trial: Trial, *, service: str = SES, rounds: int = 2) -> None:
    """Let mails meet a fault of SES, some times, and then none."""
    directory = trial.directory
    create_many(trial)
    with directory.aws.broken(service, fault):
        for _ in range(rounds):
            directory.drain()
            directory.tell_events()
            directory.pass_time(LONG)


def mail_throttled(trial: Trial) -> str:
    under(refusing(429, "TooManyRequestsException", share=0.5), trial, rounds=3)
    return "throttled: half of the calls refused, three deliveries"


def mail_rejected(trial: Trial) -> str:
    under(refusing(400, "MessageRejected"), trial)
    states = {row.state for row in trial.directory.ledger()}
    trial.check(states == {FAILED}, f"a rejection is not recorded: {states}")
    trial.check(not trial.directory.mails, "a rejected mail was sent")
    return "rejects every mail: recorded, acknowledged, not repeated"


def mail_down(trial: Trial) -> str:
    """For so long that the messages die; then an administrator brings them back."""
    directory = trial.directory
    under(refusing(503, "ServiceUnavailable"), trial, rounds=MOST_DELIVERIES + 1)
    trial.check(directory.dead_letters() == EMPLOYEES, f"{directory.dead_letters()} dead letters")
    answer = directory.http.post("/cola/reenviar")
    trial.check(answer.status_code == 202, f"the redrive was answered with {answer.status_code}")
    return "down for five deliveries: all messages die, an administrator brings them back"


def mail_too_late(trial: Trial) -> str:
    directory = trial.directory
    create_many(trial, 1)
    with directory.aws.broken(SES, slow(6)):
        directory.drain()
    trial.check(len(directory.mails) > 0, "nothing was sent")
    directory.tell_events()
    return "answers after the time-out; its events settle what became of the mails"


def mail_too_late_without_events(trial: Trial) -> str:
    directory = trial.directory
    create_many(trial, 1)
    with directory.aws.broken(SES, slow(6)):
        directory.drain()
    directory.forget_events()
    return "answers after the time-out, and its events are lost: a second copy, never a third"


def mail_answers_lost(trial: Trial) -> str:
    under(losing_answers(0.3), trial, rounds=3)
    return "3 of 10 answers lost after it had sent"


# ---- DynamoDB --------------------------------------------------------------------------------------------------------


def ledger_throttled(trial: Trial) -> str:
    under(refusing(400, "ProvisionedThroughputExceededException", share=0.3), trial, service=DYNAMODB, rounds=3)
    return "throttled: 3 of 10 calls refused, consumer and reader of events alike"


def ledger_answers_lost(trial: Trial) -> str:
    under(losing_answers(0.3), trial, service=DYNAMODB, rounds=3)
    return "3 of 10 answers lost after it had written"


def ledger_races(trial: Trial) -> str:
    directory = trial.directory
    create_many(trial)
    batches = list(iter(directory.receive, []))
    with ThreadPoolExecutor(4) as consumers:
        for batch in batches:
            for message in batch:
                event = directory.batch_event([message])
                for outcome in [consumers.submit(directory.consumer.invoke, event) for _ in range(4)]:
                    with suppress(InvocationFailed):
                        outcome.result()
    for batch in batches:
        directory.deliver(batch)
    return "four consumers at once for every message"


def request_while_queue_fails(trial: Trial) -> str:
    """``POST /notify/email`` while SQS does not answer: refused, and nothing is sent."""
    directory = trial.directory
    mail = {"to": "alguien@example.com", "subject": "Hola", "body": "Hola"}
    with directory.aws.broken(SQS, down):
        answer = directory.http.post("/notify/email", json=mail)
    trial.check(answer.status_code == 503, f"answered {answer.status_code}")
    directory.drain()
    trial.check(not directory.mails, "a mail that was refused was sent")
    return "POST /notify/email while SQS is down: refused, never sent"


SCENARIOS = (
    Scenario("SNS", "down for five minutes", topic_down, is_short=True),
    Scenario("SNS", "slow", topic_slow),
    Scenario("SNS", "throttled", topic_throttled),
    Scenario("SNS", "answers lost", topic_answers_lost),
    Scenario("SNS", "back after a while", topic_back),
    Scenario("SQS", "delivers twice", delivered_twice, is_short=True),
    Scenario("SQS", "out of order", out_of_order, is_short=True),
    Scenario("SQS", "late", delivered_late),
    Scenario("SQS", "unreadable messages", unreadable, is_short=True),
    Scenario("SQS", "down for POST /notify/email", request_while_queue_fails),
    Scenario("SES", "throttled", mail_throttled),
    Scenario("SES", "rejecting", mail_rejected, is_short=True),
    Scenario("SES", "down", mail_down),
    Scenario("SES", "after the time-out", mail_too_late),
    Scenario("SES", "after the time-out, events lost", mail_too_late_without_events),
    Scenario("SES", "answers lost", mail_answers_lost),
    Scenario("DynamoDB", "throttled", ledger_throttled),
    Scenario("DynamoDB", "answers lost", ledger_answers_lost),
    Scenario("DynamoDB", "races of consumers", ledger_races, is_short=True),
)
