"""The cookies that a sign-in sets: their names, who gets them, and how they are read.

The prefixes are promises of the browser: ``__Host-`` that only this very host could set the cookie, ``__Secure-`` that
it was set over HTTPS (or on this machine). What is in them may still be anything: whoever has a browser can write into
his own cookies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from chalicelib.refusals import CookieRefused

# RFC 6265bis, 5.6: a browser keeps no cookie whose name and value are longer together.
MAX_COOKIE_BYTES = 4096
# RFC 6750, 2.1: what a bearer token may consist of; all our values do.
_VALUE = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Cookie:
    """One of our cookies. Scripts never see it, and it travels over HTTPS alone."""

    name: str
    path: str
    same_site: Literal["Strict", "Lax"]

    def read(self, header: str) -> str | None:
        """Its value in a request's header ``Cookie``; None if it is not there.

        Raises:
            CookieRefused: it is malformed, too long, or there more than once.
        """
        pairs = (pair.strip().partition("=") for pair in header.split(";"))
        values = [value for name, _, value in pairs if name == self.name]
        if not values:
            return None
        if len(values) > 1 or not self.fits(values[0]) or not _VALUE.fullmatch(values[0]):
            raise CookieRefused(self.name)
        return values[0]

    def fits(self, value: str) -> bool:
        """Whether a browser would keep it."""
        return len(self.name) + len(value) <= MAX_COOKIE_BYTES

    def set(self, value: str, seconds: int | None = None) -> str:
        """The header ``Set-Cookie`` that keeps ``value`` for ``seconds``, or until the browser is closed."""
        lifetime = "" if seconds is None else f"; Max-Age={seconds}"
        return f"{self.name}={value}; Path={self.path}; Secure; HttpOnly; SameSite={self.same_site}{lifetime}"

    def drop(self) -> str:
        """The header ``Set-Cookie`` that makes the browser forget it."""
        return self.set("", 0)


# Strict: no other site's link, form or script takes them along. The page itself needs none; its scripts do.
ACCESS = Cookie("__Host-acceso", "/", "Strict")
# Only the routes of the sign-in get what renews a session, hence no `__Host-`, which wants the path `/`; and, for the
# page to show, who it is, which need not travel with every request.
RENEWAL = Cookie("__Secure-renovacion", "/sesion", "Strict")
PERSON = Cookie("__Secure-persona", "/sesion", "Strict")
# A sign-in that is under way. Lax: the identity provider's redirection comes from another site.
ENTRY = Cookie("__Host-entrada", "/", "Lax")

SESSION_COOKIES = (ACCESS, RENEWAL, PERSON)


def drop_session() -> list[str]:
    """The headers ``Set-Cookie`` that end the session in this browser."""
    return [cookie.drop() for cookie in SESSION_COOKIES]
