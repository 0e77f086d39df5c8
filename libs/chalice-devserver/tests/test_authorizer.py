"""Tokens that the authorizer accepts, and those that it refuses."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalice_devserver.authorizer import JwtAuthorizer
from chalice_devserver.doors import HttpApi, Unauthorized
from chalice_devserver.http import Refusal
from chalice_frontdoor.testing.events import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"
CLIENT = "1example23456789"
KEY_ID = "kid+1="
KEY, STRANGERS_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class FakeKeys(jwt.PyJWKClient):
    """What an issuer publishes, without fetching it."""

    def __init__(self):
        super().__init__("http://issuer.example")

    def fetch_data(self):
        described = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [described | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


AUTHORIZER = JwtAuthorizer(ISSUER, [CLIENT], FakeKeys())


def token(*, key=KEY, algorithm="RS256", key_id=KEY_ID, **changes):
    """An access token that is valid for an hour but for ``changes``; None leaves a claim out."""
    claims = {
        "iss": ISSUER,
        "client_id": CLIENT,
        "username": "ana@example.com",
        "cognito:groups": ["rrhh", "admin"],
        "token_use": "access",
        "exp": int(time.time()) + 3600,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={} if key_id is None else {"kid": key_id})


NO_TOKENS = (None, "", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer ñ", "Bearer e30.e30.e30")
REFUSED: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=int(time.time()) - 1),
    "without an end": lambda: token(exp=None),
    "another issuer": lambda: token(iss=f"{ISSUER}2"),
    "without an issuer": lambda: token(iss=None),
    "another audience": lambda: token(client_id="other"),
    "without an audience": lambda: token(client_id=None),
    "an audience beside the right client": lambda: token(aud="other"),
    "a key that does not exist": lambda: token(key_id="other"),
    "without a key's id": lambda: token(key_id=None),
    "another pool's key": lambda: token(key=STRANGERS_KEY),
    "alg none": lambda: token(key=None, algorithm="none"),
    "another algorithm": lambda: token(algorithm="RS512"),
}


def test_a_token_that_is_not_valid_is_refused():
    for name, header in [*enumerate(NO_TOKENS), *((name, f"Bearer {make()}") for name, make in REFUSED.items())]:
        with pytest.raises(Unauthorized):
            pytest.fail(f"{name}: {AUTHORIZER.claims_of(header)}")


@pytest.mark.parametrize("audience", [CLIENT, ["other", CLIENT]])
def test_an_id_token_is_let_in_as_on_aws(audience):
    """The app refuses it: see frontdoor's Access."""
    assert AUTHORIZER.claims_of(token(token_use="id", client_id=None, aud=audience))["token_use"] == "id"


def test_an_issuer_that_does_not_answer_or_publishes_nonsense_has_no_keys(closed_port):
    class Nonsense(FakeKeys):
        def fetch_data(self):
            return {"keys": [{"kty": "none"}]}

    for keys in (jwt.PyJWKClient(f"http://127.0.0.1:{closed_port}/jwks.json"), Nonsense()):
        with pytest.raises(Unauthorized):
            JwtAuthorizer(ISSUER, [CLIENT], keys).claims_of(token())


# ---- in the HTTP API


def event_of(request, *authorizations):
    """The event of a request to a guarded API."""
    headers = tuple(("Authorization", value) for value in authorizations)
    return HttpApi(AUTHORIZER, open_routes=["GET /health"]).event(Wire(*request.split(), headers=headers))


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer  "])
def test_the_claims_of_a_valid_token_stand_where_aws_puts_them_as_text(prefix):
    context = event_of("GET /things", prefix + token(version=2, ok=True, more={"a": [1]}))["requestContext"]
    claims = context["authorizer"]["jwt"]["claims"]
    assert (claims["username"], claims["cognito:groups"]) == ("ana@example.com", "[rrhh admin]")
    assert (claims["version"], claims["ok"], claims["more"]) == ("2", "true", '{"a":[1]}')
    assert all(isinstance(value, str) for value in claims.values())
    assert context["routeKey"] == "$default"


def test_open_routes_need_no_token():
    event = event_of("GET /health")
    assert event["routeKey"] == "GET /health"
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize(
    "request_line", ["GET /things", "HEAD /health", "GET /health/", "GET /Health", "OPTIONS /things"]
)
def test_without_one_valid_token_the_function_is_never_called(request_line, caplog):
    for authorizations in ([], ["Bearer a.b.c"], [f"Bearer {token()}"] * 2):
        with pytest.raises(Refusal) as closed:
            event_of(request_line, *authorizations)
        assert (closed.value.response.status, closed.value.response.body) == (401, b'{"message":"Unauthorized"}')
        assert ("WWW-Authenticate", "Bearer") in closed.value.response.headers
    assert caplog.text.count("authorizer") == 3
