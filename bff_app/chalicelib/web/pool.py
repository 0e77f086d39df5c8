"""The two calls of the user pool that need AWS credentials, through boto3: it takes longer to import than the rest of
a cold start, and only signing in, renewing and signing out everywhere need it.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.web.upstream import Upstream, UpstreamError, UpstreamRequest
from contract import aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.web.settings import SignInSettings

IDENTITY = "identity"
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 1, 3, 2


class Pool:
    """The user pool, for the app itself. Each call raises ``UpstreamError`` when AWS gives no usable answer."""

    def __init__(self, settings: SignInSettings) -> None:
        self._settings = settings
        self._id = settings.issuer.rpartition("/")[2]

    @cached_property
    def client_secret(self) -> str:
        """What proves at the pool that a request comes from this app."""
        if self._settings.client_secret:
            return self._settings.client_secret
        with self._calling():
            name = self._settings.client_secret_parameter
            found = self._client("ssm").get_parameter(Name=name, WithDecryption=True)
            secret: str = found["Parameter"]["Value"]
            return secret

    def end_sessions(self, user: str) -> None:
        """Make all tokens useless that renew a session of ``user``, in all browsers."""
        with self._calling():
            self._client("cognito-idp").admin_user_global_sign_out(UserPoolId=self._id, Username=user)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        import boto3  # noqa: PLC0415 - see above

        make: Any = boto3.client
        config = aws.client_config(connect=_CONNECT_SECONDS, read=_READ_SECONDS, attempts=_ATTEMPTS)
        return make(service, region_name=self._id.partition("_")[0], config=config)

    @contextmanager
    def _calling(self) -> Iterator[None]:
        try:
            yield
        except aws.call_errors() as error:
            nothing_sent = UpstreamRequest(Upstream(IDENTITY, self._settings.api), "POST", "/", ())
            raise UpstreamError(nothing_sent, reason=aws.code_of(error)) from error
