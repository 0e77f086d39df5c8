"""How the stack ends, comes back, and declines to start."""

import signal

import pytest

from tests.support.stack import COMMAND


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_stack_leaves_nothing_behind_and_a_second_start_keeps_the_data(stack, how):
    email = f"queda-{how}@example.com"
    employee = {"nombre": "Queda Siempre", "email": email, "posicion": "Prueba", "salario": 1}
    created = stack.http.post("/empleados", json=employee)
    place = created.headers["location"]
    stack.wait_for("the delivery", lambda: _states_of_mails(stack, created.json()["id"]) == ["entregado"])

    left = stack.stop(how)
    code = stack.exit_code
    stack.start()

    assert (code, left) == (-how if how == signal.SIGKILL else 0, [])
    assert stack.http.get(place).json()["email"] == email
    assert [event["tipo"] for event in stack.http.get(f"{place}/eventos").json()] == ["creado"]
    if how != signal.SIGKILL:  # the emulator writes the ledger when it ends
        assert _states_of_mails(stack, created.json()["id"]) == ["entregado"]


def _states_of_mails(stack, employee):
    mails = stack.http.get("/correos").json()
    return [mail["estado"] for mail in mails if mail["empleado"] == employee]


def test_a_second_run_in_the_same_folder_is_one_sentence(stack):
    second = stack.run(*COMMAND, **dict.fromkeys(stack.ports, "0"))

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.startswith(f"It runs already (process {stack.processes()[0].pid}): stop that one first.")


def test_what_it_keeps_is_for_its_owner_only(stack):
    stack.wait_for("empty queues", stack.has_empty_queues)  # no file is being written
    kept = [path for path in stack.state.rglob("*") if stack.state / "postgres" not in path.parents]

    assert len(kept) > 10
    assert {path.name: path.stat().st_mode & 0o077 for path in kept if path.stat().st_mode & 0o077} == {}
