"""`make demo` and `make load-test` against the whole system, small."""

import json
import sys

import httpx

from tools.demo.__main__ import Filler
from tools.demo.people import invent_people

PEOPLE = invent_people()[:30]
OWN_DOMAIN = "prueba-de-carga.example.com"


def fill(stack):
    """For each person, whether they are new."""
    with httpx.Client(trust_env=False, headers={"Authorization": stack.authorization("rrhh")}) as client:
        filler = Filler(client, stack.url)
        list(filler.fill(PEOPLE))
        return filler.added


def test_the_people_of_the_demo_are_taken_once(stack):
    assert len(fill(stack)) == 30
    rows = "SELECT id, nombre, salario::text, fecha_contratacion::text, version FROM empleados WHERE email = :email"
    before = [stack.query(rows, email=person.email) for person in PEOPLE]
    assert fill(stack) == [False] * 30
    assert [stack.query(rows, email=person.email) for person in PEOPLE] == before
    assert [row[1:] for ((row),) in before] == [
        [person.nombre, f"{person.salario}.00", person.fecha_contratacion, 1] for person in PEOPLE
    ]


def test_the_mix_succeeds_and_leaves_no_employee_behind(stack, tmp_path):
    fill(stack)
    report = tmp_path / "report.json"
    options = [f"--url={stack.url}", "--profile=mix", "--concurrency=2", "--errors=0%"]
    reports = [f"--json={report}", f"--report={tmp_path}/report.html"]
    finished = stack.run(sys.executable, "-m", "benchmarks.load", *options, *reports)

    assert finished.returncode == 0, finished.stdout
    document = json.loads(report.read_text(encoding="utf-8"))
    assert (document["total"], document["failed"], len(document["kinds"])) == (50, 0, 11)
    assert stack.query(f"SELECT count(*) FROM empleados WHERE email LIKE '%@{OWN_DOMAIN}'") == [[0]]  # noqa: S608 - ours
