"""Who may do what: routes by the role that they need. A route that no rule names is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

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
    """Who sends a request. Not a dataclass: those import ``inspect`` during every cold start."""

    name: str  # a person's user name, or a program's client id
    roles: frozenset[str]  # ``Access`` adds the weaker ones that these imply


class Access:
    """A middleware that lets callers use the routes of their roles, and no others.

    Args:
        roles: the weakest first; each may do what those before it may.
        rules: for each route the weakest role that may use it, or ``ANYBODY``.
        read_caller: the caller that a verified token's claims name, or None if they are not those of an access token.
        anonymous: called for each request: the name of every caller while there is no sign-in, or None.
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
        if request.method == "OPTIONS" and any(entry.cors for entry in request.routes.values()):
            return ANYBODY  # a browser sends a preflight without credentials
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


def cognito_reader(resource_server: str) -> Callable[[Mapping[str, object]], Caller | None]:
    """The function that ``Access`` calls to read a caller from the claims of an Amazon Cognito access token.

    The front door's authorizer has verified the token's signature, issuer, audience and expiry. It checks neither the
    kind of token (API Gateway accepts an id token for an access token) nor what its holder may do.

    A person's roles are the groups of the user pool. A program's (client credentials) are the scopes of the resource
    server, ``<resource_server>/<role>``. A person's scopes are ignored: any client that signs people in may ask for
    them.
    """
    prefix = f"{resource_server}/"

    def read_caller(claims: Mapping[str, object]) -> Caller | None:
        client_id, username = claims.get("client_id"), claims.get("username")
        if claims.get("token_use") != "access" or not _is_name(client_id):
            return None
        if _is_name(username):
            return Caller(username, _read_groups(claims.get("cognito:groups")))
        if "username" not in claims and claims.get("sub") == client_id:
            return Caller(client_id, _read_scopes(claims.get("scope"), prefix))
        return None

    return read_caller


def _read_groups(groups: object) -> frozenset[str]:
    """Read a list, or the text that an HTTP API makes of one: ``[reader admin]``. No group's name has a space."""
    if isinstance(groups, str):
        groups = groups[1:-1].split(" ") if groups.startswith("[") and groups.endswith("]") else []
    named = groups if isinstance(groups, list) else []
    return frozenset(group for group in named if isinstance(group, str) and group)


def _read_scopes(scope: object, prefix: str) -> frozenset[str]:
    scopes = scope.split(" ") if isinstance(scope, str) else []
    return frozenset(each.removeprefix(prefix) for each in scopes if each.startswith(prefix))


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""
