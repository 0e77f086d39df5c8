"""Who may do what: routes by the role that they need. A route that no rule names is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_frontdoor import logs
from chalice_frontdoor.caller import Caller
from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chalice.app import Response

    from chalice_frontdoor.request import FrontDoorRequest

    #: A route by its method and its path's template.
    Route = tuple[str, str]

#: The rule of a route that needs no token.
ANYBODY = ""

# Why a request was refused, for the log. The client gets less detail.
NO_TOKEN = "no_token"  # noqa: S105 - a reason
INVALID_TOKEN = "invalid_token"  # noqa: S105 - a reason
NO_ROLE = "no_role"
INSUFFICIENT_ROLE = "insufficient_role"
NO_RULE = "no_rule"

_SIGN_IN = {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}
_NOT_ALLOWED = {"es": "No tiene permiso para hacer esto.", "en": "You are not allowed to do this."}


class Access:
    """A middleware that lets a caller through to the routes of its roles, and to no others.

    Args:
        roles: the weakest first; each may do what those before it may.
        rules: for each route the weakest role that may use it, or ``ANYBODY``.
        read_caller: the caller that a verified token's claims name, or None if they are not those of an access token.
            ``chalice_frontdoor.cognito.cognito_reader`` makes one for Amazon Cognito.
        anonymous: the name of every caller while there is no sign-in and every role is granted, or None. It is called
            for each request.
    """

    def __init__(
        self,
        roles: Sequence[str],
        rules: Mapping[Route, str],
        *,
        read_caller: Callable[[Mapping[str, object]], Caller | None],
        anonymous: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._weakest = roles[0]
        self._implied = {role: frozenset(roles[: place + 1]) for place, role in enumerate(roles)}
        self._rules = dict(rules)
        self._read_caller = read_caller
        self._anonymous = anonymous

    def __call__(self, request: FrontDoorRequest, get_response: Callable[[Any], Response]) -> Response:
        """Let a request in, or refuse it.

        Raises:
            Problem: 401 without an access token, 403 without the role.
        """
        needed = self._role_needed(request)
        if needed != ANYBODY:
            name = self._anonymous()
            request.caller = self._admit(request, needed) if name is None else Caller(name, frozenset(self._implied))
        return get_response(request)

    def _role_needed(self, request: FrontDoorRequest) -> str | None:
        """The weakest role that may use the route; None if no role may."""
        method = "GET" if request.method == "HEAD" else request.method
        if method in request.routes:
            return self._rules.get((method, request.path))
        # The answer (404, 405, OPTIONS) reveals which routes exist. The methods of an open path are public.
        is_open = any(self._rules.get((other, request.path)) == ANYBODY for other in request.routes)
        return ANYBODY if is_open else self._weakest

    def _admit(self, request: FrontDoorRequest, needed: str | None) -> Caller:
        claims = request.claims
        caller = self._read_caller(claims)
        if caller is None:
            logs.log_refusal(request, INVALID_TOKEN if claims else NO_TOKEN)
            raise Problem(401, detail=_SIGN_IN, headers={"WWW-Authenticate": "Bearer"})
        roles = self._with_weaker(caller.roles)
        if needed is None or needed not in roles:
            logs.log_refusal(request, NO_RULE if needed is None else INSUFFICIENT_ROLE if roles else NO_ROLE)
            raise Problem(403, detail=_NOT_ALLOWED)
        return Caller(caller.name, roles)

    def _with_weaker(self, claimed: Iterable[str]) -> frozenset[str]:
        """The known roles among those claimed, and the weaker ones that they imply."""
        return frozenset().union(*(self._implied.get(role, ()) for role in claimed))
