"""Amazon Cognito, as far as a sign-in needs it: two addresses for the browser, and four calls.

The code is redeemed at OAuth's token endpoint. Sessions are renewed and ended through the pool's API, because only that
can end all sessions of a person (GlobalSignOut). No call is signed with AWS credentials: each carries the secret that
it is about.

    UpstreamError            see upstream.py
    +-- IdentityFailed       it refuses the call in principle, or breaks down     -> 502
    +-- IdentityBusy         it is throttled                                      -> 503

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from chalicelib.web.upstream import Upstream, UpstreamAnswer, UpstreamBroken, UpstreamError, UpstreamRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.web.limits import Deadline
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Send

logger = logging.getLogger(__name__)

IDENTITY = "identity"
# The last one allows a token to end all sessions of its owner.
_SCOPES = "openid email profile aws.cognito.signin.user.admin"
_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
# The two protocols' codes for a code, a token or a person that is not, or no longer, accepted.
_REFUSED = frozenset({"invalid_grant", "NotAuthorizedException", "RefreshTokenReuseException", "UserNotFoundException"})
_OAUTH_NAMES = ("access_token", "id_token", "refresh_token", "expires_in")
_API_NAMES = ("AccessToken", "IdToken", "RefreshToken", "ExpiresIn")
_BUSY = frozenset({"TooManyRequestsException", "LimitExceededException"})


class GrantRefused(Exception):
    """The code or token is not accepted: used before, expired, revoked, or never given."""


class IdentityFailed(UpstreamError):
    """The identity provider does not do what it is asked, for a reason that signing in again does not change."""


class IdentityBusy(UpstreamError):
    """The identity provider is throttled; ``retry_after`` is in seconds."""

    retry_after = 5


class Tokens(NamedTuple):
    """What the identity provider gives.

    Attributes:
        access: for the APIs; a bearer token.
        identity: says who the person is.
        renewal: for new tokens; empty when the last one stays valid.
        seconds: how long ``access`` is accepted.
    """

    access: str
    identity: str
    renewal: str
    seconds: int


class Identity:
    """The user pool and its pages."""

    def __init__(self, send: Send, settings: SignInSettings) -> None:
        self._send = send
        self._settings = settings
        self._login = Upstream(IDENTITY, settings.login)
        self._api = Upstream(IDENTITY, settings.api)

    def login_address(self, *, return_address: str, state: str, nonce: str, challenge: str, language: str) -> str:
        """Where the browser goes to sign in."""
        return self._page(
            "/oauth2/authorize",
            {
                "response_type": "code",
                "client_id": self._settings.client_id,
                "redirect_uri": return_address,
                "scope": _SCOPES,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                "lang": language,
            },
        )

    def logout_address(self, return_address: str) -> str:
        """Where the browser goes to end its session with the identity provider itself."""
        return self._page("/logout", {"client_id": self._settings.client_id, "logout_uri": return_address})

    def redeem(self, code: str, verifier: str, return_address: str, deadline: Deadline) -> Tokens:
        """The tokens for the ``code`` that came back from the sign-in.

        Raises:
            GrantRefused: the code is not accepted.
            UpstreamError: there is no usable answer.
        """
        form = {
            "grant_type": "authorization_code",
            "client_id": self._settings.client_id,
            "code": code,
            "redirect_uri": return_address,
            "code_verifier": verifier,
        }
        headers = (("Content-Type", "application/x-www-form-urlencoded"),)
        question = _question(self._login, "/oauth2/token", urlencode(form).encode("ascii"), headers)
        return _read_tokens(question, self._ask(question, "redeem", deadline), _OAUTH_NAMES)

    def renew(self, renewal: str, deadline: Deadline) -> Tokens:
        """New tokens for a person who is signed in.

        Raises:
            GrantRefused: the session is over.
            UpstreamError: there is no usable answer.
        """
        fields = {"RefreshToken": renewal, "ClientId": self._settings.client_id}
        question = self._api_question("GetTokensFromRefreshToken", fields)
        found = self._ask(question, "renew", deadline)
        return _read_tokens(question, found.get("AuthenticationResult"), _API_NAMES)

    def revoke(self, renewal: str, deadline: Deadline) -> None:
        """Make ``renewal`` useless.

        Raises:
            GrantRefused: it is not a token of ours.
            UpstreamError: it is unknown whether that was done.
        """
        fields = {"Token": renewal, "ClientId": self._settings.client_id}
        self._ask(self._api_question("RevokeToken", fields), "revoke", deadline)

    def end_everywhere(self, access: str, deadline: Deadline) -> None:
        """End all sessions of the owner of ``access``, in all browsers.

        Raises:
            GrantRefused: the token is not accepted.
            UpstreamError: it is unknown whether that was done.
        """
        self._ask(self._api_question("GlobalSignOut", {"AccessToken": access}), "end everywhere", deadline)

    def _page(self, path: str, query: Mapping[str, str]) -> str:
        address = self._settings.login
        return address.origin + address.target(path, {}, query.items())

    def _api_question(self, operation: str, fields: Mapping[str, str]) -> UpstreamRequest:
        headers = (
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", f"AWSCognitoIdentityProviderService.{operation}"),
        )
        return _question(self._api, "/", json.dumps(fields).encode(), headers)

    def _ask(self, question: UpstreamRequest, purpose: str, deadline: Deadline) -> dict[str, Any]:
        try:
            answer = self._send(question, deadline)
        except UpstreamError as error:
            _log(logging.WARNING, purpose, f"{type(error).__name__} ({error.reason})")
            raise
        found = _read_object(answer)
        if answer.status == _OK and found is not None:
            _log(logging.INFO, purpose, str(answer.status))
            return found
        code = _error_code(found or {})
        _log(logging.WARNING, purpose, f"{answer.status} {code}")
        if code in _REFUSED:
            raise GrantRefused
        raise _failure(question, answer, code)


def _question(upstream: Upstream, path: str, body: bytes, headers: tuple[tuple[str, str], ...]) -> UpstreamRequest:
    common = (
        ("Host", upstream.address.authority),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Content-Length", str(len(body))),
    )
    return UpstreamRequest(upstream, "POST", upstream.address.target(path, {}, ()), (*common, *headers), body)


def _read_object(answer: UpstreamAnswer) -> dict[str, Any] | None:
    """The JSON object in ``answer``; RevokeToken and GlobalSignOut may answer with nothing at all."""
    if answer.status == _OK and not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _error_code(found: dict[str, Any]) -> str:
    """OAuth's ``error``, or AWS's ``__type`` without its namespace. Never the message, which may quote the request."""
    code = found.get("error", found.get("__type"))
    known = str(code).rpartition("#")[2] if isinstance(code, str) else ""
    return known if known.replace("_", "").isalnum() else ""


def _failure(question: UpstreamRequest, answer: UpstreamAnswer, code: str) -> UpstreamError:
    reason = f"{answer.status} {code}".strip()
    if answer.status == _OK:
        return UpstreamBroken(question, request_sent=True, reason="no JSON object")
    if code in _BUSY or answer.status in {_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE}:
        return IdentityBusy(question, request_sent=True, reason=reason)
    return IdentityFailed(question, request_sent=True, reason=reason)


def _read_tokens(question: UpstreamRequest, found: object, names: tuple[str, str, str, str]) -> Tokens:
    if isinstance(found, dict):
        access, identity, renewal, seconds = (found.get(name) for name in names)
        if (
            isinstance(access, str)
            and isinstance(identity, str)
            and isinstance(renewal, str | None)
            and isinstance(seconds, int)
            and seconds > 0
        ):
            return Tokens(access, identity, renewal or "", seconds)
    raise UpstreamBroken(question, request_sent=True, reason="no tokens")


def _log(level: int, purpose: str, outcome: str) -> None:
    """One line per call, without codes, tokens or people."""
    logger.log(level, "identity: %s: %s", purpose, outcome, extra={"identity": purpose, "outcome": outcome})
