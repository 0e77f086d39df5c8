"""The JWT authorizer of an HTTP API: it verifies a token and passes its claims on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from chalice_devserver.doors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# As AWS: RSA only, so that neither "none" nor a secret that both sides know can sign.
ALGORITHMS = ["RS256"]
_BEARER = re.compile(r"(?:Bearer +)?([A-Za-z0-9_.-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class JwtAuthorizer:
    """Accepts tokens of one issuer for some of its clients."""

    issuer: str
    audience: Collection[str]
    """Client ids."""
    keys: jwt.PyJWKClient
    """Of the issuer."""

    def claims_of(self, authorization: str | None) -> dict[str, str]:
        """The claims of the token in a header, all as text, or `Unauthorized`."""
        if authorization is None:
            raise Unauthorized("no token")
        token = _BEARER.fullmatch(authorization.strip())
        if token is None:
            raise Unauthorized("no JWT")
        # The audience is checked separately: an access token of Cognito has none.
        options: Any = {"require": ["exp", "iss"], "verify_aud": False}
        try:
            key = self.keys.get_signing_key_from_jwt(token[1])
            claims = jwt.decode(token[1], key, algorithms=ALGORITHMS, issuer=self.issuer, options=options)
        except (jwt.PyJWTError, ValueError) as error:  # ValueError: the issuer publishes what is no JSON
            raise Unauthorized(type(error).__name__) from None
        self._check_audience(claims)
        return {name: _as_text(value) for name, value in claims.items()}

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Of an id token it is ``aud``; API Gateway looks at ``client_id`` only where there is none."""
        named = claims.get("aud", claims.get("client_id"))
        audience = named if isinstance(named, list) else [named]
        if not any(each in self.audience for each in audience):
            raise Unauthorized("other audience")


def _as_text(value: object) -> str:
    """A claim as API Gateway passes it on: a list loses its quotes and commas."""
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
