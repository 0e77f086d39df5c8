"""Guessing passwords at the issuer's own form. Amazon Cognito slows who does down, and counts: docs/security.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from local.client import client_of
from local.sign_in import user_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.sign_in import SignIn
    from tests.support.stack import Stack

GUESSES = 1000
ADMIN = user_of("admin")


class Form:
    """The sign-in page of the user pool, as a browser sends it."""

    def __init__(self, sign_in: SignIn, page: str) -> None:
        self._browser = httpx.Client(base_url=sign_in.endpoint, trust_env=False, timeout=30)
        self._fields = {
            "client_id": sign_in.page_client,
            "response_type": "code",
            "redirect_uri": f"{page}/sesion/vuelta",
            "scope": "openid",
            "state": "x",
        }
        self._browser.get("/oauth2/authorize", params=self._fields).raise_for_status()

    def type(self, user: str, password: str) -> tuple[bool, str]:
        """Whether that lets in, and what the page says then."""
        answer = self._browser.post("/login", data={**self._fields, "username": user, "password": password})
        return "code=" in answer.headers.get("location", ""), answer.text.replace(user, "")

    def close(self) -> None:
        self._browser.close()


@pytest.fixture
def form(stack: Stack) -> Iterator[Form]:
    form = Form(stack.sign_in(), stack.url)
    yield form
    form.close()


@pytest.mark.timeout(600)  # it takes seconds on an idle machine
def test_a_thousand_wrong_passwords_let_nobody_in(stack: Stack, form: Form) -> None:
    right = stack.sign_in().passwords[ADMIN]
    guesses = ["", " ", right[:-1], f"{right} ", right.lower(), "' OR '1'='1", "x" * 5000, "\x00", "ñ"]
    guesses += [f"Adivina-{number:04}-x" for number in range(GUESSES - len(guesses))]

    let_in = [guess for guess in guesses if form.type(ADMIN, guess)[0]]

    assert (len(guesses), let_in) == (GUESSES, [])
    assert form.type(ADMIN, right)[0], "the form lets nobody in at all"


def test_the_form_does_not_tell_who_has_an_account(form: Form) -> None:
    assert form.type(ADMIN, "Adivina-1-x") == form.type("nadie-aqui@example.com", "Adivina-1-x")


def test_a_weak_password_is_not_taken(stack: Stack) -> None:
    sign_in = stack.sign_in()
    cognito = client_of("cognito-idp", sign_in.endpoint, sign_in.credentials)

    for weak in ("Corta-1-x", "sin-mayusculas-1", "SIN-MINUSCULAS-1", "Sin-Cifras-Aqui", "SinSimbolos123"):
        with pytest.raises(cognito.exceptions.InvalidPasswordException):
            cognito.admin_set_user_password(UserPoolId=sign_in.pool, Username=ADMIN, Password=weak, Permanent=True)
