"""Invalid tokens through the real doors: each is refused in the same way, and the answer does not say why.

Most are signed with the pool's own key, so that a refusal can only be due to the one thing that is wrong with them.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest

from local.client import client_of
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
        cognito = client_of("cognito-idp", self.sign_in.endpoint, self.sign_in.credentials)
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


def test_a_token_signed_here_without_changes_is_accepted(stack: Stack, forger: Forger) -> None:
    """Otherwise the refusals below would prove nothing."""
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


def test_anything_but_a_valid_access_token_is_refused(stack: Stack, forger: Forger) -> None:
    for what, make in NOT_ACCEPTED.items():
        token = make(forger)
        for door, answer in ask(stack, f"Bearer {token}").items():
            assert answer.status_code == 401, (what, door)
            assert answer.headers["www-authenticate"].startswith("Bearer"), (what, door)
            assert_reveals_nothing(answer, token)
            if door == "page":
                assert answer.headers["content-type"] == "application/problem+json", what


def test_an_unknown_group_grants_nothing(stack: Stack, forger: Forger) -> None:
    for groups in (["jefes"], ["ADMIN"], [], "admin", None, [["admin"]], {"admin": 1}):
        token = forger.sign(**{"cognito:groups": groups})
        for door, answer in ask(stack, f"Bearer {token}").items():
            got = (answer.status_code, answer.headers["content-type"])
            assert got == (403, "application/problem+json"), (groups, door)
            assert_reveals_nothing(answer, token)


def test_a_persons_token_gains_nothing_by_a_programs_scope(stack: Stack, forger: Forger) -> None:
    for scope in ("directorio/admin", "openid directorio/admin"):
        token = forger.sign(**{"cognito:groups": ["lector"], "scope": scope})
        statuses = {name: answer.status_code for name, answer in ask(stack, f"Bearer {token}").items()}
        assert statuses == {"page": 200, "crud": 200, "email": 403}, scope


REASONS = ("expire", "caduc", "signature", "firma", "issuer", "audience", "group", "grupo", "admin", "rrhh", "kid")


def assert_reveals_nothing(answer: httpx.Response, token: str) -> None:
    """Neither the token, nor why it was refused, nor what would have been accepted."""
    text = f"{answer.text} {answer.headers}".lower()
    assert [word for word in REASONS if word in text] == []
    assert token not in text


def test_the_apis_own_addresses_are_closed_too(stack: Stack) -> None:
    for port in ("CRUD_PORT", "EMAIL_PORT"):
        for path in ("/empleados", "/no-such-path", "/empleados/1", "/health/", "/HEALTH"):
            answer = httpx.get(f"http://127.0.0.1:{stack.ports[port]}{path}", trust_env=False)
            assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"}), (port, path)
