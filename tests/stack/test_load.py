"""`make demo` and `make load-test` against the whole system, small."""

import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from tools.demo.__main__ import fill
from tools.demo.people import invent_people

PEOPLE = invent_people()[:100]
OWN_DOMAIN = "prueba-de-carga.example.com"


def test_of_many_people_at_once_each_is_one_row_one_event_and_one_mail(stack):
    emails = [person.email for person in PEOPLE]
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda person: stack.http.post("/empleados", json=person._asdict()), PEOPLE))
    assert {answer.status_code for answer in answers} == {201}
    with httpx.Client(trust_env=False, headers={"Authorization": stack.authorization("rrhh")}) as client:
        assert fill(client, stack.url, PEOPLE) == 0, "make demo adds no employee twice"

    stack.wait_for("the mails", lambda: set(announced(stack)) >= set(emails))
    stack.wait_for("empty queues", stack.has_empty_queues)  # what would come twice would come now
    mails = Counter(announced(stack))
    assert {email: mails[email] for email in emails} == dict.fromkeys(emails, 1)
    history = "SELECT count(*), count(publicado_en) FROM eventos JOIN empleados ON empleados.id = empleado_id"
    assert stack.query(f"{history} WHERE email = ANY(:emails)", emails=emails) == [[len(PEOPLE), len(PEOPLE)]]


def announced(stack):
    """The addresses of employees that mails are about."""
    texts = "\n".join(mail["BodyText"] for mail in stack.mails_about("Correo: "))
    return re.findall(r"^Correo: (.*)$", texts, re.MULTILINE)


def test_the_mix_leaves_no_employee_behind(stack, tmp_path):
    stack.http.post("/empleados", json=invent_people()[len(PEOPLE)]._asdict())
    report = tmp_path / "report.json"
    options = [f"--url={stack.url}", "--profile=mix", "--concurrency=2", "--errors=0%"]
    reports = [f"--json={report}", f"--report={tmp_path}/report.html"]
    finished = stack.run(sys.executable, "-m", "benchmarks.load", *options, *reports)

    assert finished.returncode == 0, finished.stdout
    document = json.loads(report.read_text(encoding="utf-8"))
    assert (document["total"], document["failed"], len(document["kinds"])) == (50, 0, 11)
    assert stack.query(f"SELECT count(*) FROM empleados WHERE email LIKE '%@{OWN_DOMAIN}'") == [[0]]  # noqa: S608 - ours
