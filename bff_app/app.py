"""The only public door: the web page, and every route of the two APIs passed on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chalice_frontdoor import Problem, ResponseRefused, apply_defaults
from chalice_frontdoor.logs import log_refusal
from chalice_frontdoor.openapi import describe, json_of, operation, ref
from chalicelib.web import openapi
from chalicelib.web.bootstrap import client, page, prepare, services
from chalicelib.web.pages import FileUnknown
from chalicelib.web.problems import answer_refused, upstream_failed
from chalicelib.web.proxy import PROXIED_ROUTES, ProxiedRoute
from chalicelib.web.session import Refusal
from chalicelib.web.upstream import UpstreamError
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
        {
            200: json_of(ref("Health"), "It does."),
            503: openapi.problem("At least one part does not answer well; `partes` tells which."),
        },
        parameters=[openapi.DEEP],
        security=[],
    ),
)
def check_health() -> dict[str, object]:
    """Touches nothing, unless ``deep=1`` asks for the parts behind this one."""
    query = app.current_request.query_params
    if query is None or query.get("deep") != "1":
        return {"estado": "ok"}
    return {"estado": "ok", "partes": services().health.check_parts(app.request_id)}


@app.route(
    "/openapi.json",
    spec=operation(
        "This document", {200: json_of({"type": "object"}, "OpenAPI 3.1.")}, problems=(502, 503, 504), security=[]
    ),
)
def describe_api() -> dict[str, object]:
    own = describe(app, openapi.INFO, openapi.components())
    return services().description.compose(own, app.request_id, app.lambda_context)


@app.route(
    "/sesion",
    spec=operation(
        "Who is signed in", {200: json_of(ref("Sesion"), "Who it is.")}, problems=(400, 401), security=openapi.WAYS_IN
    ),
)
def get_session() -> Response:
    return services().sign_in.describe(app.current_request)


@app.route(
    "/sesion/entrar",
    spec=operation(
        "Sends a browser to the identity provider to sign in",
        {
            303: openapi.redirect("To the identity provider.", "Where people type their passwords."),
            422: openapi.problem("`volver` leads away from this site."),
        },
        problems=(400, 404),
        parameters=[openapi.RETURN_TO, openapi.PURPOSE],
        security=[],
    ),
)
def begin_session() -> Response:
    return services().sign_in.begin(app.current_request)


@app.route(
    "/sesion/vuelta",
    spec=operation(
        "Where the identity provider sends the browser back to",
        {
            303: openapi.redirect("The person is signed in, or the page says why not.", "Where the person goes on."),
            400: openapi.problem("The sign-in is not one that this browser began, or it did not succeed."),
        },
        problems=(404, 502, 503, 504),
        parameters=openapi.SIGN_IN_RESULT,
        security=[],
    ),
)
def finish_sign_in() -> Response:
    return services().sign_in.finish(app.current_request, app.lambda_context)


@app.route(
    "/sesion/renovar",
    methods=["POST"],
    content_types=["*/*"],
    spec=operation(
        "Renews the session of a browser; only our own page may",
        {200: openapi.session(ref("Sesion"), "Who it is.")},
        problems=(400, 401, 403, 404, 502, 503, 504),
        security=[{openapi.RENEWAL: []}],
    ),
)
def renew_session() -> Response:
    return services().sign_in.renew(app.current_request)


@app.route(
    "/sesion/salir",
    methods=["POST"],
    content_types=["*/*"],
    spec=operation(
        "Ends the session of this browser, or with todas=1 all of this person's; only our own page may",
        {200: openapi.session(openapi.GOODBYE, "It is over.")},
        problems=(400, 401, 403, 404, 502, 503, 504),
        parameters=[openapi.EVERYWHERE],
        security=[{openapi.RENEWAL: []}, {}],
    ),
)
def end_session() -> Response:
    return services().sign_in.end(app.current_request)


@app.route(
    "/sesion/segundo-factor",
    methods=["POST"],
    content_types=["*/*"],
    spec=operation(
        "A new secret for an authenticator app; only our own page may",
        {200: json_of(ref("NuevoFactor"), "It counts once it is confirmed.")},
        problems=(400, 403, 404, 502, 503, 504),
        security=[{openapi.STEP_UP: [], openapi.SESSION: []}],
    ),
)
def begin_second_factor() -> Response:
    return services().second_factor.begin(app.current_request)


@app.route(
    "/sesion/segundo-factor",
    methods=["PUT"],
    spec=operation(
        "Confirm the secret with the code that the app shows; only our own page may",
        {
            204: {"description": "Signing in asks for a code from now on."},
            422: openapi.problem("The code is wrong."),
        },
        problems=(400, 403, 404, 502, 503, 504),
        body=openapi.APP_CODE,
        security=[{openapi.STEP_UP: [], openapi.SESSION: []}],
    ),
)
def confirm_second_factor() -> Response:
    return services().second_factor.confirm(app.current_request)


def forwarding_view(route: ProxiedRoute) -> Callable[..., Response]:
    def forward(**_parameters: str) -> Response:
        return services().proxy.forward(route, app.current_request, app.lambda_context)

    return forward


for proxied in PROXIED_ROUTES:
    # Which content types a route takes is for the upstream to say.
    app.route(proxied.path, methods=list(proxied.methods), content_types=["*/*"])(forwarding_view(proxied))


def log_and_explain(error: Refusal) -> Problem:
    log_refusal(app.current_request, error.reason)
    return error


app.register_problems(
    {
        **SHARED_PROBLEMS,
        FileUnknown: Problem(404),
        Refusal: log_and_explain,
        ResponseRefused: lambda _: answer_refused(app.current_request.method),
        UpstreamError: upstream_failed,
    }
)
