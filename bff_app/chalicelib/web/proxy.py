"""Which routes are passed on, and how: a request to its upstream, and the upstream's answer back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from chalice.app import Response

from chalice_frontdoor import Problem
from chalicelib.web.headers import compress, compressed_headers, forwarded_headers, is_compressible, returned_headers
from chalicelib.web.limits import (
    MAX_REQUEST_BODY_BYTES,
    MAX_REQUEST_HEAD_BYTES,
    SHED_RETRY_SECONDS,
    SHED_SECONDS,
    TOTAL_SECONDS,
)
from chalicelib.web.session import Refusal, read_credentials
from chalicelib.web.upstream import UpstreamBusy, UpstreamError, UpstreamFailed, deadline_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Headers, InvocationContext, Send, Upstream, UpstreamAnswer, UpstreamRequest

logger = logging.getLogger(__name__)

UpstreamName = Literal["crud", "email"]


class ProxiedRoute(NamedTuple):
    """A path in Chalice's form, its methods (HEAD comes with GET) and the upstream that has it too."""

    path: str
    methods: tuple[str, ...]
    upstream: UpstreamName


# Each route is declared: Chalice's ``{proxy+}`` matches a single segment under ``chalice local``, and a path that no
# upstream has is answered here, without a call.
PROXIED_ROUTES = (
    ProxiedRoute("/empleados", ("GET", "POST"), "crud"),
    ProxiedRoute("/empleados/total", ("GET",), "crud"),
    ProxiedRoute("/empleados/{id}", ("GET", "PUT", "DELETE"), "crud"),
    ProxiedRoute("/empleados/{id}/eventos", ("GET",), "crud"),
    ProxiedRoute("/bajas", ("GET",), "crud"),
    ProxiedRoute("/bajas/{id}", ("GET",), "crud"),
    ProxiedRoute("/bajas/{id}/restaurar", ("POST",), "crud"),
    ProxiedRoute("/lotes/{id}", ("POST",), "crud"),
    ProxiedRoute("/lotes/{id}/cierre", ("POST",), "crud"),
    ProxiedRoute("/eventos", ("GET",), "crud"),
    ProxiedRoute("/resumen", ("GET",), "crud"),
    ProxiedRoute("/notify/email", ("POST",), "email"),
    ProxiedRoute("/correos", ("GET",), "email"),
    ProxiedRoute("/correos/total", ("GET",), "email"),
    ProxiedRoute("/correos/{id}", ("GET",), "email"),
    ProxiedRoute("/cola", ("GET",), "email"),
    ProxiedRoute("/usuarios", ("GET", "POST"), "email"),
    ProxiedRoute("/usuarios/yo", ("GET",), "email"),
    ProxiedRoute("/usuarios/{id}", ("PUT", "DELETE"), "email"),
    ProxiedRoute("/usuarios/{id}/reenviar", ("POST",), "email"),
    ProxiedRoute("/cola/reenviar", ("POST",), "email"),
    ProxiedRoute("/cola/fallidos", ("GET",), "email"),
    ProxiedRoute("/cola/fallidos/{id}", ("DELETE",), "email"),
    ProxiedRoute("/cola/fallidos/{id}/reenviar", ("POST",), "email"),
)

_BODY_TOO_LARGE = {
    "es": f"El cuerpo puede tener como máximo {MAX_REQUEST_BODY_BYTES} bytes.",
    "en": f"The body may have at most {MAX_REQUEST_BODY_BYTES} bytes.",
}
_HEAD_TOO_LARGE = {
    "es": f"La dirección y las cabeceras pueden tener juntas como máximo {MAX_REQUEST_HEAD_BYTES} bytes.",
    "en": f"The address and the headers together may have at most {MAX_REQUEST_HEAD_BYTES} bytes.",
}
_UNAUTHORIZED = 401
# Answers are about people, and the next person may use the same browser.
_NEVER_STORED = {"cache-control": ["no-store"]}
_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503


class Proxy(NamedTuple):
    """The routes of ``PROXIED_ROUTES``."""

    send: Send
    upstreams: Mapping[UpstreamName, Upstream]
    sign_in: SignInSettings | None

    def forward(self, route: ProxiedRoute, request: FrontDoorRequest, context: InvocationContext) -> Response:
        """The upstream's answer to ``request``.

        Raises:
            Refusal: it carries no usable token, or the upstream's authorizer does not accept it.
            Problem: it cannot be passed on; nothing was sent.
            UpstreamError: the upstream gave no answer that could be passed on.
        """
        upstream = self.upstreams[route.upstream]
        question = _question(upstream, route, request, read_credentials(request, self.sign_in))
        deadline = deadline_within(context, TOTAL_SECONDS)
        started = time.monotonic()
        try:
            answer = self.send(question, deadline)
        except UpstreamError as error:
            _log(logging.WARNING, question, route, f"{type(error).__name__} ({error.reason})", started)
            raise
        _log(logging.INFO, question, route, answer.status, started)
        if answer.is_unexplained_error:
            if answer.status == _UNAUTHORIZED:
                raise Refusal("invalid_token")
            if _was_shed(answer, time.monotonic() - started):
                raise UpstreamBusy(question, retry_after=answer.header("retry-after") or str(SHED_RETRY_SECONDS))
            raise UpstreamFailed(question, answer)
        headers = {**returned_headers(answer.headers), **_NEVER_STORED}
        body = answer.body
        if is_compressible(request.headers, answer.status, headers, body):
            body, headers = compress(body), compressed_headers(headers)
        return Response(body, headers={**headers}, status_code=answer.status)


def _was_shed(answer: UpstreamAnswer, seconds: float) -> bool:
    """Whether this answer without a problem document, after ``seconds``, means that AWS throttled the request."""
    return answer.status == _TOO_MANY_REQUESTS or (answer.status == _SERVICE_UNAVAILABLE and seconds < SHED_SECONDS)


def _question(
    upstream: Upstream, route: ProxiedRoute, request: FrontDoorRequest, credentials: Headers
) -> UpstreamRequest:
    body = request.raw_body
    if len(body) > MAX_REQUEST_BODY_BYTES:
        raise Problem(413, detail=_BODY_TOO_LARGE)
    # HEAD is sent as GET: the front door drops the body and reports its length.
    method = "GET" if request.method == "HEAD" else request.method
    target = upstream.address.target(route.path, request.uri_params or {}, _query_pairs(request))
    headers = (*forwarded_headers(request.headers), *credentials, ("X-Request-Id", request.request_id))
    question = upstream.request(method, target, headers, body)
    if question.head_bytes > MAX_REQUEST_HEAD_BYTES:
        raise Problem(431, detail=_HEAD_TOO_LARGE)
    return question


def _query_pairs(request: FrontDoorRequest) -> list[tuple[str, str]]:
    parameters = request.query_params
    return [(name, value) for name in parameters for value in parameters.getlist(name)] if parameters else []


def _log(level: int, question: UpstreamRequest, route: ProxiedRoute, outcome: int | str, started: float) -> None:
    """One line per request. The route, not the target: neither ids nor searches belong in a log."""
    fields = {
        "method": question.method,
        "route": route.path,
        "upstream": question.upstream.name,
        "outcome": outcome,
        "milliseconds": round((time.monotonic() - started) * 1000),
    }
    logger.log(level, "%s %s -> %s: %s in %d ms", *fields.values(), extra=fields)
