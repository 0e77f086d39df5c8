"""Many people at once: nothing is lost and nothing happens twice."""

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

# `BURST=1000 pytest tests/stack/test_burst.py` is the load of the project's acceptance.
EMPLOYEES = int(os.environ.get("BURST", "100"))
CLIENTS = 20
# The sweep and the queue take some milliseconds an event.
SECONDS = 60 + EMPLOYEES * 0.2


def test_each_of_a_burst_of_creations_is_one_row_one_event_and_one_mail(stack):
    emails = [f"rafaga-{number:05}@example.com" for number in range(EMPLOYEES)]

    def create(email):
        employee = {"nombre": f"Ráfaga {email}", "email": email, "posicion": "Prueba", "salario": 1}
        return stack.http.post("/empleados", json=employee).status_code

    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = Counter(clients.map(create, emails))

    assert statuses == {201: EMPLOYEES}
    assert _count(stack, "SELECT count(*) FROM empleados WHERE email LIKE 'rafaga-%'") == EMPLOYEES
    events = """SELECT count(*) FROM eventos JOIN empleados ON empleados.id = eventos.empleado_id
                WHERE empleados.email LIKE 'rafaga-%'"""
    assert _count(stack, events) == EMPLOYEES
    stack.wait_for("all mails", lambda: len(stack.mails_about("rafaga-")) >= EMPLOYEES, SECONDS)
    # What would come twice would come now.
    stack.wait_for("empty queues", stack.has_empty_queues)
    announced = re.findall(
        r"^Correo: (rafaga-.*)$", "\n".join(mail["BodyText"] for mail in stack.mails_about("rafaga-")), re.MULTILINE
    )
    assert Counter(announced) == Counter(emails)
    assert _count(stack, events + " AND publicado_en IS NULL") == 0


def _count(stack, statement):
    ((count,),) = stack.query(statement)
    return int(count)
