"""Much of it, and for long: a queue that has backed up, and the soak."""

from __future__ import annotations

import itertools
import json
import statistics
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import psutil

from chalice_devserver.project import InvocationFailed
from tests.faults.aws_front import SES, refusing
from tests.faults.client import CREADO
from tests.faults.trial import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.faults.directory import Directory
    from tests.faults.sandbox import Function
    from tests.faults.trial import Trial

T = TypeVar("T")

EVENTS, EVENTS_FULL = 1_000, 10_000
#: So many consumers there may be at a time (mail_concurrency in infra/variables.tf).
CONSUMERS = 2
#: What crud_app writes for an employee, for many employees at once.
EMPLOYEES = """
WITH creado AS (
    INSERT INTO empleados (nombre, email, posicion, salario)
    SELECT 'Nombre ' || n, 'cola-' || n || '@example.com', 'Analista', 1 FROM generate_series(1, {count}) AS n
    RETURNING id, nombre, email, posicion, version, creado_en
), evento AS (SELECT gen_random_uuid() AS evento_id, * FROM creado)
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload)
SELECT evento_id, id, version, 'creado', creado_en, 'admin', json_build_object(
    'version', 1, 'id', evento_id, 'tipo', 'creado',
    'ocurrido_en', to_char(creado_en AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'actor', 'admin',
    'empleado', json_build_object(
        'id', id, 'nombre', nombre, 'email', email, 'posicion', posicion, 'version', version
    ), 'cambios', '[]'::json)
FROM evento
"""


def queue_backs_up(trial: Trial) -> str:
    """The sweep publishes everything; with duplicates and rubbish, few consumers drain it while SES stutters."""
    directory, client = trial.directory, trial.client
    count = EVENTS_FULL if trial.is_full else EVENTS
    directory.sql(EMPLOYEES.format(count=count))
    for number in range(1, count + 1):
        client.promises[f"cola-{number}@example.com"].done[CREADO] += 1
    directory.pass_time(60)
    while directory.pending_events():
        directory.sweep()
    duplicates = directory.sql("SELECT payload FROM eventos ORDER BY id").splitlines()
    send_all(directory, duplicates[: count // 5])
    send_all(directory, [json.dumps({"version": 2, "n": number}) for number in range(count // 100)])
    client.unreadable = count // 100
    trial.afterwards.enter_context(directory.one_recipient())
    began = time.monotonic()
    with directory.aws.broken(SES, refusing(429, "TooManyRequestsException", share=0.1)):
        drain_by(directory, CONSUMERS)
    rate = len(directory.mails) / (time.monotonic() - began)
    return (
        f"{count} events, a fifth of them twice, 1 of 100 unreadable, 1 of 10 mails put off by SES; "
        f"{CONSUMERS} consumers, {rate:.0f} mails a second"
    )


def send_all(directory: Directory, bodies: Sequence[str]) -> None:
    """Put messages into the queue, past the topic."""
    for start in range(0, len(bodies), 10):
        batch = bodies[start : start + 10]
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
        directory.sqs.send_message_batch(QueueUrl=directory.queue_url, Entries=entries)


def drain_by(directory: Directory, consumers: int) -> None:
    """Deliver everything that is visible, to so many consumers at a time; what failed, three times more."""
    for _ in range(4):
        with ThreadPoolExecutor(consumers) as threads:
            for worker in [threads.submit(directory.drain) for _ in range(consumers)]:
                worker.result()
        directory.tell_events()
        directory.pass_time(60)


# ---- deaths under load -----------------------------------------------------------------------------------------------

KILLING_SECONDS, KILLING_SECONDS_FULL = 15, 120
KILL_EVERY_SECONDS = 0.3


def killed_under_load(trial: Trial) -> str:
    """The processes of one function after the other die, whatever they do, while people work."""
    directory, client = trial.directory, trial.client
    functions = (directory.bff, directory.crud, directory.consumer, directory.feedback, directory.sweeper)
    turns = itertools.cycle(functions)
    stop = threading.Event()

    def work() -> None:
        email, key = client.new_email(), str(uuid.uuid4())
        row_id = 0
        while not stop.wait(PAUSE_SECONDS):
            row_id = row_id or client.create(email, key=key).row_id
            if row_id:
                client.update(email, row_id, f"Puesto {time.monotonic_ns()}")

    with ThreadPoolExecutor(USERS + 2) as threads:
        tasks = [threads.submit(work) for _ in range(USERS)]
        tasks += [threads.submit(repeat, stop, KILL_EVERY_SECONDS, lambda: next(turns).kill_all())]
        tasks += [threads.submit(repeat, stop, 0.1, lambda: pump(directory))]
        stop.wait(KILLING_SECONDS_FULL if trial.is_full else KILLING_SECONDS)
        stop.set()
        for task in tasks:
            task.result()
    trial.recover()
    deaths = sum(function.deaths for function in functions)
    trial.check(deaths, "nothing died at work")
    trial.check(directory.settle(), "it does not settle")
    if directory.dead_letters():  # whose consumer died five times
        directory.http.post("/cola/reenviar").raise_for_status()
    return f"kill -9 of one function's processes each {KILL_EVERY_SECONDS} s under load: {deaths} died at work"


# ---- the soak --------------------------------------------------------------------------------------------------------

SOAK_SECONDS, SOAK_SECONDS_FULL = 120, 1800
SAMPLE_SECONDS = 5
PAUSE_SECONDS = 0.05
USERS = 2
#: A sandbox may grow so much between the first third and the last: caches fill, and the allocator keeps what it had.
MOST_GROWTH = 1.15
#: botocore keeps up to ten connections to a service, as many as were at work at once so far: that grows by chance, and
#: ends. A file that is left behind in one of a hundred requests of the full soak makes hundreds.
MOST_NEW_FILES = 12
#: The latency of the last third to that of the first: other programs of the machine have a say in it.
MOST_SLOWDOWN = 2.0


@dataclass(frozen=True)
class Sample:
    """How a function's sandboxes are at one moment; the largest of them."""

    memory: int
    files: int
    routes: int


def soak(trial: Trial) -> str:
    """The real mix, at a steady pace."""
    directory = trial.directory
    seconds = SOAK_SECONDS_FULL if trial.is_full else SOAK_SECONDS
    functions = (directory.bff, directory.crud, directory.sweeper, directory.consumer, directory.feedback)
    samples: dict[str, list[Sample]] = {f"{n} {function.name}": [] for n, function in enumerate(functions)}
    latencies: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        for name, function in zip(samples, functions, strict=True):
            if function.pids and function.last:
                samples[name].append(look_at(function))

    with ThreadPoolExecutor(USERS + 2) as threads:
        work = [threads.submit(use, trial, latencies, stop) for _ in range(USERS)]
        work += [threads.submit(repeat, stop, 0.2, lambda: pump(directory))]
        work += [threads.submit(repeat, stop, SAMPLE_SECONDS, sample)]
        stop.wait(seconds)
        stop.set()
        for each in work:
            each.result()
    for name, series in samples.items():
        check_flat(trial, name, series)
    first, last = thirds(latencies)
    slowdown = statistics.median(last) / statistics.median(first)
    trial.check(slowdown < MOST_SLOWDOWN, f"requests became slower: {slowdown:.2f} times")
    bad = {status: times for status, times in trial.client.statuses.items() if status not in {200, 201, 204}}
    trial.check(not bad, f"answers that were no success: {bad}")
    memory = sum(series[-1].memory for series in samples.values()) / 2**20
    return (
        f"{seconds} s of the real mix, {len(latencies)} requests, p50 {statistics.median(last) * 1000:.0f} ms "
        f"at the end ({slowdown:.2f} of the beginning), {memory:.0f} MB in all, flat files and routes"
    )


def use(trial: Trial, latencies: list[float], stop: threading.Event) -> None:
    """One user: lists and reads, and now and then a change."""
    client, http = trial.client, trial.directory.http
    email = client.new_email()
    row_id = client.create(email).row_id
    number = 0
    while not stop.wait(PAUSE_SECONDS):
        number += 1
        began = time.monotonic()
        if number % 40 == 0:
            client.delete(email, row_id)
            email = client.new_email()
            row_id = client.create(email).row_id
        elif number % 10 == 0:
            client.update(email, row_id, f"Puesto {number}")
        elif number % 3 == 0:
            client.read(row_id)
        elif number % 7 == 0:
            http.get(f"/nada-{number}")  # a path that nobody has must leave nothing behind
        else:
            http.get("/empleados", params={"q": "persona", "limite": 20}).raise_for_status()
        latencies.append(time.monotonic() - began)


def pump(directory: Directory) -> None:
    """What the queue, the schedule and SES do meanwhile."""
    directory.drain()
    directory.tell_events()
    with suppress(InvocationFailed):
        directory.sweep()


def repeat(stop: threading.Event, pause: float, step: Callable[[], None]) -> None:
    """Do it again and again."""
    while not stop.wait(pause):
        step()


def look_at(function: Function) -> Sample:
    """Its largest sandbox."""
    processes = [psutil.Process(pid) for pid in function.pids]
    assert function.last
    return Sample(
        memory=max(process.memory_full_info().uss for process in processes),
        files=max(process.num_fds() for process in processes),
        routes=function.last.routes,
    )


def check_flat(trial: Trial, name: str, series: Sequence[Sample]) -> None:
    """Note what has grown between the first third and the last."""
    first, last = thirds(series)
    growth = statistics.median(s.memory for s in last) / statistics.median(s.memory for s in first)
    trial.check(growth < MOST_GROWTH, f"{name}: memory grew {growth:.2f} times")
    # The median: at one moment more connections are open than at another, without one being forgotten.
    files = statistics.median(s.files for s in last) - statistics.median(s.files for s in first)
    trial.check(files <= MOST_NEW_FILES, f"{name}: {files:.0f} more open files")
    routes = {s.routes for s in series}
    trial.check(len(routes) == 1, f"{name}: the route table grew: {sorted(routes)}")


def thirds(series: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The first one, less what is warming up, and the last one."""
    third = max(len(series) // 3, 1)
    return series[third // 2 : third + 1], series[-third:]


SCENARIOS = (
    Scenario("Load", "the queue backs up", queue_backs_up),
    Scenario("Load", "every process dies", killed_under_load),
    Scenario("Load", "soak", soak),
)
