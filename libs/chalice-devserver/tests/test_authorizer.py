"""Tokens that the authorizer accepts, and those that it refuses."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fake_issuer import CLIENT, ISSUER, KEY, KEY_ID, STRANGERS_KEY, FakeKeys, access_claims, sign
from hypothesis import given
from hypothesis import strategies as st

from chalice_devserver.authorizer import JwtAuthorizer
from chalice_devserver.doors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHORIZER = JwtAuthorizer(ISSUER, [CLIENT], FakeKeys())
NOW = int(time.time())


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(claims, **header):
    """A token that says so of itself."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": KEY_ID, **header}, claims)]
    return ".".join(map(base64url, parts)) + "."


def with_public_key_as_secret(claims):
    """The attack on libraries that take a public RSA key for the secret of an HMAC."""
    signed = unsigned(claims, alg="HS256").removesuffix(".")
    secret = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


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
    "alg none": lambda: unsigned(access_claims()),
    "signed with the public key": lambda: with_public_key_as_secret(access_claims()),
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
    with pytest.raises(Unauthorized):
        AUTHORIZER.claims_of(f"Bearer {make()}")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a.b.c", "Bearer ñ"]
)
def test_what_is_no_token_is_refused(header):
    with pytest.raises(Unauthorized):
        AUTHORIZER.claims_of(header)


@given(st.text(), st.dictionaries(st.text(), st.none() | st.text() | st.integers()), st.binary(max_size=20))
def test_garbage_is_refused_and_crashes_nothing(text, claims, signature):
    head = base64url(json.dumps({"alg": "RS256", "kid": KEY_ID, **claims}).encode())
    tail = base64url(signature)
    for token in (text, f"{head}.{head}.{tail}", f"{head}.{tail}.{tail}"):
        with pytest.raises(Unauthorized):
            AUTHORIZER.claims_of(token)


def test_an_issuer_that_does_not_answer_or_publishes_nonsense_has_no_keys(closed_port):
    class Nonsense(FakeKeys):
        def fetch_data(self):
            return {"keys": [{"kty": "none"}]}

    for keys in (jwt.PyJWKClient(f"http://127.0.0.1:{closed_port}/jwks.json"), Nonsense()):
        with pytest.raises(Unauthorized):
            JwtAuthorizer(ISSUER, [CLIENT], keys).claims_of(sign(access_claims()))
