"""The JWT authorizer of an HTTP API: it verifies a token and passes its claims on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from chalice_devserver.doors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# As AWS: RSA only, so that neither "none" nor a secret that both sides know can sign.
ALGORITHMS = ["RS256"]
FETCH_SECONDS = 5.0
# An unknown key id may belong to a key newer than the last fetch; forged ids must not cause a fetch each.
LEAST_SECONDS_BETWEEN_FETCHES = 5.0
_BEARER = re.compile(r"(?:Bearer +)?([A-Za-z0-9_.-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class JwtAuthorizer:
    """Accepts tokens of one issuer for some of its clients."""

    issuer: str
    audience: Collection[str]
    """Client ids."""
    keys: RemoteKeys

    def claims_of(self, authorization: str | None) -> dict[str, str]:
        """The claims of a token in the header ``authorization``, all as text, whatever their type in the token.

        Raises:
            Unauthorized: there is no token, or it is not valid.
        """
        if authorization is None:
            raise Unauthorized("no token")
        token = _BEARER.fullmatch(authorization.strip())
        if token is None:
            raise Unauthorized("no JWT")
        try:
            claims = self._verify(token[1])
        except jwt.PyJWTError as error:
            raise Unauthorized(type(error).__name__) from None
        self._check_audience(claims)
        return {name: _as_text(value) for name, value in claims.items()}

    def _verify(self, token: str) -> dict[str, Any]:
        key = self.keys.find(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise Unauthorized("unknown key")
        # The audience is checked separately: an access token of Cognito has none.
        options: Any = {"require": ["exp", "iss"], "verify_aud": False}
        return jwt.decode(token, key, algorithms=ALGORITHMS, issuer=self.issuer, options=options)

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Of an id token it is ``aud``; API Gateway looks at ``client_id`` only where there is none."""
        named = claims.get("aud", claims.get("client_id"))
        audience = named if isinstance(named, list) else [named]
        if not any(each in self.audience for each in audience):
            raise Unauthorized("other audience")


class RemoteKeys:
    """The keys that an issuer publishes (JWKS), fetched at first use and again for a new key id."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = -LEAST_SECONDS_BETWEEN_FETCHES
        self._lock = threading.Lock()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key with that id; None if there is none or it cannot be fetched."""
        with self._lock:
            is_stale = time.monotonic() - self._fetched_at >= LEAST_SECONDS_BETWEEN_FETCHES
            if key_id not in self._keys and is_stale:
                self._fetched_at = time.monotonic()
                self._keys = self._fetch() or self._keys
        return self._keys.get(key_id)

    def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            # An issuer on this machine is not behind the proxy that the environment names.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(self._url, timeout=FETCH_SECONDS) as response:
                keys = jwt.PyJWKSet.from_dict(json.load(response)).keys
        except (OSError, ValueError, jwt.PyJWTError):
            return {}
        return {str(key.key_id): key for key in keys}


def _as_text(value: object) -> str:
    """A claim as API Gateway passes it on: a list loses its quotes and commas."""
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
