"""Who may do what: callers by their access token, routes by the role that they need. What no rule names is closed.

The front door's authorizer has verified the token's signature, issuer, audience and expiry. It does not look at what
kind of token it is (an API Gateway takes an id token for an access token), nor at what its holder may do: that is done
here. The claims are those of Amazon Cognito:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

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

#: What a rule says of a route that needs no token.
ANYBODY = ""
#: The name of everybody where there is no sign-in.
ANONYMOUS = "anonimo"

# Why a request was refused, as the log counts it. The client is told less.
NO_TOKEN = "sin_token"  # noqa: S105 - a reason
WRONG_TOKEN = "token_no_valido"  # noqa: S105 - a reason
NO_ROLE = "sin_rol"
OTHER_ROLE = "rol_insuficiente"
NO_RULE = "sin_regla"

_SIGN_IN = {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}
_NOT_ALLOWED = {"es": "No tiene permiso para hacer esto.", "en": "You are not allowed to do this."}


class Caller(NamedTuple):
    """Who sends a request. No dataclass: that would bring ``inspect`` into every cold start.

    Args:
        name: a person's user name, or a program's client id.
        roles: what the caller is, with every weaker role that is implied.
    """

    name: str
    roles: frozenset[str]


class Access:
    """A middleware that lets a caller through to the routes of its roles, and to no others.

    A person has the roles whose names are groups of the user pool; a program (client credentials) those that are scopes
    of the resource server, ``<resource_server>/<role>``. A person's scopes count for nothing: any client that signs
    people in may ask for them.

    Args:
        roles: the weakest first; each may do what those before it may.
        rules: for each route the weakest role that may use it, or ``ANYBODY``.
        resource_server: its identifier in the user pool.
        is_demo: whether there is no sign-in, so that everybody may do everything; asked each time.
    """

    def __init__(
        self,
        roles: Sequence[str],
        rules: Mapping[Route, str],
        *,
        resource_server: str,
        is_demo: Callable[[], bool] = lambda: False,
    ) -> None:
        self._roles = tuple(roles)
        with_weaker = [(role, frozenset(self._roles[: place + 1])) for place, role in enumerate(self._roles)]
        self._strongest_first = with_weaker[::-1]
        self._rules = dict(rules)
        self._scope_prefix = f"{resource_server}/"
        self._is_demo = is_demo

    def __call__(self, request: FrontDoorRequest, get_response: Callable[[Any], Response]) -> Response:
        """Let a request in, or refuse it.

        Raises:
            Problem: 401 without an access token, 403 without the role.
        """
        needed = self._role_needed(request)
        if needed != ANYBODY:
            request.caller = self._demo() if self._is_demo() else self._admit(request, needed)
        return get_response(request)

    def read_caller(self, claims: Mapping[str, object]) -> Caller | None:
        """The caller that a token's claims name, or None if they are not those of an access token."""
        client_id, username = claims.get("client_id"), claims.get("username")
        if claims.get("token_use") != "access" or not _is_name(client_id):
            return None
        if _is_name(username):
            return Caller(username, self._with_weaker(_read_groups(claims.get("cognito:groups"))))
        if "username" not in claims and claims.get("sub") == client_id:
            return Caller(client_id, self._with_weaker(self._read_scopes(claims.get("scope"))))
        return None

    def _role_needed(self, request: FrontDoorRequest) -> str | None:
        """None means that nobody may."""
        method = "GET" if request.method == "HEAD" else request.method
        if method in request.routes:
            return self._rules.get((method, request.path))
        # The answer (404, 405, OPTIONS) tells what routes there are: of an open path everybody knows.
        is_open = any(self._rules.get((other, request.path)) == ANYBODY for other in request.routes)
        return ANYBODY if is_open else self._roles[0]

    def _admit(self, request: FrontDoorRequest, needed: str | None) -> Caller:
        claims = request.claims
        caller = self.read_caller(claims)
        if caller is None:
            _log(request, WRONG_TOKEN if claims else NO_TOKEN)
            raise Problem(401, detail=_SIGN_IN, headers={"WWW-Authenticate": "Bearer"})
        if needed is None or needed not in caller.roles:
            _log(request, NO_RULE if needed is None else OTHER_ROLE if caller.roles else NO_ROLE)
            raise Problem(403, detail=_NOT_ALLOWED)
        return caller

    def _demo(self) -> Caller:
        return Caller(ANONYMOUS, self._with_weaker(self._roles))

    def _with_weaker(self, claimed: Sequence[str]) -> frozenset[str]:
        for role, implied in self._strongest_first:
            if role in claimed:
                return implied
        return frozenset()

    def _read_scopes(self, scope: object) -> list[str]:
        scopes = scope.split(" ") if isinstance(scope, str) else []
        return [each.removeprefix(self._scope_prefix) for each in scopes if each.startswith(self._scope_prefix)]


def _read_groups(groups: object) -> list[str]:
    """A list, or what an HTTP API makes of one: ``[lector rrhh]``. No group's name has a space."""
    if isinstance(groups, str):
        return groups[1:-1].split(" ") if groups.startswith("[") and groups.endswith("]") else []
    return [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _log(request: FrontDoorRequest, reason: str) -> None:
    logs.log_denial(reason, request.method, request.path, request.request_id)
