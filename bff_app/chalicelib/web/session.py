"""Whose token a request carries to the APIs, and why a request is refused.

A signed-in browser keeps its tokens in cookies; programs send a token of their own. Nothing is verified here: the APIs'
authorizers verify the token of every request.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from chalice_frontdoor import Problem
from chalicelib.web.tokens import read_claims, read_packed
from chalicelib.web.upstream import SAFE_METHODS, bilingual
from contract.api import note_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.tokens import Claims
    from chalicelib.web.upstream import Headers, Text

_UNAUTHORIZED = 401
# RFC 6265bis, 5.6: a browser keeps no cookie whose name and value are longer together.
MAX_COOKIE_BYTES = 4096
# RFC 6750, 2.1: what a bearer token may consist of; all our values do.
_VALUE = re.compile(r"[A-Za-z0-9._~+/-]+=*")

_NOT_COMPLETED = (
    400,
    ("No se pudo completar la entrada. Empiece otra vez.", "The sign-in could not be completed. Begin again."),
)
_SIGN_IN = (401, ("Hace falta iniciar sesión.", "You need to sign in."))
_OVER = (401, ("La sesión ha terminado. Inicie sesión otra vez.", "The session is over. Sign in again."))
_FOREIGN_PAGE = (
    "La petición no viene de la página del directorio, y no se hizo nada.",
    "The request does not come from the directory's page, and nothing was done.",
)
# Status and text of each refusal, by its reason.
REFUSALS: dict[str, tuple[int, Text]] = {
    "invalid_cookie": (400, ("Una cookie de la sesión no es válida.", "A cookie of the session is not valid.")),
    "unknown_state": _NOT_COMPLETED,  # this browser did not begin it
    "cancelled": _NOT_COMPLETED,
    "invalid_code": _NOT_COMPLETED,
    "foreign_token": _NOT_COMPLETED,
    "token_too_long": _NOT_COMPLETED,
    "not_signed_in": _SIGN_IN,
    "invalid_token": _SIGN_IN,
    "session_over": _OVER,
    "reused_token": _OVER,
    "cross_site": (403, _FOREIGN_PAGE),
    # What changes the account itself needs the password once more.
    "step_up_needed": (403, ("Hay que escribir la contraseña otra vez.", "The password has to be typed again.")),
}
# After these the browser forgets its cookies too.
_SESSION_ENDS = frozenset({"invalid_cookie", "session_over", "reused_token"})


class Refusal(Problem):
    """A request is refused before anything is done. The log counts ``reason``."""

    def __init__(self, reason: str) -> None:
        status, says = REFUSALS[reason]
        super().__init__(status, detail=bilingual(says))
        self.reason = reason
        if status == _UNAUTHORIZED:
            self.headers["WWW-Authenticate"] = "Bearer"
        if reason in _SESSION_ENDS:
            self.headers["Set-Cookie"] = SESSION_DROPPED


class Cookie(NamedTuple):
    """One of our cookies. The prefix ``__Host-`` keeps sibling hosts from planting one; people can edit their own."""

    name: str
    same_site: Literal["Strict", "Lax"]

    def read(self, headers: Mapping[str, str]) -> str | None:
        """Its value in the header ``Cookie`` of a request; None if it is not there.

        Raises:
            Refusal: it is malformed, too long, or there more than once.
        """
        # Only these two characters: any other white space is part of a name, for the browser too, and the browser
        # promises nothing about a name that begins with U+00A0 and continues like ours.
        pairs = (pair.strip(" \t").partition("=") for pair in headers.get("Cookie", "").split(";"))
        values = [value for name, _, value in pairs if name == self.name]
        if not values:
            return None
        if len(values) > 1 or not self.fits(values[0]) or not _VALUE.fullmatch(values[0]):
            raise Refusal("invalid_cookie")
        return values[0]

    def read_fields(self, headers: Mapping[str, str]) -> Claims:
        """The packed JSON object that it keeps; an empty one if it is not there, or not as we set it."""
        with suppress(Refusal):
            return read_packed(self.read(headers) or "")
        return {}

    def fits(self, value: str) -> bool:
        """Whether a browser would keep it."""
        return len(self.name) + len(value) <= MAX_COOKIE_BYTES

    def set(self, value: str, seconds: int | None = None) -> str:
        """The header ``Set-Cookie`` that keeps ``value`` for ``seconds``, or until the browser is closed."""
        lifetime = "" if seconds is None else f"; Max-Age={seconds}"
        return f"{self.name}={value}; Path=/; Secure; HttpOnly; SameSite={self.same_site}{lifetime}"

    def drop(self) -> str:
        """The header ``Set-Cookie`` that removes it from the browser."""
        return self.set("", 0)


# Strict: no link, form or script of another site sends them. The page itself needs none; its scripts do.
ACCESS = Cookie("__Host-acceso", "Strict")
# What renews a session, and, for the page to show, who the person is. Only the routes of the sign-in read them; a path
# of their own would cost the prefix, which requires `/`.
RENEWAL = Cookie("__Host-renovacion", "Strict")
PERSON = Cookie("__Host-persona", "Strict")
# A sign-in that is under way. Lax: the identity provider's redirect comes from another site.
ENTRY = Cookie("__Host-entrada", "Lax")

# For some minutes, a token that may change its owner's second factor.
STEP_UP = Cookie("__Host-seguridad", "Strict")

# The headers ``Set-Cookie`` that end the session in a browser.
SESSION_DROPPED = tuple(cookie.drop() for cookie in (ACCESS, RENEWAL, PERSON))


def read_credentials(request: FrontDoorRequest, sign_in: SignInSettings | None) -> Headers:
    """The headers to add to ``request`` for the upstream: the cookie of a signed-in browser as ``Authorization``.

    A request with an ``Authorization`` of its own comes from a program: that header is passed on as it is, and cookies
    do not count. Without ``sign_in`` this is a demonstration without credentials.

    Raises:
        Refusal: it has neither, a cookie that the sign-in cannot have set, or comes from another site's page.
    """
    if sign_in is None:
        return ()
    if "Authorization" in request.headers:
        note_caller(read_claims(request.headers["Authorization"].partition(" ")[2]))
        return ()
    token = ACCESS.read(request.headers)
    if token is None:
        raise Refusal("not_signed_in")
    note_caller(read_claims(token))
    if request.method not in SAFE_METHODS:
        require_own_origin(request, sign_in)
    return (("Authorization", f"Bearer {token}"),)


def own_origin(request: FrontDoorRequest, sign_in: SignInSettings) -> str:
    """Scheme, host and port under which a browser has this page.

    Without ``public_origin``, as on this machine, the request says it. Only its own sender can have made that up:
    another site's page cannot set these headers, and the identity provider returns only to addresses that it knows.
    """
    scheme = "https" if request.headers.get("X-Forwarded-Proto", "").lower() == "https" else "http"
    return sign_in.public_origin or f"{scheme}://{request.headers.get('Host', '').lower()}"


def require_own_origin(request: FrontDoorRequest, sign_in: SignInSettings) -> None:
    """Refuse a request that was not sent by a page of our own origin, according to the browser.

    Every browser since 2023 says so in ``Sec-Fetch-Site``, older ones in ``Origin``; no script can change either.

    Raises:
        Refusal: it was not, or the browser does not say.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site == "same-origin":
        return
    if site is not None or request.headers.get("Origin") != own_origin(request, sign_in):
        raise Refusal("cross_site")
