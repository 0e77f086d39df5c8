"""The way of people and programs through the deployed system: page, APIs, mail, and sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from contract.roles import ROLES
from crud_app.app import RULES as DIRECTORIO
from email_app.app import RULES as CORREOS
from tests.e2e.system import ACCESS_COOKIE
from tests.support.roles import RULES, answers_of, expected_answers
from tests.support.sign_in_page import REQUEST_SECONDS, as_header, cookies_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

EXPECTED = {rule: expected_answers(*rule) for rule in RULES}
# What a browser says of a request that the page's own script makes.
OWN_SITE = {"Sec-Fetch-Site": "same-origin"}
NEW = {"nombre": "Eva Entrada", "email": "eva.entrada@example.com", "posicion": "Analista", "salario": 1}


def test_page_load_balancer_apis_and_database_answer(system: DeployedSystem) -> None:
    page = system.http.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")

    # Asked as the load balancer asks: CloudFront's way leads to a page of the emulator's own.
    health = httpx.get(
        f"{system.balancer_of(system.outputs['name'] + '-alb')}/health?deep=1", timeout=REQUEST_SECONDS, trust_env=False
    )
    assert {name: part["estado"] for name, part in health.json()["partes"].items()} == {"crud": "ok", "email": "ok"}


def test_mails_are_sent_and_ses_feedback_changes_their_state(system: DeployedSystem) -> None:
    system.create("Carta Anunciada")
    delivered = system.send_mail("alguien@example.com", "Aviso propio")
    bounced = system.send_mail("bounce@simulator.amazonses.com", "Rebota")

    wait_until(lambda: system.mails_about("Carta Anunciada"), "the mail about the change")
    wait_until(lambda: system.state_of(delivered) == "entregado", "the delivery")
    wait_until(lambda: system.state_of(bounced) == "rebotado", "the bounce")
    assert [sent["To"] for sent in system.mails_about("Aviso propio")] == [["alguien@example.com"]]


def test_each_role_may_do_what_the_rules_say_at_the_page_and_at_the_apis(system: DeployedSystem) -> None:
    people = {"anonymous": {}, "without a role": system.person(None)} | {role: system.person(role) for role in ROLES}
    programs = {role: system.program(role) for role in ROLES}

    with system.page.client() as page:
        assert answers_of(page, RULES, people) == EXPECTED
    for name, rules in (("crud", DIRECTORIO), ("email", CORREOS)):
        url = system.outputs["api_urls"][name]
        with httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False) as api:
            assert answers_of(api, rules, people) == {rule: EXPECTED[rule] for rule in rules}, name
            assert answers_of(api, rules, programs) == {rule: EXPECTED[rule][2:] for rule in rules}, name


def test_a_person_signs_in_works_renews_and_leaves(system: DeployedSystem) -> None:
    name = "eva@example.com"
    cookies = system.identity.sign_in(system.page, name, system.identity.invite(name, "rrhh"))

    with system.page.client() as page:
        session = page.get("/sesion", headers=as_header(cookies))
        assert (session.status_code, session.json()["grupos"]) == (200, ["rrhh"])

        other_site = {"Cookie": f"{ACCESS_COOKIE}={cookies[ACCESS_COOKIE]}", "Sec-Fetch-Site": "cross-site"}
        assert page.post("/empleados", json=NEW, headers=other_site).status_code == 403
        created = page.post("/empleados", json=NEW, headers=as_header(cookies) | OWN_SITE)
        assert created.status_code == 201, created.text
        (event,) = page.get(f"{created.headers['location']}/eventos", headers=as_header(cookies)).json()
        assert event["actor"] == name

        renewed = page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE)
        cookies |= cookies_of(renewed)
        assert page.get("/empleados", headers=as_header(cookies)).status_code == 200

        left = page.post("/sesion/salir", headers=as_header(cookies) | OWN_SITE)
        assert (left.status_code, cookies_of(left)) == (200, {})
        assert page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE).status_code == 401


def test_a_removed_person_does_not_come_in_again(system: DeployedSystem) -> None:
    name = "adios@example.com"
    cookies = system.identity.sign_in(system.page, name, system.identity.invite(name, "lector"))

    system.identity.remove(name)

    with system.page.client() as page:
        assert page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE).status_code == 401
