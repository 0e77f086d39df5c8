"""The cookies that a sign-in sets: their names, who gets them, and how they are read.

Their prefix is a promise of the browser: that this very host set the cookie, over HTTPS (or on this machine). So a site
beside ours, below the same domain, cannot slip in a session of its own, in whose name a person would then work. What is
in a cookie may still be anything: whoever has a browser can write into his own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from chalicelib.web.refusals import CookieRefused

# RFC 6265bis, 5.6: a browser keeps no cookie whose name and value are longer together.
MAX_COOKIE_BYTES = 4096
# RFC 6750, 2.1: what a bearer token may consist of; all our values do.
_VALUE = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Cookie:
    """One of our cookies. Scripts never see it, and it travels over HTTPS alone."""

    name: str
    same_site: Literal["Strict", "Lax"]

    def read(self, header: str) -> str | None:
        """Its value in a request's header ``Cookie``; None if it is not there.

        Raises:
            CookieRefused: it is malformed, too long, or there more than once.
        """
        # Those two alone. All other white space is part of a name, also for the browser: to one that begins with U+00A0
        # and then like ours, it promises nothing.
        pairs = (pair.strip(" \t").partition("=") for pair in header.split(";"))
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
        return f"{self.name}={value}; Path=/; Secure; HttpOnly; SameSite={self.same_site}{lifetime}"

    def drop(self) -> str:
        """The header ``Set-Cookie`` that makes the browser forget it."""
        return self.set("", 0)


# Strict: no other site's link, form or script takes them along. The page itself needs none; its scripts do.
ACCESS = Cookie("__Host-acceso", "Strict")
# What renews a session, and, for the page to show, who it is. Only the routes of the sign-in look at them; a path of
# their own would cost the prefix, which wants `/`.
RENEWAL = Cookie("__Host-renovacion", "Strict")
PERSON = Cookie("__Host-persona", "Strict")
# A sign-in that is under way. Lax: the identity provider's redirection comes from another site.
ENTRY = Cookie("__Host-entrada", "Lax")

SESSION_COOKIES = (ACCESS, RENEWAL, PERSON)


def drop_session() -> list[str]:
    """The headers ``Set-Cookie`` that end the session in this browser."""
    return [cookie.drop() for cookie in SESSION_COOKIES]
