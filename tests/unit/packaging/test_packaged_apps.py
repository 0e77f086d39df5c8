"""The project's own packages: complete, small, the same each time, and able to answer with nothing around them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from chalice_devserver.http import HOST, HttpResponse, LoopbackServer
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import Wire, event_for, health_check_event
from chalice_frontdoor.testing.responses import check_response
from chalice_terraform.settings import read_settings
from tests.unit.packaging.conftest import ROOT

DOORS = {"crud_app": "http_api_2", "email_app": "http_api_2", "bff_app": "alb_multi"}
APPS = tuple(DOORS)
# What AWS puts beside the code in its Python runtimes.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
# A module a line. `make imports` writes them anew; what a new line costs must be seen and decided.
FIRST_IMPORTS = Path(__file__).with_name("first_imports")
# Of this Python; others import other parts of their own library.
LISTED_WITH = (3, 11)
SCHEDULED_EVENT = json.loads((ROOT / "tests/contracts/aws/schedule.json").read_text())
# Far below a budget, the budget would notice nothing.
SLACK = 1.3


@pytest.fixture(scope="session")
def runtime(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runtime")
    installed = Path(sysconfig.get_path("purelib"))
    for name in RUNTIME_PACKAGES:
        (folder / name).symlink_to(installed / name)
    return folder


@pytest.fixture
def sandbox(packaged, runtime, tmp_path):
    """Unpacks an app as Lambda does, into a read-only folder, and calls its handlers there, with nothing around it.

    Returns their answers, and the names of the modules that the first call imported.
    """
    task_root = tmp_path / "task"

    def call(app, calls, environment=None):
        with zipfile.ZipFile(packaged(app) / "deployment.zip") as archive:
            archive.extractall(task_root)
        task_root.chmod(0o555)
        result = subprocess.run(
            [sys.executable, "-I", "-S", Path(__file__).with_name("lambda_sandbox.py"), task_root, runtime],
            input=json.dumps([{"handler": handler, "event": event} for handler, event in calls]),
            env=environment or {},
            capture_output=True,
            text=True,
            check=False,
            cwd=task_root,
        )
        assert result.returncode == 0, result.stderr
        ran = json.loads(result.stdout.splitlines()[-1])
        allowed = (str(task_root), str(runtime), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
        around = {Path(file).name for file in ran["files"] if not file.startswith(allowed)}
        assert around == {"lambda_sandbox.py"}
        return ran["answers"], ran["modules"]

    yield call
    if task_root.exists():
        task_root.chmod(0o755)


def request(method, path, body=None, *, door="http_api_2", **headers):
    """A request with the role rrhh."""
    lines = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    content = b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    typed = (*lines, ("content-type", "application/json")) if content else lines
    return "app.app", event_for(door, Wire(method, path, query, typed, content, claims=person("rrhh")))


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


def test_crud_app_does_all_its_work_from_its_package(sandbox, own_database):
    """What `.chalice/terraform.toml` leaves out, no statement, no error and no document needs."""
    ana = {"nombre": "Ana Pérez", "email": "ana.packaged@example.com", "posicion": "Analista", "salario": 5000.10}
    environment = {"DATABASE_URL": own_database, "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:nowhere"} | {
        # No emulator here: publishing must fail at once, and leave the event to the sweep.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # No request has a token.
        "DEMO": "true",
    }
    [created], _ = sandbox("crud_app", [request("POST", "/empleados", ana)], environment)
    assert created["statusCode"] == 201, created
    empleado = f"/empleados/{json.loads(created['body'])['id']}"

    calls = [
        (request("GET", "/health?deep=1"), 200),
        (request("GET", empleado), 200),
        (request("GET", "/empleados?q=perez&orden=-salario&limite=1"), 200),
        (request("POST", "/empleados", ana), 409),
        (request("POST", "/empleados", {"salario": "much"}), 422),
        (request("PUT", empleado, {"posicion": "Jefa"}, if_match='"1"'), 200),
        (request("PUT", empleado, {"posicion": "Jefa"}, if_match='"1"'), 412),
        (request("GET", f"{empleado}/eventos"), 200),
        (request("GET", "/eventos"), 200),
        (request("GET", "/resumen"), 200),
        (request("GET", "/openapi.json"), 200),
        (request("DELETE", empleado), 204),
        (request("GET", empleado), 404),
        (("app.publicar_pendientes", SCHEDULED_EVENT), None),
    ]
    answers, _ = sandbox("crud_app", [call for call, _ in calls], environment)
    got = [answer and answer["statusCode"] for answer in answers]
    assert got == [status for _, status in calls], answers


def test_bff_app_passes_a_request_on_from_its_package(sandbox, upstream):
    asked = (("GET", "/empleados?q=ana", None), ("POST", "/empleados", {"nombre": "Ana"}), ("GET", "/", None))
    calls = [request(*each, door="alb_multi") for each in asked]
    answers, _ = sandbox("bff_app", calls, {"CRUD_API_URL": upstream, "EMAIL_API_URL": upstream, "DEMO": "true"})
    assert [answer["statusCode"] for answer in answers] == [200, 200, 200]
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
    calls = [request("GET", question, door=DOORS[app]), ("app.app", health_check_event())]
    answers, modules = sandbox(app, calls, environment)

    check_response(DOORS[app], answers[0])
    check_response("alb_multi", answers[1])
    # A load balancer asks after bff_app only: the other two refuse what their door cannot have sent.
    assert [answer["statusCode"] for answer in answers] == [200, 200 if app == "bff_app" else 403]
    found = [name for name in modules if not _is_python_s_own(name)]
    listed = FIRST_IMPORTS / f"{app}.txt"
    if os.environ.get("WRITE_IMPORTS"):
        listed.write_text("\n".join(found) + "\n", "utf-8")
    assert sorted(set(found) - set(listed.read_text("utf-8").split())) == []


def _is_python_s_own(module):
    """Private modules of the standard library; all of them where the lists are another version's."""
    parts = module.split(".")
    is_counted = sys.version_info[:2] == LISTED_WITH and not any(part.startswith("_") for part in parts)
    return parts[0] in sys.stdlib_module_names and not is_counted
