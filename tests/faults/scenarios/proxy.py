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
from tests.faults.trial import Scenario
from tests.unit.bff_app.servers import answering, running, sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.trial import Trial
    from tests.unit.bff_app.servers import Connection

#: What the BFF may take with an upstream that does not answer, in seconds; its Lambda lives for 28.
MOST_SECONDS = 27
TEN_MEGABYTES = 10 * 1024 * 1024
USERS = 16
CAP = 3
OVERLOAD_SECONDS = 6


def worst_upstreams(trial: Trial) -> str:
    """Each answered with a problem in time, which says whether a change may have been made."""
    html = answering(b"<html>", "Content-Type: text/html", status="500 Internal Server Error")
    behaviours: dict[str, tuple[Callable[[Connection], None], int]] = {
        "half an answer": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), 502),
        "10 MB": (answering(b" " * TEN_MEGABYTES, "Content-Type: application/json"), 502),
        "an HTML page": (html, 502),
        "no HTTP": (sending(b"SSH-2.0-OpenSSH\r\n"), 502),
        "silence": (say_nothing, 504),
    }
    with running(html) as server:
        fleet = trial.directory.fleet("bff_app", name="lost-bff", CRUD_API_URL=server.url)
        fleet.wait_until_ready()
        function = Function(fleet, "api_handler")
        trial.afterwards.callback(function.retire)
        url = trial.directory.serve(function, LoadBalancer())
        for name, (behaviour, status) in behaviours.items():
            server.behave = behaviour
            function.retire()  # it would go on with the connection that it has
            _expect_problem(trial, url, name, status)
    _expect_problem(trial, url, "refused", 502, is_unknown=False)
    return f"upstreams that give {', '.join(behaviours)}, or refuse"


def say_nothing(connection: Connection) -> None:
    """Take a request, and keep the connection for longer than anybody waits."""
    connection.read_request()
    connection.wait(2 * MOST_SECONDS)


def _expect_problem(trial: Trial, url: str, name: str, status: int, *, is_unknown: bool = True) -> None:
    began = time.monotonic()
    answer = httpx.post(f"{url}/empleados", json={}, headers={"Authorization": "Bearer x"}, timeout=60, trust_env=False)
    problem = answer.json()
    trial.check(answer.status_code == status, f"{name}: {answer.status_code} instead of {status}")
    trial.check(problem.get("resultado_desconocido") is is_unknown, f"{name}: {problem}")
    trial.check(time.monotonic() - began < MOST_SECONDS, f"{name}: {time.monotonic() - began:.0f} s")


def client_gone(trial: Trial) -> str:
    """The row is made or not, and its event and mails with it."""
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
    time.sleep(2)
    trial.recover()
    return "10 clients that leave: in the middle of their request, or right after it"


def overload(trial: Trial) -> str:
    """More clients than there is room for: what does not fit is refused at once, and the rest is served."""
    directory = trial.directory
    crud_url = directory.serve(directory.crud, directory.api_door, concurrency=CAP)
    fleet = directory.fleet("bff_app", name="capped-bff", CRUD_API_URL=crud_url, EMAIL_API_URL=directory.email_url)
    fleet.wait_until_ready()
    function = Function(fleet, "api_handler")
    trial.afterwards.callback(function.retire)
    url = directory.serve(function, LoadBalancer(), concurrency=2 * CAP)
    seconds: list[float] = []
    refused: Counter[str] = Counter()
    emails = [trial.client.new_email() for _ in range(USERS)]
    row_ids = [trial.client.create(email).row_id for email in emails]
    ends = time.monotonic() + OVERLOAD_SECONDS

    def use(email: str, row_id: int) -> None:
        with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": directory.authorization}) as http:
            number = 0
            while time.monotonic() < ends:
                number += 1
                began = time.monotonic()
                answer = http.put(f"{url}/empleados/{row_id}", json={"salario": number})
                seconds.append(time.monotonic() - began)
                if answer.is_success:
                    trial.client.promises[email].done[ACTUALIZADO] += 1
                elif not (answer.status_code == 503 and "Retry-After" in answer.headers):
                    refused[f"{answer.status_code} {answer.text[:100]}"] += 1
                else:
                    refused["shed"] += 1
                    time.sleep(0.2)

    with ThreadPoolExecutor(USERS) as users:
        list(users.map(use, emails, row_ids))
    shed = refused.pop("shed", 0)
    trial.check(shed, "nothing was shed")
    trial.check(not refused, f"refused otherwise: {refused}")
    trial.check(max(seconds) < 10, f"somebody waited for {max(seconds):.1f} s")
    trial.recover()
    done = len(seconds) - shed
    return f"{USERS} clients at once, room for {2 * CAP} (BFF) and {CAP} (CRUD): {done} served, {shed} shed with 503"


GROUP = "The way in"
SCENARIOS = (
    Scenario(GROUP, "worst upstreams", worst_upstreams),
    Scenario(GROUP, "client gone", client_gone),
    Scenario(GROUP, "overload", overload),
)
