"""A user pool in this process, which accepts every password.

Its tokens have the form of Cognito's and no signature: bff_app verifies none (see ``chalicelib.web.tokens``), the
authorizer in front of each API does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.web.upstream import UpstreamAnswer

CLIENT_ID = "page0client"
CLIENT_SECRET = "example-client-secret-of-the-page"
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_TestPool1"
TOKEN_SECONDS = 900
#: When the access tokens expire: later than any test runs.
YEAR_2100 = 4_102_444_800
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
RIGHT_CODE = "123456"


def token(**claims):
    """A token that says ``claims``, in a JWT's form."""
    parts = [json.dumps({"alg": "RS256", "kid": "k1"}), json.dumps(claims), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)


def access_token(**changes):
    """An access token as the pool makes them."""
    claims = {
        "iss": ISSUER,
        "token_use": "access",
        "client_id": CLIENT_ID,
        "sub": "4f2c",
        "username": "rrhh@example.com",
        "cognito:groups": ["rrhh"],
        "exp": YEAR_2100,
    }
    return token(**{**claims, **changes})


class Refused(Exception):
    """The pool does not do it."""


@dataclass
class UserPool:
    """The pool, its page and its API. ``identity`` and ``access`` change the claims of the tokens that it gives."""

    identity: dict[str, Any] = field(default_factory=dict)
    access: dict[str, Any] = field(default_factory=dict)
    renewals: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    ended_everywhere: list[str] = field(default_factory=list)
    may_end: bool = True
    with_app: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, address):
        """Go to the sign-in page, type the right password, and return what the browser is sent back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def __call__(self, request, _deadline):
        """Answer a request to the pages or to the API."""
        headers = dict(request.headers)
        try:
            if request.target == "/oauth2/token":
                pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
                assert headers["Authorization"] == f"Basic {pair}"
                document = self._redeem(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
            else:
                document = self._do(headers["X-Amz-Target"].partition(".")[2], headers, json.loads(request.body))
            status = 200
        except Refused as refused:
            status, document = 400, {"error": str(refused), "__type": str(refused)}
        return UpstreamAnswer(status, (("Content-Type", "application/json"),), json.dumps(document).encode())

    def _redeem(self, form):
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        proof = {"redirect_uri": form["redirect_uri"], "code_challenge": challenge.rstrip("=")}
        if asked is None or form["grant_type"] != "authorization_code" or not proof.items() <= asked.items():
            raise Refused("invalid_grant")
        return {
            "access_token": access_token(**{"scope": asked["scope"], **self.access}),
            "id_token": self._identity_token(nonce=asked["nonce"]),
            "refresh_token": self._new_renewal(),
            "expires_in": TOKEN_SECONDS,
        }

    def _do(self, name, headers, fields):
        if name == "AdminUserGlobalSignOut":
            assert headers["Authorization"].startswith("AWS4-HMAC-SHA256")
            if not self.may_end:
                raise Refused("NotAuthorizedException")
            self.ended_everywhere.append(fields["Username"])
            self.renewals.clear()
        elif name in {"GetTokensFromRefreshToken", "RevokeToken"}:
            assert (fields["ClientId"], fields["ClientSecret"]) == (CLIENT_ID, CLIENT_SECRET)
            if name == "GetTokensFromRefreshToken":
                return {"AuthenticationResult": self._renew(fields["RefreshToken"])}
            self.renewals.discard(fields["Token"])
        else:
            claims = json.loads(base64.urlsafe_b64decode(fields["AccessToken"].split(".")[1] + "=="))
            assert ADMIN_SCOPE in claims["scope"]
            if name == "AssociateSoftwareToken":
                return {"SecretCode": "JBSWY3DPEHPK3PXP"}
            if name == "VerifySoftwareToken" and fields["UserCode"] != RIGHT_CODE:
                raise Refused("EnableSoftwareTokenMFAException")
            if name == "SetUserMFAPreference":
                self.with_app.append(claims["username"])
        return {}

    def _renew(self, renewal):
        if renewal not in self.renewals:
            raise Refused("RefreshTokenReuseException" if renewal in self.used else "NotAuthorizedException")
        self.renewals.remove(renewal)
        self.used.add(renewal)
        return {
            "AccessToken": access_token(**self.access),
            "IdToken": self._identity_token(),
            "ExpiresIn": TOKEN_SECONDS,
            "RefreshToken": self._new_renewal(),
        }

    def _new_renewal(self):
        renewal = secrets.token_urlsafe(24)
        self.renewals.add(renewal)
        return renewal

    def _identity_token(self, **claims):
        usual = {
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "token_use": "id",
            "cognito:username": "rrhh@example.com",
            "name": "Rosa Ruiz",
            "email": "rrhh@example.com",
        }
        return token(**{**usual, **claims, **self.identity})
