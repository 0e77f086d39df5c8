"""The only public door: the web page, and every route of the two APIs passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import FrontDoor, Problem, ResponseRefused
from chalice_frontdoor.logs import log_refusal
from chalicelib.web.bootstrap import client, page, prepare, services
from chalicelib.web.problems import PROBLEMS, answer_refused, refused
from chalicelib.web.proxy import PROXIED_ROUTES, ProxiedRoute
from chalicelib.web.session import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Response

app = FrontDoor(app_name="bff_app", languages=("es", "en"))
app.on_snapshot(before=prepare, after=client.forget)


@app.route("/", methods=["GET"])
def get_page() -> Response:
    return page().document(app.current_request.headers)


@app.route("/static/{version}/{name}", methods=["GET"])
def get_page_file(version: str, name: str) -> Response:
    return page().file(version, name, app.current_request.headers)


@app.route("/health", methods=["GET"])
def get_health() -> dict[str, object]:
    """Touches nothing, unless ``deep=1`` asks for the parts behind this one."""
    query = app.current_request.query_params
    if query is None or query.get("deep") != "1":
        return {"estado": "ok"}
    return {"estado": "ok", "partes": services().health.check_parts(app.request_id)}


@app.route("/openapi.json", methods=["GET"])
def describe_api() -> dict[str, object]:
    return services().description.compose(app.request_id, app.lambda_context)


@app.route("/sesion", methods=["GET"])
def get_session() -> Response:
    return services().sign_in.describe(app.current_request)


@app.route("/sesion/entrar", methods=["GET"])
def begin_session() -> Response:
    return services().sign_in.begin(app.current_request)


@app.route("/sesion/vuelta", methods=["GET"])
def finish_sign_in() -> Response:
    return services().sign_in.finish(app.current_request, app.lambda_context)


@app.route("/sesion/renovar", methods=["POST"], content_types=["*/*"])
def renew_session() -> Response:
    return services().sign_in.renew(app.current_request, app.lambda_context)


@app.route("/sesion/salir", methods=["POST"], content_types=["*/*"])
def end_session() -> Response:
    return services().sign_in.end(app.current_request, app.lambda_context)


def forwarding_view(route: ProxiedRoute) -> Callable[..., Response]:
    def forward(**_parameters: str) -> Response:
        return services().proxy.forward(route, app.current_request, app.lambda_context)

    return forward


for proxied in PROXIED_ROUTES:
    # Which content types a route takes is for the upstream to say.
    app.route(proxied.path, methods=list(proxied.methods), content_types=["*/*"])(forwarding_view(proxied))


def explain_refusal(error: Refusal) -> Problem:
    log_refusal(app.current_request, error.reason)
    return refused(error)


def explain_refused_answer(_: ResponseRefused) -> Problem:
    return answer_refused(app.current_request.method)


app.register_problems({**PROBLEMS, Refusal: explain_refusal, ResponseRefused: explain_refused_answer})
