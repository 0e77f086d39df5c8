"""What a client reads when the proxy has no answer of an upstream to pass on."""

from __future__ import annotations

from chalice_frontdoor import Problem, ProblemTable
from chalicelib.web.headers import MalformedHeader
from chalicelib.web.health import PartsUnwell
from chalicelib.web.identity import IDENTITY, IdentityBusy, IdentityFailed
from chalicelib.web.limits import MAX_ANSWER_BODY_BYTES, MAX_REQUEST_BODY_BYTES, MAX_REQUEST_HEAD_BYTES
from chalicelib.web.pages import FileUnknown
from chalicelib.web.proxy import BodyTooLarge, HeadTooLarge
from chalicelib.web.session import (
    CookieRefused,
    CrossSiteRequest,
    HostRefused,
    NotSignedIn,
    Refusal,
    ReturnAddressRefused,
    SessionOver,
    SignInRefused,
    TokenRefused,
    drop_session,
)
from chalicelib.web.sign_in import SignInAbsent
from chalicelib.web.upstream import (
    SAFE_METHODS,
    AnswerTooLarge,
    ImpossibleSegment,
    UnexplainedError,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
    UpstreamTooSlow,
    UpstreamUnreachable,
)

Text = dict[str, str]

_SERVICES: dict[str, Text] = {
    "crud": {"es": "El servicio de empleados", "en": "The employee service"},
    "email": {"es": "El servicio de correos", "en": "The e-mail service"},
    IDENTITY: {"es": "El servicio de identidad", "en": "The identity service"},
}
_BUSY: Text = {"es": "recibe demasiadas peticiones.", "en": "gets too many requests."}
_FAILED: Text = {"es": "falló.", "en": "failed."}
_FAILURES: dict[type[UpstreamError], tuple[int, Text]] = {
    UpstreamUnreachable: (502, {"es": "no está disponible.", "en": "cannot be reached."}),
    UpstreamTooSlow: (504, {"es": "no respondió a tiempo.", "en": "did not answer in time."}),
    UpstreamBroken: (
        502,
        {"es": "cortó la respuesta o dio una ilegible.", "en": "broke off its answer or gave an unreadable one."},
    ),
    AnswerTooLarge: (
        502,
        {
            "es": f"respondió con más de {MAX_ANSWER_BODY_BYTES} bytes. Pida menos de una vez.",
            "en": f"answered with more than {MAX_ANSWER_BODY_BYTES} bytes. Ask for less at once.",
        },
    ),
    IdentityFailed: (502, _FAILED),
    IdentityBusy: (503, _BUSY),
    UpstreamBusy: (503, _BUSY),
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
_SIGN_IN_LATER: Text = {
    "es": "Inténtelo otra vez dentro de un momento.",
    "en": "Try again in a moment.",
}
_FIRST_SERVER_ERROR = 500
# Statuses that an unexplained error keeps: they tell the client what to do next.
_KEPT_SERVER_ERRORS = frozenset({503, 504})
_KEPT_HEADERS = ("Retry-After", "WWW-Authenticate", "Allow")


def upstream_failed(error: UpstreamError) -> Problem:
    """The problem of an upstream that gave no usable answer; for a write it says whether the outcome is known."""
    if isinstance(error, UnexplainedError):
        return _unexplained(error)
    status, what = _FAILURES[type(error)]
    if error.request.upstream.name == IDENTITY:
        return _identity_failure(error, status, what)
    headers = {"Retry-After": error.retry_after} if isinstance(error, UpstreamBusy) else {}
    return _failure(error, status, what, headers)


def _identity_failure(error: UpstreamError, status: int, what: Text) -> Problem:
    """Signing in changes nothing in the directory, so the problem says nothing about the outcome."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, IdentityBusy) else {}
    return Problem(status, detail=_joined([_SERVICES[IDENTITY], what, _SIGN_IN_LATER]), headers=headers)


def _unexplained(error: UnexplainedError) -> Problem:
    status = error.answer.status
    headers = {name: value for name in _KEPT_HEADERS if (value := error.answer.header(name.lower()))}
    if status < _FIRST_SERVER_ERROR:
        return Problem(status, headers=headers)
    return _failure(error, status if status in _KEPT_SERVER_ERRORS else 502, _FAILED, headers)


def _failure(error: UpstreamError, status: int, what: Text, headers: dict[str, str] | None = None) -> Problem:
    sentences = [_SERVICES[error.request.upstream.name], what]
    if not error.request.is_safe:
        sentences.append(_UNKNOWN_OUTCOME if error.outcome_unknown else _NOT_DONE)
    return Problem(status, detail=_joined(sentences), headers=headers, resultado_desconocido=error.outcome_unknown)


def _joined(sentences: list[Text]) -> Text:
    return {language: " ".join(sentence[language] for sentence in sentences) for language in ("es", "en")}


def answer_refused(method: str) -> Problem:
    """502: the front door would not let the upstream's answer through."""
    changes_something = method not in SAFE_METHODS
    sentences = [_REFUSED, _UNKNOWN_OUTCOME] if changes_something else [_REFUSED]
    return Problem(502, detail=_joined(sentences), resultado_desconocido=changes_something)


def parts_unwell(error: PartsUnwell) -> Problem:
    """503, with what each part said."""
    return Problem(
        503,
        detail={"es": f"No responden bien: {error}.", "en": f"These do not answer well: {error}."},
        partes=error.parts,
    )


def malformed_header(error: MalformedHeader) -> Problem:
    """400."""
    return Problem(
        400,
        detail={
            "es": f"La cabecera {error.name} contiene caracteres que HTTP no permite.",
            "en": f"The header {error.name} holds characters that HTTP does not allow.",
        },
    )


_REFUSALS: dict[type[Refusal], tuple[int, Text]] = {
    CookieRefused: (
        400,
        {"es": "Una cookie de la sesión no es válida.", "en": "A cookie of the session is not valid."},
    ),
    HostRefused: (400, {"es": "La cabecera Host no es válida.", "en": "The header Host is not valid."}),
    SignInRefused: (
        400,
        {
            "es": "No se pudo completar la entrada. Empiece otra vez.",
            "en": "The sign-in could not be completed. Begin again.",
        },
    ),
    NotSignedIn: (401, {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}),
    SessionOver: (
        401,
        {"es": "La sesión ha terminado. Inicie sesión otra vez.", "en": "The session is over. Sign in again."},
    ),
    TokenRefused: (401, {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}),
    CrossSiteRequest: (
        403,
        {
            "es": "La petición no viene de la página del directorio, y no se hizo nada.",
            "en": "The request does not come from the directory's page, and nothing was done.",
        },
    ),
}
_UNAUTHORIZED = 401
_FOREIGN_ADDRESS: Text = {
    "es": "debe ser una dirección de este sitio, que empiece por una sola barra.",
    "en": "must be an address of this site, which begins with a single slash.",
}


def refused(error: Refusal) -> Problem:
    """400, 401, 403 or 422; a session that is over is forgotten by the browser too."""
    if isinstance(error, ReturnAddressRefused):
        return Problem(422, errores=[{"campo": "volver", "regla": "formato", "mensaje": _FOREIGN_ADDRESS}])
    status, detail = _REFUSALS[type(error)]
    headers: dict[str, str | list[str]] = {}
    if status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, (CookieRefused, SessionOver)):
        headers["Set-Cookie"] = drop_session()
    return Problem(status, detail=detail, headers=headers)


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
