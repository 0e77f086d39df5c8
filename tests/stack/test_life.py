"""How the stack ends, comes back, and declines to start."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.stack import ROOT, Stack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_the_stack_leaves_nothing_behind_and_a_second_start_keeps_the_data(stack: Stack, how: signal.Signals) -> None:
    email = f"queda-{how}@example.com"
    employee = {"nombre": "Queda Siempre", "email": email, "posicion": "Prueba", "salario": 1}
    created = stack.http.post("/empleados", json=employee)
    place = created.headers["location"]
    stack.wait_for("the delivery", lambda: _states_of_mails(stack, created.json()["id"]) == ["entregado"])

    left = stack.stop(how)
    ended_with = (stack.exit_code, left)
    stack.start()

    assert ended_with == (0, [])
    assert stack.http.get(place).json()["email"] == email
    assert [event["tipo"] for event in stack.http.get(f"{place}/eventos").json()] == ["creado"]
    assert _states_of_mails(stack, created.json()["id"]) == ["entregado"]


def _states_of_mails(stack: Stack, employee: int) -> list[str]:
    mails = stack.http.get("/correos").json()
    return [mail["estado"] for mail in mails if mail["empleado"] == employee]


@pytest.mark.parametrize("variable", ["BFF_PORT", "CRUD_PORT", "EMAIL_PORT", "AWS_PORT"])
def test_a_busy_port_is_one_sentence_that_says_what_to_do(stack: Stack, tmp_path: Path, variable: str) -> None:
    another = Stack(tmp_path)
    busy = str(stack.ports[variable])

    finished = subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=another.environment(**{variable: busy}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    another.http.close()
    assert finished.returncode != 0
    (sentence,) = finished.stderr.strip().splitlines()
    assert busy in sentence
    assert variable in sentence
    assert finished.stdout == ""
