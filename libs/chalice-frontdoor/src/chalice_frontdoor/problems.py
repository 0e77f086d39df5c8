"""Errors as documents: RFC 9457 ``application/problem+json``.

::

    Exception
    └── Problem    raised in a view or a middleware, it becomes the answer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalice_frontdoor.statuses import titles

#: What people read: one text, or one for each language.
Text = str | Mapping[str, str]

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error that becomes the response.

    Args:
        status: the HTTP status, 400 to 599.
        title: the kind of problem, the same each time; by default the status's phrase.
        detail: what happened this time. The client sees it: never put the text of another exception into it.
        type: a URI that names the kind of problem; ``about:blank`` says "no more than the status".
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
        self.title = title if title is not None else titles(self.status)
        self.detail = detail
        self.type = type
        self.headers = dict(headers or {})
        self.extensions = extensions

    def document(self, language: str, languages: tuple[str, ...], request_id: str) -> dict[str, Any]:
        """The members in the order of RFC 9457, then the request id and the extensions, in one language."""
        members: dict[str, Any] = {"type": self.type, "title": _choose(self.title, language, languages)}
        members["status"] = self.status
        if self.detail is not None:
            members["detail"] = _choose(self.detail, language, languages)
        members["request_id"] = request_id
        for name, value in self.extensions.items():
            members.setdefault(name, _localise(value, language, languages))
        return members


def _choose(text: Text, language: str, languages: tuple[str, ...]) -> str:
    """The text in the language, or in the first of ``languages`` that it has, or in any that it has."""
    if isinstance(text, str):
        return text
    for candidate in (language, *languages):
        if candidate in text:
            return text[candidate]
    return next(iter(text.values()), "")


def _localise(value: object, language: str, languages: tuple[str, ...]) -> object:
    """Replace every mapping whose keys are all languages by its text, at any depth."""
    if isinstance(value, Mapping):
        if value and all(key in languages for key in value):
            return _choose(value, language, languages)
        return {key: _localise(inner, language, languages) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_localise(inner, language, languages) for inner in value]
    return value


#: What exceptions become: a problem, or a function from the exception to one.
ProblemTable = Mapping[type[Exception], Problem | Callable[[Any], Problem]]
