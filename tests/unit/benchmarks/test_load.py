"""`make load-test` against a directory in memory."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl

import pytest

from benchmarks.load.__main__ import main
from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer
from local.settings import ROOT
from tests.support.waiting import wait_until

OWN = {"email": "killed-1@prueba-de-carga.example.com", "posicion": "Prueba de carga"}
REFUSED = {
    "--profile=write": "invalid choice: 'write'",
    "--requests=0": "REQUESTS must be a whole number from 1 to 100,000",
    "--p95=fast": "P95 must be a whole number from 0 to 30,000, not 'fast'",
    "--errors=101%": "ERRORS must be a whole number from 0 to 100",
    "--url=https://directorio.example.com": "say MINE=1 if it is yours",
}


class Directory(LoopbackServer):
    """As much of the API as a load test uses, in memory; searches with ``q`` answer ``search_status``."""

    def __init__(self):
        self.rows: dict[str, dict[str, Any]] = {}
        self.requests: list[HttpRequest] = []
        self.search_status = 200
        self._numbers = itertools.count(1)
        super().__init__(0, max_request_bytes=10_000)

    def add(self, **values):
        row = {"id": next(self._numbers), "version": 1, "nombre": "Ana Núñez", "posicion": "Analista", **values}
        self.rows[str(row["id"])] = row
        return row

    def answer(self, request):
        self.requests.append(request)
        query = dict(parse_qsl(request.query))
        match request.method, request.path.split("/")[1:]:
            case "GET", ["empleados"]:
                rows = [row for row in list(self.rows.values()) if query.get("q", "").lower() in str(row).lower()]
                status = self.search_status if "q" in query else 200
                return json_answer(rows[:50], status, ("Link", '</empleados?cursor=50>; rel="next"'))
            case "POST", ["empleados"]:
                row = self.add(**json.loads(request.body))
                return json_answer(row, 201, ("Location", f"/empleados/{row['id']}"), ("ETag", '"1"'))
            case "PUT", ["empleados", number]:
                return json_answer(self.rows[number], 200, ("ETag", '"2"'))
            case "DELETE", ["empleados", number]:
                del self.rows[number]
                return HttpResponse(204, [], b"")
            case "GET", ["empleados", number]:
                return json_answer(self.rows[number])
        return json_answer([])


def json_answer(document, status=200, *headers):
    return HttpResponse(status, [("Content-Type", "application/json"), *headers], json.dumps(document).encode())


@pytest.fixture
def directory():
    """A directory with 120 employees."""
    directory = Directory()
    for number in range(120):
        directory.add(email=f"ana{number}@example.com")
    directory.start()
    yield directory
    directory.stop()


class LoadTest:
    """Runs the program against ``directory``; the reports are written to ``folder``."""

    def __init__(self, directory, folder):
        self._json = folder / "load.json"
        self._arguments = [
            f"--url=http://127.0.0.1:{directory.port}",
            f"--report={folder}/new/load.html",
            f"--json={self._json}",
        ]

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", *self._arguments, *arguments],
            cwd=ROOT,
            env={**os.environ, "LOCAL_STATE": str(self._json.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments):
        """Exit code, output and errors."""
        process = self.start(*arguments)
        output, errors = process.communicate()
        return process.returncode, output, errors

    @property
    def document(self):
        found: dict[str, Any] = json.loads(self._json.read_text("utf-8"))
        return found


@pytest.fixture
def load_test(directory, tmp_path):
    return LoadTest(directory, tmp_path)


def test_reading_sends_every_request_once_and_reports_thresholds(load_test, directory, tmp_path):
    code, output, errors = load_test.run("--requests=20", "--concurrency=2", "--p95=30000ms", "--errors=0%")
    assert code == 0, errors
    assert re.search(r"^  Total: +20\n  Exitosas: +20\n  Fallidas: +0\n  Tasa de éxito:  100 %$", output, re.MULTILINE)
    assert re.search(r"^P95 ≤ 30000 ms: se cumple \(\d+\.\d\d ms\)$", output, re.MULTILINE)
    assert "p\\u00e1gina siguiente" in (tmp_path / "new" / "load.html").read_text("utf-8")
    kinds = {kind["name"]: kind["num_requests"] for kind in load_test.document["kinds"]}
    assert kinds == {"listar": 8, "buscar": 6, "ver": 4, "página siguiente": 2}
    assert len([request for request in directory.requests if request.path != "/health"]) == 20 + 3


def test_a_mix_that_is_interrupted_leaves_no_employee_behind(load_test, directory):
    before = dict(directory.rows)
    directory.add(**OWN)  # of a run that could not clean up
    process = load_test.start("--profile=mix", "--requests=100000", "--concurrency=4")
    wait_until(lambda: "PUT" in {request.method for request in list(directory.requests)})
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Borrados: " in output
    assert directory.rows == before


def test_a_climb_ends_at_the_knee(load_test, directory):
    directory.search_status = 503
    code, output, _ = load_test.run("--profile=step")
    assert (code, len(load_test.document["steps"])) == (1, 1)
    assert "No hay rodilla (fallan demasiadas peticiones)." in output
    assert "Fallidas ≤ 1 %: NO se cumple" in output


def test_an_empty_directory_is_not_loaded(load_test, directory):
    directory.rows.clear()
    code, _, errors = load_test.run()
    assert code == 2
    assert errors.endswith("is empty: fill it with `make demo`.\n")


@pytest.mark.parametrize(("argument", "sentence"), REFUSED.items())
def test_a_bad_value_is_refused(argument, sentence, capsys):
    with pytest.raises(SystemExit) as refusal:
        main([argument], {})
    assert refusal.value.code == 2
    assert sentence in capsys.readouterr().err
