"""Why somebody is not let in; each is a problem of its own, and is counted by its reason.

Refusal
+-- CookieRefused            one of our cookies is malformed, too long or there twice      -> 400
+-- HostRefused              the request does not say which page it is for                 -> 400
+-- SignInRefused            what comes back from the sign-in is not what was asked for    -> 400
+-- NotSignedIn              there is neither a token nor a cookie                         -> 401
+-- SessionOver              the identity provider will not renew the session              -> 401
+-- TokenRefused             the API's authorizer does not accept the token                -> 401
+-- CrossSiteRequest         another site's page sent a request that changes something     -> 403
+-- ReturnAddressRefused     the sign-in should end on a page that is not ours             -> 422
"""

from __future__ import annotations


class Refusal(Exception):
    """Somebody is not let in.

    Attributes:
        reason: what the log counts; the client is told less.
    """

    reason = ""


class CookieRefused(Refusal):
    """One of our cookies is malformed, longer than a browser's, or there twice."""

    reason = "cookie_no_valida"


class HostRefused(Refusal):
    """The header ``Host`` is no host, so that the page's own address is unknown."""

    reason = "host_no_valido"


class SignInRefused(Refusal):
    """A sign-in came back that this browser did not begin, that was used before, or that the person gave up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSignedIn(Refusal):
    """There is neither a token nor a cookie."""

    reason = "sin_sesion"


class SessionOver(Refusal):
    """There is a cookie, and the identity provider does not accept what is in it any more."""

    reason = "sesion_terminada"


class TokenRefused(Refusal):
    """The authorizer of the API behind did not accept the token."""

    reason = "token_no_valido"


class CrossSiteRequest(Refusal):
    """The browser says that a page of another origin sent this, or does not say where it comes from."""

    reason = "otro_origen"


class ReturnAddressRefused(Refusal):
    """The address to return to after the sign-in is not one of this site."""

    reason = "volver_ajeno"
