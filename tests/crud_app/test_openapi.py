"""The API's description is true: schemathesis tries to prove the contrary, through the app itself."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings

from app import app
from chalicelib.openapi import document
from tests.support.client import Client
from tests.support.events import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

REASONS = {200: "OK"}


def wsgi(environ, start_response) -> Iterable[bytes]:
    """The app as a WSGI server would see it: each request goes through the front door as an event."""
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    ]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    wire = Wire(
        method=environ["REQUEST_METHOD"],
        path=environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0],
        query=environ.get("QUERY_STRING", ""),
        headers=tuple(headers),
        body=(environ.get("wsgi.input") or BytesIO()).read(length),
    )
    answer = Client(app, "http_api_2").send(wire)
    lines = [(name, value) for name in answer.headers for value in answer.headers.getlist(name)]
    start_response(f"{answer.status} {REASONS.get(answer.status, 'Other')}", lines)
    return [answer.body]


api = schemathesis.openapi.from_dict(json.loads(document()))
api.app = wsgi


@api.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_the_description_says(system, case):
    del system
    case.call_and_validate()
