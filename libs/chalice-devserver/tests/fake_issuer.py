"""An issuer of tokens in memory, with keys of its own: it stands in for Cognito where only the checks are the point."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"
CLIENT = "1example23456789"
KEY_ID = "kid+1="
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key(key=KEY, key_id=KEY_ID):
    """As an issuer publishes it."""
    described: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return described | {"kid": key_id, "use": "sig", "alg": "RS256"}


def access_claims(**changes):
    """Those of an access token that is valid; a change to None leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "client_id": CLIENT,
        "sub": "aaaaaaaa-bbbb-cccc-dddd-example",
        "username": "ana@example.com",
        "cognito:groups": ["rrhh", "admin"],
        "token_use": "access",
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def sign(claims, *, key=KEY, algorithm="RS256", key_id=KEY_ID):
    """A token with these claims."""
    return jwt.encode(claims, key, algorithm=algorithm, headers={} if key_id is None else {"kid": key_id})


class FakeKeys(jwt.PyJWKClient):
    """What an issuer would publish, without fetching it."""

    def __init__(self):
        super().__init__("http://issuer.example")

    def fetch_data(self):
        return {"keys": [public_key()]}
