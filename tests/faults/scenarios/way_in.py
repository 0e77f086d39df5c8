"""The way from the client to crud_app: the worst upstreams, clients that leave, and too many of them."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from chalice_devserver.doors import LoadBalancer
from tests.faults.client import ACTUALIZADO, CREADO
from tests.faults.sandbox import Function
from tests.faults.trial import fault
from tests.unit.bff_app.servers import answering, running, sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.trial import Trial
    from tests.unit.bff_app.servers import Connection

GROUP = "The way in"
#: What the BFF may take with an upstream that does not answer, in seconds; its Lambda lives for 28.
MOST_SECONDS = 27
TEN_MEGABYTES = 10 * 1024 * 1024
USERS, CAP, OVERLOAD_SECONDS = 16, 3, 6


def serve_bff(trial: Trial, name: str, concurrency: int | None = None, **urls: str) -> tuple[Function, str]:
    """Another bff_app before other upstreams: its function and its address."""
    fleet = trial.directory.fleet("bff_app", name=name, **urls)
    fleet.wait_until_ready()
    function = Function(fleet, "api_handler")
    trial.afterwards.callback(function.retire)
    limit = {"concurrency": concurrency} if concurrency else {}
    return function, trial.directory.serve(function, LoadBalancer(), **limit)


def say_nothing(connection: Connection) -> None:
    """Take a request, and keep the connection for longer than any client waits."""
    connection.read_request()
    connection.wait(2 * MOST_SECONDS)


@fault(GROUP, "worst upstreams")
def worst_upstreams(trial: Trial) -> None:
    """Half an answer, 10 MB, an HTML page, no HTTP, silence, or refused: a problem document in time."""
    html = answering(b"<html>", "Content-Type: text/html", status="500 Internal Server Error")
    behaviours: dict[str, tuple[Callable[[Connection], None], int]] = {
        "half an answer": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), 502),
        "10 MB": (answering(b" " * TEN_MEGABYTES, "Content-Type: application/json"), 502),
        "an HTML page": (html, 502),
        "no HTTP": (sending(b"SSH-2.0-OpenSSH\r\n"), 502),
        "silence": (say_nothing, 504),
    }

    def expect(name: str, status: int, *, is_unknown: bool = True) -> None:
        began, headers = time.monotonic(), {"Authorization": "Bearer x"}
        answer = httpx.post(f"{url}/empleados", json={}, headers=headers, timeout=60, trust_env=False)
        seconds, problem = time.monotonic() - began, answer.json()
        trial.check(answer.status_code == status, f"{name}: {answer.status_code} instead of {status}")
        trial.check(problem.get("resultado_desconocido") is is_unknown, f"{name}: {problem}")
        trial.check(seconds < MOST_SECONDS, f"{name}: {seconds:.0f} s")  # the promise itself

    with running(html) as server:
        function, url = serve_bff(trial, "lost-bff", CRUD_API_URL=server.url)
        for name, (behaviour, status) in behaviours.items():
            server.behave = behaviour
            function.retire()  # it would go on with the connection that it has
            expect(name, status)
    expect("refused", 502, is_unknown=False)


@fault(GROUP, "client gone")
def client_gone(trial: Trial) -> None:
    """10 clients that leave in the middle of their request, or right after it: all of a change is made, or nothing."""
    directory = trial.directory
    address = urlsplit(directory.url)
    for number in range(10):
        email = trial.client.new_email()
        body = json.dumps({"nombre": "Se va", "email": email, "posicion": "Prueba", "salario": 1}).encode()
        head = (
            f"POST /empleados HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {directory.authorization}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection((str(address.hostname), address.port or 0)) as client:
            client.sendall(head + body[: len(body) // 2] if number % 2 else head + body)
        trial.client.promises[email].unknown[CREADO] += 1
    time.sleep(2)  # for what was sent to arrive; what comes later is counted all the same
    trial.recover()


@fault(GROUP, "overload", f"{USERS} clients at once, room for {2 * CAP} (BFF) and {CAP} (CRUD)")
def overload(trial: Trial) -> None:
    """What does not fit is refused at once, and the rest is served."""
    directory = trial.directory
    crud_url = directory.serve(directory.crud, directory.api_door, concurrency=CAP)
    _, url = serve_bff(trial, "capped-bff", 2 * CAP, CRUD_API_URL=crud_url, EMAIL_API_URL=directory.email_url)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    emails = [trial.client.new_email() for _ in range(USERS)]
    row_ids = [trial.client.create(email).row_id for email in emails]
    ends = time.monotonic() + OVERLOAD_SECONDS

    def use(email: str, row_id: int) -> None:
        nonlocal slowest
        with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": directory.authorization}) as http:
            number = 0
            while time.monotonic() < ends:
                number += 1
                began = time.monotonic()
                answer = http.put(f"{url}/empleados/{row_id}", json={"salario": number})
                slowest = max(slowest, time.monotonic() - began)
                if answer.is_success:
                    outcomes["served"] += 1
                    trial.client.promises[email].done[ACTUALIZADO] += 1
                elif answer.status_code == 503 and "Retry-After" in answer.headers:
                    outcomes["shed with 503"] += 1
                    time.sleep(0.2)
                else:
                    outcomes[f"{answer.status_code} {answer.text[:100]}"] += 1

    with ThreadPoolExecutor(USERS) as users:
        list(users.map(use, emails, row_ids))
    trial.check(outcomes.keys() == {"served", "shed with 503"}, f"some were refused otherwise, or none: {outcomes}")
    trial.check(slowest < 10, f"a client waited for {slowest:.1f} s")  # the promise itself: refused at once
    trial.note(", ".join(f"{times} {outcome}" for outcome, times in outcomes.items()))
    trial.recover()
