"""The only module that reads the environment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import Environment
from chalicelib.web.upstream import ADDRESS_RULE, UpstreamAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLIENT_ID_RULE = "the id of an app client, letters and digits"
_ORIGIN_RULE = "http(s)://host[:port], or unset"
_HTTP = re.compile(r"https?://.*", re.DOTALL)
_PARAMETER = re.compile(r"[A-Za-z0-9_./-]{1,1011}")
_CLIENT_ID = re.compile(r"\w{1,128}", re.ASCII)


class SignInSettings(NamedTuple):
    """Who signs people in."""

    login: UpstreamAddress  # the pages of the user pool's domain, where people type their passwords
    issuer: str  # stands in the tokens
    client_id: str  # this app's, and in the tokens too
    client_secret: str = ""  # on this machine only; on AWS Parameter Store has it
    client_secret_parameter: str = ""
    public_origin: str = ""  # scheme, host and port under which browsers have the page; empty: as each request says


class Settings(NamedTuple):
    """What the environment says; without ``sign_in`` this is a demonstration, open to everyone."""

    crud_api: UpstreamAddress
    email_api: UpstreamAddress
    sign_in: SignInSettings | None


def read_settings(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read the variables.

    Raises:
        SettingError: a variable is missing or malformed.
    """
    environment = Environment(variables)
    return Settings(
        crud_api=_read_address(environment, "CRUD_API_URL"),
        email_api=_read_address(environment, "EMAIL_API_URL"),
        sign_in=None if environment.read_flag("DEMO", default=False) else _read_sign_in(environment),
    )


def read_salary_settings(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the stored salaries mean, as the page's modules read it.

    Raises:
        SettingError: one is malformed.
    """
    read_text = Environment(variables).read_text
    currency, period = re.compile(r"[A-Z]{3}"), re.compile("year|month")
    return {
        "currency": read_text("CURRENCY", "three capital letters, such as EUR", pattern=currency, default="EUR"),
        "salaryPeriod": read_text("SALARY_PERIOD", "year or month", pattern=period, default="year"),
    }


def read_inbox_url(variables: Mapping[str, str] = os.environ) -> str:
    """Where the local stack shows the emails that it sent; empty where nothing does, as on AWS.

    Raises:
        SettingError: it is no address.
    """
    rule = "an http:// or https:// address, or unset"
    return Environment(variables).read_text("INBOX_URL", rule, pattern=_HTTP, default="")


def _read_sign_in(environment: Environment) -> SignInSettings:
    issuer = _read_address(environment, "COGNITO_ISSUER")
    secret = environment.read_text("COGNITO_CLIENT_SECRET", default="")
    return SignInSettings(
        login=_read_address(environment, "COGNITO_DOMAIN"),
        issuer=f"{issuer.origin}{issuer.prefix}",
        client_id=environment.read_text("COGNITO_CLIENT_ID", _CLIENT_ID_RULE, pattern=_CLIENT_ID),
        client_secret=secret,
        client_secret_parameter=""
        if secret
        else environment.read_text("COGNITO_CLIENT_SECRET_PARAMETER", "the name of a parameter", pattern=_PARAMETER),
        public_origin=environment.read("PUBLIC_URL", _ORIGIN_RULE, _parse_origin, default=""),
    )


def _parse_origin(text: str) -> str:
    address = UpstreamAddress.parse(text)
    if address.prefix:
        raise ValueError(_ORIGIN_RULE)
    return address.origin


def _read_address(environment: Environment, name: str) -> UpstreamAddress:
    return environment.read(name, ADDRESS_RULE, UpstreamAddress.parse)
