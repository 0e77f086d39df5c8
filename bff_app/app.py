"""The only public door: the web page, and every route of the two APIs passed on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from chalice_frontdoor import Problem, ResponseRefused, apply_defaults
from chalice_frontdoor.logs import log_refusal
from chalice_frontdoor.openapi import describe, json_of, operation, ref
from chalicelib.web import openapi
from chalicelib.web.bootstrap import client, page, prepare, services
from chalicelib.web.proxy import PROXIED_ROUTES
from chalicelib.web.session import Refusal
from chalicelib.web.upstream import SAFE_METHODS, UNKNOWN_OUTCOME, bilingual
from contract.api import SHARED_PROBLEMS, make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Response

    from chalice_frontdoor import FrontDoorRequest

apply_defaults(os.environ)
app = make_app("bff_app", "alb")
app.on_snapshot(before=prepare, after=client.forget)


@app.middleware("http")
def show_unknown_addresses(request: FrontDoorRequest, get_response: Callable[[FrontDoorRequest], Response]) -> Response:
    """A browser that asks for an address without a route gets the page, which says so in the person's language."""
    response = get_response(request)
    if response.status_code == 404 and not request.routes and "text/html" in request.headers.get("Accept", ""):  # noqa: PLR2004
        response = page().document({"Accept-Encoding": request.headers.get("Accept-Encoding", "")})
        response.status_code = 404
    return response


@app.route("/")
def get_page() -> Response:
    return page().document(app.current_request.headers)


@app.route("/static/{version}/{name}")
def get_page_file(version: str, name: str) -> Response:
    return page().file(version, name, app.current_request.headers)


@app.route(
    "/health",
    spec=operation(
        "Whether the public door answers; with deep=1, whether the parts behind it do",
        {200: json_of(ref("Health"), "It does.")},
        problems=[503],
        parameters=[openapi.DEEP],
        security=[],
    ),
)
def check_health() -> dict[str, object]:
    """Touches nothing, unless ``deep=1`` asks for the parts behind this one."""
    query = app.current_request.query_params
    if query is None or query.get("deep") != "1":
        return {"estado": "ok"}
    return {"estado": "ok", "partes": services().health.check_parts(app.current_request)}


@app.route(
    "/openapi.json",
    spec=operation(
        "This document", {200: json_of({"type": "object"}, "OpenAPI 3.1.")}, problems=(502, 503, 504), security=[]
    ),
)
def describe_api() -> dict[str, object]:
    own = describe(app, openapi.INFO, openapi.components())
    return services().description.compose(own, app.current_request)


@app.route(
    "/sesion",
    spec=operation(
        "Who is signed in", {200: json_of(ref("Sesion"), "Who it is.")}, problems=(400, 401), security=openapi.WAYS_IN
    ),
)
def get_session() -> Response:
    return services().sign_in.describe(app.current_request)


def browser_route(path: str, method: str, status: int, summary: str) -> Callable[..., Any]:
    """A route of the sign-in: what it takes and gives is between our page, its cookies and the identity provider."""
    done = {status: {"description": "Done, for a browser with our page and its cookies."}}
    problems = (400, 401, 403, 404, 422, 502, 503, 504)
    spec = operation(summary, done, problems=problems, security=[{openapi.SESSION: []}, {}])
    return app.route(path, methods=[method], content_types=["*/*"], spec=spec)


@browser_route("/sesion/entrar", "GET", 303, "Sends a browser to the identity provider to sign in")
def begin_session() -> Response:
    return services().sign_in.begin(app.current_request)


@browser_route("/sesion/vuelta", "GET", 303, "Where the identity provider sends the browser back to")
def finish_sign_in() -> Response:
    return services().sign_in.finish(app.current_request)


@browser_route("/sesion/renovar", "POST", 200, "Renews the session of a browser")
def renew_session() -> Response:
    return services().sign_in.renew(app.current_request)


@browser_route("/sesion/salir", "POST", 200, "Ends the session of a browser, or with todas=1 all of the person's")
def end_session() -> Response:
    return services().sign_in.end(app.current_request)


@browser_route("/sesion/segundo-factor", "POST", 200, "A new secret for an authenticator app")
def begin_second_factor() -> Response:
    return services().second_factor.begin(app.current_request)


@browser_route("/sesion/segundo-factor", "PUT", 204, "Confirms the secret with the code that the app shows")
def confirm_second_factor() -> Response:
    return services().second_factor.confirm(app.current_request)


def forward(**_parameters: str) -> Response:
    return services().proxy.forward(app.current_request)


for path, (_, methods) in PROXIED_ROUTES.items():
    # Which content types a route takes is for the upstream to say.
    app.route(path, methods=list(methods), content_types=["*/*"])(forward)


def log_and_explain(error: Refusal) -> Problem:
    log_refusal(app.current_request, error.reason)
    return error


def explain_refused_answer(_error: ResponseRefused) -> Problem:
    refused = (
        "La respuesta del servicio interno es demasiado grande o no es válida. Pida menos de una vez.",
        "The answer of the service behind is too large or not valid. Ask for less at once.",
    )
    is_unknown = app.current_request.method not in SAFE_METHODS
    detail = bilingual(refused, UNKNOWN_OUTCOME) if is_unknown else bilingual(refused)
    return Problem(502, detail=detail, resultado_desconocido=is_unknown)


app.register_problems({**SHARED_PROBLEMS, Refusal: log_and_explain, ResponseRefused: explain_refused_answer})
