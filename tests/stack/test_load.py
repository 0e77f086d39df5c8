"""`make demo` and `make load-test` against the whole system, small."""

import json
import sys

import httpx

from tools.demo.__main__ import fill
from tools.demo.people import invent_people

PEOPLE = invent_people()[:30]
OWN_DOMAIN = "prueba-de-carga.example.com"


def test_the_people_of_the_demo_are_taken_once_and_the_mix_leaves_no_employee_behind(stack, tmp_path):
    with httpx.Client(trust_env=False, headers={"Authorization": stack.authorization("rrhh")}) as client:
        assert [fill(client, stack.url, PEOPLE) for _ in range(2)] == [30, 0]
    report = tmp_path / "report.json"
    options = [f"--url={stack.url}", "--profile=mix", "--concurrency=2", "--errors=0%"]
    reports = [f"--json={report}", f"--report={tmp_path}/report.html"]
    finished = stack.run(sys.executable, "-m", "benchmarks.load", *options, *reports)

    assert finished.returncode == 0, finished.stdout
    document = json.loads(report.read_text(encoding="utf-8"))
    assert (document["total"], document["failed"], len(document["kinds"])) == (50, 0, 11)
    assert stack.query(f"SELECT count(*) FROM empleados WHERE email LIKE '%@{OWN_DOMAIN}'") == [[0]]  # noqa: S608 - ours
