"""Amazon Cognito, as far as a sign-in needs it: two addresses for the browser, and four calls.

The code is redeemed at OAuth's token endpoint, and sessions are renewed and ended through the pool's API. Each call
carries this app's secret; none is signed with AWS credentials (``pool.py`` has those that are).

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from chalicelib.web.pool import IDENTITY
from chalicelib.web.session import Refusal
from chalicelib.web.upstream import (
    Upstream,
    UpstreamAnswer,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
    UpstreamRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Deadline, Send

logger = logging.getLogger(__name__)

#: What no session's token may have: with it, a thief could replace the second factor.
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
_SCOPES = "openid email profile"
_WRONG_CODE = frozenset({"EnableSoftwareTokenMFAException", "CodeMismatchException"})
_OK = 200
# The two protocols' codes for a code, a token or a person that is not, or no longer, accepted.
_REFUSED = frozenset({"invalid_grant", "NotAuthorizedException", "UserNotFoundException"})
_REUSED = "RefreshTokenReuseException"
_REFUSALS = {"redeem": "invalid_code", "renew": "session_over", "revoke": "session_over"}
_BUSY_CODES = frozenset({"TooManyRequestsException", "LimitExceededException"})
_BUSY_STATUSES = frozenset({429, 503})
_RETRY_SECONDS = 5
_OAUTH_NAMES = ("access_token", "id_token", "refresh_token", "expires_in")
_API_NAMES = ("AccessToken", "IdToken", "RefreshToken", "ExpiresIn")


class WrongCode(Exception):
    """An authenticator app does not show this code."""


class Tokens(NamedTuple):
    """What the identity provider gives."""

    access: str  # a bearer token for the APIs
    identity: str  # says who the person is
    renewal: str  # for new tokens, once; empty when the last one stays valid
    seconds: int  # how long ``access`` is accepted


class Identity:
    """The user pool and its pages.

    Each call raises a ``Refusal`` when the code or token is not accepted (used before, expired, revoked, or never
    given), and ``UpstreamError`` when there is no usable answer.
    """

    def __init__(self, send: Send, settings: SignInSettings, secret: Callable[[], str]) -> None:
        self._send = send
        self._secret = secret
        self._client_id = settings.client_id
        self._login = Upstream(IDENTITY, settings.login)
        self._api = Upstream(IDENTITY, settings.api)

    def login_address(self, proofs: Mapping[str, str], return_address: str, language: str, *, is_step_up: bool) -> str:
        """Where the browser goes to sign in; for a step-up the password is asked for in any case."""
        step_up = {"prompt": "login", "scope": f"openid {ADMIN_SCOPE}"} if is_step_up else {}
        return self._page(
            "/oauth2/authorize",
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": return_address,
                "scope": _SCOPES,
                **proofs,
                "code_challenge_method": "S256",
                "lang": language,
                **step_up,
            },
        )

    def logout_address(self, return_address: str) -> str:
        """Where the browser goes to end its session with the identity provider itself."""
        return self._page("/logout", {"client_id": self._client_id, "logout_uri": return_address})

    def redeem(self, code: str, verifier: str, return_address: str, deadline: Deadline) -> Tokens:
        """The tokens for the ``code`` that came back from the sign-in."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_address,
            "code_verifier": verifier,
        }
        pair = base64.b64encode(f"{self._client_id}:{self._secret()}".encode()).decode()
        headers = ("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", f"Basic {pair}")
        question = _question(self._login, "/oauth2/token", urlencode(form), *headers)
        return _read_tokens(question, self._ask(question, "redeem", deadline), _OAUTH_NAMES)

    def renew(self, renewal: str, deadline: Deadline) -> Tokens:
        """New tokens for a person who is signed in."""
        question = self._api_question("GetTokensFromRefreshToken", RefreshToken=renewal)
        found = self._ask(question, "renew", deadline)
        return _read_tokens(question, found.get("AuthenticationResult"), _API_NAMES)

    def revoke(self, renewal: str, deadline: Deadline) -> None:
        """Make ``renewal`` useless."""
        self._ask(self._api_question("RevokeToken", Token=renewal), "revoke", deadline)

    def new_secret(self, access: str, deadline: Deadline) -> str:
        """A secret for the authenticator app of the owner of ``access``, which counts once it is confirmed."""
        question = self._api_question("AssociateSoftwareToken", AccessToken=access)
        return str(self._ask(question, "new secret", deadline).get("SecretCode"))

    def confirm_secret(self, access: str, code: str, deadline: Deadline) -> bool:
        """Whether the app shows ``code``; then signing in asks for one from now on."""
        verify = self._api_question("VerifySoftwareToken", AccessToken=access, UserCode=code)
        try:
            self._ask(verify, "confirm secret", deadline)
        except WrongCode:
            return False
        settings = {"Enabled": True, "PreferredMfa": True}
        prefer = self._api_question("SetUserMFAPreference", AccessToken=access, SoftwareTokenMfaSettings=settings)
        self._ask(prefer, "prefer app", deadline)
        return True

    def _page(self, path: str, query: Mapping[str, str]) -> str:
        address = self._login.address
        return address.origin + address.target(path, {}, query.items())

    def _api_question(self, operation: str, **fields: object) -> UpstreamRequest:
        if "AccessToken" not in fields:
            fields |= {"ClientId": self._client_id, "ClientSecret": self._secret()}
        target = ("X-Amz-Target", f"AWSCognitoIdentityProviderService.{operation}")
        return _question(self._api, "/", json.dumps(fields), ("Content-Type", "application/x-amz-json-1.1"), target)

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
        outcome = f"{answer.status} {code}".strip()
        _log(logging.WARNING, purpose, outcome)
        if code in _WRONG_CODE:
            raise WrongCode
        if code == _REUSED:
            raise Refusal("reused_token")
        if code in _REFUSED:
            raise Refusal(_REFUSALS.get(purpose, "step_up_needed"))
        if answer.status == _OK:
            raise UpstreamBroken(question, reason="no JSON object")
        if code in _BUSY_CODES or answer.status in _BUSY_STATUSES:
            raise UpstreamBusy(question, retry_after=str(_RETRY_SECONDS), reason=outcome)
        raise UpstreamError(question, reason=outcome)


def _question(upstream: Upstream, path: str, text: str, *headers: tuple[str, str]) -> UpstreamRequest:
    body = text.encode("ascii")
    common = (
        ("Host", upstream.address.authority),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Content-Length", str(len(body))),
    )
    return UpstreamRequest(upstream, "POST", upstream.address.target(path, {}, ()), (*common, *headers), body)


def _read_object(answer: UpstreamAnswer) -> dict[str, Any] | None:
    """The JSON object in ``answer``; RevokeToken may answer with nothing at all."""
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


def _read_tokens(question: UpstreamRequest, found: object, names: tuple[str, str, str, str]) -> Tokens:
    if isinstance(found, dict):
        access, identity, renewal, seconds = (found.get(name, "") for name in names)
        are_texts = all(isinstance(each, str) for each in (access, identity, renewal))
        if are_texts and isinstance(seconds, int) and seconds > 0:
            return Tokens(access, identity, renewal, seconds)
    raise UpstreamBroken(question, reason="no tokens")


def _log(level: int, purpose: str, outcome: str) -> None:
    """One line per call, without codes, tokens or people."""
    logger.log(level, "identity: %s: %s", purpose, outcome, extra={"identity": purpose, "outcome": outcome})
