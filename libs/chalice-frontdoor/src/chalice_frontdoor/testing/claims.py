"""The claims of an Amazon Cognito access token as an HTTP API's authorizer passes them on.

Each value is text, and a list is ``[a b]``.
"""

from __future__ import annotations

CLIENT_ID = "1example23456789"


def person(*groups: str, username: str | None = None) -> dict[str, str]:
    """The claims of a person; the user name is that of the first group unless it is given."""
    username = username or f"{(*groups, 'unnamed')[0]}@example.com"
    claims = {
        "auth_time": "1764000000",
        "client_id": CLIENT_ID,
        "exp": "1764003600",
        "iat": "1764000000",
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example",
        "jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "scope": "openid email",
        "sub": "aaaaaaaa-bbbb-cccc-dddd-example",
        "token_use": "access",
        "username": username,
        "version": "2",
    }
    return claims | ({"cognito:groups": f"[{' '.join(groups)}]"} if groups else {})


def program(*scopes: str) -> dict[str, str]:
    """The claims of a program with a client of its own (client credentials)."""
    claims = {**person(), "sub": CLIENT_ID, "scope": " ".join(scopes)}
    del claims["username"], claims["origin_jti"]
    return claims
