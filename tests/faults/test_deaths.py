"""The process dies: by ``kill -9``, at every step that it takes, one after the other.

Repeated under a key, what died takes effect once (docs/design/idempotency.md).
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import SNS, bad_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.client import Told
    from tests.faults.directory import Directory
    from tests.faults.sandbox import Function

#: More steps than anything here has: what does not end by then never will.
MOST_STEPS = 200
#: How often a client asks again; longer than anything is under way.
MOST_ATTEMPTS = 20


def die_at_each_step(function: Function, attempt: Callable[[], object]) -> int:
    """Make ``attempt`` with new processes of ``function`` that die one step later each time; returns the steps."""
    for step in range(MOST_STEPS):
        function.retire()
        function.dies_before = step
        deaths = function.deaths
        attempt()
        if function.deaths == deaths:
            return step
    raise AssertionError(f"{function.name} does not end within {MOST_STEPS} steps")


@contextmanager
def spared(function: Function) -> Iterator[None]:
    """What is done in the block does not die; the next invocation does, in a process of its own."""
    step, function.dies_before = function.dies_before, None
    yield
    function.retire()
    function.dies_before = step


def test_the_process_dies_in_post(directory: Directory) -> None:
    """Kill -9 at each step of POST (statement, publish, mark), each time repeated by the client with the address."""
    client, attempts = directory.client, 0

    def create_and_repeat() -> None:
        nonlocal attempts
        attempts += 1
        email = client.new_email()
        first = client.create(email)
        if not first.is_done:
            assert first.is_unknown, "when the process died"
            client.create(email)

    die_at_each_step(directory.crud, create_and_repeat)
    assert client.statuses[201] + client.statuses[409] == attempts, "a repetition was not answered"


def test_the_process_dies_in_put(directory: Directory) -> None:
    """Kill -9 at each step of PUT."""
    email, positions = directory.client.new_email(), count()
    row_id = directory.client.create(email).row_id
    die_at_each_step(directory.crud, lambda: directory.client.update(email, row_id, f"Puesto {next(positions)}"))


def test_the_process_dies_in_delete(directory: Directory) -> None:
    """Kill -9 at each step of DELETE."""
    function, client = directory.crud, directory.client

    def add_and_remove() -> None:
        email = client.new_email()
        with spared(function):
            row_id = client.create(email).row_id
        client.delete(email, row_id)

    die_at_each_step(function, add_and_remove)


def test_the_process_dies_in_the_sweep(directory: Directory) -> None:
    """Kill -9 at each step of the sweep (lock, read, publish, mark, commit), with one more event each time."""

    def leave_event_and_sweep() -> None:
        with directory.aws.broken(SNS, bad_day(refused=1, status=403, code="AuthorizationError")):
            directory.client.create()
        directory.pass_time(60)
        with suppress(InvocationFailed):
            directory.sweep()

    die_at_each_step(directory.sweeper, leave_event_and_sweep)


@pytest.mark.short
def test_the_process_dies_in_the_consumer(directory: Directory) -> None:
    """Kill -9 at each step of the consumer (ledger, SES, ledger) with a message of three mails."""

    def consume() -> None:
        directory.client.create()
        directory.deliver(directory.receive())

    die_at_each_step(directory.consumer, consume)


def test_the_process_dies_in_the_reader_of_feedback(directory: Directory) -> None:
    """Kill -9 at each step of the reader of SES's events."""

    def create_and_tell() -> None:
        directory.client.create()
        directory.drain()
        directory.tell_events(backwards=True)  # "Delivery" first: "Send" says what the consumer knows already

    die_at_each_step(directory.feedback, create_and_tell)


def until_done(ask: Callable[[], Told]) -> Told:
    """What a client does that wants it done, once."""
    told = next((told for told in (ask() for _ in range(MOST_ATTEMPTS)) if told.is_done), None)
    assert told, f"not done after {MOST_ATTEMPTS} attempts"
    return told


@pytest.mark.short
def test_retries_of_post(directory: Directory) -> None:
    """Kill -9 at each step of POST with a key, repeated until it is answered."""
    places = []

    def create() -> None:
        email, key = directory.client.new_email(), str(uuid.uuid4())
        first, second = (until_done(lambda: directory.client.create(email, key=key)) for _ in range(2))
        assert first.row_id == second.row_id, "a repetition got another answer"
        places.append(first.row_id)

    steps = die_at_each_step(directory.crud, create)
    assert len(set(places)) == steps + 1, "there is not one row for each key"


@pytest.mark.short
def test_retries_of_a_batch(directory: Directory) -> None:
    """Kill -9 at each step of a batch of three, which the sweep closes, and of the closing of others; repeated."""
    client, crud = directory.client, directory.crud

    def change() -> str:
        batch, key, emails = str(uuid.uuid4()), str(uuid.uuid4()), [client.new_email() for _ in range(3)]
        told = until_done(lambda: client.change_many(batch, emails, key))
        assert [each["estado"] for each in told.document["resultados"]] == [201] * 3, "a repetition got another answer"
        return batch

    def change_and_close() -> None:
        with spared(crud):
            batch = change()
        until_done(lambda: client.close(batch))

    die_at_each_step(crud, change)
    die_at_each_step(crud, change_and_close)
