"""Who may do what: routes by the role that they need. A route that no rule names is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_frontdoor import logs
from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalice.app import Response

    from chalice_frontdoor.request import FrontDoorRequest

    #: A route by its method and its path's template.
    Route = tuple[str, str]

#: The rule of a route that needs no token.
ANYBODY = ""

_SIGN_IN = {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}
_NOT_ALLOWED = {"es": "No tiene permiso para hacer esto.", "en": "You are not allowed to do this."}


class Caller(NamedTuple):
    """Who sends a request. Not a dataclass: those import ``inspect`` during every cold start.

    Args:
        name: a person's user name, or a program's client id.
        roles: what the caller is. ``Access`` adds the weaker roles that these imply.
    """

    name: str
    roles: frozenset[str]


class Access:
    """A middleware that lets callers use the routes of their roles, and no others.

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
        """Pass a request on, or refuse it.

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
            logs.log_refusal(request, "invalid_token" if claims else "no_token")
            raise Problem(401, detail=_SIGN_IN, headers={"WWW-Authenticate": "Bearer"})
        # The known roles among those claimed, and the weaker ones that they imply.
        roles: frozenset[str] = frozenset().union(*(self._implied.get(role, ()) for role in caller.roles))
        if needed is None or needed not in roles:
            lacks = "insufficient_role" if roles else "no_role"
            logs.log_refusal(request, "no_rule" if needed is None else lacks)
            raise Problem(403, detail=_NOT_ALLOWED)
        return Caller(caller.name, roles)
