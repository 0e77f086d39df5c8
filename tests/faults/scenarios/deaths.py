"""The process dies: by ``kill -9``, at every step that it takes, one after the other.

Repeated under a key, what died takes effect once (docs/design/idempotency.md).
"""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import SNS, bad_day
from tests.faults.books import DIRECT
from tests.faults.trial import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.client import Told
    from tests.faults.sandbox import Function
    from tests.faults.trial import Trial

GROUP, RETRIES = "The process dies", "Retries"
#: More steps than anything here has: what does not end by then never will.
MOST_STEPS = 200
#: How often a client asks again; longer than anything is under way.
MOST_ATTEMPTS = 20
LEASE_SECONDS = 61
IN_FLIGHT = 409


def die_at_each_step(trial: Trial, function: Function, attempt: Callable[[], object]) -> int:
    """Make ``attempt`` again and again, each time with a new process of ``function`` that dies one step later.

    Returns:
        The number of steps: the process died at each of them, and then completed.
    """
    for step in range(MOST_STEPS):
        function.retire()
        function.dies_before = step
        deaths = function.deaths
        attempt()
        if function.deaths == deaths:
            trial.note(f"{step} steps")
            return step
    raise AssertionError(f"{function.name} does not end within {MOST_STEPS} steps")


@fault(GROUP, "in POST", is_short=True)
def in_a_creation(trial: Trial) -> None:
    """Kill -9 at each step of POST (statement, publish, mark), each time repeated by the client with the address."""
    client, attempts = trial.client, 0

    def create_and_repeat() -> None:
        nonlocal attempts
        attempts += 1
        email = client.new_email()
        first = client.create(email)
        if not first.is_done:
            trial.unknown(first, "when the process died")
            client.create(email)

    die_at_each_step(trial, trial.directory.crud, create_and_repeat)
    trial.check(client.statuses[201] + client.statuses[409] == attempts, "a repetition was not answered")


@fault(GROUP, "in PUT")
def in_a_change(trial: Trial) -> None:
    """Kill -9 at each step of PUT."""
    email, positions = trial.client.new_email(), count()
    row_id = trial.client.create(email).row_id
    die_at_each_step(
        trial, trial.directory.crud, lambda: trial.client.update(email, row_id, f"Puesto {next(positions)}")
    )


@fault(GROUP, "in DELETE")
def in_a_removal(trial: Trial) -> None:
    """Kill -9 at each step of DELETE."""
    function, client = trial.directory.crud, trial.client

    def add_and_remove() -> None:
        email = client.new_email()
        step, function.dies_before = function.dies_before, None
        row_id = client.create(email).row_id
        function.retire()
        function.dies_before = step
        client.delete(email, row_id)

    die_at_each_step(trial, function, add_and_remove)


@fault(GROUP, "in the sweep")
def in_the_sweep(trial: Trial) -> None:
    """Kill -9 at each step of the sweep (lock, read, publish, mark, commit), with one more event each time."""
    directory = trial.directory

    def leave_event_and_sweep() -> None:
        with directory.aws.broken(SNS, bad_day(refused=1, status=403, code="AuthorizationError")):
            trial.client.create()
        directory.pass_time(60)
        with suppress(InvocationFailed):
            directory.sweep()

    die_at_each_step(trial, directory.sweeper, leave_event_and_sweep)


def consume(trial: Trial) -> None:
    trial.client.create()
    trial.directory.deliver(trial.directory.receive())


@fault(GROUP, "in the consumer", is_short=True)
def in_the_consumer(trial: Trial) -> None:
    """Kill -9 at each step of the consumer (ledger, SES, ledger) with a message of three mails."""
    die_at_each_step(trial, trial.directory.consumer, lambda: consume(trial))


@fault(GROUP, "in the consumer, events lost")
def in_the_consumer_without_events(trial: Trial) -> None:
    """The same, and SES's events are lost, so that only the second copy settles the mail."""

    def consume_unheard() -> None:
        consume(trial)
        trial.directory.forget_events()

    die_at_each_step(trial, trial.directory.consumer, consume_unheard)


@fault(GROUP, "in the reader of SES's events")
def in_the_feedback(trial: Trial) -> None:
    """Kill -9 at each step of the reader of SES's events."""
    directory = trial.directory

    def create_and_tell() -> None:
        trial.client.create()
        directory.drain()
        directory.tell_events(backwards=True)  # "Delivery" first: "Send" says what the consumer knows already

    die_at_each_step(trial, directory.feedback, create_and_tell)


def create_until_done(trial: Trial, email: str, key: str) -> Told:
    """What a client does that wants its employee, once."""
    for _ in range(MOST_ATTEMPTS):
        told = trial.client.create(email, key=key)
        if told.is_done:
            break
    trial.done(told, f"after {MOST_ATTEMPTS} attempts")
    return told


@fault(RETRIES, "POST /empleados", is_short=True)
def creation_dies(trial: Trial) -> None:
    """Kill -9 at each step of POST with a key, repeated until it is answered."""
    places = []

    def create() -> None:
        email, key = trial.client.new_email(), str(uuid.uuid4())
        first, second = create_until_done(trial, email, key), create_until_done(trial, email, key)
        trial.check(first.row_id == second.row_id, "a repetition got another answer")
        places.append(first.row_id)

    steps = die_at_each_step(trial, trial.directory.crud, create)
    trial.check(len(set(places)) == steps + 1, "there is not one row for each key")


@fault(RETRIES, "double click")
def double_click(trial: Trial) -> None:
    """10 forms sent twice at once, and once more."""
    with ThreadPoolExecutor(2) as clicks:
        for _ in range(10):
            email, key = trial.client.new_email(), str(uuid.uuid4())
            for click in [clicks.submit(trial.client.create, email, key=key) for _ in range(2)]:
                told = click.result()
                trial.check(told.is_done or told.status == IN_FLIGHT, f"answered with {told}")
            create_until_done(trial, email, key)


@fault(RETRIES, "POST /notify/email")
def direct_mail_dies(trial: Trial) -> None:
    """Kill -9 at each step of POST /notify/email with a key, repeated until it is taken."""
    directory = trial.directory
    recipients: list[str] = []

    def ask() -> None:
        to, key = f"{DIRECT}{len(recipients)}@example.com", str(uuid.uuid4())
        recipients.append(to)
        mail = {"to": to, "subject": "Hola", "body": "Hola"}
        for _ in range(MOST_ATTEMPTS):
            answer = directory.http.post("/notify/email", json=mail, headers={"Idempotency-Key": key})
            if answer.is_success:
                return
            directory.pass_time(LEASE_SECONDS)
        trial.check(holds=False, sentence=f"not taken after {MOST_ATTEMPTS} attempts: {answer.status_code}")

    die_at_each_step(trial, directory.email, ask)
    trial.check(directory.settle(), "it does not settle")
    copies = Counter(recipient for mail in directory.mails for recipient in mail.recipients)
    trial.check(copies == Counter(recipients), f"not one mail for each request: {copies}")
