"""How people and programs get into the deployed system: the page, its sign-in, and a program's secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from contract.roles import scope_of
from local.sign_in import new_password
from tests.support.sign_in_page import REQUEST_SECONDS, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.system import MakeClient

# How the emulator learns that a request came over HTTPS: it listens without TLS.
OVER_HTTPS = {"X-Forwarded-Proto": "https"}


class Page:
    """The page at CloudFront's address ``url``, which the emulator at ``endpoint`` answers by its name."""

    def __init__(self, url: str, endpoint: str) -> None:
        self.url = url
        self._endpoint = endpoint

    def client(self) -> httpx.Client:
        """A client that sends no cookies but those that a request names, and follows no redirection."""
        headers = {"Host": urlsplit(self.url).netloc, **OVER_HTTPS}
        return httpx.Client(base_url=self._endpoint, headers=headers, timeout=REQUEST_SECONDS, trust_env=False)


class Identity:
    """The user pool of a deployment; ``outputs`` is Terraform's output `sign_in`."""

    def __init__(self, client: MakeClient, outputs: Mapping[str, Any]) -> None:
        self._cognito = client("cognito-idp")
        self._outputs = outputs
        self._pool: str = outputs["user_pool_id"]

    def invite(self, name: str, role: str | None = None) -> str:
        password = new_password()
        self._cognito.admin_create_user(
            UserPoolId=self._pool,
            Username=name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}],
        )
        if role is not None:
            self._cognito.admin_add_user_to_group(UserPoolId=self._pool, Username=name, GroupName=role)
        return password

    def remove(self, name: str) -> None:
        self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=name)
        self._cognito.admin_delete_user(UserPoolId=self._pool, Username=name)

    def sign_in(self, page: Page, name: str, password: str) -> dict[str, str]:
        """Go from the page to the sign-in page and back, as a browser does; return the cookies that it has then."""
        with page.client() as browser:
            return sign_in(browser, self._outputs["domain"], name, password)

    def program_token(self, client: str, role: str) -> str:
        """What a program with this role gets for its secret."""
        client_id = self._outputs["machine_clients"][client]
        described = self._cognito.describe_user_pool_client(UserPoolId=self._pool, ClientId=client_id)
        answer = httpx.post(
            f"{self._outputs['domain']}/oauth2/token",
            data={"grant_type": "client_credentials", "scope": scope_of(role)},
            auth=(client_id, described["UserPoolClient"]["ClientSecret"]),
            timeout=REQUEST_SECONDS,
            trust_env=False,
        )
        token: str = answer.raise_for_status().json()["access_token"]
        return token
