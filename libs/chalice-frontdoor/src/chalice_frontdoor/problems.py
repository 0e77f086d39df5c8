"""Errors as documents: RFC 9457 ``application/problem+json``.

::

    Exception
    ├── Problem                raised in a view or a middleware, it becomes the answer
    │   └── DefaultProblem     what the front door says itself, and what Chalice's own exceptions become
    └── InvalidInput           422: fields or parameters break rules
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

#: What people read: one text, or one for each language.
Text = str | Mapping[str, str]

MEDIA_TYPE = "application/problem+json"
#: Chalice's code for it.
UNEXPECTED = "InternalServerError"


class Problem(Exception):
    """An error that becomes the response.

    Args:
        status: the HTTP status, 400 to 599.
        title: the kind of problem, the same each time; by default the status's phrase.
        detail: what happened this time. The client sees it: never put the text of another exception into it.
        type: a URI that names the kind of problem.
        headers: sent with the answer, as in ``chalice.Response``.
        extensions: further members. Mappings from language to text are sent in the client's language, at any depth.

    Raises:
        ValueError: the status is not that of an error.
    """

    def __init__(
        self,
        status: int,
        *,
        title: Text | None = None,
        detail: Text | None = None,
        type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457
        headers: Mapping[str, Any] | None = None,
        **extensions: object,
    ) -> None:
        if not 400 <= status <= 599:  # noqa: PLR2004 - RFC 9110, section 15
            raise ValueError(f"A problem has the status of an error, 400 to 599, not {status}")
        super().__init__(status, type)
        self.status = int(status)
        self.title = title if title is not None else title_of(self.status)
        self.detail = detail
        self.type = type
        self.headers = dict(headers or {})
        self.extensions = extensions

    def document(self, language: str, languages: tuple[str, ...], request_id: str) -> dict[str, Any]:
        """The members in the order of RFC 9457, then the request id and the extensions, in one language."""
        title = _choose(self.title, language, languages)
        members: dict[str, Any] = {"type": self.type, "title": title, "status": self.status}
        if self.detail is not None:
            members["detail"] = _choose(self.detail, language, languages)
        members["request_id"] = request_id
        for name, value in self.extensions.items():
            members.setdefault(name, _localise(value, language, languages))
        return members


class DefaultProblem(Problem):
    """An error that Chalice would answer with ``{"Code": …, "Message": …}``, as does ``FrontDoor(problems=False)``."""

    def __init__(self, status: int, code: str, message: str, **parts: Any) -> None:  # noqa: ANN401 - Problem's
        super().__init__(status, **parts)
        self.code = code
        self.message = message


#: What exceptions become: a problem, or a function from the exception to one.
ProblemTable = Mapping[type[Exception], Problem | Callable[[Any], Problem]]


def _choose(text: Text, language: str, languages: tuple[str, ...]) -> str:
    """The text in the language, or in the first of ``languages`` that it has, or in any that it has."""
    if isinstance(text, str):
        return text
    known = [text[candidate] for candidate in (language, *languages) if candidate in text]
    return next(iter(known or text.values()), "")


def _localise(value: object, language: str, languages: tuple[str, ...]) -> object:
    """Replace every mapping whose keys are all languages by its text, at any depth."""
    if isinstance(value, Mapping):
        if value and all(key in languages for key in value):
            return _choose(value, language, languages)
        return {key: _localise(inner, language, languages) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_localise(inner, language, languages) for inner in value]
    return value


class FieldError(NamedTuple):
    """One broken rule."""

    field: str  # or parameter; empty for the body as a whole
    rule: str  # a word for programs, such as ``format``
    message: Text


class InvalidInput(Exception):
    """The input breaks rules. ``FrontDoor`` answers with 422 and lists the errors."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(", ".join(f"{error.field}: {error.rule}" for error in self.errors))


def invalid_input(error: InvalidInput) -> Problem:
    """The problem that an ``InvalidInput`` becomes, unless the app registers another."""
    return Problem(
        422,
        title={"es": "Hay datos que no son válidos", "en": "Some of the input is not valid"},
        type="urn:frontdoor:invalid-input",
        errors=[each._asdict() for each in error.errors],
    )


#: English and Spanish phrases of the usual errors. The others come from ``http``, which costs a cold start to import.
_ERROR_PHRASES = {
    400: ("Bad Request", "Solicitud incorrecta"),
    401: ("Unauthorized", "No autenticado"),
    403: ("Forbidden", "Prohibido"),
    404: ("Not Found", "No encontrado"),
    405: ("Method Not Allowed", "Método no permitido"),
    406: ("Not Acceptable", "No aceptable"),
    409: ("Conflict", "Conflicto"),
    410: ("Gone", "Ya no existe"),
    412: ("Precondition Failed", "Precondición fallida"),
    413: ("Content Too Large", "Contenido demasiado grande"),
    415: ("Unsupported Media Type", "Tipo de contenido no admitido"),
    422: ("Unprocessable Content", "Contenido no procesable"),
    428: ("Precondition Required", "Precondición requerida"),
    429: ("Too Many Requests", "Demasiadas solicitudes"),
    431: ("Request Header Fields Too Large", "Cabeceras demasiado grandes"),
    500: ("Internal Server Error", "Error interno del servidor"),
    502: ("Bad Gateway", "Respuesta incorrecta del servicio interno"),
    503: ("Service Unavailable", "Servicio no disponible"),
    504: ("Gateway Timeout", "El servicio interno no respondió a tiempo"),
}
_OTHER_PHRASES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other", 304: "Not Modified"}


def title_of(status: int) -> dict[str, str]:
    """The phrase of an error's status by language, in English only where it is a rare one."""
    english, *spanish = _ERROR_PHRASES.get(status) or (reason_phrase(status),)
    return {"en": english, "es": spanish[0]} if spanish else {"en": english}


def reason_phrase(status: int) -> str:
    """The English phrase of any final status, which an ALB wants beside the number.

    An unknown status has the phrase of its class (RFC 9110, section 15).
    """
    usual = _OTHER_PHRASES.get(status) or _ERROR_PHRASES.get(status, ("",))[0]
    if usual:
        return usual
    from http import HTTPStatus  # noqa: PLC0415 - see _ERROR_PHRASES

    return HTTPStatus(status if status in set(HTTPStatus) else status // 100 * 100).phrase
