"""The walk of the README: from a request to the row, the event and the mail."""

ANA = {"nombre": "Ana Pérez Paseo", "email": "ana.paseo@example.com", "posicion": "Analista", "salario": 5000.5}


def test_an_employee_is_created_changed_and_removed_and_each_step_is_kept_and_announced(stack):
    created = stack.http.post("/empleados", json=ANA)
    assert created.status_code == 201, created.text
    place, tag = created.headers["location"], created.headers["etag"]
    empleado = created.json()
    assert place == f"/empleados/{empleado['id']}"
    assert {**empleado, **ANA} == empleado

    # the row
    rows = stack.query("SELECT nombre, salario::text, version FROM empleados WHERE email = :email", email=ANA["email"])
    assert rows == [["Ana Pérez Paseo", "5000.50", 1]]

    # found without accents and in any case; unchanged since
    assert [row["id"] for row in stack.http.get("/empleados", params={"q": "ANA perez paseo"}).json()] == [
        empleado["id"]
    ]
    assert stack.http.get(place, headers={"If-None-Match": tag}).status_code == 304

    # changed once; who works with the old version is told so
    changed = stack.http.put(place, json={"posicion": "Jefa"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["posicion"], changed.json()["version"]) == (200, "Jefa", 2)
    assert stack.http.put(place, json={"posicion": "Otra"}, headers={"If-Match": tag}).status_code == 412

    # gone, but not its history
    assert stack.http.delete(place).status_code == 204
    assert stack.http.get(place).status_code == 404
    history = stack.http.get(f"{place}/eventos").json()
    assert [event["tipo"] for event in history] == ["eliminado", "actualizado", "creado"]

    # a mail for each step, to the one recipient, and none twice
    stack.wait_for("three mails", lambda: len(stack.mails_about("Ana Pérez Paseo")) >= 3)
    mails = stack.mails_about("Ana Pérez Paseo")
    assert [mail["To"] for mail in mails] == [["rrhh@example.com"]] * 3
    assert sorted(mail["Subject"].partition(" ")[0] for mail in mails) == ["Alta:", "Baja:", "Cambios"]
    assert "5000" not in str(mails)


def test_the_parts_are_well(stack):
    answer = stack.http.get("/health", params={"deep": "1"})

    assert answer.status_code == 200
    assert {name: part["estado"] for name, part in answer.json()["partes"].items()} == {"crud": "ok", "email": "ok"}


def test_a_mail_of_ones_own_goes_through_the_same_queue(stack):
    mail = {"to": "alguien@example.com", "subject": "Aviso propio", "body": "Hola,\n\nhasta mañana."}

    accepted = stack.http.post("/notify/email", json=mail)

    assert accepted.status_code == 202, accepted.text
    stack.wait_for("the mail", lambda: stack.mails_about("Aviso propio"))
    place = accepted.headers["location"]
    stack.wait_for("its delivery", lambda: stack.http.get(place).json()["estado"] == "entregado")
    stack.wait_for("empty queues", stack.has_empty_queues)
