"""What a person does first: the README's commands, at the page's address."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.page import REQUEST_SECONDS
from tests.e2e.readme import Step, read_steps
from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

README = Path(__file__).resolve().parents[2] / "README.md"
PAGE = "localhost:8000"


def test_the_commands_of_the_readme_print_what_it_says(system: DeployedSystem, tmp_path: Path) -> None:
    steps = read_steps(README, "curl")
    environment = {**os.environ, **system.page.configure_curl(tmp_path), **signed_in(system)}
    system.query("TRUNCATE empleados, eventos RESTART IDENTITY")

    assert len(steps) == README.read_text("utf-8").count("$ curl ")
    for step in steps:
        follow(step, step.command.replace(PAGE, system.page.host), environment)


def signed_in(system: DeployedSystem) -> dict[str, str]:
    """The variables of the README that hold a token: here one that a person got by signing in."""
    roles = re.findall(
        r'^\$ ([A-Z]+)="Authorization: .*make -s token ROLE=(\w+)\)"$', README.read_text("utf-8"), re.MULTILINE
    )
    assert roles
    return {name: f"Authorization: {system.person(role)['Authorization']}" for name, role in roles}


def follow(step: Step, command: str, environment: Mapping[str, str]) -> None:
    """Run a command until it prints what the README shows: e-mails take a moment. One that writes runs once."""
    printed = run(command, environment)
    if "-d" in command.split():
        assert step.is_shown_by(printed), f"{command}\nprinted\n{printed}"
    else:
        wait_for(f"{command} does not print\n{step.output}", lambda: step.is_shown_by(run(command, environment)))


def run(command: str, environment: Mapping[str, str]) -> str:
    finished = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, env=dict(environment)
    )
    return finished.stdout


def test_search_knows_neither_case_nor_accents_and_a_long_list_comes_in_pages(system: DeployedSystem) -> None:
    names = [f"Íñigo Paginado {number}" for number in range(5)]
    ids = [
        system.create(name, email=f"inigo{number}@example.com", posicion="Árbitro")["id"]
        for number, name in enumerate(names)
    ]

    seen: list[int] = []
    target = "/empleados?q=INIGO%20arbitro&orden=-nombre&limite=2"
    pages = 0
    while target:
        page = system.http.get(target)
        assert page.status_code == 200, page.text
        seen += [row["id"] for row in page.json()]
        pages += 1
        target = page.links["next"]["url"] if "next" in page.links else ""

    assert (seen, pages) == (ids[::-1], 3)
    assert system.http.get("/empleados", params={"q": "inigo tenista"}).json() == []


def test_every_part_says_that_it_is_well(system: DeployedSystem) -> None:
    # Asked as the load balancer asks: CloudFront's way leads to a page of the emulator's own.
    answer = httpx.get(
        f"{system.balancer_of(system.outputs['name'])}/health",
        params={"deep": "1"},
        timeout=REQUEST_SECONDS,
        trust_env=False,
    )

    assert answer.status_code == 200
    assert {name: part["estado"] for name, part in answer.json()["partes"].items()} == {"crud": "ok", "email": "ok"}


def test_the_page_comes_through_cloudfront_and_the_load_balancer(system: DeployedSystem) -> None:
    answer = system.http.get("/", headers={"Accept": "text/html"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_a_mail_of_ones_own_is_queued_sent_and_delivered(system: DeployedSystem) -> None:
    mail = {"to": "alguien@example.com", "subject": "Aviso propio", "body": "Hasta mañana."}

    accepted = system.http.post("/notify/email", json=mail)

    assert accepted.status_code == 202, accepted.text
    place = accepted.headers["location"]
    # The last state comes from SES's own events, through the feedback topic and its function.
    wait_for("the delivery", lambda: system.http.get(place).json()["estado"] == "entregado")
    assert [sent["To"] for sent in system.mails_about("Aviso propio")] == [["alguien@example.com"]]


def test_a_bounce_is_recorded(system: DeployedSystem) -> None:
    mail = {"to": "bounce@simulator.amazonses.com", "subject": "Rebota", "body": "Hola."}

    place = system.http.post("/notify/email", json=mail).headers["location"]

    wait_for("the bounce", lambda: system.http.get(place).json()["estado"] == "rebotado")
