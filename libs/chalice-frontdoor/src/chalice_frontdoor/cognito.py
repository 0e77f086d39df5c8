"""Read the caller from the claims of an Amazon Cognito access token.

The front door's authorizer has verified the token's signature, issuer, audience and expiry. It checks neither the kind
of token (API Gateway accepts an id token for an access token) nor what its holder may do.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from chalice_frontdoor.access import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def cognito_reader(resource_server: str) -> Callable[[Mapping[str, object]], Caller | None]:
    """The function that ``Access`` calls to read a caller from an access token's claims.

    A person's roles are the groups of the user pool. A program's (client credentials) are the scopes of the resource
    server, ``<resource_server>/<role>``. A person's scopes are ignored: any client that signs people in may ask for
    them.

    Args:
        resource_server: its identifier in the user pool.
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
