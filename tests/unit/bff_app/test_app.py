"""The routes that bff_app answers by itself, and what importing it costs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bff_app import app as bff_app
from chalice_frontdoor import SettingError
from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import DOORS, health_check_event
from chalice_frontdoor.testing.responses import check_response
from chalicelib.web.bootstrap import client, services
from local.emulator import free_port
from tests.unit.bff_app.composition import composed, through
from tests.unit.bff_app.servers import Server, answering, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.testing.client import Client

    Serve = Callable[..., Server]
    Bff = Callable[..., Client]

APP = Path(__file__).resolve().parents[3] / "bff_app"


@pytest.mark.parametrize("door", DOORS)
def test_health_calls_nobody(serve: Serve, bff: Bff, door: str) -> None:
    server = serve(answering())

    answer = bff(server, door=door).get("/health")

    assert (answer.status, answer.json()) == (200, {"estado": "ok"})
    assert server.connections == 0


def test_a_health_check_of_the_load_balancer_has_no_host_and_calls_nobody(serve: Serve, bff: Bff) -> None:
    server = serve(answering())
    bff(server)

    response = bff_app.app(health_check_event(), LambdaContext())

    check_response("alb_multi", response)
    assert response["statusCode"] == 200
    assert server.connections == 0


def test_health_needs_no_setting() -> None:
    services.forget()

    assert through("alb_multi").get("/health").status == 200


def test_a_missing_setting_fails_at_first_use_and_is_not_told_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    services.forget()
    for variable in ("CRUD_API_URL", "EMAIL_API_URL"):
        monkeypatch.delenv(variable, raising=False)

    answer = through("alb_multi").get("/empleados")

    assert answer.status == 500
    assert b"CRUD_API_URL" not in answer.body
    with pytest.raises(SettingError, match="CRUD_API_URL"):
        services()


def test_the_services_are_made_once_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(answering(b"[]", "Content-Type: application/json"))
    services.forget()
    monkeypatch.setenv("CRUD_API_URL", server.url)
    monkeypatch.setenv("EMAIL_API_URL", server.url)
    monkeypatch.setenv("DEMO", "true")

    answers = [through("alb_multi").get(path).status for path in ("/empleados", "/correos")]

    assert answers == [200, 200]
    assert server.connections == 1
    services.forget()
    client.forget()


def test_deep_health_asks_every_part(serve: Serve, bff: Bff) -> None:
    crud, email = serve(answering()), serve(answering())

    answer = bff(crud, email).get("/health?deep=1")

    assert answer.status == 200
    parts = answer.json()["partes"]
    assert {name: (part["estado"], part["http"]) for name, part in parts.items()} == {
        "crud": ("ok", 200),
        "email": ("ok", 200),
    }
    assert [server.received[0].target for server in (crud, email)] == ["/health?deep=1"] * 2


def test_deep_health_is_a_503_that_tells_which_part_is_not_well(serve: Serve) -> None:
    crud = serve(answering(status="503 Service Unavailable"))
    with composed(crud.url, f"http://127.0.0.1:{free_port()}"):
        answer = through("alb_multi").get("/health?deep=1")

    assert answer.status == 503
    document = answer.json()
    assert document["detail"] == "No responden bien: crud, email."
    assert {name: part["http"] for name, part in document["partes"].items()} == {"crud": 503, "email": None}


def test_deep_health_waits_for_the_slow_parts_together_and_not_for_long(serve: Serve, bff: Bff) -> None:
    client = bff(serve(silent), serve(silent), health_seconds=1)
    started = time.monotonic()

    assert client.get("/health?deep=1").status == 503
    assert time.monotonic() - started < 1.9


def imported_by(statement: str) -> set[str]:
    """The modules that a new interpreter, with nothing in its environment, has imported after ``statement``."""
    program = f"import sys\nsys.path[:0] = ['.', 'vendor']\n{statement}\nprint(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=APP, env={}, capture_output=True, text=True, check=True
    )
    return set(finished.stdout.split())


def test_importing_the_app_needs_no_environment_and_neither_httpx_nor_boto3() -> None:
    imported = imported_by("import app")

    assert "chalice_frontdoor" in imported
    assert not imported & {"httpx", "ssl", "boto3", "botocore"}


def test_a_health_check_imports_no_httpx() -> None:
    event = health_check_event()

    imported = imported_by(f"import app\nassert app.app({event!r}, None)['statusCode'] == 200")

    assert not imported & {"httpx", "ssl"}


def test_the_configuration_has_the_stages_that_everything_else_relies_on() -> None:
    configuration = json.loads((APP / ".chalice" / "config.json").read_text())

    assert (configuration["lambda_memory_size"], configuration["lambda_timeout"]) == (512, 28)
    environments = {name: stage["environment_variables"] for name, stage in configuration["stages"].items()}
    assert environments == {
        "local": {"CRUD_API_URL": "http://127.0.0.1:8001", "EMAIL_API_URL": "http://127.0.0.1:8002"},
        "aws": {
            "CRUD_API_URL": "${var.crud_api_url}",
            "EMAIL_API_URL": "${var.email_api_url}",
            "COGNITO_DOMAIN": "${var.cognito_domain}",
            "COGNITO_CLIENT_ID": "${var.cognito_client_id}",
            "COGNITO_ISSUER": "${var.cognito_issuer}",
            "PUBLIC_URL": "${var.public_url}",
            "DEMO": "${var.demo}",
        },
    }
