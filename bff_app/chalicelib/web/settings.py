"""The only module that reads the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from chalicelib.web.address import ADDRESS_RULE, UpstreamAddress

_ORIGIN_RULE = "http(s)://host[:port], or not at all"


class SettingError(RuntimeError):
    """A variable of the environment is missing or malformed; the message names it and its rule."""

    def __init__(self, variable: str, rule: str) -> None:
        super().__init__(f"{variable} must be set to {rule}")


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """Who signs people in.

    Attributes:
        login: the pages of the user pool's domain, where people type their passwords.
        api: the pool's API.
        issuer: who stands in the tokens.
        client_id: what this app is called there.
        public_origin: scheme, host and port under which browsers have the page; empty: as each request says.
    """

    login: UpstreamAddress
    api: UpstreamAddress
    issuer: str
    client_id: str
    public_origin: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; without ``sign_in`` this is a demonstration, open to everybody."""

    crud_api: UpstreamAddress
    email_api: UpstreamAddress
    sign_in: SignInSettings | None


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingError: a variable is missing or malformed.
    """
    return Settings(
        crud_api=_address("CRUD_API_URL"),
        email_api=_address("EMAIL_API_URL"),
        sign_in=None if _is_demo() else _read_sign_in(),
    )


def read_inbox_url() -> str:
    """Where the local stack shows the mails that it sent; empty where nothing does, as on AWS.

    Raises:
        SettingError: it is no address.
    """
    url = os.environ.get("INBOX_URL", "")
    if url and not url.startswith(("http://", "https://")):
        raise SettingError("INBOX_URL", "an http:// or https:// address, or not at all")
    return url


def _is_demo() -> bool:
    text = os.environ.get("DEMO", "false")
    if text not in {"true", "false"}:
        raise SettingError("DEMO", "true or false, or not at all")
    return text == "true"


def _read_sign_in() -> SignInSettings:
    issuer = _address("COGNITO_ISSUER")
    client_id = os.environ.get("COGNITO_CLIENT_ID", "")
    if not re.fullmatch(r"\w{1,128}", client_id, re.ASCII):
        raise SettingError("COGNITO_CLIENT_ID", "the id of an app client, letters and digits")
    # The variable by which AWS's own libraries are led to an emulator.
    has_emulator = bool(os.environ.get("AWS_ENDPOINT_URL"))
    return SignInSettings(
        login=_address("COGNITO_DOMAIN"),
        api=_address("AWS_ENDPOINT_URL") if has_emulator else UpstreamAddress.parse(issuer.origin),
        issuer=f"{issuer.origin}{issuer.prefix}",
        client_id=client_id,
        public_origin=_read_public_origin(),
    )


def _read_public_origin() -> str:
    if not os.environ.get("PUBLIC_URL"):
        return ""
    address = _address("PUBLIC_URL", _ORIGIN_RULE)
    if address.prefix:
        raise SettingError("PUBLIC_URL", _ORIGIN_RULE)
    return address.origin


def _address(variable: str, rule: str = ADDRESS_RULE) -> UpstreamAddress:
    try:
        return UpstreamAddress.parse(os.environ.get(variable, ""))
    except ValueError:
        raise SettingError(variable, rule) from None
