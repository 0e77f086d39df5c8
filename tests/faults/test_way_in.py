"""The way from the client to crud_app: clients that leave, and too many of them."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from chalice_devserver.doors import LoadBalancer
from tests.faults.client import CREADO, Client
from tests.faults.sandbox import Function

if TYPE_CHECKING:
    from tests.faults.trial import Trial

USERS, CAP, OVERLOAD_SECONDS = 16, 3, 6


def test_way_in_client_gone(trial: Trial) -> None:
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
    trial.recover()


def test_way_in_overload(trial: Trial) -> None:
    """What does not fit is refused at once, and the rest is served."""
    directory = trial.directory
    crud_url = directory.serve(directory.crud, directory.api_door, concurrency=CAP)
    fleet = directory.fleet("bff_app", name="capped-bff", CRUD_API_URL=crud_url, EMAIL_API_URL=directory.email_url)
    fleet.wait_until_ready()
    function = Function(fleet, "api_handler")
    trial.afterwards.callback(function.retire)
    url = directory.serve(function, LoadBalancer(), concurrency=2 * CAP)
    headers = {"Authorization": directory.authorization}
    http = httpx.Client(base_url=url, trust_env=False, timeout=60, headers=headers)
    client = Client(trial.afterwards.enter_context(http))
    client.promises = trial.client.promises
    waits: list[float] = []
    emails = [trial.client.new_email() for _ in range(USERS)]
    row_ids = [trial.client.create(email).row_id for email in emails]
    ends = time.monotonic() + OVERLOAD_SECONDS

    def use(email: str, row_id: int) -> None:
        while (began := time.monotonic()) < ends:
            told = client.update(email, row_id, f"Puesto {began}")
            waits.append(time.monotonic() - began)
            assert told.is_done or told.is_refused, f"refused otherwise: {told}"
            if told.is_refused:
                time.sleep(0.2)

    with ThreadPoolExecutor(USERS) as users:
        list(users.map(use, emails, row_ids))
    assert client.statuses.keys() == {200, 503}, "none was served, or none shed"
    assert max(waits) < 10, f"a client waited for {max(waits):.1f} s"  # the promise itself: refused at once
    trial.recover()
