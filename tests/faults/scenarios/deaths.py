"""The process dies: by ``kill -9``, at every step that it takes, one after the other."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import SNS, refusing
from tests.faults.trial import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.sandbox import Function
    from tests.faults.trial import Trial

#: More steps than anything here has: what does not end by then never will.
MOST_STEPS = 200


def dying_at_each_step(function: Function, attempt: Callable[[], object]) -> int:
    """Make ``attempt`` again and again, each time with a new process of ``function`` that dies one step later.

    Returns:
        How many steps it has: so many times the process died, and the last time it did not.
    """
    for step in range(MOST_STEPS):
        function.retire()
        function.dies_before = step
        deaths = function.deaths
        attempt()
        if function.deaths == deaths:
            return step
    raise AssertionError(f"{function.name} does not end within {MOST_STEPS} steps")


def in_a_creation(trial: Trial) -> str:
    """Every step of ``POST /empleados``; the client repeats what failed with the same address."""
    emails = []

    def create_and_repeat() -> None:
        email = trial.client.new_email()
        emails.append(email)
        first = trial.client.create(email)
        if not first.is_done:
            trial.check(first.is_unknown, f"a dead process was told as {first.status}, not as unknown")
            trial.client.create(email)

    steps = dying_at_each_step(trial.directory.crud, create_and_repeat)
    trial.check(trial.client.statuses[201] + trial.client.statuses[409] == len(emails), "a repetition was not answered")
    return f"kill -9 at each of {steps} steps of POST (statement, publish, mark), each time repeated by the client"


def in_a_change(trial: Trial) -> str:
    """Every step of ``PUT``."""
    email = trial.client.new_email()
    row_id = trial.client.create(email).row_id
    positions = iter(range(10_000))

    def change() -> None:
        trial.client.update(email, row_id, f"Puesto {next(positions)}")

    steps = dying_at_each_step(trial.directory.crud, change)
    return f"kill -9 at each of {steps} steps of PUT"


def in_a_removal(trial: Trial) -> str:
    """Every step of ``DELETE``."""
    function, client = trial.directory.crud, trial.client

    def add_and_remove() -> None:
        email = client.new_email()
        step, function.dies_before = function.dies_before, None
        row_id = client.create(email).row_id
        function.retire()
        function.dies_before = step
        client.delete(email, row_id)

    steps = dying_at_each_step(function, add_and_remove)
    return f"kill -9 at each of {steps} steps of DELETE"


def in_the_sweep(trial: Trial) -> str:
    """Every step of the sweep, with one more event left behind each time."""
    directory = trial.directory

    def leave_event_and_sweep() -> None:
        leave_event(trial)
        with suppress(InvocationFailed):
            directory.sweep()

    steps = dying_at_each_step(directory.sweeper, leave_event_and_sweep)
    return f"kill -9 at each of {steps} steps of the sweep (lock, read, publish, mark, commit)"


def leave_event(trial: Trial) -> None:
    """Make an employee whose event is left to the sweep, and let its time come."""
    directory = trial.directory
    with directory.aws.broken(SNS, refusing(403, "AuthorizationError")):
        trial.client.create()
    directory.pass_time(60)


def in_the_consumer(trial: Trial) -> str:
    """Every step of the consumer with a message of three mails; SES's events come."""
    return f"kill -9 at each of {_consume(trial, events_come=True)} steps of the consumer (ledger, SES, ledger)"


def in_the_consumer_without_events(trial: Trial) -> str:
    """The same, and SES's events are lost, so that only the second copy settles the mail."""
    steps = _consume(trial, events_come=False)
    return f"kill -9 at each of {steps} steps of the consumer, and SES's events of that mail are lost"


def _consume(trial: Trial, *, events_come: bool) -> int:
    directory = trial.directory

    def create_and_consume() -> None:
        trial.client.create()
        batch = directory.receive()
        directory.deliver(batch)
        if not events_come:
            directory.forget_events()

    return dying_at_each_step(directory.consumer, create_and_consume)


def in_the_feedback(trial: Trial) -> str:
    """Every step of the reader of SES's events."""
    directory = trial.directory

    def create_and_tell() -> None:
        trial.client.create()
        directory.drain()
        directory.tell_events(backwards=True)  # "Delivery" first: "Send" says what the consumer knows already

    steps = dying_at_each_step(directory.feedback, create_and_tell)
    return f"kill -9 at each of {steps} steps of the reader of SES's events"


GROUP = "The process dies"
SCENARIOS = (
    Scenario(GROUP, "in POST", in_a_creation, is_short=True),
    Scenario(GROUP, "in PUT", in_a_change),
    Scenario(GROUP, "in DELETE", in_a_removal),
    Scenario(GROUP, "in the sweep", in_the_sweep),
    Scenario(GROUP, "in the consumer", in_the_consumer, is_short=True),
    Scenario(GROUP, "in the consumer, events lost", in_the_consumer_without_events),
    Scenario(GROUP, "in the reader of SES's events", in_the_feedback),
)
