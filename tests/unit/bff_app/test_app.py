"""The routes that bff_app answers by itself, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from bff_app import app as bff_app
from chalice_frontdoor import SettingError
from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import health_check_event
from chalice_frontdoor.testing.responses import check_response
from chalicelib.web.bootstrap import client, services
from chalicelib.web.recent import Recent
from chalicelib.web.upstream import Deadline
from tests.support.servers import answering, running
from tests.unit.bff_app.composition import DOORS, Answers, Fails, compose, through

APP = Path(__file__).resolve().parents[3] / "bff_app"


def test_health_calls_no_upstream_behind_any_door():
    for door in DOORS:
        answer = compose(upstream := Answers(), door=door).get("/health")
        assert (answer.status, answer.json(), upstream.received) == (200, {"estado": "ok"}, []), door
    # The load balancer's own check has no Host.
    response = bff_app.app(health_check_event(), LambdaContext())
    check_response("alb_multi", response)
    assert (response["statusCode"], upstream.received) == (200, [])


def test_a_missing_setting_fails_at_first_use_and_is_not_shown_to_the_client(monkeypatch):
    monkeypatch.delenv("CRUD_API_URL", raising=False)
    answer = through("alb_multi").get("/empleados")
    assert answer.status == 500
    assert b"CRUD_API_URL" not in answer.body
    with pytest.raises(SettingError, match="CRUD_API_URL"):
        services()


def test_the_services_of_the_environment_share_one_client(monkeypatch):
    with running(answering()) as server:
        for name, value in {"CRUD_API_URL": server.url, "EMAIL_API_URL": server.url, "DEMO": "true"}.items():
            monkeypatch.setenv(name, value)
        for name in ("crud", "email"):
            send, upstreams, _ = services().proxy
            assert send(upstreams[name].own_request("/", "id"), Deadline(3600)).status == 200
        assert server.connections == 1
    client.forget()


def test_deep_health_asks_every_part_and_names_those_that_are_not_well():
    crud, email = Answers(), Answers()
    answer = compose(crud, email).get("/health?deep=1")
    assert (answer.status, answer.json()["estado"]) == (200, "ok")
    parts = answer.json()["partes"]
    assert {name: (part["estado"], part["http"]) for name, part in parts.items()} == dict.fromkeys(
        ("crud", "email"), ("ok", 200)
    )
    assert [each.received[0].target for each in (crud, email)] == ["/health?deep=1"] * 2
    answer = compose(Answers(status=503), Fails("unreachable")).get("/health?deep=1")
    assert (answer.status, answer.json()["detail"]) == (503, "No responden bien: crud, email.")
    assert {name: part["http"] for name, part in answer.json()["partes"].items()} == {"crud": 503, "email": None}


def test_what_costs_calls_and_needs_no_token_is_shared_for_some_seconds(monkeypatch):
    """95 anonymous deep health checks used up PostgreSQL's connections."""
    for name in ("SHARED_HEALTH_SECONDS", "SHARED_DESCRIPTION_SECONDS"):
        monkeypatch.setattr(f"chalicelib.web.bootstrap.{name}", 3600.0)  # longer than any pause of a busy machine
    client = compose(crud := Answers(b'{"paths":{},"components":{}}'), Answers(b'{"paths":{},"components":{}}'))
    for path in ("/health?deep=1", "/openapi.json"):
        assert client.get(path).body == client.get(path).body
    assert [received.target for received in crud.received] == ["/health?deep=1", "/openapi.json"]
    moment = [0.0]
    kept: Recent[float] = Recent(5, lambda: moment[0])
    answers = []
    for moment[0] in (0, 4.9, 5, 6):
        answers.append(kept.get(lambda: moment[0]))
    assert answers == [0, 0, 5, 5]


def test_importing_the_app_and_a_health_check_need_no_environment_and_no_httpx():
    program = f"""import sys
sys.path[:0] = ['.', 'vendor']
import app
assert app.app({health_check_event()!r}, None)['statusCode'] == 200
print(*sys.modules)"""
    finished = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=APP, env={}, capture_output=True, text=True, check=True
    )
    imported = set(finished.stdout.split())
    assert "chalice_frontdoor" in imported
    assert not imported & {"httpx", "httpcore", "ssl", "boto3", "botocore"}
