"""People at work in the directory, as locust's users: the program that makes the load.

    .load/bin/python -m benchmarks.load.users

It reads a `Load` (a line of JSON) from standard input and writes a line for each answer: the JSON array ``[seconds
since the beginning, milliseconds that it took, kind, failure or ""]``. SIGTERM ends it as soon as the requests that are
under way are answered. locust patches the sockets and threads of its process: hence a process of its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, task
from locust.env import Environment
from locust.exception import CatchResponseError, StopUser

from benchmarks.load.work import Load, Request, Work

# A little longer than the end-to-end deadline of bff_app: its own 504 shall come first.
NETWORK_SECONDS = 30.0
NO_CONTENT = 204
STANDARD_OUTPUT = 1


class Person(FastHttpUser):  # type: ignore[misc] # mypy runs where locust is not
    """Sends one request after the other: the next one when the answer is there."""

    abstract = False
    network_timeout = connection_timeout = NETWORK_SECONDS
    insecure = False
    work: Work

    @task  # type: ignore[untyped-decorator] # likewise
    def send_next(self) -> None:
        """Take a request, send it, and see whether the answer is the right one."""
        request = self.work.next()
        if request is None:
            raise StopUser
        with self.client.request(
            request.method,
            request.path,
            name=request.kind,
            json=request.body,
            headers={**self.work.headers, **request.headers},
            # At the other end of a redirect may stand somebody else's host.
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            if failure := failure_of(request, answer):
                answer.failure(failure)
            else:
                self.work.settle(request, answer.headers)


def failure_of(request: Request, answer: Any) -> str:
    """Why this is not the answer that the request should get; empty when it is."""
    if answer.status_code == 0:
        return _no_answer(answer.error)
    if answer.status_code != request.status:
        return f"HTTP {answer.status_code}"
    if request.status != NO_CONTENT and not answer.headers.get("Content-Type", "").startswith("application/json"):
        return "no es JSON"
    return ""


def _no_answer(error: Exception) -> str:
    return f"sin respuesta ({type(error).__name__})"


class Reporter:
    """Writes a line for each answer. When nobody reads them any more, the work ends."""

    def __init__(self, work: Work) -> None:
        """The seconds count from here on."""
        self._work = work
        self._began = time.perf_counter()

    def report(self, name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
        """What happens at each event ``request`` of locust."""
        failure = ""
        if exception is not None:
            failure = str(exception) if isinstance(exception, CatchResponseError) else _no_answer(exception)
        line = [round(time.perf_counter() - self._began, 6), round(response_time, 3), name, failure]
        try:
            os.write(STANDARD_OUTPUT, json.dumps(line).encode() + b"\n")
        except BrokenPipeError:
            self._work.stop()


def main() -> None:
    """Do the work that standard input describes."""
    load = Load.from_json(sys.stdin.readline())
    environment = Environment(user_classes=[Person], catch_exceptions=False)
    runner = environment.create_local_runner()
    Person.host = load.url
    Person.work = Work(load)
    environment.events.request.add_listener(Reporter(Person.work).report)
    gevent.signal_handler(signal.SIGTERM, Person.work.stop)
    runner.spawn_users({Person.__name__: load.users})
    runner.user_greenlets.join(raise_error=True)
    runner.quit()


if __name__ == "__main__":
    main()
