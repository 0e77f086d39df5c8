"""The only module that reads the environment."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import Environment
from chalicelib.web.upstream import ADDRESS_RULE, IDENTITY, Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORIGIN_RULE = "http(s)://host[:port], or unset"
_INBOX = re.compile(r"https?://\S+")
_CURRENCY = re.compile(r"[A-Z]{3}")


class SignInSettings(NamedTuple):
    """Who signs people in."""

    login: Upstream  # the pages of the user pool's domain, where people type their passwords
    issuer: str  # stands in the tokens
    client_id: str  # this app's, and in the tokens too
    client_secret: str = ""  # on this machine only; on AWS Parameter Store has it
    client_secret_parameter: str = ""
    public_origin: str = ""  # scheme, host and port under which browsers have the page; empty: as each request says


class Settings(NamedTuple):
    """What the environment says; without ``sign_in`` this is a demonstration, open to everyone."""

    apis: tuple[Upstream, ...]
    sign_in: SignInSettings | None


class PageSettings(NamedTuple):
    """What the page shows of the environment."""

    inbox_url: str  # where the local stack shows the emails that it sent; empty where nothing does, as on AWS
    currency: str
    salary_period: str


def read_settings(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read what the services need.

    Raises:
        SettingError: a variable is missing or malformed.
    """
    environment = Environment(variables)
    return Settings(
        apis=(
            _read_upstream(environment, "CRUD_API_URL", "crud"),
            _read_upstream(environment, "EMAIL_API_URL", "email"),
        ),
        sign_in=None if environment.read_flag("DEMO", default=False) else _read_sign_in(environment),
    )


def read_page_settings(variables: Mapping[str, str] = os.environ) -> PageSettings:
    """Read what the page needs.

    Raises:
        SettingError: a variable is malformed.
    """
    environment = Environment(variables)
    return PageSettings(
        environment.read_text("INBOX_URL", "http(s)://…, or unset", pattern=_INBOX, default=""),
        environment.read_text("CURRENCY", "three capital letters, such as EUR", pattern=_CURRENCY, default="EUR"),
        environment.read_choice("SALARY_PERIOD", ("year", "month"), default="year"),
    )


def _read_sign_in(environment: Environment) -> SignInSettings:
    read_text = environment.read_text
    secret = read_text("COGNITO_CLIENT_SECRET", default="")
    return SignInSettings(
        login=_read_upstream(environment, "COGNITO_DOMAIN", IDENTITY),
        issuer=read_text("COGNITO_ISSUER"),
        client_id=read_text("COGNITO_CLIENT_ID"),
        client_secret=secret,
        client_secret_parameter=read_text("COGNITO_CLIENT_SECRET_PARAMETER", default="" if secret else None),
        public_origin=environment.read("PUBLIC_URL", _ORIGIN_RULE, _parse_origin, default=""),
    )


def _parse_origin(text: str) -> str:
    page = Upstream.parse("page", text)
    if page.prefix:
        raise ValueError(_ORIGIN_RULE)
    return page.origin


def _read_upstream(environment: Environment, variable: str, name: str) -> Upstream:
    return environment.read(variable, ADDRESS_RULE, partial(Upstream.parse, name))
