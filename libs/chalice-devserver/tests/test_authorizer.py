"""Tokens that the authorizer accepts, and those that it refuses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jwt
import pytest
from fake_issuer import CLIENT, ISSUER, STRANGERS_KEY, FakeKeys, access_claims, sign

from chalice_devserver.authorizer import JwtAuthorizer
from chalice_devserver.doors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHORIZER = JwtAuthorizer(ISSUER, [CLIENT], FakeKeys())
NOW = int(time.time())

NO_TOKENS = (None, "", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer ñ", "Bearer e30.e30.e30")
REFUSED: dict[str, Callable[[], str]] = {
    "expired": lambda: sign(access_claims(exp=NOW - 1)),
    "without an end": lambda: sign(access_claims(exp=None)),
    "another issuer": lambda: sign(access_claims(iss=f"{ISSUER}2")),
    "without an issuer": lambda: sign(access_claims(iss=None)),
    "another audience": lambda: sign(access_claims(client_id="other")),
    "without an audience": lambda: sign(access_claims(client_id=None)),
    "an audience beside the right client": lambda: sign(access_claims(aud="other")),
    "a key that does not exist": lambda: sign(access_claims(), key_id="other"),
    "without a key's id": lambda: sign(access_claims(), key_id=None),
    "another pool's key": lambda: sign(access_claims(), key=STRANGERS_KEY),
    "alg none": lambda: sign(access_claims(), key=None, algorithm="none"),
    "another algorithm": lambda: sign(access_claims(), algorithm="RS512"),
}


def test_a_valid_token_is_accepted_with_or_without_bearer_and_its_claims_are_text():
    for prefix in ("", "Bearer ", "bearer  "):
        claims = AUTHORIZER.claims_of(prefix + sign(access_claims(version=2, ok=True, more={"a": [1]})))
        assert (claims["username"], claims["cognito:groups"]) == ("ana@example.com", "[rrhh admin]")
        assert (claims["version"], claims["ok"], claims["more"]) == ("2", "true", '{"a":[1]}')


@pytest.mark.parametrize("audience", [CLIENT, ["other", CLIENT]])
def test_an_id_token_is_let_in_as_on_aws(audience):
    """The app refuses it: see frontdoor's Access."""
    token = sign(access_claims(token_use="id", client_id=None, aud=audience))
    assert AUTHORIZER.claims_of(token)["token_use"] == "id"


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_token_that_is_not_valid_is_refused(make):
    for header in (f"Bearer {make()}", *NO_TOKENS):
        with pytest.raises(Unauthorized):
            AUTHORIZER.claims_of(header)


def test_an_issuer_that_does_not_answer_or_publishes_nonsense_has_no_keys(closed_port):
    class Nonsense(FakeKeys):
        def fetch_data(self):
            return {"keys": [{"kty": "none"}]}

    for keys in (jwt.PyJWKClient(f"http://127.0.0.1:{closed_port}/jwks.json"), Nonsense()):
        with pytest.raises(Unauthorized):
            JwtAuthorizer(ISSUER, [CLIENT], keys).claims_of(sign(access_claims()))
