"""The API's description is true: schemathesis tries to prove the contrary, through the app itself."""

from http import HTTPStatus
from io import BytesIO

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation import GenerationMode

from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import Wire
from chalicelib.directorio.openapi import PROBLEMS
from contract.roles import ROLES
from crud_app.app import RULES, app

#: What no schema can describe: a cursor comes from a link, and whether a version is stale depends on the row.
OF_THE_SERVER = {"query": ("cursor",), "headers": ("If-Match",)}


def wsgi(environ, start_response):
    """The app as a WSGI server would see it: each request goes through the front door as an event.

    A token is here the name of a role.
    """
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    ]
    wire = Wire(
        method=environ["REQUEST_METHOD"],
        path=environ["REQUEST_URI"].partition("?")[0],
        query=environ["QUERY_STRING"],
        headers=tuple(headers),
        body=environ.get("wsgi.input", BytesIO()).read(int(environ.get("CONTENT_LENGTH") or 0)),
    )
    role = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    answer = Client(app, claims=person(role) if role in ROLES else None).send(wire)
    lines = [(name, value) for name in answer.headers for value in answer.headers.getlist(name)]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", lines)
    return [answer.body]


def document():
    return Client(app).get("/openapi.json").json()


api = schemathesis.openapi.from_wsgi("/openapi.json", wsgi)


@api.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_the_description_says(system, case):
    del system
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        for place, names in OF_THE_SERVER.items():
            for name in names:
                (getattr(case, place) or {}).pop(name, None)
    for role in ROLES:  # to make up a case takes longer than all calls
        case.call_and_validate(headers={"Authorization": f"Bearer {role}"})


def test_every_route_is_described_with_its_role_and_every_problem(system):
    del system
    described = {
        (method.upper(), path): "".join(role for each in operation["security"] for role in each["acceso"])
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }
    assert described == RULES
    assert set(document()["components"]["responses"]) == {str(status) for status in PROBLEMS}
