"""Which routes are passed on, and how: a request to its upstream, and the upstream's answer back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

from chalice.app import Response

from chalice_frontdoor import Problem
from chalicelib.web.headers import compress_for, forwarded_headers, returned_headers
from chalicelib.web.limits import MAX_REQUEST_HEAD_BYTES, SHED_RETRY_SECONDS, SHED_SECONDS, TOTAL_SECONDS
from chalicelib.web.session import Refusal, read_credentials
from chalicelib.web.upstream import UpstreamError, deadline_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Send, Upstream, UpstreamAnswer, UpstreamRequest

logger = logging.getLogger(__name__)


# A path in Chalice's form: the upstream that has it too, and its methods (HEAD comes with GET). Each route is declared:
# Chalice's ``{proxy+}`` matches a single segment under ``chalice local``, and a path that no upstream has is answered
# here, without a call.
PROXIED_ROUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "/empleados": ("crud", ("GET", "POST")),
    "/empleados/total": ("crud", ("GET",)),
    "/empleados/{id}": ("crud", ("GET", "PUT", "DELETE")),
    "/empleados/{id}/eventos": ("crud", ("GET",)),
    "/bajas": ("crud", ("GET",)),
    "/bajas/{id}": ("crud", ("GET",)),
    "/bajas/{id}/restaurar": ("crud", ("POST",)),
    "/lotes/{id}": ("crud", ("POST",)),
    "/lotes/{id}/cierre": ("crud", ("POST",)),
    "/eventos": ("crud", ("GET",)),
    "/resumen": ("crud", ("GET",)),
    "/notify/email": ("email", ("POST",)),
    "/correos": ("email", ("GET",)),
    "/correos/total": ("email", ("GET",)),
    "/correos/{id}": ("email", ("GET",)),
    "/cola": ("email", ("GET",)),
    "/usuarios": ("email", ("GET", "POST")),
    "/usuarios/yo": ("email", ("GET",)),
    "/usuarios/{id}": ("email", ("PUT", "DELETE")),
    "/usuarios/{id}/reenviar": ("email", ("POST",)),
    "/cola/reenviar": ("email", ("POST",)),
    "/cola/fallidos": ("email", ("GET",)),
    "/cola/fallidos/{id}": ("email", ("DELETE",)),
    "/cola/fallidos/{id}/reenviar": ("email", ("POST",)),
}

_HEAD_TOO_LARGE = {
    "es": f"La dirección y las cabeceras pueden tener juntas como máximo {MAX_REQUEST_HEAD_BYTES} bytes.",
    "en": f"The address and the headers together may have at most {MAX_REQUEST_HEAD_BYTES} bytes.",
}
_UNAUTHORIZED, _TOO_MANY_REQUESTS, _FIRST_SERVER_ERROR, _SERVICE_UNAVAILABLE = 401, 429, 500, 503


class Proxy(NamedTuple):
    """The routes of ``PROXIED_ROUTES``."""

    send: Send
    upstreams: Mapping[str, Upstream]
    sign_in: SignInSettings | None

    def forward(self, request: FrontDoorRequest) -> Response:
        """The upstream's answer to ``request``.

        Raises:
            Refusal: it carries no usable token, or the upstream's authorizer does not accept it.
            Problem: it cannot be passed on and nothing was sent, or AWS refused it.
            UpstreamError: the upstream gave no answer that could be passed on.
        """
        question = self._question(request)
        deadline = deadline_for(request, TOTAL_SECONDS)
        started = time.monotonic()
        outcome: int | str = "unexpected error"
        try:
            answer = self.send(question, deadline)
            outcome = answer.status
        except UpstreamError as error:
            outcome = f"{error.failure} ({error.reason})"
            raise
        finally:
            # The route, not the target: neither ids nor searches belong in a log.
            fields = {
                "method": question.method,
                "route": request.path,
                "upstream": question.upstream.name,
                "outcome": outcome,
                "milliseconds": round((time.monotonic() - started) * 1000),
            }
            level = logging.INFO if isinstance(outcome, int) else logging.WARNING
            logger.log(level, "%s %s -> %s: %s in %d ms", *fields.values(), extra=fields)
        if answer.is_unexplained_error:
            raise _explain(question, answer, time.monotonic() - started)
        headers = returned_headers(answer.headers)
        body = compress_for(request.headers, answer.status, headers, answer.body)
        return Response(body, headers={**headers}, status_code=answer.status)

    def _question(self, request: FrontDoorRequest) -> UpstreamRequest:
        credentials = read_credentials(request, self.sign_in)
        upstream = self.upstreams[PROXIED_ROUTES[request.path][0]]
        target = upstream.target(request.path, request.uri_params, request.query_pairs)
        headers = (*forwarded_headers(request.headers), *credentials, ("X-Request-Id", request.request_id))
        # HEAD is sent as GET: the front door drops the body and reports its length.
        method = "GET" if request.method == "HEAD" else request.method
        question = upstream.request(method, target, headers, request.raw_body)
        if question.head_bytes > MAX_REQUEST_HEAD_BYTES:
            raise Problem(431, detail=_HEAD_TOO_LARGE)
        return question


def _explain(question: UpstreamRequest, answer: UpstreamAnswer, seconds: float) -> Problem:
    """What an error without a problem document means that came after ``seconds``."""
    retry_after = answer.header("retry-after")
    if answer.status == _UNAUTHORIZED:
        return Refusal("invalid_token")
    if answer.status == _TOO_MANY_REQUESTS or (answer.status == _SERVICE_UNAVAILABLE and seconds < SHED_SECONDS):
        return UpstreamError("busy", question, request_sent=False, retry_after=retry_after or SHED_RETRY_SECONDS)
    if answer.status < _FIRST_SERVER_ERROR:
        return Problem(answer.status)
    return UpstreamError("failed", question, status=answer.status, retry_after=retry_after)
