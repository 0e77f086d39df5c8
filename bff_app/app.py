"""The only public door: the web page, and every route of the two APIs passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import FrontDoor, Problem
from chalice_frontdoor.logs import log_denial
from chalice_frontdoor.responses import ResponseRefused
from chalicelib.web import problems
from chalicelib.web.address import ImpossibleSegment
from chalicelib.web.bootstrap import bootstrap
from chalicelib.web.headers import MalformedHeader
from chalicelib.web.health import PartsUnwell
from chalicelib.web.pages import FileUnknown
from chalicelib.web.proxy import BodyTooLarge, HeadTooLarge
from chalicelib.web.refusals import Refusal
from chalicelib.web.routes import PROXIED_ROUTES, ProxiedRoute
from chalicelib.web.sessions import SignInAbsent
from chalicelib.web.upstream import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Response

app = FrontDoor(app_name="bff_app", languages=("es", "en"))
app.on_snapshot(before=bootstrap.prepare, after=bootstrap.forget)


@app.route("/", methods=["GET"])
def get_page() -> Response:
    return bootstrap.page().document(app.current_request.headers)


@app.route("/static/{version}/{name}", methods=["GET"])
def get_page_file(version: str, name: str) -> Response:
    return bootstrap.page().file(version, name, app.current_request.headers)


@app.route("/health", methods=["GET"])
def get_health() -> dict[str, object]:
    """Touches nothing, unless ``deep=1`` asks for the parts behind this one."""
    query = app.current_request.query_params
    if query is None or query.get("deep") != "1":
        return {"estado": "ok"}
    return {"estado": "ok", "partes": bootstrap.services().health.check_parts(app.request_id)}


@app.route("/openapi.json", methods=["GET"])
def describe_api() -> dict[str, object]:
    return bootstrap.services().description.compose(app.request_id, app.lambda_context)


@app.route("/sesion", methods=["GET"])
def get_session() -> Response:
    return bootstrap.services().sessions.describe(app.current_request)


@app.route("/sesion/entrar", methods=["GET"])
def begin_session() -> Response:
    return bootstrap.services().sessions.begin(app.current_request)


@app.route("/sesion/vuelta", methods=["GET"])
def finish_sign_in() -> Response:
    return bootstrap.services().sessions.finish(app.current_request, app.lambda_context)


@app.route("/sesion/renovar", methods=["POST"], content_types=["*/*"])
def renew_session() -> Response:
    return bootstrap.services().sessions.renew(app.current_request, app.lambda_context)


@app.route("/sesion/salir", methods=["POST"], content_types=["*/*"])
def end_session() -> Response:
    return bootstrap.services().sessions.end(app.current_request, app.lambda_context)


def forwarding_view(route: ProxiedRoute) -> Callable[..., Response]:
    def forward(**_parameters: str) -> Response:
        return bootstrap.services().proxy.forward(route, app.current_request, app.lambda_context)

    return forward


for proxied in PROXIED_ROUTES:
    # Which content types a route takes is for the upstream to say.
    app.route(proxied.path, methods=list(proxied.methods), content_types=["*/*"])(forwarding_view(proxied))


@app.problem_for(UpstreamError)
def upstream_failed(error: UpstreamError) -> Problem:
    return problems.upstream_failed(error)


@app.problem_for(Refusal)
def refused(error: Refusal) -> Problem:
    request = app.current_request
    log_denial(error.reason, request.method, request.path, request.request_id)
    return problems.refused(error)


@app.problem_for(SignInAbsent)
def sign_in_absent(_error: SignInAbsent) -> Problem:
    return problems.not_found()


@app.problem_for(ResponseRefused)
def answer_refused(_error: ResponseRefused) -> Problem:
    return problems.answer_refused(app.current_request.method)


@app.problem_for(PartsUnwell)
def parts_unwell(error: PartsUnwell) -> Problem:
    return problems.parts_unwell(error)


@app.problem_for(BodyTooLarge)
def body_too_large(_error: BodyTooLarge) -> Problem:
    return problems.body_too_large()


@app.problem_for(HeadTooLarge)
def head_too_large(_error: HeadTooLarge) -> Problem:
    return problems.head_too_large()


@app.problem_for(MalformedHeader)
def malformed_header(error: MalformedHeader) -> Problem:
    return problems.malformed_header(error)


@app.problem_for(FileUnknown)
def file_unknown(_error: FileUnknown) -> Problem:
    return problems.not_found()


@app.problem_for(ImpossibleSegment)
def impossible_segment(_error: ImpossibleSegment) -> Problem:
    return problems.not_found()
