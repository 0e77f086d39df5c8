"""People at work in the directory. ``python -m benchmarks.load`` runs this under locust, in the environment .load.

It reads what to do from the variable ``LOAD_TEST`` (a JSON object, see ``__main__.py``), and writes the answers to the
file that it names.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import gevent
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import CatchResponseError

from benchmarks.load.results import Answer, Figures, find_halt, step_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN: dict[str, Any] = json.loads(os.environ["LOAD_TEST"])

NETWORK_SECONDS = 30.0  # a little longer than the end-to-end deadline of bff_app: its own 504 comes first
STEP_SECONDS = 10.0  # at most, for each step of a climb
SEED = 50  # two runs with the same options, against the same directory, send the same requests
PAGE_SIZE = 50
SHORTEST_SEARCH, LONGEST_SEARCH = 2, 6
LEAST_SALARY = 1_000
READS = {"listar": 4, "página siguiente": 1, "buscar": 3, "ver": 2}
# Requests of each kind in a block of 50, so that a small run has the same shares as a large one. Nine of ten read, as
# `make cost` assumes. The page asks for list and summary when it opens, for a search as it is typed, and for the row,
# its history and its mails when it opens an employee.
MIX = {
    "listar": 9,
    "resumen": 5,
    "página siguiente": 3,
    "buscar": 11,
    "filtrar": 3,
    "ver": 6,
    "historial": 5,
    "correos": 3,
    "alta": 2,
    "cambio": 2,
    "baja": 1,
}


class Request(NamedTuple):
    """A request, and the status that makes its answer the right one. ``row`` is the employee that it changes."""

    kind: str
    method: str
    path: str
    status: int = 200
    body: dict[str, Any] | None = None
    row: tuple[int, str] | None = None


class Work:
    """Hands out the requests, and remembers the employees that came of them: id and ETag."""

    def __init__(self) -> None:
        self.users: int = GIVEN["concurrency"]
        self.answers: list[Answer] = []
        self.steps: list[Figures] = []
        self.halt: tuple[str, str] | None = None
        self._is_stopped = False
        self._chance = random.Random(SEED)  # noqa: S311 - a load is no secret
        self._kinds = self._shuffle(MIX if GIVEN["profile"] == "mix" else READS)
        self._own_rows = deque((row[0], row[1]) for row in GIVEN["own_rows"])
        self._created = len(self._own_rows)
        self._began = time.monotonic()
        self._deadline = self._began + GIVEN["seconds"]
        self._begin(0)

    def stop(self) -> None:
        """Hand out nothing more."""
        self._is_stopped = True

    def next(self) -> Request | None:
        """The next request; None while there is none to send."""
        if self._is_stopped or self._handed_out >= self._quota or time.monotonic() > self._step_deadline:
            return None
        self._handed_out += 1
        return self._request(next(self._kinds))

    def settle(self, request: Request, headers: Any) -> None:
        """Learn from a right answer. A request that failed has used up its row."""
        if request.kind == "alta":
            self._own_rows.append((int(headers["Location"].rpartition("/")[2]), headers["ETag"]))
        elif request.kind == "cambio" and request.row:
            self._own_rows.append((request.row[0], headers["ETag"]))

    def record(self, kind: str, milliseconds: float, failure: str) -> None:
        self.answers.append(Answer(round(time.monotonic() - self._began, 6), round(milliseconds, 3), kind, failure))

    def is_done(self) -> bool:
        """Whether all is answered or the time is up. A climb then begins its next step, if one should follow."""
        if self._is_stopped:
            return True
        is_spent: bool = len(self.answers) - self._first >= self._quota or time.monotonic() > self._step_deadline
        if not is_spent or GIVEN["profile"] != "step":
            return is_spent
        self.steps.append(step_figures(self.users, self.answers[self._first :]))
        self.halt = find_halt(self.steps, GIVEN["p95_ms"], GIVEN["errors_percent"])
        if not self.halt and time.monotonic() > self._deadline:
            self.halt = "spent", "se acabó el tiempo"
        if self.halt:
            return True
        self.users *= 2
        self._begin(len(self.answers))
        return False

    def _begin(self, first: int) -> None:
        is_climb = GIVEN["profile"] == "step"
        self._first = first
        self._handed_out = 0
        self._quota = GIVEN["requests"] * (self.users if is_climb else 1)
        self._step_deadline = min(self._deadline, time.monotonic() + STEP_SECONDS) if is_climb else self._deadline

    def _shuffle(self, shares: dict[str, int]) -> Iterator[str]:
        block = [kind for kind, times in shares.items() for _ in range(times)]
        while True:
            self._chance.shuffle(block)
            yield from block

    def _request(self, kind: str) -> Request:
        if kind in {"cambio", "baja"} and self._own_rows:
            row = self._own_rows.popleft()
            path = f"/empleados/{row[0]}"
            if kind == "baja":
                return Request(kind, "DELETE", path, 204, row=row)
            return Request(kind, "PUT", path, body={"salario": LEAST_SALARY + self._handed_out}, row=row)
        if kind in {"alta", "cambio", "baja"}:  # the rows run out when creations fail
            self._created += 1
            body = {**GIVEN["employee"], "email": GIVEN["email"].format(self._created)}
            return Request("alta", "POST", "/empleados", 201, body)
        return Request(kind, "GET", self._read_path(kind))

    def _read_path(self, kind: str) -> str:
        chance, excerpt = self._chance, GIVEN["excerpt"]
        employee, word = chance.choice(excerpt["ids"]), chance.choice(excerpt["words"])
        return {
            "listar": list_path(),
            "página siguiente": f"/empleados?{excerpt['second_page']}",
            "buscar": list_path(q=word[: chance.randint(SHORTEST_SEARCH, LONGEST_SEARCH)]),
            "filtrar": list_path(posicion=chance.choice(excerpt["positions"])),
            "resumen": "/resumen",
            "ver": f"/empleados/{employee}",
            "historial": f"/empleados/{employee}/eventos",
            "correos": f"/correos?empleado={employee}",
        }[kind]


def list_path(**query: str) -> str:
    """A list as the page asks for it."""
    return f"/empleados?{urlencode({'orden': 'nombre', **query, 'limite': PAGE_SIZE})}"


WORK = Work()
gevent.signal_handler(signal.SIGTERM, WORK.stop)  # locust has no handler of its own while a shape runs


class Person(FastHttpUser):  # type: ignore[misc] # mypy runs where locust is not
    """Sends one request after the other: the next one when the answer is there."""

    host = GIVEN["url"]
    network_timeout = connection_timeout = NETWORK_SECONDS
    insecure = False

    @task  # type: ignore[untyped-decorator] # likewise
    def send_next(self) -> None:
        request = WORK.next()
        if request is None:
            gevent.sleep(0.01)
            return
        with self.client.request(
            request.method,
            request.path,
            name=request.kind,
            json=request.body,
            headers={**GIVEN["headers"], **({"If-Match": request.row[1]} if request.row else {})},
            allow_redirects=False,  # a redirect may lead to a host that is not the owner's
            catch_response=True,
        ) as answer:
            if failure := failure_of(request, answer):
                answer.failure(failure)
            else:
                WORK.settle(request, answer.headers)


def failure_of(request: Request, answer: Any) -> str:
    """Why this is not the answer that the request should get; empty when it is."""
    if answer.status_code == 0:
        return f"sin respuesta ({type(answer.error).__name__})"
    if answer.status_code != request.status:
        return f"HTTP {answer.status_code}"
    if request.body is None and request.method != "GET":
        return ""
    return "" if answer.headers.get("Content-Type", "").startswith("application/json") else "no es JSON"


class Course(LoadTestShape):  # type: ignore[misc] # likewise
    """As many people as the work wants, until it is done."""

    def tick(self) -> tuple[int, float] | None:
        return None if WORK.is_done() else (WORK.users, WORK.users)


@events.request.add_listener  # type: ignore[untyped-decorator] # likewise
def record(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
    failure = ""
    if exception is not None:
        is_ours = isinstance(exception, CatchResponseError)
        failure = str(exception) if is_ours else f"sin respuesta ({type(exception).__name__})"
    WORK.record(name, response_time, failure)


@events.quitting.add_listener  # type: ignore[untyped-decorator] # likewise
def write_answers(environment: Any, **_: Any) -> None:
    """Hand the answers over, and leave the verdict to the parent process."""
    environment.process_exit_code = 0
    document = {"answers": WORK.answers, "steps": WORK.steps, "halt": WORK.halt}
    Path(GIVEN["answers"]).write_text(json.dumps(document), encoding="utf-8")
