"""One true description of everything that the public door answers."""

import json

import pytest

from chalicelib.web.proxy import PROXIED_ROUTES
from tests.unit.bff_app.composition import composed, signing_in_at, through
from tests.unit.bff_app.servers import answering, refusing

REFERENCE = {"$ref": "#/components/schemas/Problem"}


def description_of(upstream):
    """A small OpenAPI document in which each route of ``upstream`` refers to its schema ``Problem``."""
    operation = {
        "responses": {"200": {"description": upstream}, "503": {"schema": REFERENCE}},
        "security": [{"token": ["rrhh"]}],
    }
    routes = {
        route.path: {method.lower(): operation for method in route.methods}
        for route in PROXIED_ROUTES
        if route.upstream == upstream
    }
    components = {"schemas": {"Problem": {"title": upstream}}, "securitySchemes": {"token": {"type": "http"}}}
    return json.dumps({"openapi": "3.1.0", "paths": {**routes, "/health": {}}, "components": components}).encode()


def describing(upstream):
    return answering(description_of(upstream), "Content-Type: application/json")


@pytest.fixture
def document(serve):
    pool = signing_in_at("http://127.0.0.1:9")
    with composed(serve(describing("crud")).url, serve(describing("email")).url, sign_in=pool):
        answer = through("alb_multi").get("/openapi.json")
    assert answer.status == 200
    return answer.json()


def test_each_route_is_described_with_each_of_its_methods(document):
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert described == {
        ("/health", "GET"),
        ("/openapi.json", "GET"),
        ("/sesion", "GET"),
        ("/sesion/entrar", "GET"),
        ("/sesion/vuelta", "GET"),
        ("/sesion/renovar", "POST"),
        ("/sesion/salir", "POST"),
        ("/sesion/segundo-factor", "POST"),
        ("/sesion/segundo-factor", "PUT"),
        *((route.path, method) for route in PROXIED_ROUTES for method in route.methods),
    }


def test_every_reference_leads_to_a_component_of_its_own_api(document):
    def resolve(reference):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    assert resolve(document["paths"]["/empleados"]["get"]["responses"]["503"]["schema"]["$ref"]) == {"title": "crud"}
    assert resolve(document["paths"]["/cola"]["get"]["responses"]["503"]["schema"]["$ref"]) == {"title": "email"}
    text = json.dumps(document)
    references = [part.partition('"')[0] for part in text.split('"$ref": "')[1:]]
    assert references
    assert all(resolve(reference) for reference in references)


def test_what_the_proxy_answers_by_itself_is_described_unless_the_upstream_does(document):
    responses = document["paths"]["/empleados/{id}"]["put"]["responses"]
    assert set(responses) == {"200", "400", "401", "403", "413", "431", "502", "503", "504"}
    assert responses["502"] == {"$ref": "#/components/responses/502"}
    assert responses["503"] == {"schema": {"$ref": "#/components/schemas/crud.Problem"}}


def test_a_cookie_does_for_a_token_and_the_role_stays(document):
    assert document["paths"]["/empleados"]["get"]["security"] == [{"acceso": ["rrhh"]}, {"sesion": ["rrhh"]}]


def test_each_operation_names_only_schemes_that_there_are(document):
    items = [item for path in document["paths"].values() for item in path.values()]
    named = {scheme for operation in items for way in operation["security"] for scheme in way}
    assert named == set(document["components"]["securitySchemes"])


def test_a_demonstration_says_that_it_is_open(serve, bff):
    document = bff(serve(describing("crud")), serve(describing("email"))).get("/openapi.json").json()
    assert document["paths"]["/empleados"]["get"]["security"] == []


def test_an_upstream_that_is_a_version_behind_describes_less(serve, bff):
    old = json.dumps({"openapi": "3.1.0", "paths": {}, "components": {}}).encode()
    answer = bff(serve(answering(old)), serve(describing("email"))).get("/openapi.json")
    assert answer.status == 200
    assert "/empleados" not in answer.json()["paths"]


def test_an_upstream_that_does_not_describe_itself_is_a_problem(serve, bff):
    for status, body, shown in (
        ("200 OK", b"<html>", 502),
        ("500 Internal Server Error", b"", 502),
        ("503 Service Unavailable", b"", 503),
    ):
        answer = bff(serve(describing("crud")), serve(answering(body, status=status))).get("/openapi.json")
        assert (answer.status, answer.headers["content-type"]) == (shown, "application/problem+json")
    with refusing() as nowhere, composed(nowhere, nowhere):
        assert through("alb_multi").get("/openapi.json").status == 502
