"""The project's own packages: complete, small, the same each time, and able to answer with nothing around them."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.bench.process import RUNNER, Operation, Process, Subject
from benchmarks.bench.workshop import event, link_runtime
from chalice_devserver.http import HOST, HttpResponse, LoopbackServer
from chalice_frontdoor.testing.events import health_check_event
from chalice_frontdoor.testing.responses import check_response
from chalice_terraform.settings import read_settings
from tests.unit.packaging.conftest import ROOT

DOORS = {"crud_app": "http_api_2", "email_app": "http_api_2", "bff_app": "alb_multi"}
APPS = tuple(DOORS)
# A module a line. `make imports` writes them anew; what a new line costs must be seen and decided.
FIRST_IMPORTS = Path(__file__).with_name("first_imports")
# Of this Python; others import other parts of their own library.
LISTED_WITH = (3, 11)
SCHEDULED_EVENT = (ROOT / "tests/contracts/aws/schedule.json").read_text()
HEALTH_CHECK = json.dumps(health_check_event())
# Far below a budget, the budget would notice nothing.
SLACK = 1.3


@pytest.fixture
def sandbox(packaged, tmp_path):
    """Unpacks an app as Lambda does, into a read-only folder, and calls its handler there, with nothing around it.

    ``calls`` are events with the status that is due. Returns the answers, and the names of the modules that the first
    call imported.
    """
    task_root, runtime = tmp_path / "task", tmp_path / "runtime"
    link_runtime(runtime)

    def call(app, calls, environment=None, handler="app.app"):
        with zipfile.ZipFile(packaged(app) / "deployment.zip") as archive:
            archive.extractall(task_root)
        task_root.chmod(0o555)
        with Process(Subject(app, (task_root, runtime), handler, environment or {})) as process:
            done = [process.call(Operation("", [sent], 1, status)) for sent, status in calls]
        allowed = (str(task_root), str(runtime), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
        around = {file for file in done[-1]["modules"].values() if file and not file.startswith(allowed)}
        assert around <= {str(RUNNER)}
        assert "app" in done[0]["modules"]
        return [each["answer"] for each in done], done[0]["modules"]

    yield call
    if task_root.exists():
        task_root.chmod(0o755)


@pytest.mark.parametrize("app", APPS)
def test_the_package_is_compiled_within_its_budget_and_the_budget_is_tight(packaged, app):
    package, budget = packaged(app) / "deployment.zip", read_settings(ROOT / app).max_bytes
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    suffixes = Counter(PurePosixPath(name).suffix for name in names)

    assert budget is not None
    assert package.stat().st_size <= budget <= package.stat().st_size * SLACK
    assert suffixes[".pyc"] == suffixes[".py"] > 0
    assert not [name for name in names if name.startswith(".") or "tests/" in name]


@pytest.fixture
def own_database(migrated_database, worker_id):
    """A database for the events that stay behind."""
    return migrated_database(f"packaged_{worker_id}")


def test_crud_app_does_all_its_work_from_its_package(sandbox, own_database, closed_port):
    """What `.chalice/terraform.toml` leaves out, no statement, no error and no document needs."""
    ana = {"nombre": "Ana Pérez", "email": "ana.packaged@example.com", "posicion": "Analista", "salario": 5000.10}
    environment = {"DATABASE_URL": own_database, "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:nowhere"} | {
        # No emulator here: publishing must fail at once, and leave the event to the sweep.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # No request has a token.
        "DEMO": "true",
    }
    [created], _ = sandbox("crud_app", [(event("POST", "/empleados", ana), 201)], environment)
    empleado = f"/empleados/{json.loads(created['body'])['id']}"

    calls = [
        (event("GET", "/health?deep=1"), 200),
        (event("GET", empleado), 200),
        (event("GET", "/empleados?q=perez&orden=-salario&limite=1"), 200),
        (event("POST", "/empleados", ana), 409),
        (event("POST", "/empleados", {"salario": "much"}), 422),
        (event("PUT", empleado, {"posicion": "Jefa"}, headers=(("if-match", '"1"'),)), 200),
        (event("PUT", empleado, {"posicion": "Jefa"}, headers=(("if-match", '"1"'),)), 412),
        (event("GET", f"{empleado}/eventos"), 200),
        (event("GET", "/eventos"), 200),
        (event("GET", "/resumen"), 200),
        (event("GET", "/openapi.json"), 200),
        (event("DELETE", empleado), 204),
        (event("GET", empleado), 404),
    ]
    sandbox("crud_app", calls, environment)
    sandbox("crud_app", [(SCHEDULED_EVENT, None)], environment, handler="app.publicar_pendientes")


def test_bff_app_passes_a_request_on_from_its_package(sandbox, upstream):
    asked = (("GET", "/empleados?q=ana", None), ("POST", "/empleados", {"nombre": "Ana"}), ("GET", "/", None))
    calls = [(event(*each, door="alb_multi"), 200) for each in asked]
    answers, _ = sandbox("bff_app", calls, {"CRUD_API_URL": upstream, "EMAIL_API_URL": upstream, "DEMO": "true"})
    assert [answer["body"] for answer in answers[:2]] == ["GET /empleados?q=ana", "POST /empleados?"]


class Echo(LoopbackServer):
    """An API that says what it was asked."""

    def answer(self, request):
        text = f"{request.method} {request.path}?{request.query}"
        return HttpResponse(200, [("Content-Type", "text/plain")], text.encode())


@pytest.fixture
def upstream():
    server = Echo(max_request_bytes=10_000)
    server.start()
    yield f"http://{HOST}:{server.port}"
    server.stop()


@pytest.mark.parametrize("app", APPS)
def test_the_first_request_imports_nothing_that_is_not_in_the_list(sandbox, app, own_database, upstream):
    """Each import lengthens a cold start."""
    question, environment = {
        "crud_app": ("/empleados", {"DATABASE_URL": own_database}),
        "email_app": ("/health", {}),
        "bff_app": ("/empleados", {"CRUD_API_URL": upstream, "EMAIL_API_URL": upstream, "DEMO": "true"}),
    }[app]
    # A load balancer asks after bff_app only: the other two refuse what their door cannot have sent.
    calls = [(event("GET", question, door=DOORS[app]), 200), (HEALTH_CHECK, 200 if app == "bff_app" else 403)]
    answers, modules = sandbox(app, calls, environment)

    check_response(DOORS[app], answers[0])
    check_response("alb_multi", answers[1])
    found = [name for name in sorted(modules) if not _is_python_s_own(name)]
    listed = FIRST_IMPORTS / f"{app}.txt"
    if os.environ.get("WRITE_IMPORTS"):
        listed.write_text("\n".join(found) + "\n", "utf-8")
    assert sorted(set(found) - set(listed.read_text("utf-8").split())) == []


def _is_python_s_own(module):
    """Private modules of the standard library; all of them where the lists are another version's."""
    parts = module.split(".")
    is_counted = sys.version_info[:2] == LISTED_WITH and not any(part.startswith("_") for part in parts)
    return parts[0] in sys.stdlib_module_names and not is_counted
