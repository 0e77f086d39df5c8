"""The page's own origin, and whether a request comes from there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.web.refusals import CrossSiteRequest, HostRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

# A name or an IPv4 address, or an IPv6 address in brackets, with an optional port.
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def own_origin(headers: Mapping[str, str], public_origin: str) -> str:
    """Scheme, host and port under which a browser has this page.

    Without ``public_origin`` it is what the request says, which only its own sender can have made up: another site's
    page cannot set these headers, and the identity provider returns to addresses that it knows, and to no others.

    Raises:
        HostRefused: the request does not say it.
    """
    if public_origin:
        return public_origin
    host = headers.get("Host", "")
    if not _HOST.fullmatch(host):
        raise HostRefused
    scheme = "https" if headers.get("X-Forwarded-Proto", "").lower() == "https" else "http"
    return f"{scheme}://{host.lower()}"


def require_own_origin(headers: Mapping[str, str], public_origin: str) -> None:
    """Let only a request pass that a page of our own origin sent, by the word of the browser.

    Every browser since 2023 says so in ``Sec-Fetch-Site``, older ones in ``Origin``; no script can change either.

    Raises:
        CrossSiteRequest: it did not, or the browser does not say.
        HostRefused: see ``own_origin``.
    """
    site = headers.get("Sec-Fetch-Site")
    if site == "same-origin":
        return
    if site is not None or headers.get("Origin") != own_origin(headers, public_origin):
        raise CrossSiteRequest
