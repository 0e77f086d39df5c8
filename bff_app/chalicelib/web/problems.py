"""What a client reads when the proxy has no answer of an upstream to pass on."""

from __future__ import annotations

from chalice_frontdoor import Problem
from chalicelib.web.identity import IDENTITY
from chalicelib.web.upstream import SAFE_METHODS, Text, UpstreamError, UpstreamFailed, bilingual

_SERVICES: dict[str, Text] = {
    "crud": ("El servicio de empleados", "The employee service"),
    "email": ("El servicio de correos", "The e-mail service"),
    IDENTITY: ("El servicio de identidad", "The identity service"),
}
_REFUSED = (
    "La respuesta del servicio interno es demasiado grande o no es válida. Pida menos de una vez.",
    "The answer of the service behind is too large or not valid. Ask for less at once.",
)
_UNKNOWN_OUTCOME = (
    "No se sabe si el cambio se hizo: compruébelo antes de repetirlo.",
    "It is unknown whether the change was made: check before repeating it.",
)
_NOT_DONE = ("El cambio no se hizo.", "The change was not made.")
_SIGN_IN_LATER = ("Inténtelo otra vez dentro de un momento.", "Try again in a moment.")
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
        return Problem(status, detail=bilingual(*sentences, _SIGN_IN_LATER), headers=headers)
    if not error.request.is_safe:
        sentences.append(_UNKNOWN_OUTCOME if error.outcome_unknown else _NOT_DONE)
    return Problem(status, detail=bilingual(*sentences), headers=headers, resultado_desconocido=error.outcome_unknown)


def answer_refused(method: str) -> Problem:
    """502: the front door would not accept the upstream's answer."""
    changes_something = method not in SAFE_METHODS
    sentences = [_REFUSED, _UNKNOWN_OUTCOME] if changes_something else [_REFUSED]
    return Problem(502, detail=bilingual(*sentences), resultado_desconocido=changes_something)
