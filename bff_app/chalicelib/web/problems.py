"""What a client reads when the proxy has no answer of an upstream to pass on."""

from __future__ import annotations

from typing import Any

from chalice_frontdoor import Problem, ProblemTable
from chalicelib.web.headers import MalformedHeader
from chalicelib.web.health import PartsUnwell
from chalicelib.web.identity import IDENTITY
from chalicelib.web.limits import MAX_REQUEST_BODY_BYTES, MAX_REQUEST_HEAD_BYTES
from chalicelib.web.pages import FileUnknown
from chalicelib.web.proxy import BodyTooLarge, HeadTooLarge
from chalicelib.web.session import CookieRefused, Refusal, ReturnAddressRefused, SessionOver, drop_session
from chalicelib.web.sign_in import SignInAbsent
from chalicelib.web.upstream import SAFE_METHODS, ImpossibleSegment, Text, UpstreamError, UpstreamFailed

_SERVICES: dict[str, Text] = {
    "crud": {"es": "El servicio de empleados", "en": "The employee service"},
    "email": {"es": "El servicio de correos", "en": "The e-mail service"},
    IDENTITY: {"es": "El servicio de identidad", "en": "The identity service"},
}
_REFUSED: Text = {
    "es": "La respuesta del servicio interno es demasiado grande o no es válida. Pida menos de una vez.",
    "en": "The answer of the service behind is too large or not valid. Ask for less at once.",
}
_UNKNOWN_OUTCOME: Text = {
    "es": "No se sabe si el cambio se hizo: compruébelo antes de repetirlo.",
    "en": "It is unknown whether the change was made: check before repeating it.",
}
_NOT_DONE: Text = {"es": "El cambio no se hizo.", "en": "The change was not made."}
_SIGN_IN_LATER: Text = {"es": "Inténtelo otra vez dentro de un momento.", "en": "Try again in a moment."}
_UNAUTHORIZED = 401
_FIRST_SERVER_ERROR = 500
# Statuses of AWS's own errors that are passed on: they tell the client what to do next.
_KEPT_SERVER_ERRORS = frozenset({503, 504})
_KEPT_HEADERS = ("Retry-After", "WWW-Authenticate", "Allow")


def upstream_failed(error: UpstreamError) -> Problem:
    """The problem of an upstream that gave no usable answer; for a write it says whether the outcome is known."""
    status = error.status
    headers = {"Retry-After": error.retry_after} if error.retry_after else {}
    if isinstance(error, UpstreamFailed):
        answer = error.answer
        headers = {name: value for name in _KEPT_HEADERS if (value := answer.header(name.lower()))}
        if answer.status < _FIRST_SERVER_ERROR:
            return Problem(answer.status, headers=headers)
        status = answer.status if answer.status in _KEPT_SERVER_ERRORS else status
    sentences = [_SERVICES[error.request.upstream.name], error.says]
    # Signing in changes nothing in the directory, so its problem does not mention an outcome.
    if error.request.upstream.name == IDENTITY:
        return Problem(status, detail=_join([*sentences, _SIGN_IN_LATER]), headers=headers)
    if not error.request.is_safe:
        sentences.append(_UNKNOWN_OUTCOME if error.outcome_unknown else _NOT_DONE)
    return Problem(status, detail=_join(sentences), headers=headers, resultado_desconocido=error.outcome_unknown)


def _join(sentences: list[Text]) -> Text:
    return {language: " ".join(sentence[language] for sentence in sentences) for language in ("es", "en")}


def answer_refused(method: str) -> Problem:
    """502: the front door would not accept the upstream's answer."""
    changes_something = method not in SAFE_METHODS
    sentences = [_REFUSED, _UNKNOWN_OUTCOME] if changes_something else [_REFUSED]
    return Problem(502, detail=_join(sentences), resultado_desconocido=changes_something)


def parts_unwell(error: PartsUnwell) -> Problem:
    """503, with the health of each part."""
    detail = {"es": f"No responden bien: {error}.", "en": f"These do not answer well: {error}."}
    return Problem(503, detail=detail, partes=error.parts)


def malformed_header(error: MalformedHeader) -> Problem:
    return Problem(
        400,
        detail={
            "es": f"La cabecera {error.name} contiene caracteres que HTTP no permite.",
            "en": f"The header {error.name} holds characters that HTTP does not allow.",
        },
    )


def refused(error: Refusal) -> Problem:
    """400, 401, 403 or 422; a session that is over is forgotten by the browser too."""
    if isinstance(error, ReturnAddressRefused):
        return Problem(error.status, errores=[{"campo": "volver", "regla": "formato", "mensaje": error.says}])
    headers: dict[str, Any] = {"WWW-Authenticate": "Bearer"} if error.status == _UNAUTHORIZED else {}
    if isinstance(error, (CookieRefused, SessionOver)):
        headers["Set-Cookie"] = drop_session()
    return Problem(error.status, detail=error.says, headers=headers)


PROBLEMS: ProblemTable = {
    UpstreamError: upstream_failed,
    PartsUnwell: parts_unwell,
    MalformedHeader: malformed_header,
    BodyTooLarge: Problem(
        413,
        detail={
            "es": f"El cuerpo puede tener como máximo {MAX_REQUEST_BODY_BYTES} bytes.",
            "en": f"The body may have at most {MAX_REQUEST_BODY_BYTES} bytes.",
        },
    ),
    HeadTooLarge: Problem(
        431,
        detail={
            "es": f"La dirección y las cabeceras pueden tener juntas como máximo {MAX_REQUEST_HEAD_BYTES} bytes.",
            "en": f"The address and the headers together may have at most {MAX_REQUEST_HEAD_BYTES} bytes.",
        },
    ),
    FileUnknown: Problem(404),
    ImpossibleSegment: Problem(404),
    SignInAbsent: Problem(404),
}
