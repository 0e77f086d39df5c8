"""Whose token a request carries to the APIs: its own, or the one in its cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.web.cookies import ACCESS
from chalicelib.web.origin import require_own_origin
from chalicelib.web.refusals import NotSignedIn
from chalicelib.web.upstream import SAFE_METHODS

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Headers


class Guard:
    """Turns the cookie of a signed-in browser into ``Authorization``. It verifies nothing: the APIs' authorizers do.

    Args:
        sign_in: None in a demonstration, where nobody signs in.
    """

    def __init__(self, sign_in: SignInSettings | None) -> None:
        self._sign_in = sign_in

    def credentials(self, request: FrontDoorRequest) -> Headers:
        """The headers to add to ``request`` for the upstream.

        A request that has an ``Authorization`` of its own is a program's: that is passed on as it is, and its cookies
        count for nothing.

        Raises:
            NotSignedIn: it has neither.
            CookieRefused: it has a cookie that the sign-in cannot have set.
            CrossSiteRequest: it has the cookie and would change something, but another site's page sent it.
            HostRefused: see ``own_origin``.
        """
        if self._sign_in is None or "Authorization" in request.headers:
            return ()
        token = ACCESS.read(request.headers.get("Cookie", ""))
        if token is None:
            raise NotSignedIn
        if request.method not in SAFE_METHODS:
            require_own_origin(request.headers, self._sign_in.public_origin)
        return (("Authorization", f"Bearer {token}"),)
