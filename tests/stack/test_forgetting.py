"""`make forget` in the running system removes a person everywhere, and nothing else."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from local import resources

NAME, ADDRESS, OTHER_ADDRESS, POSITION = "Olvidada Qwx", "qwx-1@example.com", "qwx-2@example.com", "Cargo Qwx"
VALUES = (NAME, "Qwx", "qwx", ADDRESS, OTHER_ADDRESS, POSITION)


def everything(stack):
    """All that database and ledger hold, and all that people are shown of it."""
    rows = stack.query("SELECT empleados::text FROM empleados UNION ALL SELECT eventos::text FROM eventos")
    items = stack.client("dynamodb").scan(TableName=resources.LEDGER_TABLE)["Items"]
    shown = [stack.http.get(path).text for path in ("/empleados?q=qwx", "/eventos?limite=200", "/correos?limite=200")]
    mails = [file.read_text("utf-8") for file in (stack.state / "inbox").glob("*.eml")]
    return json.dumps([rows, items, shown, mails], ensure_ascii=False)


@pytest.fixture
def person(stack):
    """An employee who was created, changed and greeted, with all emails sent."""
    employee: dict[str, Any] = {"nombre": NAME, "email": ADDRESS, "posicion": POSITION, "salario": 1}
    row_id = stack.http.post("/empleados", json=employee).json()["id"]
    stack.http.put(f"/empleados/{row_id}", json={"email": OTHER_ADDRESS})
    stack.http.post("/notify/email", json={"to": ADDRESS, "subject": f"Para {NAME}", "body": "Hola"})
    stack.wait_for("three mails", lambda: len(stack.mails_about("Qwx")) >= 3)
    stack.wait_for("empty queues", stack.has_empty_queues)
    return row_id


def test_nothing_says_any_more_who_it_was(stack, person):
    assert [value for value in VALUES if value not in everything(stack)] == []

    # What `make forget ID=… LAPTOP=1 YES=1` runs.
    done = stack.run(sys.executable, "-m", "tools.forget", "--laptop", "--id", str(person), YES="1")

    assert (done.returncode, done.stderr) == (0, "")
    assert [value for value in VALUES if value in everything(stack) + done.stdout] == []
    assert "Forgotten." in done.stdout
    assert stack.http.get(f"/empleados/{person}").status_code == 404
    history = stack.http.get(f"/empleados/{person}/eventos").json()
    assert [evento["tipo"] for evento in history] == ["eliminado", "actualizado", "creado"]
    assert {evento["empleado"]["nombre"] for evento in history} == {None}
    assert history[2]["actor"] == "admin@example.com"
    mails = stack.http.get("/correos", params={"empleado": person}).json()
    assert {(mail["destinatario"], mail["asunto"]) for mail in mails} == {("rrhh@example.com", None)}
    # Nothing is left of which the sweep would tell anyone.
    pending = "SELECT count(*) FROM eventos WHERE empleado_id = :id AND publicado_en IS NULL"
    assert stack.query(pending, id=person) == [[0]]
