"""The way from the client to crud_app: clients that leave, and too many of them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.faults.client import CREADO, employee
from tests.faults.directory import CONCURRENCY
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.faults.directory import Directory


def test_way_in_client_gone(directory: Directory) -> None:
    """10 clients that leave in the middle of their request, or right after it: all of a change is made, or nothing."""
    for number in range(10):
        email = directory.client.new_email()
        request = directory.http.build_request("POST", "/empleados", json=employee(email))
        headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        sent = f"POST /empleados HTTP/1.1\r\n{headers}\r\n".encode() + request.content
        with socket.create_connection((request.url.host, request.url.port or 0)) as client:
            client.sendall(sent[:-20] if number % 2 else sent)
        directory.client.unknown[email, CREADO] += 1
    directory.recover()


def test_way_in_overload(directory: Directory) -> None:
    """What does not fit is refused while the rest waits, and the rest is served."""
    crud, client = directory.crud, directory.client
    crud.gate.clear()
    with ThreadPoolExecutor(CONCURRENCY) as others:
        try:
            fitting = [others.submit(client.create) for _ in range(CONCURRENCY)]
            wait_until(lambda: crud.busy_count == CONCURRENCY, "as many requests as fit")
            told = client.create()
            assert not any(each.done() for each in fitting), "it was not refused at once"
        finally:
            crud.gate.set()
    assert told.is_refused
    assert all(each.result().is_done for each in fitting)
    directory.recover()
