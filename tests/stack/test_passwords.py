"""Guessing passwords at the issuer's own form. Amazon Cognito slows who does down, and counts: docs/security.md."""

import httpx
import pytest

from local.sign_in import user_of

GUESSES = 1000
ADMIN = user_of("admin")


@pytest.fixture
def sign_in(stack):
    """Types a user's name and password; tells whether that lets in, and what the page says then."""
    known = stack.sign_in()
    fields = {"client_id": known.page_client, "response_type": "code", "scope": "openid", "state": "x"}
    fields["redirect_uri"] = f"{stack.url}/sesion/vuelta"
    with httpx.Client(base_url=known.endpoint, trust_env=False, timeout=30) as browser:
        browser.get("/oauth2/authorize", params=fields).raise_for_status()

        def type_in(user, password):
            answer = browser.post("/login", data={**fields, "username": user, "password": password})
            return "code=" in answer.headers.get("location", ""), answer.text.replace(user, "")

        yield type_in


@pytest.mark.timeout(600)  # it takes seconds on an idle machine
def test_a_thousand_wrong_passwords_let_nobody_in(stack, sign_in):
    right = stack.sign_in().passwords[ADMIN]
    guesses = ["", " ", right[:-1], f"{right} ", right.lower(), "' OR '1'='1", "x" * 5000, "\x00", "ñ"]
    guesses += [f"Adivina-{number:04}-x" for number in range(GUESSES - len(guesses))]

    assert [guess for guess in guesses if sign_in(ADMIN, guess)[0]] == []
    assert sign_in(ADMIN, right)[0], "the form lets nobody in at all"


def test_the_form_does_not_tell_who_has_an_account(sign_in):
    assert sign_in(ADMIN, "Adivina-1-x") == sign_in("nadie-aqui@example.com", "Adivina-1-x")
