"""One true description of everything that the public door answers."""

import json
import re

import pytest

from chalicelib.web.proxy import PROXIED_ROUTES
from tests.unit.bff_app.composition import Answers, Fails, compose

REFERENCE = {"$ref": "#/components/schemas/Problem"}


def describing(name):
    """An upstream with a small OpenAPI document in which each of its routes refers to its schema ``Problem``."""
    operation = {
        "responses": {"200": {"description": name}, "503": {"schema": REFERENCE}},
        "security": [{"token": ["rrhh"]}],
    }
    routes = {
        path: {method.lower(): operation for method in methods}
        for path, (upstream, methods) in PROXIED_ROUTES.items()
        if upstream == name
    }
    components = {"schemas": {"Problem": {"title": name}}, "securitySchemes": {"token": {"type": "http"}}}
    return Answers(json.dumps({"paths": {**routes, "/health": {}}, "components": components}).encode())


def ask(email, identity=None):
    return compose(describing("crud"), email, identity).get("/openapi.json")


@pytest.fixture
def document():
    return ask(describing("email"), identity=Fails("unreachable")).json()


def test_each_route_is_described_with_each_of_its_methods_and_schemes_that_there_are(document):
    operations = {
        (path, method.upper()): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert operations.keys() == {
        *(("/health", "GET"), ("/openapi.json", "GET"), ("/sesion", "GET"), ("/sesion/entrar", "GET")),
        *(("/sesion/vuelta", "GET"), ("/sesion/renovar", "POST"), ("/sesion/salir", "POST")),
        *(("/sesion/segundo-factor", method) for method in ("POST", "PUT")),
        *((path, method) for path, (_, methods) in PROXIED_ROUTES.items() for method in methods),
    }
    named = {scheme for operation in operations.values() for way in operation["security"] for scheme in way}
    assert named == set(document["components"]["securitySchemes"])


def test_every_reference_leads_to_a_component_of_its_own_api(document):
    components = document["components"]
    for path, name in (("/empleados", "crud"), ("/cola", "email")):
        schema = document["paths"][path]["get"]["responses"]["503"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{name}.Problem"}
        assert components["schemas"][f"{name}.Problem"] == {"title": name}
    for kind, name in re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(document)):
        assert name in components[kind]


def test_the_doors_own_answers_are_added_a_cookie_does_for_a_token_and_the_role_stays(document):
    operation = document["paths"]["/empleados/{id}"]["put"]
    responses = operation["responses"]
    assert set(responses) == {"200", "400", "401", "403", "413", "431", "502", "503", "504"}
    assert responses["502"] == {"$ref": "#/components/responses/502"}
    assert operation["security"] == [{"acceso": ["rrhh"]}, {"sesion": ["rrhh"]}]


def test_a_demonstration_says_that_it_is_open_and_an_upstream_a_version_behind_describes_less():
    paths = ask(Answers(b'{"paths":{},"components":{}}')).json()["paths"]
    assert paths["/empleados"]["get"]["security"] == []
    assert "/cola" not in paths


def test_an_upstream_that_does_not_describe_itself_is_a_problem():
    for status, body, shown in ((200, b"<html>", 502), (500, b"", 502), (503, b"", 503)):
        answer = ask(Answers(body, status=status))
        assert (answer.status, answer.headers["content-type"]) == (shown, "application/problem+json")
