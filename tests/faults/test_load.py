"""Much of it, and for long: a queue that has backed up, and the soak."""

from __future__ import annotations

import itertools
import json
import os
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import SES, bad_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.directory import Directory
    from tests.faults.sandbox import Function

IS_FULL = os.environ.get("FAULTS") == "full"
EVENTS, EVENTS_FULL = 100, 10_000
#: Consumers at a time.
CONSUMERS = 2


def test_load_backs_up_the_queue(directory: Directory) -> None:
    """A fifth of the events twice, 1 of 100 messages unreadable, 1 of 10 mails put off by SES, two consumers."""
    client = directory.client
    count = EVENTS_FULL if IS_FULL else EVENTS
    with ThreadPoolExecutor(CONSUMERS) as threads:
        list(threads.map(lambda _: client.create(), range(count)))
    duplicates = directory.sql("SELECT payload FROM eventos ORDER BY id").splitlines()
    client.unreadable = count // 100
    bodies = [*duplicates[: count // 5], *(json.dumps({"version": 2, "n": number}) for number in range(count // 100))]
    for start in range(0, len(bodies), 10):  # past the topic
        entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies[start : start + 10])]
        directory.sqs.send_message_batch(QueueUrl=directory.queue.url, Entries=entries)
    with directory.aws.broken(SES, bad_day(refused=0.1, status=429, code="TooManyRequestsException")):
        for _ in range(4):  # what failed, three times more
            with ThreadPoolExecutor(CONSUMERS) as threads:
                for worker in [threads.submit(directory.drain) for _ in range(CONSUMERS)]:
                    worker.result()
            directory.tell_events()
            directory.pass_time(60)


def run_for(seconds: float, *loops: tuple[float, Callable[[], object]]) -> None:
    """Repeat each step, with a pause before it, side by side for this time."""
    stop = threading.Event()

    def repeat(pause: float, step: Callable[[], object]) -> None:
        while not stop.wait(pause):
            step()

    with ThreadPoolExecutor(len(loops)) as threads:
        tasks = [threads.submit(repeat, *loop) for loop in loops]
        stop.wait(seconds)
        stop.set()
        for task in tasks:
            task.result()


def pump(directory: Directory) -> None:
    """What the queue, the schedule and SES do meanwhile."""
    directory.drain()
    directory.tell_events()
    with suppress(InvocationFailed):
        directory.sweep()


def user(directory: Directory) -> Callable[[], None]:
    """Changes, reads, lists, and now and then another employee."""
    client, http, numbers = directory.client, directory.http, itertools.count(1)
    email, key, row_id = client.new_email(), str(uuid.uuid4()), 0

    def work() -> None:
        nonlocal email, key, row_id
        number = next(numbers)
        if not row_id:
            row_id = client.create(email, key=key).row_id
        elif number % 40 == 0 and client.delete(email, row_id).is_done:
            email, key, row_id = client.new_email(), str(uuid.uuid4()), 0
        elif number % 10 == 0:
            client.update(email, row_id, f"Puesto {number}")
        elif number % 3 == 0:
            client.read(row_id)
        elif number % 7 == 0:
            http.get(f"/nada-{number}")  # an unknown path must leave nothing behind
        else:
            http.get("/empleados", params={"q": "persona", "limite": 20})

    return work


PAUSE_SECONDS = 0.05
USERS = 2
KILLING_SECONDS, KILLING_SECONDS_FULL = 15, 120
KILL_EVERY_SECONDS = 0.3


def test_load_while_every_process_dies(directory: Directory) -> None:
    """Kill the processes of one function after another while people work."""
    functions = (directory.bff, directory.crud, directory.consumer, directory.feedback, directory.sweeper)
    turns = itertools.cycle(functions)

    run_for(
        KILLING_SECONDS_FULL if IS_FULL else KILLING_SECONDS,
        *((PAUSE_SECONDS, user(directory)) for _ in range(USERS)),
        (KILL_EVERY_SECONDS, lambda: next(turns).kill_all()),
        (0.1, lambda: pump(directory)),
    )
    directory.recover()
    assert any(function.deaths for function in functions), "nothing died at work"
    assert directory.settle(), "it does not settle"
    directory.resend_dead_letters()  # those whose consumer died five times


SOAK_SECONDS, SOAK_SECONDS_FULL = 120, 1800
#: A sandbox may grow so much after the first third: caches fill, and the allocator keeps what it had.
MOST_GROWTH = 1.15
#: botocore keeps up to ten connections to a service, as many as were at work at once so far: that grows by chance, and
#: ends. A file that is left behind in one of a hundred requests of the full soak makes hundreds.
MOST_NEW_FILES = 12


def sizes(function: Function) -> tuple[int, int]:
    """Memory and open files of a function's largest sandboxes, at rest."""
    processes = [psutil.Process(pid) for pid in function.pids]
    return max(each.memory_full_info().uss for each in processes), max(each.num_fds() for each in processes)


def test_load_for_long(directory: Directory) -> None:
    """The real mix, at a steady pace: flat memory and files."""
    seconds = SOAK_SECONDS_FULL if IS_FULL else SOAK_SECONDS
    loops = [*((PAUSE_SECONDS, user(directory)) for _ in range(USERS)), (0.2, lambda: pump(directory))]
    functions = (directory.bff, directory.crud, directory.sweeper, directory.consumer, directory.feedback)

    run_for(seconds / 3, *loops)
    before = [sizes(function) for function in functions]
    run_for(seconds * 2 / 3, *loops)

    for function, (memory, files) in zip(functions, before, strict=True):
        memory_now, files_now = sizes(function)
        assert memory_now < MOST_GROWTH * memory, f"{function.name}: memory grew {memory_now / memory:.2f} times"
        assert files_now <= files + MOST_NEW_FILES, f"{function.name}: {files_now - files} more open files"
    bad = {status: times for status, times in directory.client.statuses.items() if status not in {200, 201, 204}}
    assert not bad, f"answers that were no success: {bad}"
