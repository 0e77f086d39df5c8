"""Amazon Cognito, as far as a sign-in needs it: its pages for the browser, and the calls that this app makes.

A code is redeemed at OAuth's token endpoint. Everything else is the user pool's API, through boto3: it takes longer to
import than the rest of a cold start, and no other request needs it.

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from chalicelib.web.session import Refusal
from chalicelib.web.tokens import read_object
from chalicelib.web.upstream import UpstreamError
from contract import aws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import Deadline, Send

logger = logging.getLogger(__name__)

#: What no session's token may have: with it, a thief could replace the second factor.
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 1, 3, 2
_OK = 200
_WRONG_CODE = frozenset({"EnableSoftwareTokenMFAException", "CodeMismatchException"})
_REFUSALS = {"invalid_grant": "invalid_code", "RefreshTokenReuseException": "reused_token"}
# The pool does not, or no longer, accept a token or a person; the reason of the refusal for each call.
_NOT_ACCEPTED = frozenset({"NotAuthorizedException", "UserNotFoundException"})
_NOT_ACCEPTED_FOR = {"renew": "session_over", "new secret": "step_up_needed", "confirm secret": "step_up_needed"}
_BUSY = frozenset({"TooManyRequestsException", "LimitExceededException", "429", "503"})
_RETRY_SECONDS = 5


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

    def __init__(self, send: Send, settings: SignInSettings) -> None:
        self._send = send
        self._settings = settings
        self._pool = settings.issuer.rpartition("/")[2]

    @cached_property
    def secret(self) -> str:
        """What proves at the pool that a request comes from this app."""
        if self._settings.client_secret:
            return self._settings.client_secret
        with self._calling("secret"):
            name = self._settings.client_secret_parameter
            found = self._client("ssm").get_parameter(Name=name, WithDecryption=True)
            secret: str = found["Parameter"]["Value"]
            return secret

    def login_address(self, query: Mapping[str, str], *, is_step_up: bool) -> str:
        """Where the browser goes to sign in; for a step-up the password is asked for in any case."""
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            **query,
        }
        if is_step_up:
            asked |= {"prompt": "login", "scope": f"openid {ADMIN_SCOPE}"}
        return self._page("/oauth2/authorize", asked)

    def logout_address(self, return_address: str) -> str:
        """Where the browser goes to end its session with the identity provider itself."""
        return self._page("/logout", {"client_id": self._settings.client_id, "logout_uri": return_address})

    def _page(self, path: str, query: Mapping[str, str]) -> str:
        pages = self._settings.login
        return pages.origin + pages.target(path, query=query.items())

    def redeem(self, code: str, verifier: str, return_address: str, deadline: Deadline) -> Tokens:
        """The tokens for the ``code`` that came back from the sign-in."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_address,
            "code_verifier": verifier,
        }
        pages, pair = self._settings.login, f"{self._settings.client_id}:{self.secret}"
        headers = (
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),
        )
        question = pages.request("POST", pages.target("/oauth2/token"), headers, urlencode(form).encode("ascii"))
        with self._calling("redeem"):
            answer = self._send(question, deadline)
            found = read_object(answer.body)
            if answer.status != _OK:
                is_refused = found.get("error") == "invalid_grant"
                raise self._failure("redeem", "invalid_grant" if is_refused else str(answer.status))
            return self._read_tokens(found, "access_token", "id_token", "refresh_token", "expires_in")

    def renew(self, renewal: str) -> Tokens:
        """New tokens for a person who is signed in."""
        with self._calling("renew"):
            answer = self._cognito.get_tokens_from_refresh_token(RefreshToken=renewal, **self._proof)
            found = answer.get("AuthenticationResult", {})
            return self._read_tokens(found, "AccessToken", "IdToken", "RefreshToken", "ExpiresIn")

    def revoke(self, renewal: str) -> None:
        """Make ``renewal`` useless."""
        with self._calling("revoke"):
            self._cognito.revoke_token(Token=renewal, **self._proof)

    def end_sessions(self, user: str) -> None:
        """Make all tokens useless that renew a session of ``user``, in all browsers."""
        with self._calling("end sessions"):
            self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=user)

    def new_secret(self, access: str) -> str:
        """A secret for the authenticator app of the owner of ``access``, which counts once it is confirmed."""
        with self._calling("new secret"):
            return str(self._cognito.associate_software_token(AccessToken=access)["SecretCode"])

    def confirm_secret(self, access: str, code: str) -> bool:
        """Whether the app shows ``code``; then signing in asks for one from now on."""
        try:
            with self._calling("confirm secret"):
                self._cognito.verify_software_token(AccessToken=access, UserCode=code)
                preferred = {"Enabled": True, "PreferredMfa": True}
                self._cognito.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings=preferred)
        except UpstreamError as error:
            if error.reason in _WRONG_CODE:
                return False
            raise
        return True

    @property
    def _proof(self) -> dict[str, str]:
        return {"ClientId": self._settings.client_id, "ClientSecret": self.secret}

    @cached_property
    def _cognito(self) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        return self._client("cognito-idp")

    def _client(self, service: str) -> Any:  # noqa: ANN401
        import boto3  # noqa: PLC0415 - see above

        make: Any = boto3.Session().client  # threads may not share a session that makes clients
        config = aws.client_config(connect=_CONNECT_SECONDS, read=_READ_SECONDS, attempts=_ATTEMPTS)
        return make(service, region_name=self._pool.partition("_")[0], config=config)

    @contextmanager
    def _calling(self, purpose: str) -> Iterator[None]:
        """Log one line about a call, without codes, tokens or people, and say what a failure means."""
        outcome = "unexpected error"
        try:
            yield
            outcome = "ok"
        except (Refusal, UpstreamError) as error:
            outcome = error.reason
            raise
        except aws.call_errors() as error:
            outcome = aws.code_of(error)
            raise self._failure(purpose, outcome) from error
        finally:
            level = logging.INFO if outcome == "ok" else logging.WARNING
            logger.log(level, "identity: %s: %s", purpose, outcome, extra={"identity": purpose, "outcome": outcome})

    def _failure(self, purpose: str, code: str, failure: str = "failed") -> Refusal | UpstreamError:
        if code in _REFUSALS:
            return Refusal(_REFUSALS[code])
        if code in _NOT_ACCEPTED and purpose in _NOT_ACCEPTED_FOR:
            return Refusal(_NOT_ACCEPTED_FOR[purpose])
        question = self._settings.login.request("POST", "/", ())
        if code in _BUSY:
            return UpstreamError("busy", question, retry_after=_RETRY_SECONDS, reason=code)
        return UpstreamError("too_slow" if code.endswith("TimeoutError") else failure, question, reason=code)

    def _read_tokens(self, found: Mapping[str, Any], *names: str) -> Tokens:
        access, identity, renewal, seconds = (found.get(name, "") for name in names)
        are_texts = all(isinstance(each, str) for each in (access, identity, renewal))
        if are_texts and isinstance(seconds, int) and seconds > 0:
            return Tokens(access, identity, renewal, seconds)
        raise self._failure("", "no tokens", "broken")
