"""ministack behind a gate. It runs in `.emulator`, where no package of this project's environment is.

ministack has no authentication, answers every origin, and runs code (Lambda, CloudFormation). `Gate` lets in what the
stack that started it sends, and nothing that a web page or another user of the machine can send.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.mail import Delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Answer = tuple[int, dict[str, str], bytes]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Cognito's own pages and OAuth endpoints: a browser, or a client without AWS credentials, uses them.
SIGN_IN_PAGES = re.compile(r"GET (/oauth2/authorize|/login|/logout)|POST (/oauth2/login|/login)")
SIGN_IN_API = r"GET /[\w-]+/\.well-known/[\w.-]+|(GET|POST) /oauth2/user[iI]nfo|POST /oauth2/token"
OPEN = re.compile(rf"GET /_ministack/health|{SIGN_IN_PAGES.pattern}|{SIGN_IN_API}")
# Operations of Cognito that take a token of the person instead of AWS credentials; bff_app calls them.
TOKEN_OPERATIONS = frozenset(
    f"AWSCognitoIdentityProviderService.{operation}"
    for operation in (
        *("GetTokensFromRefreshToken", "RevokeToken"),
        *("AssociateSoftwareToken", "VerifySoftwareToken", "SetUserMFAPreference"),
    )
)
# What was deployed: an API, a load balancer. Open where the emulator runs functions.
DEPLOYED = re.compile(r"\w+ /(_aws/execute-api|_alb)/")
# `localhost` and the names below it are loopback in every browser: no DNS server can rebind them.
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|[a-z0-9.-]+\.localhost)(:[0-9]+)?")
DISTRIBUTION = re.compile(r"[a-z0-9]+\.cloudfront\.net")
# The access key id, and the service: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
SIGNATURE = re.compile(r"AWS4-HMAC-SHA256 .*?Credential=([^/,\s]+)/[^/]*/[^/]*/([^/]+)/aws4_request")
# ministack takes these for the account's root user, and checks no signature of them.
ROOT_ALIAS = re.compile(r"test|[0-9]{12}|")

# Terraform's AWS provider, in Go, closes a request's body once it has the answer. On loopback the answer may come while
# another thread has yet to see the end of the body: then the answer is lost and the request is sent again ("already
# exists", "not found"). Of 4,080 requests on a busy machine 16 were sent twice; of 8,160 whose answers waited, none.
TERRAFORM_WAIT_SECONDS = 0.05
PROVIDER = b"terraform-provider-aws/"


class Refused(Exception):
    """The request does not reach ministack; ``code`` is AWS's word for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Gate:
    application: Application
    key: str  # the access key id that only this stack knows
    services: frozenset[str]  # by the names that signatures use
    issues_keys: bool = False  # with IAM enforced, ministack checks the signatures of the keys that it issued

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; responses lose their CORS headers."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                message["headers"] = [pair for pair in headers if not pair[0].lower().startswith(b"access-control-")]
                if any(name == b"user-agent" and PROVIDER in value for name, value in scope["headers"]):
                    await asyncio.sleep(TERRAFORM_WAIT_SECONDS)
            await send(message)

        try:
            if scope["type"] == "http":
                request, headers = f"{scope['method']} {scope['path']}", _single(scope["headers"])
                if not self._is_public(request, headers):
                    self._check_credential(scope["path"], headers)
        except Refused as refusal:
            await _refuse(scope, send, refusal)
        else:
            await self.application(scope, receive, send_on)

    def _is_public(self, request: str, headers: Mapping[str, str]) -> bool:
        """Check where ``request`` comes from; whether it needs no AWS credentials."""
        host = headers.get("host", "").lower()
        is_deployed = "lambda" in self.services and bool(DEPLOYED.match(request) or DISTRIBUTION.fullmatch(host))
        if not LOOPBACK.fullmatch(host) and not (is_deployed and DISTRIBUTION.fullmatch(host)):
            raise Refused("Forbidden", "the Host is not a name of this machine")
        if is_deployed:
            return True  # it judges origins itself
        if not (request.startswith("GET ") and SIGN_IN_PAGES.fullmatch(request)):  # any page may link to those
            if headers.get("origin", f"http://{host}").lower() != f"http://{host}":
                raise Refused("Forbidden", "requests of another origin are refused")
            if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
                raise Refused("Forbidden", "requests of another site are refused")
        is_token_operation = request == "POST /" and headers.get("x-amz-target") in TOKEN_OPERATIONS
        return is_token_operation or bool(OPEN.fullmatch(request))

    def _check_credential(self, path: str, headers: Mapping[str, str]) -> None:
        signed = SIGNATURE.match(headers.get("authorization", ""))
        if signed is None:
            raise Refused("MissingAuthenticationToken", "the request is not signed with this stack's access key")
        key, service = signed.groups()
        is_issued = self.issues_keys and not ROOT_ALIAS.fullmatch(key) and not path.startswith("/_ministack/")
        if not hmac.compare_digest(key.encode(), self.key.encode()) and not is_issued:
            raise Refused("InvalidClientTokenId", "the access key is not this stack's")
        if service not in self.services:
            raise Refused("AccessDenied", f"this emulator does not offer the service {service}")


def _single(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name; one that decides may not occur twice."""
    headers: dict[str, str] = {}
    for raw, value in pairs:
        name = raw.decode("latin-1").lower()
        if name in headers and name in {"host", "origin", "sec-fetch-site", "authorization", "x-amz-target"}:
            raise Refused("Forbidden", f"{name} occurs twice")
        headers[name] = value.decode("latin-1")
    return headers


async def _refuse(scope: Message, send: Send, refusal: Refused) -> None:
    """Answer in the format that the caller's protocol has for errors."""
    if b"x-www-form-urlencoded" in dict(scope["headers"]).get(b"content-type", b""):
        kind = b"text/xml"
        error = f"<Error><Type>Sender</Type><Code>{refusal.code}</Code><Message>{refusal}</Message></Error>"
        text = f"<ErrorResponse>{error}</ErrorResponse>"
    else:
        kind = b"application/json"
        text = json.dumps({"__type": refusal.code, "message": str(refusal)})
    answer = [(b"content-type", kind), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": answer})
    await send({"type": "http.response.body", "body": text.encode()})


class Rotation:
    """What ministack's Cognito lacks: refresh tokens for one use, and operations that ask for a client's secret."""

    def __init__(self, cognito: Any) -> None:  # noqa: ANN401 - ministack's module
        self._cognito = cognito
        self._renew, self._revoke = cognito._get_tokens_from_refresh_token, cognito._revoke_token  # noqa: SLF001
        self._used: dict[str, float] = {}  # when, on the clock of time.monotonic

    def install(self) -> None:
        self._cognito._get_tokens_from_refresh_token = self.renew  # noqa: SLF001
        self._cognito._revoke_token = self.revoke  # noqa: SLF001
        for name in ("_create_user_pool_client", "_update_user_pool_client"):
            setattr(self._cognito, name, partial(self._put_client, getattr(self._cognito, name)))

    def revoke(self, fields: Message) -> Answer:
        return self._revoke(fields) if self._proves_itself(fields) else self._refuse("NotAuthorizedException")

    def renew(self, fields: Message) -> Answer:
        """New tokens with a new refresh token; the old one is accepted a little longer, and then ends the session."""
        token = fields.get("RefreshToken", "")
        claims = self._cognito._token_claims(token)  # noqa: SLF001
        # The second question: signed out everywhere within this very second.
        if not self._proves_itself(fields) or claims.get("origin_jti") in self._cognito._revoked_tokens:  # noqa: SLF001
            return self._refuse("NotAuthorizedException")
        rotation = self._client(fields).get("RefreshTokenRotation", {"Feature": "DISABLED"})
        if time.monotonic() - self._used.get(token, inf) > rotation.get("RetryGracePeriodSeconds", 0):
            return self._refuse("RefreshTokenReuseException")
        status, headers, body = self._renew(fields)
        if status == HTTPStatus.OK and rotation["Feature"] == "ENABLED":
            kept = {"origin_jti": claims["origin_jti"], "scope": claims.get("scope")}
            pool = claims["iss"].rpartition("/")[2]
            answer = json.loads(body)
            answer["AuthenticationResult"]["RefreshToken"] = self._cognito._fake_token(  # noqa: SLF001
                claims["sub"], pool, fields["ClientId"], "refresh", **kept
            )
            self._used.setdefault(token, time.monotonic())
            body = json.dumps(answer).encode()
        return status, headers, body

    def _client(self, fields: Message) -> dict[str, Any]:
        pool, _ = self._cognito._pool_for_client(fields.get("ClientId"))  # noqa: SLF001
        found: dict[str, Any] = pool["_clients"][fields["ClientId"]] if pool else {"ClientSecret": ""}
        return found

    def _proves_itself(self, fields: Message) -> bool:
        return bool(fields.get("ClientSecret") == self._client(fields).get("ClientSecret"))

    def _refuse(self, code: str) -> Answer:
        refusal: Answer = self._cognito.error_response_json(code, "The token is not accepted.", 400)
        return refusal

    def _put_client(self, put: Callable[[Message], Answer], fields: Message) -> Answer:
        status, headers, body = put(fields)
        if status == HTTPStatus.OK and "RefreshTokenRotation" in fields:
            answer = json.loads(body)
            for client in (answer["UserPoolClient"], self._client(answer["UserPoolClient"])):
                client["RefreshTokenRotation"] = fields["RefreshTokenRotation"]
            body = json.dumps(answer).encode()
        return status, headers, body


def main() -> None:
    """Serve on the socket that the parent process reserved."""
    # Only there is it installed.
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack.app import AUTH, app  # noqa: PLC0415
    from ministack.services import cognito, ses_v2, sns  # noqa: PLC0415

    config = Config()
    config.bind = [f"fd://{os.environ.pop('EMULATOR_SOCKET')}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    Rotation(cognito).install()
    inbox = os.environ.pop("INBOX_DIR", "")
    Delivery(ses_v2, sns, Path(inbox) if inbox else None).install(cognito)
    services = frozenset(os.environ["EMULATOR_SERVICES"].split())
    gate = Gate(app, os.environ["AWS_ACCESS_KEY_ID"], services, issues_keys=AUTH)
    asyncio.run(serve(gate, config))


if __name__ == "__main__":
    os.umask(0o077)
    main()
