"""A person's way in and out, through the deployed user pool's own sign-in page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.identity import as_header, cookies_of
from tests.e2e.system import ACCESS_COOKIE

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

# What a browser says of a request that the page's own script makes.
OWN_SITE = {"Sec-Fetch-Site": "same-origin"}
NEW = {"nombre": "Eva Entrada", "email": "eva.entrada@example.com", "posicion": "Analista", "salario": 1}


def test_a_person_signs_in_works_renews_and_leaves(system: DeployedSystem) -> None:
    name = "eva@example.com"
    cookies = system.identity.sign_in(system.page, name, system.identity.invite(name, "rrhh"))

    with system.page.client() as page:
        session = page.get("/sesion", headers=as_header(cookies))
        assert (session.status_code, session.json()["grupos"]) == (200, ["rrhh"])

        created = page.post("/empleados", json=NEW, headers=as_header(cookies) | OWN_SITE)
        assert created.status_code == 201, created.text
        (event,) = page.get(f"{created.headers['location']}/eventos", headers=as_header(cookies)).json()
        assert event["actor"] == name

        renewed = page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE)
        assert renewed.status_code == 200, renewed.text
        cookies |= cookies_of(renewed)
        assert page.get("/empleados", headers=as_header(cookies)).status_code == 200

        left = page.post("/sesion/salir", headers=as_header(cookies) | OWN_SITE)
        assert left.status_code == 200, left.text
        assert cookies_of(left) == {}
        assert page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE).status_code == 401


def test_another_sites_form_changes_nothing(system: DeployedSystem) -> None:
    cookie = system.person("rrhh")["Authorization"].removeprefix("Bearer ")

    with system.page.client() as page:
        answer = page.post(
            "/empleados", json=NEW, headers=as_header({ACCESS_COOKIE: cookie}) | {"Sec-Fetch-Site": "cross-site"}
        )

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_whoever_was_removed_does_not_come_in_again(system: DeployedSystem) -> None:
    name = "adios@example.com"
    cookies = system.identity.sign_in(system.page, name, system.identity.invite(name, "lector"))

    system.identity.remove(name)

    with system.page.client() as page:
        assert page.post("/sesion/renovar", headers=as_header(cookies) | OWN_SITE).status_code == 401
