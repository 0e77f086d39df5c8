"""`make demo` and `make load-test` against the whole system, small."""

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.guardian import Child
from tests.support.stack import ROOT
from tools.demo import fill, invent_people

PEOPLE = invent_people()[:100]
OWN_DOMAIN = "prueba-de-carga.example.com"


def test_of_many_people_at_once_each_is_one_row_one_event_and_one_mail(stack):
    emails = [person["email"] for person in PEOPLE]
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda person: stack.http.post("/empleados", json=person), PEOPLE))
    assert {answer.status_code for answer in answers} == {201}
    assert fill(stack.http, PEOPLE) == 0, "make demo adds no employee twice"

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


@pytest.fixture
def load_test(stack, tmp_path):
    """Starts the command; its JSON is at ``report``."""
    stack.http.post("/empleados", json=invent_people()[len(PEOPLE)])
    reports = [f"--url={stack.url}", f"--json={tmp_path}/report.json", f"--report={tmp_path}/new/report.html"]
    command = [sys.executable, "-m", "benchmarks.load", *reports]

    def start(*arguments):
        options = {"cwd": ROOT, "env": stack.environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return Child([*command, *arguments], **options)

    return start


OWN_ROWS = f"SELECT count(*) FROM empleados WHERE email LIKE '%@{OWN_DOMAIN}'"  # noqa: S608 - ours


def test_the_mix_has_its_shares_keeps_its_thresholds_and_leaves_no_employee_behind(stack, load_test, tmp_path):
    process = load_test("--profile=mix", "--concurrency=2", "--errors=0%", "--p95=30000ms")
    output, errors = process.communicate()

    assert process.returncode == 0, errors
    assert re.search(r"^  Total: +50\n  Exitosas: +50\n  Fallidas: +0\n  Tasa de éxito:  100 %$", output, re.MULTILINE)
    assert re.search(r"^P95 ≤ 30000 ms: se cumple \(\d+\.\d\d ms\)$", output, re.MULTILINE)
    kinds = json.loads((tmp_path / "report.json").read_text("utf-8"))["kinds"]
    assert {kind["name"]: kind["num_requests"] for kind in kinds} == {
        "listar": 9,
        "página siguiente": 3,
        "buscar": 11,
        "ver": 6,
        "filtrar": 3,
        "resumen": 5,
        "historial": 5,
        "correos": 3,
        "alta": 2,
        "cambio": 2,
        "baja": 1,
    }
    assert "p\\u00e1gina siguiente" in (tmp_path / "new" / "report.html").read_text("utf-8")
    assert stack.query(OWN_ROWS) == [[0]]


def test_a_mix_that_is_interrupted_leaves_no_employee_behind_either(stack, load_test):
    process = load_test("--profile=mix", "--requests=100000", "--concurrency=4")
    stack.wait_for("its changes", lambda: stack.query(f"{OWN_ROWS} AND version > 1") != [[0]])
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()

    assert process.returncode == 130, errors
    assert "Borrados: " in output
    assert stack.query(OWN_ROWS) == [[0]]


def test_a_climb_ends_at_the_knee(load_test):
    output, _ = (process := load_test("--profile=step", "--p95=0")).communicate()

    assert process.returncode == 1
    assert "No hay rodilla (el P95 pasa de su límite)." in output
    assert "P95 ≤ 0 ms: NO se cumple" in output
