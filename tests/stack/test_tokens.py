"""Tokens that are none, through the real doors: each is refused alike, and says nothing that helps who tries.

Most are signed with the pool's own key, so that only the one thing that is wrong with them can be why.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import jwt
import pytest

from local.sign_in import user_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stack import Stack


class Forger:
    """Makes tokens of the stack's user pool."""

    def __init__(self, stack: Stack) -> None:
        self.sign_in = stack.sign_in()
        keys = stack.state / "aws" / "cognito-pool-keys"
        self._key = (keys / f"{self.sign_in.pool}-access.pem").read_text()
        self.valid = stack.authorization("admin").removeprefix("Bearer ")

    def sign(self, *, key_id: str | None = None, **changes: object) -> str:
        """A valid token with these claims changed; None leaves one out."""
        claims: dict[str, Any] = jwt.decode(self.valid, options={"verify_signature": False}) | changes
        header = jwt.get_unverified_header(self.valid)
        headers = {"kid": key_id or header["kid"]}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self._key,
            algorithm="RS256",
            headers=headers,
        )

    def unsigned(self) -> str:
        """``alg: none``."""
        head, body, _ = self.valid.split(".")
        header = jwt.get_unverified_header(self.valid) | {"alg": "none"}
        head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
        return f"{head}.{body}."

    def id_token(self) -> str:
        """What the same person gets beside the access token."""
        cognito = boto3.client("cognito-idp", endpoint_url=self.sign_in.endpoint)
        answer = cognito.admin_initiate_auth(
            UserPoolId=self.sign_in.pool,
            ClientId=self.sign_in.token_client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user_of("admin"), "PASSWORD": self.sign_in.passwords[user_of("admin")]},
        )
        token: str = answer["AuthenticationResult"]["IdToken"]
        return token


@pytest.fixture(scope="module")
def forger(stack: Stack) -> Forger:
    return Forger(stack)


def doors(stack: Stack) -> dict[str, str]:
    """Where a token may be tried: the page's address, and past it."""
    return {
        "page": f"{stack.url}/empleados",
        "crud": f"http://127.0.0.1:{stack.ports['CRUD_PORT']}/empleados",
        "email": f"http://127.0.0.1:{stack.ports['EMAIL_PORT']}/correos",
    }


def ask(stack: Stack, *authorizations: str) -> dict[str, httpx.Response]:
    headers = [("Authorization", value) for value in authorizations]
    return {name: httpx.get(url, headers=headers, trust_env=False) for name, url in doors(stack).items()}


def test_the_forgers_pen_writes(stack: Stack, forger: Forger) -> None:
    """Else the refusals below would prove nothing."""
    answers = ask(stack, f"Bearer {forger.sign()}")

    assert {answer.status_code for answer in answers.values()} == {200}


NOT_ACCEPTED: dict[str, Callable[[Forger], str]] = {
    "expired": lambda forger: forger.sign(exp=int(time.time()) - 1),
    "without an end": lambda forger: forger.sign(exp=None),
    "of tomorrow": lambda forger: forger.sign(nbf=int(time.time()) + 86_400),
    "of another issuer": lambda forger: forger.sign(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"),
    "for another client": lambda forger: forger.sign(client_id="otherclient"),
    "for another audience": lambda forger: forger.sign(aud="otherclient"),
    "with a key id that does not exist": lambda forger: forger.sign(key_id="other"),
    "unsigned": lambda forger: forger.valid.rpartition(".")[0] + ".",
    "alg none": lambda forger: forger.unsigned(),
    "with another's signature": lambda forger: ".".join(
        [*forger.sign(username="x").split(".")[:2], forger.valid.split(".")[2]]
    ),
    "an id token": lambda forger: forger.id_token(),
    "an id token for its looks": lambda forger: forger.sign(token_use="id"),
    "a refresh token": lambda forger: forger.sign(token_use="refresh"),
    "garbage": lambda _: "garbage",
}


@pytest.mark.parametrize("make", NOT_ACCEPTED.values(), ids=NOT_ACCEPTED)
def test_what_is_no_access_token_is_nobodys(stack: Stack, forger: Forger, make: Callable[[Forger], str]) -> None:
    token = make(forger)

    for name, answer in ask(stack, f"Bearer {token}").items():
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name
        assert_tells_nothing(answer, token)
        if name == "page":
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("groups", [["jefes"], ["ADMIN"], [], "admin", None, [["admin"]], {"admin": 1}])
def test_a_group_that_does_not_exist_gives_nothing(stack: Stack, forger: Forger, groups: object) -> None:
    token = forger.sign(**{"cognito:groups": groups})

    for name, answer in ask(stack, f"Bearer {token}").items():
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json"), name
        assert_tells_nothing(answer, token)


@pytest.mark.parametrize("scope", ["directorio/admin", "openid directorio/admin"])
def test_a_person_gains_nothing_by_a_programs_scope(stack: Stack, forger: Forger, scope: str) -> None:
    token = forger.sign(**{"cognito:groups": ["lector"], "scope": scope})

    statuses = {name: answer.status_code for name, answer in ask(stack, f"Bearer {token}").items()}

    assert statuses == {"page": 200, "crud": 200, "email": 403}


REASONS = ("expire", "caduc", "signature", "firma", "issuer", "audience", "group", "grupo", "admin", "rrhh", "kid")


def assert_tells_nothing(answer: httpx.Response, token: str) -> None:
    """Neither the token nor why it was not taken, nor what would have been."""
    said = f"{answer.text} {answer.headers}".lower()
    for word in (
        "expire",
        "caduc",
        "signature",
        "firma",
        "issuer",
        "audience",
        "group",
        "grupo",
        "admin",
        "rrhh",
        "kid",
    ):
        assert word not in said
    assert token not in said


@pytest.mark.parametrize("path", ["/empleados", "/no-such-path", "/empleados/1", "/health/", "/HEALTH"])
@pytest.mark.parametrize("port", ["CRUD_PORT", "EMAIL_PORT"])
def test_the_apis_own_addresses_are_closed_too(stack: Stack, port: str, path: str) -> None:
    answer = httpx.get(f"http://127.0.0.1:{stack.ports[port]}{path}", trust_env=False)

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
